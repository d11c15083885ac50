# Objectives without a server that answers: listed, with why nothing can be said, in three
# sizes; the page of one with its queries; and a list without any.
sh printf 'source prom prometheus url=http://127.0.0.1:1\nslo checkout source=prom target=99.9 "good=ok_total{a=\\"b\\"}" total=all_total\nslo quick source=prom target=95 window=7d histogram=took_bucket under=250ms\n' >$TMP/rc
sh printf 'set refresh = 5s\n' >$TMP/none
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
size 80x24
run $OOGWAY -c $TMP/rc
keys ":slos<Enter>"
wait "unknown  checkout"
expect "unknown  quick"
wait "connection refused" 20000
keys "<Enter>"
wait "budget left   not known"
expect "no verdict"
expect "sum(increase(ok_total"
keys "<Esc>j<Enter>"
wait "what took no longer than 250ms"
expect "le=~"
expect "95 % of events good within 7d"
keys "Q"
exit 0
size 160x48
run $OOGWAY -c $TMP/rc
keys ":slos<Enter>"
wait "99.9 % 30d"
expect "95 % 7d"
keys "<Enter>"
wait "asked         once a minute"
keys "Q"
exit 0
size 40x12
run $OOGWAY -c $TMP/rc
keys ":slos<Enter>"
wait "unknown  checkout"
keys "<Enter>"
wait "not known"
keys "Q"
exit 0
size 80x24
run $OOGWAY -c $TMP/none
keys ":slos<Enter>"
wait "No SLOs: an `slo` line of the rc"
