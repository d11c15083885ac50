# From an alert to its runbook to a step by keys only: the labels give the values, and the
# alert's timeline has the command.
sh $LAB/canned $TMP
sh mkdir -p $TMP/books
sh printf -- '---\ntitle: Errors\nmatches: [HighErrorRate]\nrisk: read\nvars:\n  - what: {from: service, type: name}\n---\n### 1. Who\n```sh risk=read\necho "service ${what}, rated ${alert.severity}"\n```\n### 2. Where\n```sh host risk=read\nuptime\n```\n' >$TMP/books/errors.md
sh echo "set runbooks = $TMP/books" >>$TMP/rc
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
keys "2/HighErrorRate<Enter>"
wait "HighErrorRate"
keys "<Enter>"
wait "r opens it"
keys "r"
wait "with what=payments-api"
keys "x"
expect "lab: run as"
expect "echo 'service payments-api, rated critical'"
settle 400
keys "y"
wait "read  local   done, exit 0"
expect "service payments-api, rated critical"
keys "nx"
wait "the runbook has no variable host"
keys "<Esc>"
wait "Timeline"
expect-re command +1\. Who +done
keys "Q"
exit 0
sh $OOGWAY -c $TMP/rc -P lab audit show 2 >$TMP/record
sh grep -q "profile: lab" $TMP/record && grep -q "source: am" $TMP/record
