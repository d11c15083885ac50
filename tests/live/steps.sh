#!/bin/sh
# Steps that ask something over the network: http against a server of known answers, promql
# against a real Prometheus, waits on both, a note; from scripts. Needs OOGWAY, python3 and
# prometheus. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pids=
end() {
	for p in $pids; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
unset XDG_RUNTIME_DIR
mkdir -p "$HOME" "$XDG_CONFIG_HOME/oogway" "$tmp/books" "$tmp/data"
web=$((LAB_PORT_BASE + 9331)) prom=$((LAB_PORT_BASE + 9332))
rc=$XDG_CONFIG_HOME/oogway/oogway.rc

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		head -n 20 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}
run() { # args…
	timeout 60 "$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
step() { # book step more…
	book=$1 n=$2
	shift 2
	run runbook run "$book" --step "$n" --yes "$@"
}
code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$1" "$tmp/out" "$tmp/err"; }

cat >"$tmp/web.py" <<'END'
import http.server, sys, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open(sys.argv[2], 'a') as f: f.write(self.path + '\n')
        status, body, headers = 200, b'all is well', []
        if self.path.startswith('/bad'): status, body = 503, b'no'
        if self.path.startswith('/ready') and not os.path.exists(sys.argv[3]): status = 503
        if self.path.startswith('/away'):
            status, headers = 302, [('Location', 'http://127.0.0.2:1/')]
        if self.path.startswith('/large'): body = b'x' * (2 << 20)
        self.send_response(status)
        for k, v in headers: self.send_header(k, v)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command == 'GET': self.wfile.write(body)
    do_HEAD = do_GET
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
END
python3 "$tmp/web.py" $web "$tmp/asked" "$tmp/ready" &
pids=$!
printf 'scrape_configs:\n- job_name: self\n  scrape_interval: 1s\n  static_configs:\n  - targets: [127.0.0.1:%s]\n' \
	$prom >"$tmp/prom.yml"
prometheus --config.file="$tmp/prom.yml" --storage.tsdb.path="$tmp/data" \
	--web.listen-address=127.0.0.1:$prom >"$tmp/prom.log" 2>&1 &
pids="$pids $!"
up=
for _ in $(seq 1 60); do
	python3 - $web $prom 2>/dev/null <<'END' && up=1 && break
import sys, json, urllib.request as u
u.urlopen(f'http://127.0.0.1:{sys.argv[1]}/').read()
r = json.load(u.urlopen(f'http://127.0.0.1:{sys.argv[2]}/api/v1/query?query=up'))
sys.exit(not r['data']['result'])
END
	sleep 0.5
done
ok servers [ -n "$up" ]

printf 'set runbooks = %s/books\nsource prom prometheus url=http://127.0.0.1:%s\n' \
	"$tmp" $prom >"$rc"
cat >"$tmp/books/net.md" <<BOOK
---
title: Net
vars:
  - path: {default: "a b/&c"}
  - job: {default: self}
---
# Net
1
\`\`\`http
GET http://127.0.0.1:$web/ok?q=\${path}
expect 200
contains well
lacks error
within 20s
\`\`\`
2
\`\`\`http
http://127.0.0.1:$web/bad
\`\`\`
3
\`\`\`http
HEAD http://127.0.0.1:$web/bad
expect 500..599
\`\`\`
4
\`\`\`http
http://127.0.0.1:$web/ok
contains sunshine
\`\`\`
5
\`\`\`http
http://127.0.0.1:$web/away
\`\`\`
6
\`\`\`http
POST http://127.0.0.1:$web/ok
\`\`\`
7
\`\`\`http
http://127.0.0.1:$web/large
\`\`\`
8
\`\`\`promql expect=some
up{job="\${job}"} == 1
\`\`\`
9
\`\`\`promql expect=none
up{job="\${job}"} == 1
\`\`\`
10
\`\`\`promql
up{job=
\`\`\`
11
\`\`\`promql source=none
up
\`\`\`
12
\`\`\`wait every=200ms timeout=20s
until http http://127.0.0.1:$web/ready
\`\`\`
13
\`\`\`wait every=300ms timeout=20s
until promql prometheus_http_requests_total > 0
\`\`\`
14
\`\`\`note
Looked at \${job}.
\`\`\`
15
\`\`\`promql timeout=1s
\${job}
\`\`\`
16
\`\`\`http
http://127.0.0.1:1/
\`\`\`
17
\`\`\`oogway
runbook list
\`\`\`
18
\`\`\`http
http://127.0.0.1:$web/bad
contains \${path}
\`\`\`
BOOK

run runbook check net
ok check code 1
ok check-says said "net.md:.*step 6: an http step begins with GET or HEAD"
run runbook run net --dry-run
ok dry code 0
ok dry-url said "GET http://127.0.0.1:$web/ok?q=a%20b%2F%26c"
ok dry-query said 'up{job="self"} == 1'
ok dry-place said "on prom (http://127.0.0.1:$prom)"
ok dry-nothing sh -c "! grep -q ok '$tmp/asked'"

step net 1
ok http code 0
ok http-head said "^HTTP 200, .* 11 bytes"
ok http-body said "all is well"
ok http-encoded grep -qx '/ok?q=a%20b%2F%26c' "$tmp/asked"
step net 2
ok http-status code 1
ok http-status-says said "it answered HTTP 503, not 200 to 299"
step net 3
ok http-expected code 0
step net 4
ok http-lacks code 1
ok http-lacks-says said 'the answer does not contain "sunshine"'
step net 18 --var "path=no
expect 503"
ok http-no-line-of-its-own code 1
step net 5
ok http-away code 1
step net 6
ok http-post code 1
ok http-post-not sh -c "! grep -q POST '$tmp/asked'"
step net 7
ok http-large code 1
step net 16
ok http-refused code 1
ok http-refused-says said "refused"

step net 8
ok promql code 0
ok promql-says said 'instance="127.0.0.1:'
step net 9
ok promql-none code 1
ok promql-none-says said "the query gives 1 series, not none"
step net 10
ok promql-bad code 1
ok promql-bad-says said "parse error"
step net 11
ok promql-source code 2
ok promql-source-says said "no source none that answers queries"
step net 8 --var 'job=x"} or vector(1) or up{job="'
ok promql-quoted code 1
ok promql-quoted-says said "the query gives nothing"
step net 15 --var 'job=up or up'
ok promql-plain code 4

(sleep 1; touch "$tmp/ready") &
step net 12
ok wait-http code 0
ok wait-http-again [ "$(grep -c /ready "$tmp/asked")" -ge 3 ]
step net 13
ok wait-promql code 0
step net 14
ok note code 0
step net 17
ok oogway code 0
ok oogway-says said "^Net"

run audit verify
ok whole code 0
run audit log
ok recorded said "intent .*run.http .*HTTP 200"
ok recorded-series said "intent .*run.promql .*1 series"
ok recorded-note said "intent .*run.note .*on record"

# A folder leads elsewhere, a book leads to itself, one is too large.
mkdir "$tmp/else"
printf '# Else\n```sh\ntrue\n```\n' >"$tmp/else/else.md"
ln -s "$tmp/else/else.md" "$tmp/books/else.md"
ln -s loop.md "$tmp/books/loop.md"
python3 -c 'print("# Big\n" + "x" * (10 << 20))' >"$tmp/books/big.md"
printf '# A\n```oogway\nrunbook b\n```\n' >"$tmp/books/a.md"
printf '# B\n```oogway\nrunbook run a --step 1\n```\n```sh\necho ${none} "$HOME"\n```\n```sh\necho ${none}\n```\n' >"$tmp/books/b.md"
run runbook check
ok check-all code 1
ok check-link said "else.md:1: leads out of its folder"
ok check-loop said "loop.md:1: .*symbolic links"
ok check-big said "big.md:.*a runbook has at most 256 KiB"
ok check-cycle said "a.md:.*leads back to itself: a > b > a"
ok check-unknown said "b.md:.*no variable is called none"
run runbook run else --step 1 --yes
ok link-not-run code 2

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
