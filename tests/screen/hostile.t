# What others wrote never reaches the terminal as anything but text. Payloads come in by
# labels, annotations, titles, silences, changes, metric labels, log lines, runbooks, the
# rc, -P and the command line; the scene is in tests/lab/canned.
sh $LAB/canned $TMP hostile
sh mkdir -p $TMP/books && python3 $LAB/hostile $TMP
size 160x48
run $OOGWAY -c $TMP/rc
wait "pd ✓" 20000
wait "am ✓"
wait "43 high"
settle
keys "2z<Enter>"
settle
keys "GGr"
settle
keys "<Esc><Esc>jjj<Enter>"
settle
keys "G<Esc>3gjjjj<Enter>"
settle
keys "<Esc>4<Enter><Esc>5g<Enter>"
settle
keys "<Esc>jj<Enter><Esc>G<Enter>"
settle
keys "<Esc>6g<Enter>"
settle
keys "G<Esc>j<Enter>"
settle
keys "<Esc>j<Enter>"
settle
keys "<Esc>jjjj<Enter>"
settle
keys "<Esc>789"
settle
keys ":silences<Enter>"
settle
keys "GGYy<Esc>:changes<Enter>"
settle
keys "GYy<Esc>?G<Esc>o"
settle
keys "G<Esc>"
keys "2B"
wait "any key"
keys "x"
wait "2 Alerts"
keys "5B"
wait "any key"
keys "x"
wait "5 Logs"
keys ":alerts /OSC<Enter>"
settle
keys ":nonsense"
paste "\x1b]0;PWNED\x07\x9b31m\n"
keys "<Enter>"
settle
resize 80x24
settle
keys "12345678"
settle
resize 40x12
keys "12345678"
settle
# The frame's own bytes are known: none of these is among them.
raw-never 1b5d35323b633b534535 1b5d35323b633b53554e 1b5d303b50574e4544 1b5b373b3748
raw-never 1b63 1b5024 1b5d383b3b 1b5b33303b34306d e280ae c29d c29b f3a08181 e2808b
raw-never 1b5f78 1b5e78 1b5071 c285 e280a8 e281a6 e2808d 1b5b356e
raw-never 0b0c 7f 9b33316d
keys "Q"
exit
restored
sh ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]' $XDG_STATE_HOME/oogway/oogway.log
# The same through every printed form.
sh cd $TMP && for c in --once "alert list" "metric list" "silence list" "change list" "log list" "runbook list" "event list" "source list" "status" "doctor"; do $OOGWAY -c rc $c </dev/null >>out 2>>err; case $c in *list) $OOGWAY -c rc $c --json </dev/null >>json 2>>err;; esac; done; test -s out && test -s json
sh $OOGWAY -c $TMP/rc --check-config >>$TMP/out 2>>$TMP/err; $OOGWAY -P "$(printf 'p\033]0;PWNED\007q')" --check-config >>$TMP/out 2>>$TMP/err; $OOGWAY "$(printf 'p\033]0;PWNED\007q')" </dev/null >>$TMP/out 2>>$TMP/err; $OOGWAY --at "$(printf 'p\033]0;PWNED\007q')" >>$TMP/out 2>>$TMP/err; $OOGWAY "--$(printf 'p\033]0;PWNED\007q')" >>$TMP/out 2>>$TMP/err; $OOGWAY -c "$(printf '/p\033]0;PWNED\007q')" status </dev/null >>$TMP/out 2>>$TMP/err; true
sh timeout 5 $OOGWAY -c $TMP/rc --plain </dev/null >>$TMP/out 2>>$TMP/err; true
sh for f in out err json; do LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xf3\xa0\x81\x81' $TMP/$f | cat -v | cut -c1-200 | head -3; done | { ! grep .; }
sh python3 -c 'import json,sys; [json.loads(l) for l in open(sys.argv[1], encoding="utf-8")]' $TMP/json
