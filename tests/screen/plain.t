# Plain lines name what is over; on a narrow screen the corner shows what is wrong.
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP
unenv XDG_RUNTIME_DIR
sh $LAB/canned $TMP
sh sed -i '/^source am/s/every=1h/every=1s/' $TMP/rc
size 100x40
run $OOGWAY -c $TMP/rc --plain
wait "ALERT firing critical payments-api HighErrorRate" 20000
wait "SOURCE pd ok"
sh echo quiet > $TMP/scene
wait "ALERT over payments-api HighErrorRate" 20000
signal TERM
exit any
sh sed -i '1i source dead prometheus url=http://127.0.0.1:1 every=1s' $TMP/rc
size 40x12
run $OOGWAY -c $TMP/rc
wait "pd ✓" 20000
wait "dead !"
keys "8"
wait "8 events"
keys "Q"
exit
restored
