# Axes, tabs, help and log lines, looked at closely.
sh $LAB/canned $TMP
sh printf 'query flat source=prom -- 1234.5678\nquery big source=prom unit=bytes -- 5000000000\nquery long source=prom unit=seconds -- 5000\nset charts = block\n' >> $TMP/rc
# Where the round times stand goes with the clock.
mask │ {9,}[0-9]{2}:[0-9]{2}.*
mask [0-9]{2}:[0-9]{2}
mask on call.*
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "load web-00 a"
# A flat curve: no two labels of the axis are the same.
keys "3z/^flat<Enter><Enter>"
wait "now 1.2k"
snapshot chart-flat
# Bytes go by powers of two, and so do seconds by the clock.
keys "<Esc><Esc>/^big<Enter><Enter>"
wait "now 4.7 GiB"
snapshot chart-bytes
keys "<Esc><Esc>/^long<Enter><Enter>"
wait "now 83.3 min"
snapshot chart-seconds
keys "<Esc><Esc>"
# A key bound twice is one row; panes say which they are.
keys "?"
snapshot help-80x24
# Only what works here: in metrics nothing of alerts, and what l does here.
expect-row -2 "here: metrics"
expect "<Enter>  l  <Right>"
reject "of all groups"
resize 160x48
keys "G"
expect-re join marked +problem join
resize 80x24
expect-row 3 "Keys"
# Options say what is now: the window that + and - made is not that of the setting.
keys "<Esc>3<Enter>--o/^window<Enter>"
expect-re window +6h +.*now; set is 1h
keys "<Esc><Esc>++o/^window<Enter>"
expect-re window +1h +.*default
keys "<Esc><Esc><Esc>"
# The keys of a pane stand before those of everywhere, their commands whole.
keys ":handoff<Enter>?"
resize 160x48
expect-row 4 "this part on or off"
expect "handoff preview markdown"
resize 80x24
keys "<Esc><Esc>3?"
keys "/pane [1-9]<Enter>"
expect "overview: what needs you now"
expect "sources: where data comes from"
reject "go to pane N"
keys "<Esc><Esc>"
# The level is told once; the line itself has its whole text.
keys "5/ERROR pay<Enter>"
expect "error  app[31]         payment refused"
reject "ERROR payment refused"
keys "<Enter>"
expect "ERROR payment refused: card expired"
keys "<Esc><Esc>"
# All nine tabs, from 20 columns on with blanks between them.
resize 30x12
wait "1 2 3 4 5 logs 6 7 8 9"
resize 20x8
wait "1 2 3 4 5 6 7 8 9"
resize 12x8
wait "123456789"
# Without a column for the level its word stays.
expect "ERROR"
keys "Q"
exit
restored
