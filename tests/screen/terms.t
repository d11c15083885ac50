# The same screen on other terminals: letters and shapes carry it, colours only help.
sh $LAB/canned $TMP
mask [0-9]{2}:[0-9]{2} UTC
mask on call: Ana Ruiz to .{9}
mask (─|-)* [0-9]+ [┘+]
mask [ ]+(<100ms|[0-9]+m?s)
mask [ ]*█+[ ]*
mask (started|next)  +[^│]*│
mask ^│   .*(flag new|deploy).*│
mask http://127.0.0.1:[0-9]+
size 80x24
term screen
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
snapshot terms-80x24
keys "Q"
exit
term linux
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
snapshot terms-80x24
keys "Q"
exit
# There is no other screen to go back to: the prompt comes on an empty line.
reject ": command"
expect "3 Metrics"
term vt100
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
snapshot terms-80x24
# A terminal without modes of xterm is not sent any.
raw-never 1b5b3f323030 1b5b356e
keys "Q"
exit
reject ": command"
expect "3 Metrics"
# (On xterm the emulator loses a cell after REP.)
term screen
env LANG=C LC_ALL=C
run $OOGWAY -c $TMP/rc -P lab
wait "prom +" 20000
wait "pd +"
wait "Checkout is down"
snapshot terms-c
keys "Q"
exit
unenv LC_ALL
term xterm-256color
env LANG=C.UTF-8 NO_COLOR=1
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
expect-attr * "Checkout is down" fg=default
raw-never 1b5b33383b 1b5b33316d
snapshot terms-80x24
keys "Q"
exit
unenv NO_COLOR
term nobody-knows-me
run $OOGWAY -c $TMP/rc -P lab
wait "is not known here" 20000
expect "terminal nobody-knows-me is not known here: drawn as xterm-256color"
wait-gone "not known here" 20000
wait "pd ✓"
snapshot terms-80x24
keys "Q"
exit
unenv TERM
term dumb
run $OOGWAY -c $TMP/rc -P lab
wait "ALERT firing critical" 20000
wait "STATUS 3 critical"
raw-never 1b
signal INT
exit
restored
