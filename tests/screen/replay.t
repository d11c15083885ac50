# Replay: what a record of the audit has recorded is played in a pane, through a terminal of its
# own, so that no byte of it reaches the real one; paused, faster, back, searched, to errors.
sh mkdir -p $TMP/state $TMP/config/oogway $TMP/books
sh printf 'set runbooks = %s/books\n' "$TMP" >$TMP/config/oogway/oogway.rc
sh printf '# Night\n\n```sh\nprintf "\\033]52;c;ZWNobw==\\007first\\033[31mred\\n"; echo second\n```\n\n```sh\necho session\n```\n\n```sh\ntrue\n```\n' >$TMP/books/night.md
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
sh $OOGWAY runbook run night --step 1 --yes >/dev/null; $OOGWAY runbook run night --step 2 --yes >/dev/null; $OOGWAY runbook run night --step 3 --yes
sh python3 tests/screen/replay.cast.py $(grep -l session $TMP/state/oogway/runs/*.out)
# What is too old goes, and only what is ours.
sh touch -d "400 days ago" $TMP/state/oogway/runs/01980000-1111-7111-8111-111111111111.out $TMP/state/oogway/runs/notes.out $TMP/state/oogway/runs/01980000-1111-7111-8111-111111111111.out.bak
# A script gets its lines, as a terminal showed them.
sh $OOGWAY audit replay 2 >$TMP/text </dev/null && printf 'firstred\nsecond\n' | cmp - $TMP/text
sh $OOGWAY audit replay 5 >$TMP/text </dev/null; test $? = 3
sh grep -q '^bold plain ümläut$' $TMP/text && grep -q '^ld: error: no such symbol$' $TMP/text
sh ! grep -q 'full screen' $TMP/text && ! LC_ALL=C grep -q "$(printf '\033')" $TMP/text
sh $OOGWAY audit replay 99 </dev/null; test $? = 1
sh $OOGWAY audit replay 2 --json </dev/null; test $? = 2
# On a terminal it opens where it plays, with the keys of the pane.
size 100x30
run $OOGWAY audit replay 5
wait "record 5, 0:0" 20000
keys "e"
wait "0:08 of 0:10, 1x, paused, cut short"
expect "ld: error: no such symbol"
raw-never 1b5d35323b633b
keys "Q"
exit 0
run $OOGWAY
wait "Metrics" 20000
keys ":audit replay 99<Enter>"
wait "record 99 is not listed: :audit reads the newest"
keys ":audit<Enter>"
wait "run.local" 10000
# The output of a step: all of it at once.
keys ":audit replay 2<Enter>"
wait "record 2, its output"
expect "firstred"
expect "second"
raw-never 1b5d35323b633b
keys "<Esc>"
# One that printed nothing.
keys ":audit replay 8<Enter>"
wait "has recorded nothing that could be played"
# A session.
keys ":audit replay 5<Enter>"
wait "record 5, 0:0"
wait "full screen" 8000
expect "of 0:10, 1x"
keys "<Space>"
wait "paused"
keys "e"
wait "0:08 of 0:10, 1x, paused, cut short"
expect "ld: error: no such symbol"
expect "one"
reject "full screen"
reject "secret typed"
keys "e"
wait "no further error is in it"
keys "0"
wait "0:00 of 0:10"
keys "/plain<Enter>"
wait "bold plain ümläut"
expect "$ ls"
reject "full screen"
keys "/nowhere<Enter>"
wait "it is not in the recording: nowhere"
keys ">"
wait "2x, paused"
keys "<Right>"
wait "0:10 of 0:10"
expect "$ exit"
keys "<Left>"
wait "0:00 of 0:10"
keys ">>>><Space>"
wait "0:10 of 0:10, 32x, paused" 8000
expect "ld: error"
raw-never 1b5d35323b633b
sh sleep 9
sh test ! -e $TMP/state/oogway/runs/01980000-1111-7111-8111-111111111111.out
sh test -e $TMP/state/oogway/runs/notes.out -a -e $TMP/state/oogway/runs/01980000-1111-7111-8111-111111111111.out.bak
# Its file is gone, and what is no recording at all.
keys "<Esc>"
sh rm $TMP/state/oogway/runs/*.out
keys ":audit replay 5<Enter>"
wait "the recording is not there any more"
keys "Q"
exit 0
sh $OOGWAY audit log | grep -q "note .*recordings.removed"
