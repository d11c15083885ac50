#!/bin/sh
# An sshd for become.t: hosts b1 and b2, and b3 by the installed ssh, with an account whose sudo
# wants a password. As root, where sudo is, it is a real one; else tests/lab/sudo. Lives as long
# as the folder. usage: become_sshd.sh FOLDER LAB
tmp=$1 lab=$2
umask 077
mkdir -p "$tmp/.ssh" "$tmp/config/oogway" "$tmp/state" "$tmp/books" "$tmp/bin"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
ssh-keygen -q -t ed25519 -N '' -f "$tmp/key"
user=$(id -un) extra=
if [ "$(id -u)" = 0 ]; then
	mkdir -p /run/sshd
	user=oogb$$
	useradd -M -d / -s /bin/sh "$user"
	echo "$user:right horse" | chpasswd
fi
if [ "$(id -u)" = 0 ] && command -v sudo >/dev/null && [ -d /etc/sudoers.d ]; then
	echo "$user ALL=(ALL) ALL" >"/etc/sudoers.d/$user"
	chmod 440 "/etc/sudoers.d/$user"
else
	cp "$lab/sudo" "$tmp/bin/sudo"
	echo 'right horse' >"$tmp/password"
	chmod 755 "$tmp/bin" "$tmp/bin/sudo"
	chmod 644 "$tmp/password"
	extra="SetEnv PATH=$tmp/bin:/usr/bin:/bin LAB_SUDO_PASSWORD=$tmp/password"
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
$extra
CONF
for i in 1 2 3; do
	printf '[127.0.3.%d]:%s %s\n' $i "$port" "$(cut -d' ' -f1,2 "$tmp/host.pub")"
	printf 'Host b%d\n  HostName 127.0.3.%d\n' $i $i >&3
done >"$tmp/.ssh/known_hosts" 3>"$tmp/.ssh/config"
cat >>"$tmp/.ssh/config" <<CONF
Host b3
  BindAddress 127.0.0.9
  UserKnownHostsFile $tmp/.ssh/known_hosts
Host *
  Port $port
  User $user
  IdentityFile $tmp/key
CONF
printf 'set run.allow = shell\nhosts many = b[1-3]\nset runbooks = %s/books\n' "$tmp" \
	>"$tmp/config/oogway/oogway.rc"
cat >"$tmp/books/su.md" <<'BOOK'
---
title: Su
---
# Su
### 1. One host
```sh host=b1 become=root risk=read
sh -c 'echo as ${SUDO_USER:-$LAB_SUDO_USER}; cat; echo over'
```
### 2. A group
```sh host=@many become=root risk=read
sh -c 'cat; echo many; echo $OOGWAY_PASSWORD'
```
BOOK
/usr/sbin/sshd -D -f "$tmp/sshd" -E "$tmp/log" >/dev/null 2>&1 </dev/null &
sshd=$!
setsid sh -c "while [ -d '$tmp' ]; do sleep 1; done; kill $sshd; rm -f /etc/sudoers.d/oogb$$; \
	[ $user = $(id -un) ] || userdel -f $user" >/dev/null 2>&1 </dev/null &
i=0
while ! [ -s "$tmp/pid" ] && [ $i -lt 100 ]; do
	sleep 0.1
	i=$((i + 1))
done
[ -s "$tmp/pid" ]
