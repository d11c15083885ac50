#!/bin/sh
# `oogway run` on hosts of a real sshd: what is asked, run, compared, refused, stopped, and
# what is in the audit afterwards. The hosts are addresses of loopback.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}"
port=$((${LAB_PORT_BASE:-12000} + 1940))
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
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME/.ssh" "$XDG_CONFIG_HOME/oogway" "$tmp/world"
rc=$XDG_CONFIG_HOME/oogway/oogway.rc
runs=$XDG_STATE_HOME/oogway/runs

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		head -n 6 "$tmp/out" "$tmp/err"
	fi
}

run() { # args…
	timeout 60 "$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }
count() { [ "$(grep -c -e "$2" "$tmp/out")" = "$1" ]; }
absent() { ! [ -e "$1" ]; }
nothing() { [ -z "$(ls "$tmp/world")" ]; }

ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
# What root's own shell says at its start would be in all that comes back.
if [ "$(id -u)" = 0 ]; then
	mkdir -p /run/sshd
	useradd -M -d / -s /bin/sh -p '*' "oogr$$" && far=oogr$$
fi
chmod 755 "$tmp"
chmod 777 "$tmp/world"
chmod 644 "$tmp/key.pub"
cat >"$tmp/sshd" <<CONF
Subsystem sftp internal-sftp
Port $port
ListenAddress 0.0.0.0
HostKey $tmp/host
AuthorizedKeysFile $tmp/key.pub
PidFile $tmp/pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
MaxStartups 100
CONF
/usr/sbin/sshd -f "$tmp/sshd" -E "$tmp/log" || { cat "$tmp/log"; exit 1; }
key=$(cut -d' ' -f1,2 "$tmp/host.pub")
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	printf 'Host w%02d\n  HostName 127.0.1.%d\n' $i $i
	printf '[127.0.1.%d]:%s %s\n' $i "$port" "$key" >>"$HOME/.ssh/known_hosts"
done >"$HOME/.ssh/config"
cat >>"$HOME/.ssh/config" <<CONF
Host new
  HostName 127.0.1.99
Host far
  HostName 127.0.1.3
  ProxyJump w01,w02
Host odd
  HostName 127.0.1.4
  BindAddress 127.0.0.9
  UserKnownHostsFile $HOME/.ssh/known_hosts
Host down
  HostName 127.0.1.1
  Port 1
Host w*
  Port $port
Host *
  Port $port
  User $far
  IdentityFile $tmp/key
CONF
sed -i 's/^Host w\*$/Host w?? !w/' "$HOME/.ssh/config"
cat >"$rc" <<RC
hosts web = w[01-04]
hosts db = w[03-06]
hosts all = @web @db w1?
RC

# who is meant, and what is asked
run run @web -- touch "$tmp/world/x"
ok unasked code 4
ok question said err "run as $me on 4 hosts (@web)?"
ok question-names said err 'w01 w02 w03 w04'
ok question-class said err 'Class change'
ok unasked-nothing nothing
run run --yes "@web & @db" -- echo hello
ok both code 0
ok both-out said out '^== exit 0: 2 hosts: w03 w04$'
run run --yes @web !@db -- echo hello
ok without said out '^== exit 0: 2 hosts: w01 w02$'
run run --yes @all -- echo hello
ok all said out '^== exit 0: 9 hosts: w01 w02 w03 w04 w05 w06 w10 w11 w12$'
run run --yes 'w0*' -- true
ok glob said out ': 9 hosts: w01'
run run --yes @nobody -- true
ok no-group code 2
ok no-group-says said err 'there is no group @nobody'
run run --yes 'w0*; touch x' -- true
ok no-pattern code 2
run run @web
ok no-command code 2
run run --yes @web --serial 0 -- true
ok bad-option code 2
run --readonly run --yes w01 -- true
ok readonly code 4
printf 'set run.allow = read\n' >>"$rc"
run run --yes w01 -- touch "$tmp/world/x"
ok allow code 4
ok allow-nothing nothing
run run --yes w01 -- uptime
ok allow-read code 0
sed -i '$d' "$rc"

# words stay words
run run --yes w01 -- printf '%s|' 'a b' "'; touch $tmp/world/x #" '$(id)' "" '*' '~'
ok words said out "^a b|'; touch $tmp/world/x #|\$(id)||\*|~|$"
ok words-nothing nothing
run run --yes w01 -- sh -c 'echo $0 $1' one two
ok dashes said out '^one two$'

# what comes back
run run --yes @web -- sh -c 'case $SSH_CONNECTION in *127.0.1.2\ *) printf "a\nB\nc\n";; *) printf "a\nb\nc\n";; esac'
ok groups said out '^== exit 0: 3 hosts: w01 w03 w04$'
ok odd-one said out '^== exit 0: 1 host: w02$'
ok diff said out '^-b$'
ok diff-plus said out '^+B$'
ok same count 1 '^b$'
run run --yes w01 -- sh -c 'echo out; echo err >&2; exit 7'
ok failing code 1
ok failing-says said out '^== exit 7: 1 host: w01$'
ok stderr-apart said out '^-- stderr$'
run run --yes w01 w02 -- sh -c 'case $SSH_CONNECTION in *127.0.1.2\ *) exit 1;; esac'
ok partial code 3
run run --yes w01 -- sh -c 'kill -KILL $$'
ok signal said out '^== signal KILL: 1 host: w01$'
run run --yes w01 -- printf '\033]0;PWNED\007\033[31mred'
ok escapes said out '^^\[]0;PWNED^G^\[\[31mred$'
run run --yes --json w01 down -- echo hi
ok json code 3
ok json-host said out '"host":"w01".*"state":"done".*"exit":0.*"stdout":"hi\\n"'
ok json-down said out '"host":"down".*"state":"unreached".*Connection refused'
run run --yes w01 -- head -c 3000000 /dev/zero
ok much said out 'all 3000000 bytes are in '
file=$(sed -n 's/.*bytes are in //p' "$tmp/out")
ok much-file [ "$(stat -c '%s %a' "$file")" = "3000000 600" ]
run run --yes w01 -- printf 'url https://ada:%s@db.example/x and 503\n' sesame-open-9
ok redacted said out '^url https://.*redacted.*db.example/x and 503$'
ok redacted-file sh -c "! grep -rq sesame-open-9 '$runs'"
hash=$(sha256sum "$file" | cut -d' ' -f1)
ok much-hash grep -q "$hash" "$XDG_STATE_HOME"/oogway/audit/*/*.jsonl

# ways
run run --yes far -- sh -c 'echo $SSH_CONNECTION'
ok jump code 0
run run --yes odd w01 -- sh -c 'echo $SSH_CONNECTION | cut -d" " -f1'
ok odd code 0
ok odd-way said out '^127.0.0.9$'
run run odd w01 -- true
ok odd-asked said err "$far@odd:$port by the installed ssh ($HOME/.ssh/config:[0-9]*: bindaddress)"
ok odd-recorded grep -q '"way":"[^"]*by the installed ssh' "$XDG_STATE_HOME"/oogway/audit/*/*.jsonl
run run --yes odd -- sh -c 'echo out; echo err >&2; exit 255'
ok odd-status said out '^== exit 255: 1 host: odd$'
ok odd-apart said out '^-- stderr$'
run run --yes odd -- printf '%s|' 'a b' "'; touch $tmp/world/x #" '$(id)' "" '*' '~'
ok odd-words said out "^a b|'; touch $tmp/world/x #|\$(id)||\*|~|$"
run run --yes odd -- head -c 3000000 /dev/zero
ok odd-much said out 'all 3000000 bytes are in '
run run --yes odd --timeout 1s -- sleep 60
ok odd-timeout said out 'it did not end in time'
echo 'transport libssh odd' >>"$rc"
run run --yes odd w01 -- true
ok odd-refused code 3
ok odd-where said out "refused: $HOME/.ssh/config:[0-9]*: bindaddress takes ssh itself"
sed -i '$s/.*/transport openssh w02,@db/' "$rc"
run run w02 -- true
ok chosen said err 'w02:[0-9]* by the installed ssh (transport)'
sed -i '$d' "$rc"
run run --yes new -- true
ok unknown code 1
ok unknown-says said out 'its host key is not known (ED25519 SHA256:'
ok unknown-kept sh -c "! grep -q '127.0.1.99' '$HOME/.ssh/known_hosts'"
sed -i "s|^\[127.0.1.7\].*|@revoked [127.0.1.7]:$port $key|" "$HOME/.ssh/known_hosts"
run run --yes w07 -- true
ok revoked said out 'is revoked'
echo "Frobnicate yes" >>"$HOME/.ssh/config"
run run --yes w01 -- true
ok unknown-directive code 4
ok unknown-directive-says said err 'config:[0-9]*: frobnicate is not understood'
sed -i '$d' "$HOME/.ssh/config"

# in turns
run run --yes @all --canary -- false
ok canary count 1 '^== exit 1: 1 host: w01$'
ok canary-skips said out '8 skipped'
run run --yes @all --serial 2 --max-fail 20 -- sh -c 'exit 2'
ok max-fail said out '^2 failed, 7 skipped$'
run run --yes @all --serial 2 --max-fail 30 -- sh -c 'exit 2'
ok max-fail-more said out '^4 failed, 5 skipped$'
run run --yes @all --width 2 --canary -- true
ok width said out '^9 done$'
run run --yes w01 --timeout 1s -- sleep 60
ok timeout code 1
ok timeout-says said out 'it did not end in time'

# files
head -c 9000001 /dev/urandom >"$tmp/big"
chmod 644 "$tmp/big"
: >"$tmp/empty"
chmod 640 "$tmp/empty"
for f in big empty; do
	sum=$(sha256sum "$tmp/$f" | cut -d' ' -f1)
	run put "$tmp/$f" "w01:$tmp/world/$f" --yes
	ok "put-$f" code 0
	ok "put-$f-says" said out "^w01: $(stat -c %s "$tmp/$f") bytes, SHA-256 $sum$"
	ok "put-$f-same" cmp "$tmp/$f" "$tmp/world/$f"
	ok "put-$f-mode" [ "$(stat -c %a "$tmp/$f")" = "$(stat -c %a "$tmp/world/$f")" ]
	run get "far:$tmp/world/$f" "$tmp/got" --yes
	ok "get-$f" code 0
	ok "get-$f-same" cmp "$tmp/$f" "$tmp/got"
	ok "get-$f-hash" grep -q "\"sha256\":\"$sum\"" "$XDG_STATE_HOME"/oogway/audit/*/*.jsonl
	rm -f "$tmp/got"
done
run put "$tmp/empty" "w01:$tmp/world/big" --yes
ok put-over cmp "$tmp/empty" "$tmp/world/big"
run get "w01:$tmp/world/big" "$tmp/got"
ok get-unasked code 4
ok get-unasked-nothing absent "$tmp/got"
run get "w01:$tmp/none" "$tmp/got" --yes
ok get-none code 1
ok get-none-says said err 'cannot read it over there: No such file'
ok get-none-nothing absent "$tmp/got"
run get "w01:$tmp/world" "$tmp/got" --yes
ok get-folder code 1
run get "w01:$tmp/big" "$tmp/no/folder/got" --yes
ok get-no-folder said err 'there is no folder'
run put "$tmp/none" "w01:$tmp/world/x" --yes
ok put-none said err 'cannot read .*none: No such file'
run put "$tmp" "w01:$tmp/world/x" --yes
ok put-folder said err 'it is no file'
run put "$tmp/big" "w01:$tmp/no/x" --yes
ok put-nowhere said err 'cannot write there over there'
run get "w01" x --yes
ok get-no-path code 2
run get "odd:$tmp/big" "$tmp/got" --yes
ok get-odd cmp "$tmp/big" "$tmp/got"
run put "$tmp/big" "odd:$tmp/world/odd" --yes
ok put-odd cmp "$tmp/big" "$tmp/world/odd"
rm -f "$tmp/got"
ok no-parts sh -c "! ls '$tmp'/*.part '$tmp'/world/*.part 2>/dev/null"
rm -f "$tmp/world/big" "$tmp/world/empty" "$tmp/world/odd"

# steps of runbooks
mkdir "$tmp/books"
echo "set runbooks = $tmp/books" >>"$rc"
cat >"$tmp/books/far.md" <<'BOOK'
---
title: Far
vars:
  - host: {type: host, default: w01}
---
# Far
### 1. The machine concerned
```sh host risk=read
printf '%s|' "a b" ${host}
```
### 2. A group
```sh host=@web risk=change
sh -c 'case $SSH_CONNECTION in *127.0.1.2\ *) echo odd;; *) echo even;; esac'
```
### 3. A value
```sh host=${host} risk=read
sh -c 'exit 5'
```
### 4. Down
```sh host=down
true
```
BOOK
run runbook run far --dry-run
ok step-where said out '^    on 4 hosts: w01 w02 w03 w04$'
run runbook run far --step 1
ok step-unasked code 4
ok step-asks said err 'run as .* on w01?'
run runbook run far --step 1 --yes
ok step said out '^a b|w01|$'
run runbook run far --step 1 --yes --var host=w02
ok step-elsewhere said out '^a b|w02|$'
run runbook run far --step 2 --yes
ok step-group said out '^== exit 0: 3 hosts: w01 w03 w04$'
run runbook run far --step 3 --yes
ok step-fails said err 'failed, exit 5'
run runbook run far --step 3 --yes '--var' 'host=w01,w02'
ok step-value-is-one code 4
run runbook run far --step 4 --yes
ok step-down said err 'Connection refused'
printf 'policy deny hosts=@web\n' >>"$rc"
run runbook run far --step 1 --yes
ok policy-denies-step code 4
run run --yes w03 w10 -- true
ok policy-denies-run code 4
run run --yes "$far@w03:$port" -- true
ok policy-denies-by-name code 4
run run --yes w10 -- true
ok policy-lets-others code 0
sed -i '$d' "$rc"

# stopping: the command first
rm -f "$tmp/out"
timeout 60 "$OOGWAY" run --yes w01 w02 -- sh -c "echo begun >>$tmp/world/begun; exec sleep 60" \
	>"$tmp/out" 2>"$tmp/err" </dev/null &
child=$!
while [ "$(wc -l 2>/dev/null <"$tmp/world/begun")" != 2 ]; do
	kill -0 $child 2>/dev/null || break
done
kill -INT "$(pgrep -P $child)"
wait $child
status=$?
ok stopped code 1
ok stopped-says said out '^2 \(stopped\|lost\)$'
rm -f "$tmp/world/begun"
run audit log
ok recorded said out 'remote.host *w01 '
run audit verify
ok verify code 0

# killed at any moment
timeout 300 python3 -B "$here/tests/live/run_crash.py" "$OOGWAY" 'w0[1-3]' "$tmp/world/marks" \
	"${KILLS:-20}" >"$tmp/out" 2>"$tmp/err" </dev/null
status=$?
ok crash code 0
rm -f "$tmp/world/marks"

# what cannot be recorded is not done; what nobody saw the end of is told so
chmod 500 "$XDG_STATE_HOME/oogway/audit"/*
if [ "$(id -u)" != 0 ]; then
	run run --yes w01 -- touch "$tmp/world/x"
	ok no-audit code 4
fi
chmod 700 "$XDG_STATE_HOME/oogway/audit"/*
timeout 60 "$OOGWAY" run --yes w01 -- sh -c "echo begun >$tmp/world/begun; sleep 3" \
	>"$tmp/out" 2>"$tmp/err" </dev/null &
child=$!
while ! [ -s "$tmp/world/begun" ]; do kill -0 $child 2>/dev/null || break; done
kill -KILL "$(pgrep -P $child)"
wait $child 2>/dev/null
rm -f "$tmp/world/begun"
run audit log
ok killed said out 'intent *remote.host *w01 *unknown'
run audit verify
ok killed-verify code 0
mv "$runs" "$runs.old"
ln -s /proc/nowhere "$runs"
run run --yes w01 -- sh -c 'echo x; exec sleep 20'
ok no-tape code 1
ok no-tape-says said out 'ended, as it cannot be recorded'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
