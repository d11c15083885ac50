# What is on its way to the server stands on the row and on its page, until the server has
# it; whoever leaves is told that it waits.
sh $LAB/canned $TMP
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
keys "2/Checkout is<Enter>"
expect-row 4 "Checkout is down"
keys "a"
wait "waiting: ack"
keys "<Enter>"
wait "pending       acknowledge: wait"
keys "Q"
wait "1 action waits in the outbox, to go on when oogway runs again"
exit 0
