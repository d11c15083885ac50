#!/bin/sh
# Copies of the audit elsewhere: a file, journald's socket, syslog over TLS, https. Each has all
# records; what must have a copy stops what cannot give it one; with a copy a cut end and a
# history written anew are found. Needs OOGWAY, python3, openssl. Ends with
# `N passed, N failed`.
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
mkdir -p "$HOME" "$XDG_CONFIG_HOME/oogway" "$tmp/books"
https=$((LAB_PORT_BASE + 9341)) syslog=$((LAB_PORT_BASE + 9342))
rc=$XDG_CONFIG_HOME/oogway/oogway.rc
audit=$XDG_STATE_HOME/oogway/audit

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
code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$1" "$tmp/out" "$tmp/err"; }
records() { cat "$audit"/*/*.jsonl; }

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
	-addext subjectAltName=IP:127.0.0.1,DNS:localhost \
	-keyout "$tmp/key.pem" -out "$tmp/cert.pem" 2>/dev/null
cat >"$tmp/keepers.py" <<'END'
import http.server, os, socket, ssl, sys, threading
tmp, https, syslog = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def keep(name, data):
    with open(f'{tmp}/{name}', 'ab') as f: f.write(data)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(f'{tmp}/cert.pem', f'{tmp}/key.pem')
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        good = not os.path.exists(f'{tmp}/refuse') and \
            self.headers.get('Authorization') == 'Bearer sesame'
        if good: keep('https.log', body)
        self.send_response(204 if good else 503)
        self.send_header('Content-Length', '0')
        self.end_headers()
    def log_message(self, *args): pass
web = http.server.ThreadingHTTPServer(('127.0.0.1', https), Handler)
web.socket = tls.wrap_socket(web.socket, server_side=True)
def journal():
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(f'{tmp}/journal.sock')
    while True:
        for line in s.recv(1 << 18).split(b'\n'):
            if line.startswith(b'MESSAGE='): keep('journal.log', line[8:] + b'\n')
def log():
    s = socket.create_server(('127.0.0.1', syslog))
    while True:
        raw, _ = s.accept()
        try:
            c = tls.wrap_socket(raw, server_side=True)
            f = c.makefile('rb')
            while True:
                n = b''
                while not n.endswith(b' '):
                    b = f.read(1)
                    if not b: raise EOFError
                    n += b
                keep('syslog.log', f.read(int(n)) + b'\n')
        except (EOFError, ssl.SSLError, ValueError, OSError):
            pass
for t in (journal, log): threading.Thread(target=t, daemon=True).start()
open(f'{tmp}/up', 'w').close()
web.serve_forever()
END
python3 "$tmp/keepers.py" "$tmp" $https $syslog &
pids=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -e "$tmp/up" ] && break
	sleep 0.2
done
printf 'sesame\n' >"$tmp/token"
chmod 600 "$tmp/token"
cat >"$rc" <<RC
set runbooks = $tmp/books
sink disk kind=file path=$tmp/copy.jsonl required=on
sink journal kind=journald path=$tmp/journal.sock
sink log kind=syslog url=127.0.0.1:$syslog ca-file=$tmp/cert.pem
sink web kind=https url=https://127.0.0.1:$https/in ca-file=$tmp/cert.pem token-file=$tmp/token
RC
printf '# Night\n```sh\ntouch %s/mark\n```\n```sh\necho two\n```\n' "$tmp" >"$tmp/books/night.md"
run --check-config
ok config code 0
run runbook run night --step 1 --yes
ok done code 0
run runbook run night --step 2 --yes
ok done-2 code 0
records >"$tmp/all"
ok file-has-them sh -c "grep -c . '$tmp/copy.jsonl' | grep -qE '^(5|6|7|8|9)'"
for copy in copy.jsonl journal.log syslog.log https.log; do
	run audit verify --against "$tmp/$copy"
	ok "against $copy" code 0
	ok "against $copy has" said "records are as in the copy"
done
run audit verify --against disk
ok against-name code 0
ok syslog-form grep -qE '^<109>1 [0-9T:.Z-]+ [^ ]+ oogway [0-9]+ audit - \{"audit"' "$tmp/syslog.log"

# One that must have it and does not take it: nothing is done, and that is said.
rm -f "$tmp/mark"
mv "$tmp/copy.jsonl" "$tmp/kept.jsonl"
mkdir "$tmp/copy.jsonl"
run runbook run night --step 1 --yes
ok required code 4
ok required-says said "sink disk, which must have it, has not"
ok required-not-done sh -c "! [ -e '$tmp/mark' ]"
rmdir "$tmp/copy.jsonl"
mv "$tmp/kept.jsonl" "$tmp/copy.jsonl"
run runbook run night --step 1 --yes
ok again code 0
ok again-done [ -e "$tmp/mark" ]
run audit verify --against disk
ok caught-up code 0
run audit log
ok not-done-recorded said "refusal\|not done\|sink disk"

# https that refuses: required too, and then it catches up.
sed -i 's/token-file/required=on token-file/' "$rc"
touch "$tmp/refuse"
rm -f "$tmp/mark"
run runbook run night --step 1 --yes
ok https-refuses code 4
ok https-refuses-says said "sink web, which must have it, has not: it answered HTTP 503"
ok https-not-done sh -c "! [ -e '$tmp/mark' ]"
rm "$tmp/refuse"
run runbook run night --step 1 --yes
ok https-again code 0
run audit verify --against "$tmp/https.log"
ok https-caught-up code 0

# A cut end together with its head, which the chain alone cannot show.
chain=$(ls "$audit")
cp -a "$audit/$chain" "$tmp/old"
run runbook run night --step 2 --yes
ok more code 0
rm -rf "$audit/$chain"
cp -a "$tmp/old" "$audit/$chain"
run audit verify
ok cut-unseen code 0
run audit verify --against disk
ok cut-seen code 1
ok cut-says said "is in the copy and not here: the end was cut off"

for line in "sink a kind=file" "sink a kind=https url=http://x" "sink a kind=syslog url=https://x" \
	"sink a" "sink a kind=file path=/x required=yes" "sink a kind=journald url=x"; do
	printf '%s\n' "$line" >"$tmp/bad.rc"
	run -c "$tmp/bad.rc" --check-config
	ok "refused: $line" sh -c "[ $status != 0 ]"
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
