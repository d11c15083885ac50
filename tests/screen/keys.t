# Every key of the default keymap does what help says.
sh $LAB/canned $TMP
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
# Moving, in a list of 60 rows.
keys "3z"
expect-row 1 "lab ▸ metrics"
expect-attr * "load web-00" bg=238
keys "j"
expect-attr * "load web-01" bg=238
keys "<Down><Down>"
expect-attr * "load web-03" bg=238
keys "k<Up>"
expect-attr * "load web-01" bg=238
keys "<PageDown>"
expect-attr * "load web-19" bg=238
keys "<PageUp>"
expect-attr * "load web-01" bg=238
keys "<C-f>"
expect-attr * "load web-19" bg=238
keys "<C-u>"
expect-attr * "load web-01" bg=238
keys "<C-d>g"
expect-attr * "load web-00" bg=238
keys "G"
reject "load web-00"
keys "<Home>"
expect-attr * "load web-00" bg=238
keys "<End>"
reject "load web-00"
keys "g"
# At both ends nothing moves and nothing complains.
keys "kkkkk"
expect-attr * "load web-00" bg=238
# In and out.
keys "<Enter>"
expect-row 1 "metrics ▸ load web-00 a"
expect-row 2 "Chart"
keys "<Esc>"
expect-row 2 "3 Metrics"
keys "l"
expect-row 2 "Chart"
keys "<BS>"
expect-row 2 "3 Metrics"
keys "<Right>"
expect-row 2 "Chart"
# In a chart the arrows move in time, as help says.
keys "<Left>"
expect-row 1 "back to"
keys "h"
expect-row 1 "back to"
keys "<Right>l"
keys "."
wait-gone "back to"
keys "<lt>"
expect-row 1 "back to"
keys ">"
keys "."
wait-gone "back to"
keys "-"
expect "load web-00 a  3h"
keys "++"
expect "load web-00 a  30m"
keys "-"
expect "load web-00 a  1h"
keys "q"
expect-row 2 "3 Metrics"
# History of views.
keys "<Enter><Esc>2"
expect-row 1 "lab ▸ alerts"
keys "["
expect-row 1 "metrics"
keys "]"
expect-row 1 "lab ▸ alerts"
# Panes.
keys "1"
expect-row 2 "1 Needs you now"
keys "4"
expect-row 2 "4 Anomalies"
keys "5"
expect-row 2 "5 Logs"
keys "6"
expect-row 2 "6 Runbooks"
keys "7"
expect-row 2 "7 Sources"
keys "8"
expect-row 2 "8 Events"
keys "9"
expect-row 2 "9 "
keys "z"
expect-row 2 "1 Needs you now"
keys "<Tab>"
expect-attr * "3 Metrics" bold
keys "<S-Tab>"
expect-attr * "1 Needs" bold
keys "<Tab>z"
expect-row 2 "3 Metrics"
keys "z"
# Help, both keys; q closes.
keys "?"
expect-row 2 "Help"
keys "q"
expect-row 2 "1 Needs you now"
keys "<F1>"
expect-row 2 "Help"
keys "<Esc>"
# Prompts.
keys ":"
expect-row -1 ":"
state cursor
keys "<Esc>"
state no-cursor
keys "2/"
expect-row -1 "/"
keys "<Esc>"
# Sort, marks.
keys "S"
expect-row 3 "^"
keys "<Space>"
expect "1 marked"
keys "<Space>"
expect "2 marked"
keys "V"
wait-gone "marked"
keys "v"
expect "range begun"
keys "jjv"
expect "3 marked"
keys "<Esc>"
wait-gone "marked"
# Doing.
keys "y"
expect-row -1 "copied"
keys "Y"
expect-row -1 "copied"
keys "g:sort severity<Enter>"
keys "O"
settle
keys "r"
settle
keys "<Esc>"
keys "Z"
expect-row 1 "PAUSED"
keys "Z"
wait-gone "PAUSED"
keys "o"
expect-row 2 "Options"
keys "h"
keys "R"
expect-row -1 "asking all sources now"
mark
keys "<C-l>"
settle
raw-has 1b5b481b5b324a
# Keys nobody bound say so and do nothing; Ctrl-C neither.
keys "<F12>"
expect-row -1 "<F12> does nothing here; ? lists the keys"
keys "<C-c>"
expect-row -1 "<C-c> does nothing here; ? lists the keys"
keys "<C-c><C-c><C-c>"
expect "Needs you now"
keys "<M-x>"
settle
# Nor do sequences that terminfo does not know: their letters are no keys.
type-raw 1b 5b 39 39 7e 1b 5b 35 37 3b 39 51 1b 4f 51 1b 5b 49 1b 5b 3f 36 32 63
type-raw ff fe c3 28
settle
expect "Needs you now"
keys "q"
settle
expect-row -1 "Q quits oogway"
# Bare mode and back.
keys "2B"
wait "-- any key returns --"
state no-alt
expect "HighErrorRate"
keys "x"
wait "2 Alerts"
state alt
# Suspend and resume.
keys "<C-z>"
stopped
signal CONT
wait "2 Alerts"
state alt no-cursor paste
keys "Q"
exit
restored
