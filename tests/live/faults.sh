#!/bin/sh
# A disk that breaks in the middle (tests/lab/faultdisk.c): of a recording, of the audit's
# intent, of its outcome, with EIO and ENOSPC. strict ends what cannot be recorded at the first
# write that fails, and begins nothing without an intent; best-effort goes on and says so.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}"
port=$((${LAB_PORT_BASE:-12000} + 1960))
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 me=$(id -un)
far=$me
cleanup() {
	kill "$(cat "$tmp/pid" 2>/dev/null)" 2>/dev/null
	[ "$far" = "$me" ] || userdel -f "$far" 2>/dev/null
	rm -rf "$tmp"
}
trap cleanup EXIT
unset SSH_AUTH_SOCK
umask 077
# The library comes first, whatever the program brings along.
ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0"
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME ASAN_OPTIONS
mkdir -p "$HOME/.ssh" "$XDG_CONFIG_HOME/oogway" "$tmp/world" "$tmp/books"
rc=$XDG_CONFIG_HOME/oogway/oogway.rc
state=$XDG_STATE_HOME/oogway
${CC:-cc} -shared -fPIC -O1 -o "$tmp/faultdisk.so" "$here/tests/lab/faultdisk.c" -ldl || {
	echo "skipped: there is no compiler"
	exit 0
}

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		cut -c1-300 "$tmp/out" "$tmp/err" | head -n 8
	fi
}

