# A live full-screen program, two sizes, and its end by a signal.
size 100x30
run htop
wait "Load average"
expect-row -1 "F10Quit"
state alt mouse
keys "<F1>"
wait "htop 3"
keys "<Esc>"
wait-gone "Released under"
resize 80x24
settle 200
expect-row -1 "Quit"
signal TERM
exit 0
restored
