# Whatever ends it, the terminal is given back; a crash leaves a report of its own.
sh $LAB/canned $TMP
size 80x24
env ASAN_OPTIONS=handle_segv=0:handle_abort=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:allow_user_segv_handler=1:detect_leaks=0
run $OOGWAY -c $TMP/rc
wait "pd ✓" 20000
keys "Q"
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal INT
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
keys ":set mouse = on<Enter>:"
state cursor
signal TERM
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal HUP
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal QUIT
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
keys "2B"
wait "any key"
signal TERM
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
hangup
exit
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
keys "<C-z>"
stopped
restored
signal CONT
# While it still draws itself anew: no stop is lost.
state alt
signal TSTP
stopped
restored
signal CONT
state alt
signal TSTP
stopped
restored
signal CONT
signal TSTP
stopped
restored
signal CONT
wait "Needs you now"
state alt
keys ":set mouse = on<Enter>"
state mouse
keys "<C-z>"
stopped
restored
signal CONT
state mouse
signal TSTP
stopped
signal TERM
signal CONT
exit
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal SEGV
exit SEGV
restored
expect "oogway crashed; a report is in"
sh set -- $XDG_STATE_HOME/oogway/crash-*.txt && test $# = 1 && test $(stat -c %a $1) = 600 && grep -q 'ended by signal 11' $1 && rm $1
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal ABRT
exit ABRT
restored
sh set -- $XDG_STATE_HOME/oogway/crash-*.txt && test $(stat -c %a $1) = 600 && grep -q 'ended by signal 06' $1 && rm $1
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal BUS
exit BUS
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
signal FPE
exit FPE
restored
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
keys ":"
signal ILL
exit ILL
restored
# A crash while the terminal is lent writes nothing strange to it.
run $OOGWAY -c $TMP/rc
wait "Needs you now" 20000
keys "2B"
wait "any key"
signal SEGV
exit SEGV
restored
# Two tails of a crash file: nothing else lies open to others.
sh test -z "$(find $XDG_STATE_HOME -type f ! -perm 0600)"
