# The page one was called for is there at once: by its number, its link, or because it is
# mine and the only one.
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP
unenv XDG_RUNTIME_DIR
sh $LAB/canned $TMP
run $OOGWAY -c $TMP/rc 40
wait "▸ Search is slow" 20000
reject "looking for"
keys "Q"
exit
run $OOGWAY -c $TMP/rc 41
wait "▸ Checkout is down" 20000
keys "Q"
exit
run $OOGWAY -c $TMP/rc https://lab.pagerduty.example/incidents/Q40/timeline?x=1
wait "▸ Search is slow" 20000
reject "looking for"
keys ":incident 41<Enter>"
expect-row 1 "▸ Checkout is down"
# One that nobody knows is not looked for for ever.
keys ":incident 9<Enter>"
wait "9 is not open: closed, or of a source"
keys "Q"
exit
# Of two who are on call one is me.
sh echo two-policies > $TMP/scene
size 120x30
run $OOGWAY -c $TMP/rc
wait "on call: you to" 20000
reject "on call: Ben"
keys "Q"
exit
# Of two pages one is mine.
sh echo mine > $TMP/scene
run $OOGWAY -c $TMP/rc
wait "▸ Checkout is down" 20000
expect "Ana Ruiz"
keys "Q"
exit
restored
