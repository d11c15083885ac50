# What a chart says where room is scarce, and that its axis is what its figures say.
sh $LAB/canned $TMP
sh printf 'query full source=prom unit=percent warn=90 critical=99 -- 100\nquery half source=prom unit=percent warn=40 critical=60 -- 50\n' >> $TMP/rc
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "load web-00 a"
# A part of a whole is never more than that; the names of the limits are read.
keys "3z/^full<Enter><Enter>"
wait "now 100 %"
expect-re ^. +100 %┤
reject "105 %"
reject "102 %"
reject "110 %"
expect "critical "
expect "warn "
# The times below it are round ones, with their day where a clock alone could be two.
keys ":window 6h<Enter>"
expect-re [0-9]{2}:00 .* [0-9]{2}:00 .* [0-9]{2}:[0-9]{2} │
keys ":window 2d<Enter>"
expect-re [MTWFS][a-z]{2} (00|12):00 .* [MTWFS][a-z]{2} [0-9]{2}:[0-9]{2} │
keys ":window 30d<Enter>"
expect-re [MTWFS][a-z]{2} [JFMASOND][a-z]{2} [0-9]{2} .* [JFMASOND][a-z]{2} [0-9]{2} │
keys ":window 1h<Enter>"
resize 40x12
expect "critical "
expect "warn "
reject "110 %"
# Two moments do not run into each other, and one row has no axis.
resize 20x6
expect-re ^ +[0-9]{2}:[0-9]{2}( [0-9]{2}:[0-9]{2})?$
reject "┤"
resize 80x24
# A constant lies in the middle, not on the edge.
keys "<Esc>/<C-u>^half<Enter><Enter>"
wait "now 50 %"
expect-re ^. +60 %┤
expect-re ^. +40 %┤
resize 40x12
expect "warn "
keys "<Esc><Esc>Q"
exit
# The newest value is in the window, whatever the clock of its server.
sh echo ahead-of-us > $TMP/scene
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
keys "3zg"
wait "load web-00 a"
expect-re load web-00 a +15 .* 15  prom
keys "Q"
exit
