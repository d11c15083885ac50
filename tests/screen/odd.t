# What servers may send: an alert without a name or a start, starts ahead of this clock,
# names longer than their columns.
sh $LAB/canned $TMP odd
size 160x48
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "ClockNear"
# In the overview, and in the list: a name, and no age where there is no start.
expect-re C ! +.no name. +││
expect-re C !  +.no name. +firing
reject "20787d"
expect-re C ! clock +ClockFar .* in 4h ││
expect-re C ! clock +ClockNear .* <1m ││
expect-re C !  clock +ClockFar +in 4h  firing
expect-re C !  clock +ClockNear +<1m  firing
# Who is cut, not when; what has room is whole.
expect-re -> escalates in 2h
keys "2z"
expect "payments-and-refunds-api  Payments are late"
expect "-> escalates in 2h (Payments Platform)"
resize 80x24
expect-re Payments are late +2h  -> escalates in 2h
# Narrow: the state in its short form, none of the titles gone.
resize 40x12
expect-re C !  .* 2h +->2h
expect-re C !  .*.no name. +firing
expect-re C !  clock .* [+]4h  firing
# The sorted column keeps its arrow, however short its title is.
resize 160x48
keys ":sort source<Enter>"
expect "Source ^"
keys ":sort source<Enter>"
expect "Source v"
keys ":sort age<Enter>"
expect "Age v"
keys "Q"
exit
