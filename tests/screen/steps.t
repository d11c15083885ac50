# Kinds of steps: an ask gives a name its value, what is not needed says so, a wait looks until
# it is so, behind a failure the steps are taken back, the newest first. D shows it all ahead.
sh mkdir -p $TMP/state $TMP/config/oogway $TMP/books
sh printf 'set runbooks = %s/books\n' "$TMP" >$TMP/config/oogway/oogway.rc
sh sed "s,@,$TMP," tests/screen/steps.md >$TMP/books/deploy.md
sh printf '# Night\n\n```oogway\nrunbook deploy\n```\n' >$TMP/books/night.md
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
size 80x40
run $OOGWAY
wait "Metrics" 20000
keys ":runbook deploy<Enter>"
wait "11 steps"
# What each would do, before anything is done.
keys "D"
expect "nothing was done"
expect "would go to"
expect "How far does cart go?"
expect "mode has no value: step 1 gives it one"
keys "D"
reject "would go to"
# An answer is one of the choices, or words; the first question is the only one.
keys "x"
expect "How far does cart go?"
expect "1 canary  2 all"
settle 400
keys "<Esc>"
wait "failed"
expect "not answered"
keys "x"
expect "1 canary  2 all"
settle 400
keys "3"
expect "1 canary  2 all"
keys "1"
wait "1  read  ask  gives ${mode}   done"
keys "nx"
expect "Which ticket allows it?"
settle 400
keys "OPS 17<Enter>"
wait "2  read  ask  gives ${ticket}   done"
expect "OPS 17"
keys "nx"
settle 400
keys "y"
wait "3  read  local  gives ${drained}   done"
# What is not needed is not run.
keys "nnx"
wait "not needed, as it is for mode=all only"
# A wait until it is so.
keys "nx"
expect "until this is so, looked at every 200ms:"
expect "test -e"
settle 400
keys "y"
wait "running"
sh sleep 1
sh touch $TMP/ready
wait "6  read  wait   done"
# It goes wrong: taken back, the newest first.
keys ":step rollback<Enter>"
expect "there is nothing to take back"
keys "nx"
settle 400
keys "y"
wait "failed, exit 4"
keys "gg"
expect "step 7 went wrong: x on it tries it again, U takes back step 7 (step 8)"
keys "U"
expect "echo taken back"
settle 400
keys "y"
wait "8  read  local  takes back step 7   done"
keys "U"
expect "echo back in: 'drained web-1'"
settle 400
keys "y"
wait "4  read  local  takes back step 3   done"
keys "U"
expect "there is nothing to take back"
# Commands of oogway, and those that are for a person; a book that leads back to itself.
keys "nnnnnx"
expect "window 3h"
settle 400
keys "y"
wait "9  read  oogway   done"
keys "nx"
wait "quit is not run by a step: it is for a person"
keys "nx"
wait "the runbook leads back to itself: deploy > night > deploy"
# A step that is passed over is known after a crash.
keys "NNNNNNX"
wait "skipped"
sh sleep 1
keys "Q"
exit 0
sh $OOGWAY audit verify >$TMP/verdict
sh $OOGWAY audit log | grep -q "note .*run.skip"
run $OOGWAY
wait "Metrics" 20000
keys ":runbook deploy<Enter>"
wait "skipped" 10000
keys "Q"
exit 0
