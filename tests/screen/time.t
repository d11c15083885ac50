# One time cursor: Enter on an event moves it, . comes back, and the bar says what is seen.
sh $LAB/canned $TMP
size 120x30
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
# The usual length of the window goes without saying.
reject "window "
keys "3<Enter>"
expect-row 1 "load web-00 a"
keys "-"
expect-row 1 "window 3h"
keys "-"
expect-row 1 "window 6h"
expect "now 10"
keys "<lt>"
expect-row 1 "back to"
expect "last "
keys ".++"
reject "window "
reject "back to"
# A change of hours ago comes into the middle; what was not known then is not listed.
keys "<Esc>:changes<Enter>"
expect "deploy orders r84"
expect "flag new-cart on"
keys "G<Enter>"
expect-row 1 "back to"
keys "<Esc>"
expect-row 1 "back to"
keys "."
reject "back to"
# An event of this minute is in sight as it is.
keys "8G<Enter>"
expect-row 1 "events"
reject "back to"
keys "Q"
exit
restored
