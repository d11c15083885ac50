# What is copied is what stands there; the past is left again; the terminal is left as it
# was.
sh $LAB/canned $TMP
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "pd ✓" 20000
wait "Checkout is down"
keys "1gB"
wait "Checkout  Checkout is down"
keys "<Space>"
wait "1 Needs you now"
keys "<Enter>B"
wait "service       Checkout"
expect "link"
keys "<Space>"
wait "Alert"
keys "<Esc>"
keys ":at -30m<Enter>"
wait "back to"
keys "."
wait-gone "back to"
keys "Q"
exit
run $OOGWAY -c $TMP/rc -P lab --at -30m
wait "PAST to" 20000
keys "a"
expect-row -1 "looking at the past"
keys "."
wait-gone "PAST to"
keys ":readonly<Enter>"
expect-row -1 "read-only"
keys "Q"
exit
run sh -c "$OOGWAY -c $TMP/rc -P lab; echo ready; head -n 1"
wait "pd ✓" 20000
keys "Q"
wait "ready"
keys "typed after it<Enter>"
wait "typed after it"
reject "unavailable"
exit
