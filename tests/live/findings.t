# A new critical alert, by the keys of the console: findings.sh has started the servers. Its
# root cause is looked for by nobody's hand.
env HOME=$FINDINGS/home XDG_STATE_HOME=$FINDINGS/state XDG_CONFIG_HOME=$FINDINGS/config TZ=UTC
size 80x24
run $OOGWAY -c $FINDINGS/rc
wait "prom ✓" 30000
wait "HighErrorRate" 60000
keys "2"
wait "payments" 20000
keys "/payments<Enter>"
settle 300
keys "<Enter>"
wait "f opens it" 120000
expect-re where (likely|strong): payments
expect-re trigger likely: .*payments 8\.1
keys "f"
wait "Root cause" 10000
wait "Trigger" 10000
expect "payments 8.1"
expect-re Where +(likely|strong) +payments
expect-re success without 5xx is 0\.[67]
expect-re Felt by +strong +.*checkout

# Behind the sentence is its curve, and what was asked.
keys "<Down>"
settle 300
keys "<Enter>"
wait "Evidence" 10000
expect "expected 0.99"
wait "asked" 10000
resize 100x40
wait "istio_requests_total" 10000
resize 80x24
settle 300
keys "<Esc>"
wait "Root cause" 10000

# Each suspect's shares; what moved when; what would prove it.
resize 160x48
wait "Suspects" 10000
expect "What moved when"
expect "What would prove it"
expect-re alerted
expect "Take the change of payments back"
keys "<Down><Down><Down><Down>"
settle 300
resize 40x12
settle 300
expect "payments"
resize 80x24
wait "Root cause" 10000
keys "Q"
exit 0
