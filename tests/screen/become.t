# become=root where sudo wants a password: asked once for a run, not seen, wrong once, right for a
# whole group; in no file afterwards. And a terminal by the installed ssh.
sh sh tests/screen/become_sshd.sh $TMP $LAB
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
env XDG_RUNTIME_DIR=$TMP/state
unenv SSH_AUTH_SOCK
size 90x26
run $OOGWAY
wait "Metrics" 20000
keys ":runbook su<Enter>"
wait "1. One host"
settle 1500
keys "x"
wait "run as root on b1?"
settle 400
keys "y"
wait "sudo on b1 wants a password to run step 1 as root" 20000
expect "has run nothing so far"
settle 400
keys "wrong horse"
reject "wrong horse"
keys "<Enter>"
wait "failed, exit 1" 30000
reject "as oog"
# No password is no.
keys "x"
wait "run as root on b1?"
settle 400
keys "y"
wait "sudo on b1 wants a password" 20000
settle 400
keys "<Esc>"
wait "none was given" 20000
keys "x"
wait "run as root on b1?"
settle 400
keys "y"
wait "sudo on b1 wants a password" 20000
settle 400
keys "right horse<Enter>"
wait "done, exit 0" 20000
expect "over"
# The run has it; what goes by ssh itself gets it too.
keys "n"
keys "x"
wait "run as root on 3 hosts: b1 b2 b3?"
settle 400
keys "y"
wait "== exit 0: 3 hosts: b1 b2 b3" 20000
expect "many"
sh ! grep -rq "right horse" $TMP/state
sh grep -q '"sudo":"password typed"' $TMP/state/oogway/audit/*/*.jsonl
sh $OOGWAY audit log >$TMP/log.txt && grep -q 'intent *run.host ' $TMP/log.txt
keys ":ssh b3<Enter>"
wait "open a terminal on b3?"
expect "by the installed ssh"
settle 400
keys "y"
wait-gone "Class shell" 20000
expect-re [#$%>] *$
keys "echo over-$((6*7))-there; stty size<Enter>"
wait "over-42-there"
expect "26 90"
keys "exit 9<Enter>"
wait "b3: exit 9" 20000
sh grep -q 'over-42-there' $TMP/state/oogway/runs/*.cast
keys ":quit<Enter>"
