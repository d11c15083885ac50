#!/bin/sh
# Kill -9 at random moments while two consoles, three scripts and a cron job act on one store
# and read the past into it: nothing is lost, doubled or unreadable. KILLS says how often
# (`make bench BENCH=crash` is of 500). Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}" "${KILLS:=40}"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets"
if python3 -B "$here/tests/live/actions_crash.py" "$OOGWAY" "$LAB" \
	$((LAB_PORT_BASE + 9303)) "$tmp" "$KILLS" "${SEED:-1}"; then
	echo "1 passed, 0 failed"
else
	echo "0 passed, 1 failed"
	exit 1
fi
