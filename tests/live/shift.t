# A shift, by the keys of the console: shift.sh has started the servers and says where they
# are. What the pager must hold is asked of the pager, never of the screen alone.
env LSAN_OPTIONS=suppressions=$SHIFT/leaks:print_suppressions=0
size 128x36
run $OOGWAY -c $SHIFT/ana.rc
wait "am ✓" 20000
wait "pd ✓" 20000
# All of the past is read: what is counted later is complete.
keys ":incidents<Enter>"
wait "  complete " 30000
expect "Lasted"
expect "above 1 %"

# Alerts fire, and page.
keys "1z"
sh $LAB/lab fire HighErrorRate ReplicationLag QueueBacklog DiskFillingUp
wait "payments-api: HTTP 5xx" 20000
wait "orders-db-2: replication lag" 20000
wait "orders-events: " 20000
wait "web-2: / is full" 20000

# Acknowledged from Alertmanager's row: the page is what hears it.
keys "2"
keys "/HighErrorRate<Enter>"
wait "/HighErrorRate  1 of" 10000
settle 150
keys "a"
sh $WORLD until "payments-api: HTTP" acknowledged "Ana Ruiz"
wait "acknowledged" 10000

# Snoozed for an hour.
keys "/<C-u>orders-db-2: rep<Enter>"
wait "/orders-db-2: rep  "
settle 150
keys "s"
expect "1 hour"
keys "1"
sh $WORLD logged "orders-db-2: rep" snooze "Ana Ruiz"
# The pager is taken, where this oogway can: shift.sh uncomments it.
#TAKE keys ":take 1h \"Orders primary\"<Enter>"
#TAKE wait "take the pager of Orders primary" 10000
#TAKE settle 150
#TAKE keys "y"
#TAKE sh $WORLD override "Orders primary" "Ana Ruiz"

# The network goes: one server refuses, the other says nothing more.
sh $WORLD network down
wait "pd !" 20000
keys "/<C-u>web-2: . is full<Enter>"
wait "/web-2: . is full  "
settle 150
keys "ir"
wait "resolve at pd: web-2: / is full" 10000
settle 150
keys "y"
wait "resolve is on its way"
keys "/<C-u>orders-events<Enter>"
wait "/orders-events  "
settle 150
keys "a"
wait "acknowledge is on its way"
keys "ir"
wait "resolve at pd: orders-events" 10000
settle 150
keys "y"
wait "resolve is on its way"
keys "/<C-u>payments-api: HTTP<Enter>"
wait "/payments-api: HTTP  "
settle 150
keys "in"
keys "rolled back; watching<Enter>"
wait "rolled back; watching" 10000
settle 150
keys "y"
wait "note is on its way"
keys ":actions<Enter>"
wait "waits for pd" 10000
# Meanwhile somebody else takes one of them, one recovers by itself, and time passes; the
# past is still here.
sh $WORLD status "web-2: / is full" acknowledged ben@lab.example
keys ":incidents<Enter>"
wait "payments-api: HTTP 5xx" 10000
sh $LAB/lab clear HighErrorRate
sh sleep 12

# It is back: what is as it was, or as it was made from here, is done; of what is not it is
# asked.
sh $WORLD network up
keys "R"
wait "pd ✓" 30000
sh $WORLD until "orders-events" resolved
sh $WORLD notes "payments-api: HTTP" "rolled back; watching" 1
sh $WORLD until "payments-api: HTTP" resolved
wait "am ✓" 20000
keys ":actions<Enter>"
wait "held: it is ack" 10000
expect "1 action to decide"
sh $WORLD until "web-2: / is full" acknowledged "Ben Okafor"
keys "/<C-u>held<Enter>"
wait "held: it is"
settle 150
keys ":action retry<Enter>"
sh $WORLD until "web-2: / is full" resolved
sh $WORLD logged "web-2: / is full" resolve "Ana Ruiz"

# The handoff.
keys ":handoff<Enter>"
wait "[x] sign-off" 10000
keys "f"
keys "-o Ana -d 3d Bound the pool<Enter>"
wait "1 follow-up" 20000
sh $WORLD settled
keys "S"
wait "ben@lab.example?" 20000
settle 150
keys "y"
sh $WORLD mail
wait "  sent " 20000

# Who comes next has another home, and the mail.
env-from CODE $WORLD code
use ben
env XDG_STATE_HOME=$SHIFT/ben
run $OOGWAY -c $SHIFT/ben.rc
wait "pd ✓" 20000
keys ":handoff accept "
paste "$CODE"
keys "<Enter>"
# A note on the pager says so to who had the shift: it is asked for.
wait "handoff accept " 10000
settle 150
keys "y"
keys ":handoff<Enter>"
wait "[x] sign-off" 10000
keys "G"
wait "accepted " 20000
sh $WORLD noted "handoff accept $CODE"
keys "Q"
exit 0
use main
keys "G"
wait "by Ben Okafor, by a note" 40000
keys "Q"
exit 0
