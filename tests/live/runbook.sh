#!/bin/sh
# Steps of runbooks from scripts: exit codes, what is printed, what is refused, what is in the
# audit afterwards, also after kill -9. No network.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0
trap 'rm -rf "$tmp"' EXIT
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME/oogway" "$tmp/books"
rc=$XDG_CONFIG_HOME/oogway/oogway.rc
echo "set runbooks = $tmp/books" >"$rc"

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		head -n 5 "$tmp/out" "$tmp/err"
	fi
}

run() { # args…
	timeout 60 "$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }
silent() { ! [ -s "$tmp/$1" ]; }
absent() { ! [ -e "$1" ]; }

cat >"$tmp/books/night.md" <<BOOK
---
title: Night
risk: destroy
vars:
  - file: {type: path, default: $tmp/mark}
  - free
---
# Night
### 1. Read
\`\`\`sh risk=read
printf 'a\tb\n\033[31mred'
\`\`\`
### 2. Fails
\`\`\`sh
false
\`\`\`
### 3. Changes
\`\`\`sh risk=change
touch \${file}
\`\`\`
### 4. A value
\`\`\`sh
printf '%s|' \${free} "\${free}"
\`\`\`
### 5. Long
\`\`\`sh
sh -c "echo \$\$ >$tmp/pid; sleep 60"
\`\`\`
### 6. Ends
\`\`\`sh timeout=1s
sleep 60
\`\`\`
BOOK

run runbook check
ok check code 0
ok check-says said out '^1 runbook: all of it can be understood$'
printf '# x\n```sh risk=low\nls\n```\n```sh\nls "a\n```\n' >"$tmp/bad.md"
run runbook check "$tmp/bad.md"
ok check-bad code 1
ok check-place said out "bad.md:2: a risk is read, change, destroy or shell, not risk=low"
ok check-quote said out "bad.md:5: step 2: a double quote has no end"
run runbook check night "$tmp/none.md"
ok check-missing code 2

run runbook run night --dry-run
ok dry code 0
ok dry-class said out '^3  change  3. Changes$'
ok dry-argv said out "^    touch $tmp/mark$"
ok dry-why said out '^    would be refused: free has no value'
ok dry-nothing absent "$XDG_STATE_HOME/oogway/audit"
run runbook run night --dry-run --step 3
ok dry-one test "$(wc -l <"$tmp/out")" = 3

run runbook run night --step 1
ok unasked code 4
ok unasked-says said err 'add --yes if so'
ok unasked-silent silent out
run runbook run night --step 1 --yes
ok done code 0
printf 'a\tb\n\033[31mred' >"$tmp/expected"
ok bytes cmp -s "$tmp/expected" "$tmp/out"
run runbook run night --step 2 --yes
ok fails code 1
ok fails-says said err 'night step 2: failed, exit 1'
for how in --readonly "--at -1h"; do
	run $how runbook run night --step 3 --yes
	ok "refused $how" code 4
	ok "refused-not-done $how" absent "$tmp/mark"
done
echo 'set run.allow = read' >>"$rc"
run runbook run night --step 3 --yes
ok allow code 4
ok allow-says said err 'class change is more than `set run.allow` lets pass'
ok allow-not-done absent "$tmp/mark"
sed -i '$d' "$rc"
run runbook run night --step 3 --yes
ok change code 0
ok changed test -e "$tmp/mark"

for words in "night" "night --step 0" "night --step x" "night --step 7" "night --frob" \
	"night --step" "night --step 4" "night --step 3 --var none=1"; do
	run runbook run $words --yes
	ok "usage: $words" code 2
done
run runbook run none --step 1 --yes
ok no-book code 1
run runbook run night --step 3 --var 'file=/x;id' --yes
ok typed code 4
run runbook run night --step 4 --var "free=; touch $tmp/owned; \$(touch $tmp/owned)" --yes
ok one-word code 0
printf '%s|' "; touch $tmp/owned; \$(touch $tmp/owned)" >"$tmp/expected"
cat "$tmp/expected" "$tmp/expected" >"$tmp/twice"
ok one-word-bytes cmp -s "$tmp/twice" "$tmp/out"
ok not-owned absent "$tmp/owned"
run runbook run night --step 6 --yes
ok timeout code 1
ok timeout-says said err 'did not end in time'

# Interrupted: the step ends, and its outcome is known.
"$OOGWAY" runbook run night --step 5 --yes >"$tmp/out" 2>"$tmp/err" </dev/null &
victim=$!
n=0
while ! [ -s "$tmp/pid" ] && [ $n -lt 200 ]; do
	n=$((n + 1))
	python3 -c 'import time; time.sleep(.05)'
done
kill -TERM $victim
wait $victim
status=$?
ok interrupted code 1
ok interrupted-says said err 'night step 5: stopped, exit 143'
ok interrupted-gone sh -c "! kill -0 $(cat "$tmp/pid") 2>/dev/null"
rm -f "$tmp/pid"

# Killed in the middle: the intent stands there, its outcome is unknown.
"$OOGWAY" runbook run night --step 5 --yes >/dev/null 2>&1 </dev/null &
victim=$!
n=0
while ! [ -s "$tmp/pid" ] && [ $n -lt 200 ]; do
	n=$((n + 1))
	python3 -c 'import time; time.sleep(.05)'
done
kill -9 $victim
wait $victim 2>/dev/null
kill "$(cat "$tmp/pid")"
run audit log
ok unknown said out 'intent .*run.local .*unknown'
ok refusals test "$(grep -c refusal "$tmp/out")" -ge 4
run audit verify
ok whole code 0

# Without an audit nothing is done.
rm -f "$tmp/mark"
chmod 755 "$XDG_STATE_HOME/oogway/audit"
run runbook run night --step 3 --yes
ok no-audit code 4
ok no-audit-says said err 'nothing was done, as it cannot be recorded'
ok no-audit-not-done absent "$tmp/mark"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
