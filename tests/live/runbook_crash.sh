#!/bin/sh
# kill -9 at random moments while a step is asked for, recorded, run and ended.
#   KILLS=500 tests/live/runbook_crash.sh
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}"
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME/oogway" "$tmp/books"
echo "set runbooks = $tmp/books" >"$XDG_CONFIG_HOME/oogway/oogway.rc"
printf -- '---\nvars:\n  - id: {type: name}\n---\n```sh\necho ${id} >>%s/marks\n```\n' \
	"$tmp" >"$tmp/books/mark.md"
python3 -B "$here/tests/live/runbook_crash.py" "$OOGWAY" mark "$tmp/marks" "${KILLS:-60}"
