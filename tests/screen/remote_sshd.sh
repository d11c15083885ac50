#!/bin/sh
# An sshd on a free port of loopback for remote.t: a home that knows its hosts w1 to w6, and
# a key with a passphrase. Lives as long as the folder. usage: remote_sshd.sh FOLDER
tmp=$1
umask 077
mkdir -p "$tmp/.ssh" "$tmp/config/oogway" "$tmp/state" "$tmp/books"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
ssh-keygen -q -t ed25519 -N 'open sesame' -f "$tmp/key"
# What root's own shell says at its start would be in all that comes back.
user=$(id -un)
if [ "$(id -u)" = 0 ]; then
	mkdir -p /run/sshd
	useradd -M -d / -s /bin/sh -p '*' "oogs$$" && user=oogs$$
fi
chmod 755 "$tmp"
chmod 644 "$tmp/key.pub"
cat >"$tmp/sshd" <<CONF
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
for i in 1 2 3 4 5; do
	printf '[127.0.2.%d]:%s %s\n' $i "$port" "$(cut -d' ' -f1,2 "$tmp/host.pub")"
done >"$tmp/.ssh/known_hosts"
{
	for i in 1 2 3 4 5 6; do printf 'Host w%d\n  HostName 127.0.2.%d\n' $i $i; done
	printf 'Host *\n  Port %s\n  User %s\n  IdentityFile %s/key\n' "$port" "$user" "$tmp"
} >"$tmp/.ssh/config"
printf 'hosts web = w[1-5]\nset runbooks = %s/books\nalias follow tail w1 w2 %s/app.log\n' \
	"$tmp" "$tmp" >"$tmp/config/oogway/oogway.rc"
cat >"$tmp/books/far.md" <<'BOOK'
---
title: Far
vars:
  - host: {type: host, default: w1}
---
# Far
### 1. One host
```sh host risk=read
printf 'from %s\n' ${host}
```
### 2. A group
```sh host=@web risk=read
printf same
```
BOOK
/usr/sbin/sshd -D -f "$tmp/sshd" -E "$tmp/log" >/dev/null 2>&1 </dev/null &
sshd=$!
setsid sh -c "while [ -d '$tmp' ]; do sleep 1; done; kill $sshd; \
	[ $user = $(id -un) ] || userdel -f $user" >/dev/null 2>&1 </dev/null &
i=0
while ! [ -s "$tmp/pid" ] && [ $i -lt 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
[ -s "$tmp/pid" ]
