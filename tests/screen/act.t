# Questions and menus: what acts, asks; what was typed too early or falls on a row that has
# just gone does nothing.
sh $LAB/canned $TMP
mask [0-9]{2}:[0-9]{2} UTC
mask on call: Ana Ruiz to .{9}
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
keys "2"
# A menu lists its keys, swallows what it does not know, and closes.
keys "i"
expect "resolve"
expect "Esc closes; other keys do nothing here"
snapshot act-menu
keys "Q"
expect "other keys do nothing here"
keys "jkG"
expect "other keys do nothing here"
keys "<Esc>"
reject "other keys do nothing here"
keys "s"
expect "1 hour"
keys "<Esc>"
# A range that is open is what is meant.
keys "gvG:note it<Enter>"
expect-re add a note to [2-9]
keys "<Esc>"
wait "marked"
keys "Vg"
# A question tells what, where, to what; No is the default.
keys "/Checkout is<Enter>"
expect-row 4 "Checkout is down"
keys "i"
keys "r"
expect "lab: resolve at pd: Checkout is down for everybody (Checkout)?"
snapshot act-question
keys "<Enter>"
expect "nothing was done"
# Keys typed before it could be read do not answer it; others are swallowed.
keys "iry"
expect "resolve at pd"
keys "jQx:/"
expect "resolve at pd"
keys "<Esc>"
expect "nothing was done"
keys ":note look at this<Enter>"
expect "add a note to 1 at pd: Checkout is down for everybody (Checkout); \"look"
settle 400
keys "n"
keys ":note<Enter>"
expect "a note needs words"
keys ":snooze yesterday<Enter>"
expect "until when: 1h, 18:00"
keys ":menu nothing<Enter>"
expect "no context is called nothing"
# What it was about changed while the question stood there: y does nothing.
keys ":resolve<Enter>"
expect "resolve at pd"
sh echo quiet > $TMP/scene; sed -i s/every=1h/every=1s/ $TMP/rc
sh sleep 8
keys "y"
expect "is over now: nothing was done"
keys ":resolve<Enter>"
expect-re (nothing is selected|has just gone|has ended)
# Words that are looked for are never keys, also where there is no list: from the overview
# they go to the alerts.
keys "1"
keys "/aia"
expect-row -1 "/aia"
reject "escalate"
keys "<Esc>"
keys "1"
keys "/web<Enter>"
expect "lab ▸ alerts"
expect "/web  "
keys "1"
keys "T"
keys ":handoff<Enter>"
keys "/aia<Enter>"
expect "nothing to filter in"
# Nothing reached a server that could act.
sh ! grep -E "^(PUT|DELETE|POST .*(incidents|silences))" $TMP/asked
keys "Q"
exit 0
