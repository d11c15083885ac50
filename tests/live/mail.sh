#!/bin/sh
# Mails sent over real SMTP, with STARTTLS and AUTH, to the lab's server, which also
# misbehaves; what arrives is read by Python's parser. Needs LAB and TEST (where
# live/mail_send was built). Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")" && pwd)
: "${LAB:=$here/../lab}" "${TEST:=build/test}"
export LAB TEST
exec /usr/bin/python3 -B "$here/mail_check.py"