run() { # args…
	timeout 60 "$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

# PATH, bytes that still work, error, args…
broken() {
	where=$1 after=$2 with=$3
	shift 3
	timeout 60 env LD_PRELOAD="$tmp/faultdisk.so" FAULT_PATH="$where" FAULT_AFTER="$after" \
		FAULT_ERRNO="$with" "$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }
absent() { ! [ -e "$1" ]; }
newest() { tail -n 1 "$(ls "$state"/audit/*/0*.jsonl | tail -n 1)"; }
records() { cat "$state"/audit/*/0*.jsonl; }
verified() { "$OOGWAY" audit verify >"$tmp/verify" 2>&1 && grep -q '^ok' "$tmp/verify"; }
# What it printed is in its file as far as the disk took it, and has the hash that is told.
prefix() { # bytes
	f=$state/runs/$(records | grep '"event":"remote.host"' | grep outcome | tail -n 1 |
		sed -n 's/.*"out_file":"\([^"]*\)".*/\1/p')
	[ "$(stat -c %s "$f")" = "$1" ] && records | grep -q "$(sha256sum "$f" | cut -d' ' -f1)"
}

ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
if [ "$(id -u)" = 0 ]; then
	mkdir -p /run/sshd
	useradd -M -d / -s /bin/sh -p '*' "oogf$$" && far=oogf$$
fi
chmod 755 "$tmp"
chmod 777 "$tmp/world"
chmod 644 "$tmp/key.pub"
cat >"$tmp/sshd" <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $tmp/host
AuthorizedKeysFile $tmp/key.pub
PidFile $tmp/pid
StrictModes no
UsePAM no
PermitRootLogin yes
CONF
/usr/sbin/sshd -f "$tmp/sshd" -E "$tmp/log" || { cat "$tmp/log"; exit 1; }
until grep -q listening "$tmp/log"; do sleep 0.05; done
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 "$tmp/host.pub")" >"$HOME/.ssh/known_hosts"
cat >"$HOME/.ssh/config" <<CONF
Host w
  HostName 127.0.0.1
  Port $port
  User $far
  IdentityFile $tmp/key
CONF
cat >"$tmp/books/b.md" <<'BOOK'
# Book
### 1. Much
```sh
sh -c 'yes | head -c 300000; echo over; sleep 30; echo never'
```
BOOK
cat >"$rc" <<RC
set runbooks = $tmp/books
set run.allow = shell
RC

# in the middle of a recording, at each place of the buffers
for with in ${ERRORS:-EIO ENOSPC}; do
	for after in 0 1 65537 200000; do
		rm -f "$tmp/world/over"
		broken /runs/ $after $with run --yes w -- sh -c \
			"yes | head -c 300000; sleep 30; touch $tmp/world/over"
		ok "tape-$with-$after" code 1
		ok "tape-$with-$after-says" said out 'ended, as it cannot be recorded: cannot write'
		ok "tape-$with-$after-ended" absent "$tmp/world/over"
		[ $after = 0 ] || ok "tape-$with-$after-prefix" prefix $after
		ok "tape-$with-$after-file" said out 'its file ends early'
		ok "tape-$with-$after-verify" verified
	done
done
broken /runs/ 100000 EIO runbook run b --step 1 --yes
ok step code 1
ok step-says said err 'cannot be recorded: cannot write .*Input/output error'
ok step-verify verified
broken /runs/ 100000 ENOSPC runbook run b --step 1 --yes
ok step-full said err 'cannot be recorded: cannot write .*No space left'
FAULT_SYNC=1
export FAULT_SYNC
broken /runs/ 0 EIO run --yes w -- echo hello
ok tape-sync code 1
ok tape-sync-says said out 'cannot write .*Input/output error'

# the audit: no intent, no act
broken /audit/ 0 EIO run --yes w -- touch "$tmp/world/x"
ok intent-sync [ "$status" != 0 ]
ok intent-sync-nothing absent "$tmp/world/x"
unset FAULT_SYNC
for with in ${ERRORS:-EIO ENOSPC}; do
	for after in 0 1 300 700; do
		broken /audit/ $after $with run --yes w -- touch "$tmp/world/x"
		ok "intent-$with-$after" [ "$status" != 0 ]
		ok "intent-$with-$after-nothing" absent "$tmp/world/x"
		ok "intent-$with-$after-says" grep -q 'nothing was done' "$tmp/out" "$tmp/err"
		run audit verify
		ok "intent-$with-$after-verify" verified
	done
done
# Enough for the intents, not for what comes after: the outcome is not known.
before=$(records | wc -c)
run run --yes w -- true
whole=$(($(records | wc -c) - before))
broken /audit/ $((whole * 6 / 10)) EIO run --yes w -- touch "$tmp/world/y"
ok outcome-done [ -e "$tmp/world/y" ]
run audit log
ok outcome-unknown said out 'intent *remote.[a-z]* .*unknown'
ok outcome-verify verified

# best-effort: it is done, and that it was not recorded is known later
echo 'set audit = best-effort' >>"$rc"
broken /runs/ 5000 ENOSPC run --yes w -- sh -c \
	"yes | head -c 300000; touch $tmp/world/went"
ok effort code 0
ok effort-went [ -e "$tmp/world/went" ]
ok effort-gap sh -c "cat '$state'/audit/*/0*.jsonl | grep '\"event\":\"remote.host\"' |
	grep -q '\"out_gap\":\"cannot write .*No space left'"
broken /audit/ 0 EIO run --yes w -- touch "$tmp/world/unrecorded"
ok effort-intent code 0
ok effort-intent-done [ -e "$tmp/world/unrecorded" ]
ok effort-verify verified

# the console says so in its header, and the record follows when the disk is whole again
touch "$tmp/broken"
cat >"$tmp/console.py" <<'PY'
"""Types into a console on a pseudo-terminal; usage: console.py PROGRAM MARK FILE"""
import os, pty, re, select, signal, sys, time
program, mark, made = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    os.environ.update(TERM='xterm-256color', LANG='C.UTF-8')
    os.execv(program, [program])
seen = b''


def until(words, seconds=20):
    global seen
    end = time.monotonic() + seconds
    while words not in re.sub(rb'\x1b\[[0-9;?]*[A-Za-z]', b'', seen):
        left = end - time.monotonic()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            print('not seen:', words.decode())
            return False
        data = os.read(fd, 65536)
        if b'\x1b[5n' in data[-64:]:
            os.write(fd, b'\x1b[0n')
        seen = (seen + data)[-65536:]
    seen = b''
    return True


ok = until(b'Metrics')
for words, told in ((f':run w -- touch {made}', b'NOT RECORDED: '), (':run w -- true', b'1 done')):
    os.write(fd, words.encode() + b'\r')
    ok = until(b'y yes') and ok
    time.sleep(.5)
    os.write(fd, b'y')
    ok = until(told) and ok
    if os.path.exists(mark):
        os.remove(mark)
os.write(fd, b':quit\r')
try:
    while select.select([fd], [], [], 10)[0] and os.read(fd, 65536):
        pass
except OSError:
    pass
os.kill(pid, signal.SIGTERM)
os.waitpid(pid, 0)
sys.exit(not ok)
PY
timeout 120 env LD_PRELOAD="$tmp/faultdisk.so" FAULT_PATH=/audit/ FAULT_AFTER=0 FAULT_ERRNO=EIO \
	FAULT_WHILE="$tmp/broken" python3 -B "$tmp/console.py" "$OOGWAY" "$tmp/broken" \
	"$tmp/world/banner" >"$tmp/out" 2>"$tmp/err"
status=$?
ok banner code 0
ok banner-done [ -e "$tmp/world/banner" ]
ok banner-record sh -c "cat '$state'/audit/*/0*.jsonl | grep -q '\"event\":\"gate.unrecorded\"'"
ok banner-verify verified

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
