#!/bin/sh
# Two consoles on one store: one asks the server, the other shows what it answered; when
# the first is killed the other asks. The server counts. Needs OOGWAY. Ends with
# `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB_PORT_BASE:=12000}"
export OOGWAY
exec python3 -B "$here/tests/live/share_count.py" $((LAB_PORT_BASE + 9321))
