# Never falsely quiet: a source of alerts that does not answer is told as such.
sh echo 'source am alertmanager url=http://127.0.0.1:1' > $TMP/rc
size 120x30
run $OOGWAY -c $TMP/rc
wait "am !" 20000
expect "UNKNOWN since"
expect "am has never answered: connection refuse"
expect "  partial"
# Also where no count stands beside it.
expect-row 1 "UNKNOWN since"
reject "no pager"
keys "2z"
expect "am has never answered"
expect "0  partial"
reject "No source of alerts"
reject "No open"
keys "Q"
exit
restored
# No such source: that is said, and nothing is missing.
sh echo 'set window = 1h' > $TMP/rc
run $OOGWAY -c $TMP/rc
wait "host ✓" 20000
keys "2z"
expect "No source of alerts is configured"
expect "0  complete"
keys "Q"
exit
restored
