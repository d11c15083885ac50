# A list that nobody has moved in shows its top, whatever comes in above.
sh $LAB/canned $TMP
sh echo 'set alerts.group = none' >> $TMP/rc
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
keys "2z"
expect-row 4 "Checkout is down"
sh echo storm > $TMP/scene
keys "R"
wait "250  complete" 20000
expect-row 4 "InstanceDown"
reject "Checkout is down"
expect-attr 4 "InstanceDown" bg=238
# Who has moved stays on the row.
sh echo busy > $TMP/scene
keys "R"
wait "10  complete" 20000
keys "j"
expect-attr 5 "HighErrorRate" bg=238
sh echo storm > $TMP/scene
keys "R"
wait "250  complete" 20000
expect-attr * "HighErrorRate" bg=238
sh echo busy > $TMP/scene
keys "gR"
wait "10  complete" 20000
# The processes of this host: nothing is said of their CPU before it is known.
resize 160x48
keys "9"
wait "PID"
reject "nan"
keys "Q"
exit
