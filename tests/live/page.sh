#!/bin/sh
# A page at night, by the keys of the console in a terminal (page.t): an alert that fires in a
# lab of its own leads to its runbook, whose steps run on real sshds behind a jump host; one
# needs an approval, one fails and what was done is taken back. Then what must be refused is
# tried. Then the record of it is read without oogway, against what the hosts and the pager
# kept, and each of its records is bent in turn (page_check.py). Needs OOGWAY, LAB, and BUILD
# for the terminal. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${BUILD:=$here/build}"
: "${LAB_PORT_BASE:=12000}"
case $BUILD in /*) ;; *) BUILD=$here/$BUILD ;; esac
for tool in prometheus prometheus-alertmanager /usr/sbin/sshd; do
	command -v $tool >/dev/null && continue
	echo "no $tool here: 0 passed, 0 failed"
	exit 0
done
PAGE=$(mktemp -d) || exit 1
LAB_DIR=$PAGE/lab LAB_INCIDENTS=20 WORLD=$here/tests/live/page_world
PAGE_PORT=$((LAB_PORT_BASE + 1960))
export OOGWAY LAB LAB_PORT_BASE LAB_DIR LAB_INCIDENTS PAGE PAGE_PORT WORLD
account=$(id -un)
end() {
	sh "$WORLD" down
	"$LAB/lab" down >/dev/null 2>&1
	[ "$account" = "$(id -un)" ] || userdel -f "$account" 2>/dev/null
	rm -rf "$PAGE"
}
trap end EXIT
trap 'exit 1' INT TERM
fail() {
	echo "$*"
	echo "0 passed, 1 failed"
	exit 1
}
unset SSH_AUTH_SOCK XDG_RUNTIME_DIR KUBECONFIG
umask 077
if [ "$(id -u)" = 0 ]; then
	# What root's own shell says at its start would be in all that comes back.
	mkdir -p /run/sshd
	useradd -M -d / -s /bin/sh -p '*' "oogp$$" && account=oogp$$
fi

export PAGE_ACCOUNT="$account"

# --- the hosts: addresses of loopback, an sshd and programs for each
mkdir -p "$PAGE/home/.ssh" "$PAGE/home/.kube" "$PAGE/books" "$PAGE/state" "$PAGE/hosts"
chmod 755 "$PAGE" "$PAGE/hosts"
ssh-keygen -q -t ed25519 -N '' -f "$PAGE/key"
chmod 644 "$PAGE/key.pub"
host() { # name, last part of its address, lines of its sshd's config
	root=$PAGE/hosts/$1 name=$1 at=127.0.1.$2
	shift 2
	mkdir -p "$root/bin"
	: >"$root/did"
	ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/key"
	cat >"$root/sshd" <<CONF
Port $PAGE_PORT
ListenAddress $at
HostKey $root/key
AuthorizedKeysFile $PAGE/key.pub
PidFile $root/pid
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
LogLevel DEBUG1
SetEnv PATH=$root/bin:/usr/bin:/bin
CONF
	printf '%s\n' "$@" >>"$root/sshd"
	printf '[%s]:%s %s\n' $at "$PAGE_PORT" "$(cut -d' ' -f1,2 "$root/key.pub")" \
		>>"$PAGE/home/.ssh/known_hosts"
	printf 'Host %s\n  HostName %s\n' "$name" "$at" >>"$PAGE/home/.ssh/config"
	[ "$name" = bastion ] || echo '  ProxyJump bastion' >>"$PAGE/home/.ssh/config"
	chmod 755 "$root" "$root/bin"
	chown "$account" "$root/did"
	sh "$WORLD" up "$name" || fail "$name: $(tail -n 3 "$root/log")"
}
program() { # host name, its words are written down, then: lines
	file=$PAGE/hosts/$1/bin/$2
	printf '#!/bin/sh\necho "%s $# $*" >>%s/hosts/%s/did\n' "$2" "$PAGE" "$1" >"$file"
	shift 2
	printf '%s\n' "$@" >>"$file"
	chmod 755 "$file"
}
# The one in the middle gives nobody a shell.
host bastion 9 'ForceCommand /bin/false' 'PermitTTY no'
host lb-1 3 'AllowTcpForwarding no'
host web-1 1 'AllowTcpForwarding no'
host web-2 2 'AllowTcpForwarding no'
host db-1 4 'AllowTcpForwarding no'
program lb-1 lb 'echo "$1 $2: ok"'
program web-2 logs 'echo "12 files rotated, password=hunter2hunter2"'
program web-2 rm 'exit 1'
program web-2 app 'printf "\033]0;PWNED\007starting\n"' \
	'echo "cannot bind to port 8080: Address already in use" >&2' 'exit 7'
printf 'Host *\n  Port %s\n  User %s\n  IdentityFile %s/key\n  IdentitiesOnly yes\n' \
	"$PAGE_PORT" "$account" "$PAGE" >>"$PAGE/home/.ssh/config"
mkdir "$PAGE/bin"
printf '#!/bin/sh\necho "$*" >>%s/kubectl.did\n' "$PAGE" >"$PAGE/bin/kubectl"
chmod 755 "$PAGE/bin/kubectl"
printf 'current-context: prod-eu\n' >"$PAGE/home/.kube/config"

# --- the console
# Prometheus tells of its alerts at the start only: what fires comes by the Alertmanager.
cat >"$PAGE/rc" <<RC
set log.files = $PAGE/none
set runbooks = $PAGE/books
set run.approve.after = 2s
source am alertmanager url=http://127.0.0.1:$((LAB_PORT_BASE + 9093)) every=1s timeout=4s
source pd pagerduty url=http://127.0.0.1:$((LAB_PORT_BASE + 8080)) every=1s timeout=4s token-file=$PAGE/lab/secrets/pagerduty-user.token from=ana@lab.example
source prom prometheus url=http://127.0.0.1:$((LAB_PORT_BASE + 9090)) every=1h timeout=4s
hosts web = web-1 web-2
hosts lb = lb-1
hosts db = db-1
policy deny hosts=@db class=change,destroy,shell
policy allow hosts=@lb class=change approve=on
policy allow class=read,change,destroy,shell
sink copy kind=file path=$PAGE/copy.jsonl required=on
RC
cp "$here"/tests/live/page_books/*.md "$PAGE/books"
"$LAB/lab" up >"$PAGE/up" 2>&1 || fail "$(cat "$PAGE/up")"

XDG_STATE_HOME=$PAGE/state XDG_CONFIG_HOME=$PAGE/config TZ=UTC
export XDG_STATE_HOME XDG_CONFIG_HOME TZ
"$BUILD/term" -t 100 -x 3 "$here/tests/live/page.t" >"$PAGE/term" 2>&1
screen=$?
[ $screen = 0 ] || cat "$PAGE/term"
HOME=$PAGE/home python3 -B "$here/tests/live/page_check.py" "$PAGE" \
	$((screen == 0)) $((screen != 0))
