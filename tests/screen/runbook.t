# A runbook's steps: x shows what will happen and asks, No is the default; what it prints is
# shown and kept, and each step stands in the audit. Nothing is run that was not confirmed.
sh mkdir -p $TMP/state $TMP/config/oogway $TMP/books
sh printf 'set runbooks = %s/books\n' "$TMP" >$TMP/config/oogway/oogway.rc
sh sed "s,@,$TMP," tests/screen/runbook.md >$TMP/books/night.md
sh printf '#!/bin/sh\nprintf "\\033]52;c;ZWNobw==\\007\\n"; echo to stderr >&2; exit 7\n' >$TMP/noise
sh chmod +x $TMP/noise
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC MARK=$TMP/mark
unenv XDG_RUNTIME_DIR
size 80x24
run $OOGWAY
wait "Metrics" 20000
keys ":step run<Enter>"
expect "open a runbook first"
keys ":runbook night<Enter>"
wait "9 steps, worst risk change"
expect "with file=?"
expect "x run step"
# The first step: what, where, which class. Enter is no.
keys "x"
expect "(this machine)?"
expect "echo 'first line'"
expect "Class read, as written. Step 1 of night"
keys "<Enter>"
expect "nothing was done"
reject "done, exit 0"
# Typed ahead of the question: y is no answer.
keys "xy"
expect "y yes"
settle 400
keys "y"
wait "done, exit 0"
expect "first line"
expect "audit"
# The next one needs a value, which may hold anything; the shell refuses it.
keys "n"
keys "x"
wait "file has no value"
keys "V"
keys "file=; touch $MARK<Enter>"
expect "file=; touch"
reject "refused"
keys "x"
expect "echo '; touch"
settle 400
keys "y"
wait "2  change  local   done, exit 0"
expect "-a- ; touch"
keys "n"
keys "x"
wait "nothing was done: a shell would run it"
sh test ! -e $TMP/mark
# Escape sequences of a command are shown, not obeyed; stderr and the exit too.
keys "n"
keys "x"
expect "Class change (a program that is not known)"
settle 400
keys "y"
wait "failed, exit 7"
expect "^[]52;c;"
expect "to stderr"
raw-never 1b5d35323b633b
# One that takes long: the console goes on, Q and C-z warn, C-c stops it.
keys "n"
keys "x"
expect "sleep 60"
settle 400
keys "y"
wait "running"
keys "x"
expect "step 5 is not over yet"
keys "Q"
expect "night step 5 is not over: once more to end it"
keys "<C-z>"
expect "once more to stop oogway"
keys "<C-c>"
wait "stopped, exit 143"
# A step of another machine, a broken one, one that waits.
keys "n"
keys "x"
expect "run as root on db-9?"
keys "n"
keys "n"
keys "x"
expect "is not run: behind the kind of a step stand its place"
keys "n"
keys "x"
expect "wait as"
settle 400
keys "y"
wait "8  read  wait   done, "
# Edited once; and what cannot be brought back is not done by y.
keys "N"
keys "N"
keys "E"
expect ":step edit uptime"
keys "<C-u>step edit echo $((40+2))<Enter>"
expect "run as root on db-9?"
keys "n"
keys "N"
keys "E"
keys "<C-u>step edit sleep 0<Enter>"
expect "  sleep 0"
expect "Edited. Class read, as written. Step 5 of night"
settle 400
keys "n"
keys "nnnn"
keys "x"
expect "and Enter; Esc is no:"
settle 400
keys "y<Enter>"
expect "Esc is no:"
keys "<Esc>"
expect "nothing was done"
sh test -e $TMP/noise
keys "N"
# The file has changed while the question stood there.
keys "x"
expect "wait as"
sh echo more >>$TMP/books/night.md; touch $TMP/config/oogway/oogway.rc
sh sleep 10
keys "y"
wait "the runbook has changed since it was opened"
keys ":readonly<Enter>"
keys "x"
expect "it has changed since it last ran"
keys "x"
expect "oogway is read-only: nothing was done"
keys "Q"
exit 0
sh $OOGWAY audit verify >$TMP/verdict
sh $OOGWAY audit log | grep -c "intent .*run\." | grep -qx 5
sh $OOGWAY audit log | grep -q "intent .*run.local .*exit 7"
sh $OOGWAY audit log | grep -q "refusal .*run.local"
sh $OOGWAY audit log | grep -q "refusal .*run.wait .*the runbook has changed"
sh test "$(ls $TMP/state/oogway/runs/*.out | wc -l)" -ge 3
sh ! find $TMP/state/oogway/runs -type f ! -perm 600 | grep -q .
# What was done from elsewhere is known; what was killed in the middle too; and it begins where
# it was left.
sh $OOGWAY runbook run night --step 1 --yes --changed | grep -qx "first line"
sh $OOGWAY runbook run night --step 5 --yes & p=$!; sleep 2; kill -9 $p
run $OOGWAY
wait "Metrics" 20000
keys ":runbook night<Enter>"
wait "2  change  local" 10000
expect-re ▸ 2  change
keys "N"
wait "1  read  local   done, exit 0"
keys "nnnn"
wait "5  read  local   outcome unknown"
expect "it runs elsewhere, or oogway was killed meanwhile"
keys "Q"
exit 0
# A command that is longer than the screen: y counts only when all of it was seen.
sh { printf '# Long\n\n```sh\n'; for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "echo line $i >>$TMP/seen"; done; echo '```'; } >$TMP/books/long.md
size 40x12
run $OOGWAY
wait "1 overview" 20000
keys ":runbook long<Enter>"
wait "1 step "
keys "x"
wait "j shows the rest"
reject "line 12"
settle 400
keys "y"
expect "j shows the rest"
sh test ! -e $TMP/seen
keys "jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj"
expect "y yes"
expect "line 12"
keys "y"
wait "done, exit 0"
sh test "$(wc -l <$TMP/seen)" = 12
keys "Q"
exit 0
