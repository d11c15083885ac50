# A source that no longer answers: its rows carry the age of what they say, the pane's
# lower edge says which source and since when, and its page says why.
sh $LAB/canned $TMP
sh sed -i s/every=1h/every=2s/ $TMP/rc
size 160x48
run $OOGWAY -c $TMP/rc
wait "prom ✓" 20000
wait "am ✓"
wait "pd ✓"
wait "QueueBacklog"
reject " Old "
expect-re 10  complete 
# Alertmanager alone is away: of the others nothing is said.
sh echo no-alertmanager > $TMP/scene
wait "am ! stale" 60000
expect-re 7 of 7  partial: am stale since [0-9:]{8} 
expect-re 10  partial: am stale since [0-9:]{8} 
expect-re W -  mailer +QueueBacklog +6h  <1m  firing
expect-re C !  Checkout +Checkout is down for ever.* 2h +-> Ben Okafor in 2h
expect-re W - mailer .*QueueBacklog .*<1m old   6h
expect-re C ! Checkout .*Ben Okafor in 2h( .Core.)?   2h
expect-attr * "QueueBacklog" fg=245
reject "partial: prom"
expect-re x  am +[0-9]+s stale: 127.0.0.1:[0-9]+ failed .HTTP 500.
resize 40x12
keys "2"
expect-re C !  HighErrorRate +3h  <1m  firing
expect-re C !  Checkout is dow… +2h +->2h
resize 160x48
# All of them, hanging: nothing has failed yet, and still what is shown is old.
keys "1"
sh echo hang > $TMP/scene
keys ":refresh<Enter>"
wait "prom ! stale" 60000
wait "pd ! stale" 60000
expect-re [0-9]+  partial: prom stale since [0-9:]{8} 
expect-re 10  partial: .* stale since [0-9:]{8}, 2 more 
expect-re load web-00 a +10  <1m 
expect-re x  prom .*[0-9]+s stale: it hangs, an answer is waited for
keys "7ggj<Enter>"
expect "state         stale"
expect "it hangs: an answer is waited for"
expect "what to do    look at the server's load"
keys "<Esc>1"
# Back: what is fresh carries no mark.
sh echo busy > $TMP/scene
keys ":refresh<Enter>"
wait "am ✓" 90000
wait "prom ✓" 90000
wait "pd ✓" 90000
wait "10  complete"
wait-gone " Old " 20000
reject "<1m old"
keys "Q"
exit
