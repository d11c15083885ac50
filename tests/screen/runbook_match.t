# Which runbooks an alert has, and why; what is chosen by its number comes first the next
# time, in the next console too; the runbooks' pane looks for words as they are typed.
sh $LAB/canned $TMP
sh mkdir -p $TMP/books
sh printf -- '---\ntitle: Errors of the shop\nlabels: {service=~"payments.*"}\n---\n# Errors\n\nCall the shop.\n' >$TMP/books/shop.md
sh echo "set runbooks = auto,$TMP/books" >>$TMP/rc
size 80x24
run $OOGWAY -c $TMP/rc
wait "prom ✓" 20000
wait "pd ✓"
keys "2/HighErrorRate<Enter>"
wait "HighErrorRate"
keys "<Enter>"
wait "1 Errors of the shop   r opens it   it names these labels"
expect "2 Too many HTTP 5xx answers   it names this alert"
keys ":runbook 2<Enter>"
wait "Too many HTTP 5xx answers"
expect "for HighErrorRate"
keys "<Esc>"
wait "1 Too many HTTP 5xx answers   r opens it   chosen before"
expect "2 Errors of the shop   it names these labels"
keys ":runbook 9<Enter>"
wait "no runbook has that name"
keys "Q"
exit 0
run $OOGWAY -c $TMP/rc
wait "prom ✓" 20000
keys "2"
wait "HighErrorRate"
keys "<Enter>"
wait "chosen before"
keys "<Esc><Esc>6/pod cras"
wait "Pod is crash looping"
keys "<Enter>"
wait "title: pod, crash"
keys "<Esc>/oom<Enter>"
wait "the OOM killer struck"
keys "<Esc>/^Clock<Enter>"
wait "1 of"
expect "Clock is off"
keys "Q"
exit 0
sh $OOGWAY -c $TMP/rc runbook match Nothing "The coffee is cold." >$TMP/none; test $? = 1
sh grep -q "none is about this" $TMP/none
sh $OOGWAY -c $TMP/rc runbook search "pod crash" --json >$TMP/found
sh grep -q '"name":"kubernetes-crash-loop"' $TMP/found
sh EDITOR=cat $OOGWAY -c $TMP/rc runbook edit disk-full >$TMP/edited
sh grep -q "^title: " $TMP/edited && test -s $TMP/books/disk-full.md
sh $OOGWAY -c $TMP/rc runbook new own-book SomeAlert >$TMP/made && test "$(cat $TMP/made)" = $TMP/books/own-book.md
sh $OOGWAY -c $TMP/rc runbook check own-book disk-full
sh $OOGWAY -c $TMP/rc runbook match SomeAlert | head -1 | grep -q "own-book"
sh $OOGWAY -c $TMP/rc runbook new own-book; test $? = 1
sh $OOGWAY -c $TMP/rc runbook new ../x; test $? = 2
sh $OOGWAY -c $TMP/rc runbook show own-book --json | grep -q '"steps":\[{"title":"1. Look at the machine","kind":"host"'
sh printf '```sh risk=huge\nuptime\n```\n' >$TMP/books/bad.md
sh $OOGWAY -c $TMP/rc runbook check bad --json >$TMP/faults; test $? = 1
sh grep -q '"line":1,"step":0,"fault":true,"text":"' $TMP/faults
sh test -z "$($OOGWAY -c $TMP/rc runbook check own-book --json)"
