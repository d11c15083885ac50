# The pager: who is on call now and next, one schedule shift by shift, taking and giving it
# with everything it changes in the question, and taking that back.
sh setsid python3 -B $LAB/pagerduty.py --port 0 --secrets $TMP/secrets --incidents 8 --open 0 --lives-with $TMP >$TMP/pd.log 2>&1 </dev/null & for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do grep -q port $TMP/pd.log && break; sleep 0.25; done
sh printf 'set log.files = %s/none\nset store = %s/s.db\nsource pd pagerduty url=http://127.0.0.1:%s every=2s token-file=%s/secrets/pagerduty-user.token from=ana@lab.example\n' $TMP $TMP $(sed 's/.*port //' $TMP/pd.log) $TMP >$TMP/rc
env TZ=Europe/Berlin
size 160x48
run $OOGWAY -c $TMP/rc
wait "pd ✓" 20000
wait "on call: you to" 20000
keys "P"
wait "Platform follow the sun" 20000
expect-re Payments primary +you +[A-Z].*Ben Okafor
expect "none in 14d"
# One schedule: shifts of a week each; Esc comes back.
keys "gjj<Enter>"
wait "Shifts"
expect "made in Etc/UTC"
expect-re Chen Wei
keys "<Esc>"
wait "Orders primary"
# Taking: a menu, then the whole of it in a question; no is the default.
keys "gjt"
wait "for 2 hours"
keys "1"
wait "take the pager of Orders primary at pd: you"
expect-re instead of Dara Singh; no gap before or after; makes 1 override
keys "<Enter>"
expect "nothing was done"
keys "t1"
wait "take the pager of Orders primary"
settle 400
keys "y"
wait "on call by an override" 20000
wait "Orders primary           you" 20000
# Back: the override ends, and the schedule is as it was.
keys "u"
wait "undo: end the override at pd: Orders primary: Ana Ruiz"
settle 400
keys "y"
wait "override ended" 20000
wait "Orders primary           Dara Singh" 20000
# Giving: who is meant must be plain.
keys "p"
wait "give @"
keys "nobody 1h<Enter>"
wait "pd knows nobody called nobody"
keys ":give @chen 1h orders<Enter>"
wait "give the pager of Orders primary at pd: Chen Wei"
keys "<Esc>"
wait "nothing was done"
# Somebody else, with a store of their own, was quicker: the question finds out while it
# stands there, and y does nothing.
sh sleep 2; sed s/s.db/other.db/ $TMP/rc >$TMP/rc2
sh timeout 60 $OOGWAY -c $TMP/rc2 --yes oncall give @eli 3h orders >$TMP/other 2>&1
keys ":take 2h orders<Enter>"
wait "instead of Dara Singh"
sh sleep 8
keys "y"
wait "Orders primary has changed meanwhile: Eli Nov"
wait "Orders primary           Eli Nov" 20000
keys ":swap @dara orders<Enter>"
wait "swap shifts of Orders primary at pd: Dara Singh"
expect "; and you"
expect "makes 2 overrides"
keys "<Esc>"
# Names are completed.
keys ":give @ch<Tab>"
wait "give @chen "
keys "<Esc>"
# In the past nothing is taken.
keys ":at -2h<Enter>"
keys ":take 1h orders<Enter>"
wait "looking at the past"
keys "."
keys ":readonly<Enter>"
keys ":take 1h orders<Enter>"
wait "oogway is read-only"
# Narrow, and small.
resize 80x24
wait "Orders primary"
resize 40x12
wait "Schedule"
keys "Q"
exit 0
# Without a network the last reading is there, with its age.
sh sed -i 's/127.0.0.1:[0-9]*/127.0.0.1:1/' $TMP/rc
size 120x20
run $OOGWAY -c $TMP/rc
wait "on call: you to" 20000
keys "P"
wait "pd: as read" 20000
expect "Payments primary"
expect "Platform follow the sun"
keys "Q"
exit 0
