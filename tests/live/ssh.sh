#!/bin/sh
# io/ssh against real sshds of our own on loopback: logins of every kind, host keys, jump
# hosts, ends. Accounts with passwords are made for it, which only root can.
here=$(cd "$(dirname "$0")/../.." && pwd)
net=${SSH_NET:-$here/build/test/live/ssh_net}
[ -x "$net" ] || net=$here/build/live/ssh_net
port=$((${LAB_PORT_BASE:-12000} + 1900))
bastion=$((port + 1)) deaf=$((port + 2)) fake=$((port + 3))
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 me=$(id -un)
users=
cleanup() {
	for pid in $(cat "$tmp"/*.pid 2>/dev/null); do kill "$pid" 2>/dev/null; done
	[ -z "$agent" ] || kill "$agent" 2>/dev/null
	for u in $users; do userdel -f "$u" 2>/dev/null; done
	rm -rf "$tmp" "/etc/pam.d/$pam" 2>/dev/null
}
pam=none agent=
trap cleanup EXIT
unset SSH_AUTH_SOCK
umask 077

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

run() { # args…
	timeout 60 "$net" "$@" >"$tmp/out" 2>&1 </dev/null
}

said() { grep -q -e "$1" "$tmp/out"; }
never() { ! grep -q -e "$1" "$tmp/out"; }
count() { [ "$(grep -c -e "$2" "$tmp/out")" = "$1" ]; }

cd "$tmp" || exit 1
for k in host other plain locked signed authority stranger; do
	ssh-keygen -q -t ed25519 -N '' -C "$k" -f $k
done
ssh-keygen -q -t rsa -b 3072 -N '' -f rsa
ssh-keygen -q -t ecdsa -N '' -f ecdsa
ssh-keygen -q -p -P '' -N 'open sesame' -f locked >/dev/null
ssh-keygen -q -s authority -I tester -n "$me" signed.pub
cat plain.pub locked.pub rsa.pub ecdsa.pub >authorized

server() { # port, lines of its config
	p=$1
	shift
	{
		echo "Port $p
ListenAddress 0.0.0.0
HostKey $tmp/${shows:-host}
AuthorizedKeysFile $tmp/authorized
TrustedUserCAKeys $tmp/authority.pub
PidFile $tmp/$p.pid
StrictModes no
UsePAM no
PermitRootLogin yes"
		printf '%s\n' "${@:-PasswordAuthentication no}"
	} >"sshd.$p"
	start /usr/sbin/sshd "$p"
}

start() { # program port
	"$1" -f "$tmp/sshd.$2" -E "$tmp/sshd.$2.log" &&
		until grep -q 'listening' "$tmp/sshd.$2.log"; do
			kill -0 "$(cat "$tmp/$2.pid" 2>/dev/null || echo $$)" || break
		done && return
	echo "sshd does not start: $(tail -n 1 "$tmp/sshd.$2.log")"
	exit 1
}
[ "$(id -u)" != 0 ] || mkdir -p /run/sshd
server $port
server $bastion
hostkey=$(cut -d' ' -f1,2 host.pub)
printf '[127.0.0.1]:%s %s\n[127.0.0.1]:%s %s\n' $port "$hostkey" $bastion "$hostkey" >known
at=$me@127.0.0.1:$port
sure="--known $tmp/known"

# what comes back
run $sure --key plain $at -- 'echo out; echo err >&2; exit 3'
ok streams said '^out: out$'
ok streams-apart said '^err: err$'
ok status said '8 bytes: exit 3$'
run $sure --key plain $at -- 'kill -SEGV $$'
ok signal said ': signal SEGV$'
run $sure --key plain --input 'to be read' $at -- 'cat; echo ... end'
ok input said '^out: to be read... end$'
run $sure --key plain $at -- 'printf "a\0b\377"; cat'
ok no-input said ' 4 bytes: exit 0$'
run $sure --key plain --quiet $at -- 'head -c 20000000 /dev/zero; echo x >&2'
run $sure --key plain --pause-ms 300 $at -- 'head -c 3000000 /dev/zero'
ok paused said ' 3000000 bytes: exit 0$'
run $sure --key plain --repeat 3 $at -- 'echo $SSH_CONNECTION'
ok reused sh -c "[ \$(grep '^out' '$tmp/out' | sort -u | wc -l) = 1 ]"
run $sure --key plain $at $at $at $at $at $at $at $at $at $at $at $at -- 'echo one'
ok twelve count 12 ': exit 0$'

# keys
for k in rsa ecdsa; do
	run $sure --key $k $at -- 'true'
	ok key-$k said ': exit 0$'
done
run $sure --key stranger --key missing --key plain $at -- 'true'
ok second-key said ': exit 0$'
run $sure --key stranger $at -- 'true'
ok no-key said "failed auth: 127.0.0.1 lets $me not in: 1 key file tried, no agent is there"
chmod 644 plain
run $sure --key plain $at -- 'true'
ok open-key said ': failed auth: '
chmod 600 plain
run $sure --key signed $at -- 'true'
ok certificate-beside said ': exit 0$'
mv signed-cert.pub apart.pub
run $sure --key signed $at -- 'true'
ok certificate-gone said 'failed auth'
run $sure --key signed --cert "$tmp/apart.pub" $at -- 'true'
ok certificate-apart said ': exit 0$'
run $sure --key plain --cert "$tmp/apart.pub" $at -- 'true'
ok certificate-of-another said ': exit 0$'

# passphrases
run $sure --key locked --say 'open sesame' $at $at $at -- 'true'
ok passphrase count 3 ': exit 0$'
ok passphrase-once count 1 "^asked passphrase $me@127.0.0.1 locked$"
run $sure --key locked --say wrong --say 'open sesame' $at -- 'true'
ok passphrase-again said ': exit 0$'
run $sure --key locked $at -- 'true'
ok passphrase-nobody said 'failed auth: .*a key file needs its passphrase'
cp locked useless
cp stranger.pub useless.pub
run $sure --key useless --say 'open sesame' $at -- 'true'
ok passphrase-useless never '^asked'

# the agent
eval "$(ssh-agent -s)" >/dev/null
agent=$SSH_AGENT_PID
run $sure --agent $at -- 'true'
ok agent-empty said 'failed auth'
ssh-add -q plain
run $sure --agent $at $at $at $at $at $at $at $at $at $at -- 'true'
ok agent count 10 ': exit 0$'
# Of its keys only those that are listed: the right one, by its public half alone.
for i in 1 2 3 4 5 6 7; do ssh-keygen -q -t ed25519 -N '' -f crowd$i; done
ssh-add -q -D
ssh-add -q crowd? plain signed
mkdir only && cp plain.pub signed.pub only
run $sure --agent $at -- 'true'
ok agent-crowded said 'failed auth: .*IdentitiesOnly'
run $sure --agent --listed-only --key only/plain $at $at $at -- 'true'
ok agent-listed count 3 ': exit 0$'
run $sure --agent --listed-only --key only/plain.pub $at -- 'true'
ok agent-listed-pub said ': exit 0$'
run $sure --agent --listed-only --key stranger $at -- 'true'
ok agent-unlisted said 'failed auth'
run $sure --agent --listed-only --key only/none $at -- 'true'
ok agent-none-listed said 'failed auth'
ssh-keygen -q -s authority -I tester -n "$me" signed.pub
ssh-add -q signed
cp signed-cert.pub only
run $sure --agent --listed-only --key only/signed $at -- 'true'
ok agent-certificate said ': exit 0$'
kill $agent
agent=
run $sure --agent --listed-only --key only/plain $at -- 'true'
ok agent-filter-gone said 'failed auth'
run $sure --agent --key plain $at -- 'true'
ok agent-gone said ': exit 0$'
unset SSH_AUTH_SOCK

# host keys
run --known unknown --key plain $at -- 'true'
ok unknown-nobody said 'refused: 127.0.0.1 is refused: its host key is not known (ED25519 SHA256:'
ok unknown-kept sh -c "! [ -e '$tmp/unknown' ]"
run --known unknown --key plain --accept no $at -- 'true'
ok unknown-no said 'its host key was not accepted'
run --known unknown --known known --strict --key plain $me@127.0.0.1:$port -- 'true'
ok second-file said ': exit 0$'
run --known unknown --strict --accept yes --key plain $at -- 'true'
ok strict said 'StrictHostKeyChecking is yes'
run --known unknown --key plain --accept yes $at $at $at -- 'true'
ok unknown-yes count 3 ': exit 0$'
ok unknown-once count 1 '^asked host-key'
run --known unknown --key plain $at -- 'true'
ok remembered said ': exit 0$'
ok fingerprint sh -c "ssh-keygen -lf '$tmp/unknown' | grep -q \"\$(ssh-keygen -lf '$tmp/host.pub' | cut -d' ' -f2)\""
run --known hashed --hash --key plain --accept yes $at -- 'true'
ok hashed grep -q '^|1|' hashed
ok hashed-found sh -c "ssh-keygen -F [127.0.0.1]:$port -f hashed >/dev/null"
printf '[127.0.0.1]:%s %s\n' $port "$(cut -d' ' -f1,2 other.pub)" >changed
run --known changed --accept yes --key plain $at -- 'true'
ok changed said 'refused: 127.0.0.1 is refused: it shows the host key ED25519 SHA256:'
ok changed-where said 'changed:1 has another one: somebody may be listening'
ok changed-unasked never '^asked'
printf '[127.0.0.1]:%s %s\n' $port "$(cut -d' ' -f1,2 rsa.pub)" >type
run --known type --accept yes --key plain $at -- 'true'
ok other-type said 'has another one of another type'
{ cat known; echo "@revoked * $hostkey"; } >revoked
run --known revoked --accept yes --key plain $at -- 'true'
ok revoked said 'its host key is revoked (revoked:3)'
ca() { echo "@cert-authority $1 $(cut -d' ' -f1,2 "$2.pub")"; }
ca '*' authority >ca
run --known ca --accept yes --key plain $at -- 'true'
ok authority said 'only the authority at ca:1 may vouch for it, and it shows no certificate'
{ cat known; ca '*' authority; } >both
run --known both --key plain $at -- 'true'
ok authority-known-key said ': exit 0$'

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

# host certificates: a server for each, as it shows one of a type
certified() { # offset, key, options of ssh-keygen…
	c=$((port + $1)) key=$2
	shift 2
	cp "$key" "host$c" && cp "$key.pub" "host$c.pub"
	ssh-keygen -q -h "$@" "host$c.pub" || exit 1
	shows=host$c
	server $c 'PasswordAuthentication no' "HostCertificate $tmp/host$c-cert.pub"
	shows=
	cat=$me@127.0.0.1:$c
}
sign="-s authority -I host"
certified 20 other $sign -n 127.0.0.1
good=$cat
run --known ca --key plain $good $good $good -- 'true'
ok vouched count 3 ': exit 0$'
ok vouched-unasked never '^asked'
run --known ca --strict --key plain --jump $good --jump $good $good -- 'echo deep'
ok vouched-jumps said '^out: deep$'
run --known ca --key plain --proxy python3 --proxy pass.py --proxy 127.0.0.1 --proxy $c \
	$good -- 'echo by proxy'
ok vouched-proxy said '^out: by proxy$'
{ cat changed; echo "[127.0.0.1]:$c $hostkey"; ca '*' authority; } >rotated
run --known rotated --key plain $good -- 'true'
ok vouched-new-key said ': exit 0$'
ca "[127.0.0.1]:$c,!nobody" authority >narrow
run --known narrow --key plain $good -- 'true'
ok vouched-by-port said ': exit 0$'
ca "web*" authority >elsewhere
run --known elsewhere --accept no --key plain $good -- 'true'
ok vouched-elsewhere said 'its host key was not accepted'
ca '*' stranger >strange
run --known strange --accept yes --key plain $good -- 'true'
ok vouched-stranger said 'refused: .*the authority at strange:1 may vouch for it, and its host key or that authority is not the one'
{ cat ca; echo "@revoked * $(cut -d' ' -f1,2 authority.pub)"; } >revoked-ca
run --known revoked-ca --accept yes --key plain $good -- 'true'
ok revoked-authority said 'its host key, or the authority that signed it, is revoked (revoked-ca:2)'
{ cat ca; echo "@revoked * $(cut -d' ' -f1,2 other.pub)"; } >revoked-key
run --known revoked-key --accept yes --key plain $good -- 'true'
ok revoked-certified said 'is revoked (revoked-key:2)'
{ cat ca; echo "[127.0.0.1]:$c $(cut -d' ' -f1,2 other.pub)"
	echo "@revoked * $(cut -d' ' -f1,2 other.pub)"; } >revoked-known
run --known revoked-known --accept yes --key plain $good -- 'true'
ok revoked-wins said 'is revoked (revoked-known:3)'
for k in rsa ecdsa; do
	certified $([ $k = rsa ] && echo 21 || echo 22) $k $sign -n 127.0.0.1
	run --known ca --key plain $cat -- 'true'
	ok vouched-$k said ': exit 0$'
	ca '*' $k >ca-$k
	certified $([ $k = rsa ] && echo 23 || echo 24) other -s $k -I host -n 127.0.0.1
	run --known ca-$k --key plain $cat -- 'true'
	ok vouched-by-$k said ': exit 0$'
done
run --known ca-rsa --ca-algorithms ssh-ed25519 --key plain $me@127.0.0.1:$((port + 23)) -- 'true'
ok ca-algorithms said 'signed by rsa-sha2-512, which CASignatureAlgorithms does not allow'
refusal() { # name, pattern: of the server made last
	run --known "${3:-ca}" --accept yes --key plain $cat -- 'true'
	ok "$1" said "failed refused: .*$2"
	ok "$1-unasked" never '^asked'
}
certified 26 other $sign -n web1
refusal cert-name 'not made for the name 127.0.0.1'
certified 27 other $sign
refusal cert-no-names 'not made for the name 127.0.0.1'
certified 28 other $sign -n '127.0.*'
run --known ca --key plain $cat -- 'true'
ok cert-wildcard said ': exit 0$'
certified 29 other $sign -n 127.0.0.1 -V 20200101:20210101
refusal cert-expired 'it has expired'
certified 30 other $sign -n 127.0.0.1 -V +1d:+2d
refusal cert-early 'it is not valid yet'
certified 31 other $sign -n 127.0.0.1 -O critical:never@example.com=1
refusal cert-critical 'critical options'
{ cat known; echo "@maybe * $hostkey"; } >maybe
run --known maybe --key plain $at -- 'true'
ok unknown-marker said 'maybe:3 cannot be understood'

# ways
jump=$me@127.0.0.1:$bastion
run $sure --key plain --jump $jump $at -- 'echo $SSH_CONNECTION'
ok jump said ': exit 0$'
run $sure --key plain --jump $jump --jump $at --jump $jump $at $at $at -- 'echo deep'
ok jumps count 3 '^out: deep$'
run $sure --key plain --jump $jump $at -- 'head -c 5000000 /dev/zero'
ok jump-much said ' 5000000 bytes: exit 0$'
run --known unknown --key plain --jump $jump $at -- 'true'
ok jump-unknown said "failed refused: through 127.0.0.1: 127.0.0.1 is refused"
run $sure --key plain --jump $jump $me@127.0.0.1:1 -- 'true'
ok jump-nowhere said 'failed network: .*127.0.0.1 does not let it through to 127.0.0.1:1'
run $sure --key plain --proxy python3 --proxy pass.py --proxy 127.0.0.1 --proxy $port \
	$at -- 'echo by proxy'
ok proxy said '^out: by proxy$'
run $sure --key plain --proxy sh --proxy -c --proxy 'echo no way >&2; exit 1' $at -- 'true'
ok proxy-fails said 'its ProxyCommand says: no way'
run $sure --key plain --proxy /no/such $at -- 'true'
ok proxy-none said 'cannot run its ProxyCommand /no/such'
run $sure --key plain $me@127.0.0.1:1 -- 'true'
ok refused said 'failed network: 127.0.0.1: cannot connect to 127.0.0.1:1: Connection refused'
run $sure --key plain $me@nobody.invalid:22 -- 'true'
ok no-name said 'failed network: nobody.invalid: its name nobody.invalid cannot be resolved'

# ends
run $sure --key plain --timeout-ms 400 $at -- 'sleep 50'
ok timeout said " timed out: signal TERM$"
run $sure --key plain --stop-ms 400 $at -- 'exec sleep 50'
ok stopped said ' stopped: signal TERM$'
run $sure --key plain --stop-ms 400 $at -- 'trap "" TERM; while :; do sleep 1; done'
ok stopped-hard said ' stopped: signal KILL$'
run $sure --key plain --timeout-ms 600 $at -- "trap 'echo bye; exit 9' TERM; while :; do sleep 1; done"
ok timed-out-well said ' timed out: exit 9$'
# Never the parent of all, which it is when the other was quicker.
run $sure --key plain $at $at -- "echo begun; touch $tmp/began.\$\$
	until [ \$(ls $tmp/began.* | wc -l) -ge 2 ]; do sleep 0.1; done
	sleep 0.3; grep -q sshd /proc/\$PPID/comm && kill -KILL \$PPID; sleep 5"
ok dropped count 2 ' 6 bytes: lost network: '
ok dropped-output count 2 '^out: begun$'
run $sure --key plain --alive-ms 400 $at -- \
	'echo begun; grep -q sshd /proc/$PPID/comm || exit
	(sleep 4; kill -CONT $PPID) & sleep 0.2; kill -STOP $PPID'
ok frozen said ' lost timeout: 127.0.0.1: it shows no sign of life for [0-9]* s$'
server $((port + 7)) 'PasswordAuthentication no' 'AllowTcpForwarding no'
printf '[127.0.0.1]:%s %s\n' $((port + 7)) "$hostkey" >>known
run $sure --key plain --jump $me@127.0.0.1:$((port + 7)) $at -- 'true'
ok no-forwarding said 'failed network: .*does not let it through to 127.0.0.1'
# Past such a bastion there is only a ProxyCommand that runs something on it.
run $sure --key plain --proxy ssh --proxy -F --proxy none --proxy -o --proxy BatchMode=yes \
	--proxy -o --proxy "UserKnownHostsFile=$tmp/known" --proxy -i --proxy "$tmp/plain" \
	--proxy -p --proxy $((port + 7)) --proxy $me@127.0.0.1 \
	--proxy "python3 $tmp/pass.py 127.0.0.1 $port" $at -- 'echo past it'
ok proxy-bastion said '^out: past it$'
server $((port + 8)) 'PasswordAuthentication no' 'ForceCommand /bin/false'
printf '[127.0.0.1]:%s %s\n' $((port + 8)) "$hostkey" >>known
run $sure --key plain $me@127.0.0.1:$((port + 8)) -- 'echo never'
ok forced said ' 0 bytes: exit 1$'
run $sure --key plain --jump $jump --stop-ms 300 $at -- 'exec sleep 50'
ok jump-stopped said ' stopped: signal TERM$'
run $sure --key plain --jump $jump $at -- 'echo x; sleep 0.2; grep -q sshd /proc/$PPID/comm && kill -KILL $PPID; sleep 5'
ok jump-dropped said ' 2 bytes: lost network'
cat >fake.py <<'PY'
"""A host that is none: what it does is the port's offset."""
import socket, sys, threading
def serve(port, what):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', port))
    s.listen(50)
    while True:
        c, _ = s.accept()
        threading.Thread(target=what, args=(c,), daemon=True).start()
def deaf(c):
    c.recv(1)
    threading.Event().wait()
def chatter(c):
    try:
        while True:
            c.sendall(b'\x1b]0;PWNED\x07' * 4000 + b'\n')
    except OSError:
        pass
base = int(sys.argv[1])
threading.Thread(target=serve, args=(base, deaf), daemon=True).start()
threading.Thread(target=serve, args=(base + 1, chatter), daemon=True).start()
print('ready', flush=True)
threading.Event().wait()
PY
python3 fake.py $deaf >fake.out &
echo $! >fake.pid
while ! grep -q ready fake.out; do kill -0 "$(cat fake.pid)" || break; done
run $sure --login-ms 700 $me@127.0.0.1:$deaf -- 'true'
ok deaf said 'failed timeout: 127.0.0.1: no login within 0 s'
run $sure --login-ms 5000 $me@127.0.0.1:$fake -- 'true'
ok chatter said 'failed network'
ok chatter-clean never "$(printf '\033')"
run --known ca --login-ms 700 $me@127.0.0.1:$deaf -- 'true'
ok deaf-scan said 'failed timeout: 127.0.0.1: no login within 0 s'
run --known ca --login-ms 5000 $me@127.0.0.1:$fake -- 'true'
ok chatter-scan said 'failed network'

# passwords, which take accounts
if [ "$(id -u)" = 0 ]; then
	user=oogwayt$$
	useradd -M -d "$tmp" -s /bin/sh "$user" && users=$user
	echo "$user:right horse" | chpasswd
	chmod 755 "$tmp"
	chmod 644 authorized authority.pub
	server $((port + 5)) 'PasswordAuthentication yes'
	printf '[127.0.0.1]:%s %s\n' $((port + 5)) "$hostkey" >>known
	run $sure --say wrong --say 'right horse' "$user@127.0.0.1:$((port + 5))" -- 'id -un'
	ok password said "^out: $user$"
	ok password-twice count 2 "^asked password $user@127.0.0.1"
	run $sure --say a --say b --say c --say d "$user@127.0.0.1:$((port + 5))" -- 'id -un'
	ok password-wrong said 'failed auth'
	pw=$user@127.0.0.1:$((port + 5))
	for i in 1 2 3 4 5 6; do
		pws="$pws $user@127.0.0.$i:$((port + 5))"
		echo "[127.0.0.$i]:$((port + 5)) $hostkey" >>known
	done
	run $sure --group 7 --say 'right horse' $pws -- 'id -un'
	ok password-shared count 6 "^out: $user$"
	ok password-shared-once count 1 '^asked password'
	run $sure --group 7 --say wrong --say 'right horse' $pws -- 'id -un'
	ok password-slip count 6 "^out: $user$"
	ok password-slip-twice count 2 '^asked password'
	run $sure --say 'right horse' $pws -- 'id -un'
	ok password-apart count 1 "^out: $user$"
	run $sure --group 7 --say 'right horse' $pws $user@127.0.0.1:1 -- 'id -un'
	ok password-some count 6 "^out: $user$"
	run $sure --group 7 $pws -- 'id -un'
	ok password-nobody count 6 'failed auth'
	run $sure --stop-ms 600 --say 'right horse' "$user@127.0.0.1:$((port + 5))" -- \
		"echo \$\$; exec sleep 50"
	ok stop-ends said ' stopped: signal TERM$'
	# A one-time code, through PAM: the service is called as the program is.
	pam=oogwayt$$
	cp /usr/sbin/sshd "$tmp/$pam"
	printf '%s\n' "auth requisite pam_unix.so" "account required pam_unix.so" \
		"session required pam_permit.so" >"/etc/pam.d/$pam"
	sed -e "s/$((port + 5))/$((port + 6))/; s/^UsePAM no/UsePAM yes/; /^Password/d" \
		"sshd.$((port + 5))" >"sshd.$((port + 6))"
	printf '%s\n' 'KbdInteractiveAuthentication yes' \
		'AuthenticationMethods publickey,keyboard-interactive' >>"sshd.$((port + 6))"
	printf '[127.0.0.1]:%s %s\n' $((port + 6)) "$hostkey" >>known
	start "$tmp/$pam" $((port + 6))
	run $sure --key plain --say 'right horse' "$user@127.0.0.1:$((port + 6))" -- 'id -un'
	ok both-proofs said "^out: $user$"
	ok both-asked count 1 "^asked prompt $user@127.0.0.1"
	for i in 2 3 4; do
		codes="$codes $user@127.0.0.$i:$((port + 6))"
		echo "[127.0.0.$i]:$((port + 6)) $hostkey" >>known
	done
	run $sure --key plain --group 8 --say 'right horse' $codes -- 'id -un'
	ok code-shared count 3 "^out: $user$"
	ok code-shared-once count 1 '^asked prompt'
	run $sure --key plain "$user@127.0.0.1:$((port + 6))" -- 'id -un'
	ok one-proof said 'failed auth: .*one of several proofs was taken'
	# Codes that count once: another host asks for another one.
	if [ -e "$(ls /lib/*/security/pam_exec.so 2>/dev/null | head -n 1)" ]; then
		cat >once <<-'ONCE'
			#!/bin/sh
			# The code on standard input is on the list, and is crossed out.
			code=$(tr -d '\0')
			exec 9>"$0.lock" && flock 9 || exit 1
			grep -qx -e "$code" "$0.codes" || exit 1
			grep -vx -e "$code" "$0.codes" >"$0.left"
			cat "$0.left" >"$0.codes"
		ONCE
		chmod 755 once
		printf '%s\n' "auth requisite pam_exec.so quiet expose_authtok $tmp/once" \
			"auth required pam_permit.so" \
			"account required pam_unix.so" "session required pam_permit.so" \
			>"/etc/pam.d/$pam"
		seq 111111 111119 >once.codes
		run $sure --key plain --say 111111 "$user@127.0.0.1:$((port + 6))" -- 'id -un'
		ok code said "^out: $user$"
		run $sure --key plain --say 111111 "$user@127.0.0.1:$((port + 6))" -- 'id -un'
		ok code-twice said 'failed auth'
		run $sure --key plain --group 9 --say 111112 --say 111113 --say 111114 $codes \
			-- 'id -un'
		ok code-each count 3 "^out: $user$"
		ok code-each-asked count 3 '^asked prompt'
	else
		echo "skipped: codes that count once, as there is no pam_exec"
	fi
else
	echo "skipped: passwords and one-time codes, which take accounts that only root makes"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
