# Ends: status, signals, a program that leaves the terminal broken is not asked here
# (see broken.t), stop and continue, a lost terminal.
run sh -c "exit 3"
exit 3
restored
run sh -c "kill -SEGV $$"
exit any
run sleep 100
signal INT
exit SIGINT
run sleep 100
keys "<C-c>"
exit INT
run sleep 100
keys "<C-z>"
stopped
signal CONT
signal KILL
exit KILL
run sh -c "trap 'echo hung > $TMP/hung; exit 5' HUP; echo up; while :; do sleep 0.05; done"
wait "up"
hangup
exit 5
sh grep -q hung $TMP/hung
sh umask 077; echo x > $TMP/secret
file-mode $TMP/secret 0600
