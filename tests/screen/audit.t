# The audit's pane: empty, then with records in it that somebody else wrote.
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
size 160x24
run $OOGWAY
wait "Metrics" 20000
keys ":audit<Enter>"
wait "Nothing was done from here yet."
keys ":audit verify<Enter>"
wait "audit: whole, 0 records"
# Another process writes: it is seen within seconds.
sh python3 tests/screen/audit_chain.py $TMP/state/oogway/audit
wait "HTTP 200" 10000
expect-re 2 .*intent +alert.silence .*DiskFull.*HTTP 200
expect-re 4 .*intent +incident.note .*PABC\^\[\]0;owned\^G<U\+202E>.*unknown
expect-re 5 .*refusal +remote.run +db1 +read-only
raw-never 1b5d303b6f776e6564
raw-never c29b324a
keys "/refusal<Enter>"
wait-gone "HTTP 200"
expect "remote.run"
keys "<Esc>"
keys ":audit verify<Enter>"
wait "record 1 was not written with the key"
keys "Q"
exit
sh ! $OOGWAY audit verify
sh $OOGWAY audit log | grep -q "incident.note .*unknown"
sh $OOGWAY audit show 4 | grep -q "target: PABC^\[\]0;owned"
sh $OOGWAY audit show 4 | grep -q "user: ada"
sh $OOGWAY audit export >$TMP/copy && python3 tests/unit/audit_verify.py $TMP/copy
sh $OOGWAY audit verify --against $TMP/copy | grep -q "5 records are as in the copy"
