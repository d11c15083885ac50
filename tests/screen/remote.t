# Commands on other machines: what is asked, a passphrase that is typed and not seen, hosts as
# they come back, the odd one out, an unknown host key, C-c, steps of a runbook, a terminal.
sh tests/screen/remote_sshd.sh $TMP
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
unenv SSH_AUTH_SOCK
size 90x26
run $OOGWAY
wait "Metrics" 20000
keys ":remote<Enter>"
expect "Nothing was run on other machines yet"
keys ":run @nobody -- uptime<Enter>"
wait "there is no group @nobody"
keys ":run @web -- sh -c 'case $SSH_CONNECTION in *127.0.2.3*) echo odd;; *) echo even;; esac; echo both'<Enter>"
wait "on 5 hosts (@web)?"
expect "w1 w2 w3 w4 w5"
expect "Class shell"
# Enter is no.
keys "<Enter>"
expect "nothing was done"
keys ":run @web -- sh -c 'case $SSH_CONNECTION in *127.0.2.3*) echo odd;; *) echo even;; esac; echo both'<Enter>"
wait "on 5 hosts (@web)?"
settle 400
keys "y"
wait "passphrase of"
settle 400
keys "open "
keys "sesame"
reject "sesame"
expect "***********"
keys "<Enter>"
wait "5 done" 20000
expect "w3"
expect "odd"
# Who differs, and how.
keys ":filter w3<Enter>"
keys "<Enter>"
wait "stdout against"
expect "-even"
expect "+odd"
expect "way "
keys "<Esc>"
keys "<Esc>"
# An unknown host key is asked about, and No is no.
keys ":run w6 -- true<Enter>"
wait "on 1 host (w6)?"
settle 400
keys "y"
wait "w6 shows a host key that is not known"
expect "ED25519 SHA256:"
settle 400
keys "n"
wait "1 refused" 20000
sh ! grep -q 127.0.2.6 $TMP/.ssh/known_hosts
# C-c ends what runs there, not the console.
keys ":run w1 w2 -- sleep 60<Enter>"
wait "on 2 hosts"
settle 400
keys "y"
wait "2 running" 20000
keys "<C-c>"
wait "2 stopped" 20000
# A file that is followed on two of them: one list of lines, what they send is shown.
sh printf 'one\ntwo\n' >$TMP/app.log; chmod 644 $TMP/app.log
keys ":follow<Enter>"
wait "Class read"
settle 400
keys "y"
wait "2 running" 20000
expect "two"
sh printf 'three \033[31mred\npart' >>$TMP/app.log
wait "three ^[[31mred" 20000
reject "part"
keys "<C-c>"
wait "2 stopped" 20000
# Steps of a runbook go the same way.
keys ":runbook far<Enter>"
wait "2 steps"
keys "x"
wait "on w1?"
settle 400
keys "y"
wait "done, exit 0" 20000
expect "from w1"
keys "n"
keys "x"
wait "on 5 hosts: w1 w2 w3 w4 w5?"
settle 400
keys "y"
wait "== exit 0: 5 hosts" 20000
# A terminal: it is lent, and comes back.
keys ":ssh w2<Enter>"
wait "open a terminal on w2?"
settle 400
keys "y"
wait-gone "Far" 20000
expect-re [#$%>] *$
keys "echo over-$((6*7))-there<Enter>"
wait "over-42-there"
keys "exit<Enter>"
wait "w2: exit 0" 20000
sh grep -q 'over-42-there' $TMP/state/oogway/runs/*.cast
sh $OOGWAY audit verify >$TMP/verify && grep -q '^ok' $TMP/verify
sh $OOGWAY audit log >$TMP/log.txt; grep -q 'intent *remote.shell *w2 .*exit 0' $TMP/log.txt && grep -q 'intent *run.host ' $TMP/log.txt
keys ":q<Enter>"
