# The console is found as it was left: focus, sorting, filters, typed lines.
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP
unenv XDG_RUNTIME_DIR
size 80x24
run $OOGWAY
wait "pressure memory" 20000
# Until the store is there; who leaves sooner leaves no trace.
sh for i in $(seq 100); do [ -s $TMP/state/oogway/oogway.db-wal ] && break; sleep 0.1; done; sleep 0.5
keys "3"
keys ":sort name<Enter>"
keys "/iowait<Enter>"
wait "/iowait"
keys "Q"
exit
file-mode $TMP/state/oogway/oogway.db 0600
run $OOGWAY
wait "/iowait" 20000
reject "pressure memory"
# Lines typed in the run before.
keys ":<Up>"
wait "sort name"
keys "<Esc>"
# A second one beside it, and a kill: the store stays whole.
signal KILL
exit KILL
run $OOGWAY
wait "/iowait" 20000
keys "<Esc><Esc>"
keys "Q"
exit
sh $OOGWAY doctor | grep -q "ok   store: .*sound"
# What came while a pane was hidden is what its first key acts on.
sh $LAB/canned $TMP
run $OOGWAY -c $TMP/rc -P lab
wait "pd ✓" 20000
keys "2"
wait "Checkout is down"
keys "Q"
exit
run $OOGWAY -c $TMP/rc -P lab
wait "2 Alerts" 20000
wait "Checkout is down"
wait "pd ✓"
keys "1<Enter>"
expect-row 1 "overview ▸ Checkout is down"
keys "Q"
exit
