#!/bin/sh
# A handoff from the store to the mail server and back: see handoff_check.py. Ends with
# `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${TEST:=$here/build/test}"
export OOGWAY LAB TEST
exec /usr/bin/python3 -B "$here/tests/live/handoff_check.py"
