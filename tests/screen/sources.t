# A source is added by question and answer: tried, shown in numbers, kept in a file of our
# own, there at once; and taken out again. A secret that is typed is not remembered.
sh $LAB/canned $TMP
sh mkdir -p $TMP/config/oogway $TMP/state
sh grep -v '^source am' $TMP/rc > $TMP/config/oogway/oogway.rc
sh sed -n 's/^source am alertmanager url=\([^ ]*\).*/\1/p' $TMP/rc > $TMP/url
sh cp $TMP/config/oogway/oogway.rc $TMP/before
sh printf 'alias addam source add am alertmanager url=%s every=60s\n' "$(cat $TMP/url)" >> $TMP/before; cp $TMP/before $TMP/config/oogway/oogway.rc
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config
size 80x24
run $OOGWAY
wait "prom ✓" 20000
reject "am ✓"
# A wrong place is told, nothing is kept.
keys ":source add am alertmanager url=http://127.0.0.1:1<Enter>"
wait "it was not added"
keys ":source add am nonsense url=http://127.0.0.1:1<Enter>"
wait "no source kind is called nonsense"
# A secret: refused, and not in the history.
keys ":source add am alertmanager token=sesame<Enter>"
wait "no secret here: give token-file=FILE"
keys ":<Up>"
expect-row -1 ":source add am nonsense url="
keys "<C-u>source add am al<Tab>tok<Tab>"
expect-row -2 "token-file=  token-env=  token-command="
keys "<Esc>"
keys ":addam<Enter>"
wait "Add source am to"
expect "alertmanager at http"
expect-re [0-9]+ alerts now
expect "it does not tell its past"
# On a small screen the question and its keys are there, whatever else is not.
resize 24x8
wait "Add source am to"
expect-row -1 " y yes   n no, also Ent"
resize 80x24
wait "it does not tell its past"
# No is the default.
keys "<Enter>"
wait "nothing was done"
sh test ! -e $TMP/config/oogway/sources.rc
keys ":addam receiver=page<Enter>"
wait "Add source am to"
expect "only  receiver=page"
settle 400
keys "y"
wait "am ✓" 20000
sh grep -q '^source am alertmanager url=.* receiver=page' $TMP/config/oogway/sources.rc
file-mode $TMP/config/oogway/sources.rc 0600
sh cmp $TMP/before $TMP/config/oogway/oogway.rc
keys ":addam<Enter>"
wait "there is a source am already"
# Taken out: only what was kept there.
keys ":source remove prom<Enter>"
wait "which is yours"
keys ":source remove am<Enter>"
wait "Take source am out of"
settle 400
keys "y"
sh for i in 1 2 3 4 5 6 7 8 9 10; do grep -q '^source' $TMP/config/oogway/sources.rc || exit 0; sleep 0.5; done; exit 1
wait-gone "am ✓" 20000
keys "Q"
exit 0
