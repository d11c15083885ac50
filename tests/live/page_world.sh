#!/bin/sh
# The hosts of page.sh. PAGE is the folder.
#
#   up HOST       its sshd
#   down          all that runs
#   replace HOST  another machine at its address: the same name, another host key
hosts=$PAGE/hosts
stop() { # host: its sshd and the sessions of it
	pid=$(cat "$hosts/$1/pid" 2>/dev/null) || return 0
	inner=$(pgrep -P "$pid")
	kill $pid $inner $([ -z "$inner" ] || pgrep -P "$(echo $inner | tr ' ' ,)") 2>/dev/null
	while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
}
case $1 in
up)
	/usr/sbin/sshd -f "$hosts/$2/sshd" -E "$hosts/$2/log"
	;;
down)
	for pid in "$hosts"/*/pid; do stop "$(basename "$(dirname "$pid")")"; done
	;;
replace)
	stop "$2"
	rm "$hosts/$2/key" "$hosts/$2/key.pub"
	ssh-keygen -q -t ed25519 -N '' -f "$hosts/$2/key"
	/usr/sbin/sshd -f "$hosts/$2/sshd" -E "$hosts/$2/log"
	;;
esac
