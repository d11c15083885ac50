#!/bin/sh
# The pages of a docs site: read, kept, searched by section; a change is shown, and what a
# site answers in place of a page (errors, a login, another page, far too much) is told
# and never kept. Needs OOGWAY and LAB. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 site= con=
end() {
	for p in $con $site; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
unset XDG_RUNTIME_DIR
mkdir -p "$HOME" "$tmp/config/oogway"
port=$((LAB_PORT_BASE + 9331))
at=http://127.0.0.1:$port
kept=$XDG_STATE_HOME/oogway/docs/wiki
cat >"$tmp/config/oogway/oogway.rc" <<END
set runbooks = auto
source wiki docs url=$at/runbooks every=2s timeout=5s
END

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		head -n 6 "$tmp/out" "$tmp/err" | cut -c1-200
		tail -n 5 "$tmp/plain" | cut -c1-200
	fi
}
run() { # args…
	timeout 60 "$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
is() { [ "$1" = "$2" ]; }
said() { grep -q -- "$1" "$tmp/out" "$tmp/err"; }
not() { ! "$@"; }
tell() { # path json
	python3 -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1], sys.argv[2].encode(), timeout=5)' "$at$1" "$2"
}
asked() { # what arrived since the last time, into out
	python3 -c 'import sys, urllib.request
sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=5).read().decode())' \
		"$at/_lab/requests" >"$tmp/out"
}
open_console() {
	: >"$tmp/plain"
	"$OOGWAY" --plain >>"$tmp/plain" 2>&1 </dev/null &
	con=$!
}
close_console() {
	kill "$con"
	wait "$con" 2>/dev/null
	con=
}
until_so() { # condition…: half a minute at most
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
		"$@" && return 0
		sleep 1
	done
	return 1
}
pages() { [ "$(ls "$kept"/*.page 2>/dev/null | wc -l)" -ge "$1" ]; }
kept_says() { cat "$kept"/*.page | grep -q -- "$1"; }
mark() { seen=$(wc -l <"$tmp/plain"); }
plain_says() { tail -n +$((seen + 1)) "$tmp/plain" | grep -q -- "$1"; } # since the mark
seen=0

python3 -B "$LAB/docs.py" --port "$port" &
site=$!
until_so sh -c "python3 -c 'import urllib.request; urllib.request.urlopen(\"$at/robots.txt\", timeout=2)' 2>/dev/null"

# --- reading ---
run runbook list --json
ok "one command asks nothing of a site" not said '"wiki:'
run source test wiki
ok "a test asks for its first page" is "$status" 0
open_console
ok "all pages of the site are kept" until_so pages 4
asked
ok "robots.txt comes first, and is respected" not said private/keys
ok "what is not below the first page is not asked for" not said '/blog/1'
ok "what would do something is not asked for" not said logout
close_console
run runbook show wiki:disk-full
ok "a page reads as Markdown" said 'du -x -d1 /var'
ok "and its table is one" said '^| db-1 | Ana |$'
run runbook search zookeeper session expiry
ok "a section is found, and named" sh -c "head -1 '$tmp/out' | grep -q '^wiki:handbook .*at Zookeeper session expiry'"
run runbook search turbine
ok "a section whose parts have usual names too" said '^wiki:handbook'
run runbook match TurbineVibration "the turbine of hall 2 shakes"
ok "an alert finds it" said '^1 wiki:handbook'

# --- only read ---
for verb in "edit wiki:disk-full" "check wiki:disk-full" "new wiki:other" \
	"run wiki:disk-full --dry-run"; do
	run runbook $verb
	ok "runbook $verb is refused" is "$status" 4
	ok "runbook $verb says why" said 'only read'
done
run runbook trust wiki:disk-full
run runbook run wiki:disk-full --step 1
ok "a trusted page is not run either" is "$status" 4
run runbook check
ok "all others are checked" is "$status" 0

# --- the same, and changed ---
asked
before=$(cat "$kept"/*.page | sha256sum)
open_console
ok "it is asked again with what was kept" until_so sh -c "
	python3 -c 'import sys, urllib.request
sys.stdout.write(urllib.request.urlopen(\"$at/_lab/requests\").read().decode())' |
	grep -q '\"none_match\": \"'"
sleep 3
ok "what is the same is not written anew" is "$(cat "$kept"/*.page | sha256sum)" "$before"
tell /_lab/page '{"path": "/runbooks/redis.html", "etag": false, "modified": false, "html": "<h1>Redis memory</h1><p>The cart cache evicts keys when its memory is full.</p><p>Lower the time to live first.</p>"}'
ok "a change comes" until_so kept_says 'Lower the time'
close_console
run runbook diff wiki:redis-v-1
ok "what is new is shown" said '^+Lower the time to live first'
ok "and what is gone" said '^-Raise `maxmemory`'
run runbook list --json
ok "the list knows that it changed" sh -c "grep '\"wiki:redis-v-1\"' '$tmp/out' | grep -q '\"changed\":true'"
run runbook trust wiki:redis-v-1
run runbook list --json
ok "what was read is no news" sh -c "grep '\"wiki:redis-v-1\"' '$tmp/out' | grep -q '\"changed\":false'"

# --- what is no page ---
before=$(sed -n '/^$/,$p' "$kept"/*.page | sha256sum)
open_console
until_so plain_says 'SOURCE wiki ok'
for fault in 500 401 404 410 login elsewhere moved large bomb binary empty; do
	mark
	tell /_lab/fault "{\"path\": \"/runbooks/disk-full\", \"kind\": \"$fault\"}"
	ok "$fault is told" until_so plain_says '1 of 4 pages is as before: /runbooks/disk-full'
	mark
	tell /_lab/fault '{"path": "/runbooks/disk-full"}'
	ok "$fault is over" until_so plain_says 'SOURCE wiki ok'
done
mark
tell /_lab/fault '{"path": "/runbooks/disk-full", "kind": "drop", "times": 1}'
ok "an answer that breaks off is told" until_so plain_says 'cut short: 8 of 5000 bytes'
ok "the texts are as they were" is "$(sed -n '/^$/,$p' "$kept"/*.page | sha256sum)" "$before"
close_console
open_console
mark
tell /_lab/fault '{"path": "*", "kind": "500"}'
ok "a site that fails as a whole is told" until_so plain_says 'as before: /runbooks/'
tell /_lab/fault '{"path": "*"}'
tell /_lab/page '{"path": "/runbooks/redis.html", "charset": "iso-8859-1", "html": "<h1>Redis memory</h1><p>Gr\u00f6\u00dfe and \u20ac</p><p><b>open <table><tr><td>broken"}'
ok "a wrong charset is seen through" until_so kept_says 'Größe'
close_console

# --- robots.txt that cannot be had ---
tell /_lab/robots '{"status": 503}'
asked
run source test wiki
ok "no robots.txt, no questions" said 'robots.txt answered 503'
asked
ok "and none was asked" not said '/runbooks'
run runbook show wiki:disk-full
ok "what was kept is there" said 'du -x -d1 /var'
tell /_lab/robots '{"status": 404}'
run source test wiki
ok "where there is none all may be read" is "$status" 0
kill "$site"
wait "$site" 2>/dev/null
site=
run source test wiki
ok "a site that is down is told" said 'refused'
run doctor
ok "doctor too" said 'BAD  source wiki'
run runbook search zookeeper session expiry
ok "and is searched all the same" said '^wiki:handbook'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
