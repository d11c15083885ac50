# The next console: what the last one found is in the store, and is not looked for again.
env HOME=$FINDINGS/home XDG_STATE_HOME=$FINDINGS/state XDG_CONFIG_HOME=$FINDINGS/config TZ=UTC
size 80x24
run $OOGWAY -c $FINDINGS/rc
wait "prom ✓" 30000
wait "HighErrorRate" 60000
keys "2"
wait "payments" 20000
settle 300
keys "<Enter>"
wait "f opens it" 30000
keys "f"
wait "looked into" 10000
expect-re Where +(likely|strong) +payments
keys "<Down><Enter>"
wait "Evidence" 10000
expect "success without 5xx"
keys "Q"
exit 0
