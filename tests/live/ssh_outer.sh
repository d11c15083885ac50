#!/bin/sh
# io/ssh_outer: the installed ssh against a real sshd, for what libssh cannot do.
here=$(cd "$(dirname "$0")/../.." && pwd)
net=${SSH_NET:-$here/build/test/live/ssh_net}
[ -x "$net" ] || net=$here/build/live/ssh_net
port=$((${LAB_PORT_BASE:-12000} + 1950))
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 me=$(id -un)
cleanup() {
	ssh -F "$tmp/own" -O exit web 2>/dev/null
	for pid in $(cat "$tmp"/*.pid 2>/dev/null); do kill "$pid" 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT
unset SSH_AUTH_SOCK
umask 077
command -v ssh >/dev/null || {
	echo "skipped: there is no ssh"
	exit 0
}

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name"
		head -n 8 "$tmp/out"
	fi
}

run() { # config args…
	config=$1
	shift
	timeout 60 "$net" --program "$tmp/$config" --sockets "$tmp/s" "$@" \
		>"$tmp/out" 2>&1 </dev/null
}

said() { grep -q -e "$1" "$tmp/out"; }
never() { ! grep -q -e "$1" "$tmp/out"; }
count() { [ "$(grep -c -e "$2" "$tmp/out")" = "$1" ]; }

cd "$tmp" || exit 1
for k in host other plain stranger; do
	ssh-keygen -q -t ed25519 -N '' -C "$k" -f $k
done
cp plain.pub authorized
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd

server() { # port, lines of its config
	p=$1
	shift
	{
		echo "Port $p
ListenAddress 127.0.0.1
HostKey $tmp/host
AuthorizedKeysFile $tmp/authorized
PidFile $tmp/$p.pid
StrictModes no
UsePAM no
PasswordAuthentication no
LogLevel VERBOSE
PermitRootLogin yes
Subsystem sftp internal-sftp"
		printf '%s\n' "$@"
	} >"sshd.$p"
	/usr/sbin/sshd -f "$tmp/sshd.$p" -E "$tmp/sshd.$p.log"
	until grep -q listening "$tmp/sshd.$p.log"; do
		kill -0 "$(cat "$p.pid" 2>/dev/null || echo $$)" || exit 1
	done
}

config() { # name, lines
	c=$1
	shift
	{
		echo "Host web
HostName 127.0.0.1
IdentityFile $tmp/plain
IdentitiesOnly yes
UserKnownHostsFile $tmp/known
GlobalKnownHostsFile none
LogLevel ERROR"
		printf '%s\n' "$@"
	} >"$c"
}

server $port
hostkey=$(cut -d' ' -f1,2 host.pub)
echo "[127.0.0.1]:$port $hostkey" >known
config plain_ ''
at=$me@web:$port

run plain_ $at -- 'echo out; echo err >&2; exit 3'
ok streams said '^out: out$'
ok streams-apart said '^err: err$'
ok status said '8 bytes: exit 3$'
for n in 0 1 254 255; do
	run plain_ $at -- "exit $n"
	ok status-$n said " 0 bytes: exit $n$"
done
run plain_ $at -- 'echo x; kill -SEGV $$'
ok signal said ' 2 bytes: signal unknown$'
run plain_ --input 'to be read' $at -- 'cat; echo ... end'
ok input said '^out: to be read... end$'
run plain_ $at -- 'cat; echo over'
ok no-input said '^out: over$'
run plain_ --quiet $at -- 'head -c 20000000 /dev/zero; echo x >&2'
run plain_ --pause-ms 300 $at -- 'head -c 3000000 /dev/zero'
ok paused said ' 3000000 bytes: exit 0$'
run plain_ --repeat 3 $at -- 'echo $SSH_CONNECTION'
ok reused sh -c "[ \$(grep '^out' '$tmp/out' | sort -u | wc -l) = 1 ]"
before=$(grep -c 'Accepted publickey' sshd.$port.log)
run plain_ $at $at $at $at $at $at $at $at $at $at $at $at -- 'echo one'
ok twelve count 12 ': exit 0$'
ok eight-a-connection [ $(($(grep -c 'Accepted publickey' sshd.$port.log) - before)) = 2 ]
run plain_ $at -- 'echo $SSH_AUTH_SOCK$SSH_TTY.'
ok no-agent said '^out: \.$'
run plain_ $at -- "printf '%s' 'a  b' '\$HOME'"
ok line-as-it-is said '^out: a  b$HOME$'
ok left-nothing sh -c "! ls '$tmp/s' | grep -q log"
ok socket-gone sh -c "n=0; while ls '$tmp/s' | grep -q . && [ \$n -lt 50 ]; do n=\$((n+1)); sleep 0.1; done; ! ls '$tmp/s' | grep ."

# trust
echo "[127.0.0.1]:$port $(cut -d' ' -f1,2 other.pub)" >changed
config changed_ && sed -i "s|known$|changed|" changed_
run changed_ $at -- 'echo never'
ok changed said 'failed refused: .*Host key verification failed'
ok changed-none never '^out'
: >empty
config empty_ && sed -i "s|known$|empty|" empty_
run empty_ --accept yes $at -- 'echo never'
ok unknown said 'failed refused: .*Host key verification failed'
ok unknown-not-kept [ ! -s empty ]
config loose_ 'StrictHostKeyChecking no' && sed -i "s|known$|empty|" loose_
run loose_ $at -- 'echo never'
ok loose said 'failed refused: '
{ cat known; echo "@revoked * $hostkey"; } >revoked
config revoked_ && sed -i "s|known$|revoked|" revoked_
run revoked_ $at -- 'echo never'
ok revoked said 'failed refused: .*Host key verification failed'
config stranger_ && sed -i "s|/plain$|/stranger|" stranger_
run stranger_ $at -- 'echo never'
ok no-key said 'failed auth: web: ssh says: .*Permission denied'
run plain_ $me@web:1 -- 'true'
ok refused said 'failed network: web: ssh says: .*Connection refused'
cat >pass.py <<'PY'
import os, selectors, socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
sel = selectors.DefaultSelector()
sel.register(0, 1, (0, s.fileno()))
sel.register(s, 1, (s.fileno(), 1))
while True:
    for key, _ in sel.select():
        data = os.read(key.data[0], 65536)
        if not data:
            sys.exit()
        os.write(key.data[1], data)
PY
config proxy_ "ProxyCommand python3 $tmp/pass.py 127.0.0.1 $port 2>/dev/null"
echo "[127.0.0.1]:1 $hostkey" >>known
run proxy_ $me@web:1 -- 'echo by a shell'
ok shell-proxy said '^out: by a shell$'
config exotic_ 'BindAddress 127.0.0.5' 'SetEnv OOGWAY=1' 'ForwardAgent yes'
run exotic_ $at -- 'echo $SSH_CONNECTION'
ok bind-address said '^out: 127.0.0.5 '
config remote_ 'RemoteCommand echo never' 'RequestTTY force' "LocalCommand touch $tmp/local" \
	'PermitLocalCommand yes'
run remote_ $at -- 'test -t 0; echo "tty $?"'
ok own-command said '^out: tty 1$'
ok no-local-command [ ! -e local ]

# ends
run plain_ --timeout-ms 700 $at -- 'sleep 50'
ok timeout said ' timed out: signal unknown$'
run plain_ --stop-ms 700 $at -- "echo \$\$ >$tmp/pid; exec sleep 50"
ok stopped said ' stopped: signal unknown$'
ok stopped-there sh -c "! kill -0 \$(cat '$tmp/pid') 2>/dev/null"
run plain_ --stop-ms 700 $at -- "trap '' TERM; echo \$\$ >$tmp/pid; while :; do sleep 1; done"
ok stopped-hard said ' stopped: signal unknown$'
ok stopped-hard-there sh -c "! kill -0 \$(cat '$tmp/pid') 2>/dev/null"
run plain_ --timeout-ms 700 $at -- "trap 'echo bye; exit 9' TERM; while :; do sleep 1; done"
ok timed-out-well said ' timed out: exit 9$'
# Never the parent of all, which it is when the other was quicker.
run plain_ $at $at -- "echo begun; touch $tmp/began.\$\$
	until [ \$(ls $tmp/began.* | wc -l) -ge 2 ]; do sleep 0.1; done
	sleep 0.3; grep -q sshd /proc/\$PPID/comm && kill -KILL \$PPID; sleep 5"
ok dropped count 2 ' 6 bytes: lost network: it ended without a status'
run plain_ --repeat 2 $at -- 'echo begun; sleep 0.3; grep -q sshd /proc/$PPID/comm && kill -KILL $PPID; sleep 5'
ok dropped-then-anew count 2 '^out: begun$'

# the user's own connection
config own "ControlPath $tmp/cm" 'ControlMaster auto' 'ControlPersist 60'
before=$(grep -c 'Accepted publickey' sshd.$port.log)
ssh -F own -p $port -l "$me" web true
run own $at $at -- 'echo $SSH_CONNECTION'
ok own-connection count 2 ': exit 0$'
ok own-only [ $(($(grep -c 'Accepted publickey' sshd.$port.log) - before)) = 1 ]
run own --stop-ms 700 $at -- 'exec sleep 50'
ok own-stopped said ' stopped: lost cancelled: stopped; whether it ended is not known'
ok own-stays sh -c "ssh -F own -p $port -l '$me' -O check web 2>/dev/null"

# a folder that is not ours alone
mkdir -m 755 open && chmod 755 open
timeout 20 "$net" --program "$tmp/plain_" --sockets "$tmp/open" $at -- true >out 2>&1
ok open-folder said 'failed refused: .*has to be a folder of yours alone'
PATH=/nowhere "$net" --program "$tmp/plain_" --sockets "$tmp/s" $at -- true >out 2>&1
ok no-program said 'failed io: .*cannot run ssh'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
