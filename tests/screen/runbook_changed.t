# A book whose text is another than when it last ran shows what has changed before a step
# of it runs again, in the console and for scripts; trust is for one text.
sh mkdir -p $TMP/books
sh printf -- '---\ntitle: Load\n---\n# Load\n\nOld words.\n\n```sh local risk=read\necho one\n```\n' >$TMP/books/load.md
sh printf 'set runbooks = %s\nset log.files = %s\n' $TMP/books $TMP/books/load.md >$TMP/rc
sh $OOGWAY -c $TMP/rc runbook run load --step 1 --yes >$TMP/out && grep -q '^one$' $TMP/out
sh $OOGWAY -c $TMP/rc runbook trust load | grep -q 'trusted as it is now'
sh printf -- '---\ntitle: Load\n---\n# Load\n\nNew words.\n\n```sh local risk=read\necho two\n```\n' >$TMP/books/load.md
sh $OOGWAY -c $TMP/rc runbook run load --step 1 --yes >$TMP/out 2>$TMP/why; test $? = 4
sh ! grep -q two $TMP/out && grep -q '^+New words.' $TMP/why && grep -q '^-echo one' $TMP/why && grep -q -- '--changed' $TMP/why
sh $OOGWAY -c $TMP/rc runbook diff load | grep -c '^[-+]' | grep -q '^4$'
size 80x24
run $OOGWAY -c $TMP/rc
wait "host ✓" 20000
keys "6"
wait "Load "
keys ":runbook load<Enter>"
wait "Changed since it last ran: 2 new lines, 2 gone"
expect "- Old words."
expect "+ New words."
keys "x"
wait "it has changed since it last ran"
keys "x"
wait "run as"
settle 400
keys "y"
wait "done, exit 0"
reject "Changed since"
keys "Q"
exit 0
sh $OOGWAY -c $TMP/rc runbook diff load 2>&1 | grep -q 'nothing has changed'
sh $OOGWAY -c $TMP/rc runbook run load --step 1 --yes | grep -q two
sh printf '\nmore\n' >>$TMP/books/load.md
sh $OOGWAY -c $TMP/rc runbook run load --step 1 --yes --changed | grep -q two
