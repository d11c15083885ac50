# Alerts of one name are one row; it unfolds, folds, marks, filters, copies as its rows.
mask [0-9]{2}:[0-9]{2} UTC
sh $LAB/canned $TMP
sh echo storm > $TMP/scene
size 80x24
sh printf '#!/bin/sh\necho this is the shell\nstty -icanon -echo min 1\nexec dd bs=1 count=1 of=/dev/null 2>/dev/null\n' > $TMP/shell
sh chmod 700 $TMP/shell
env SHELL=$TMP/shell
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
keys "2z"
wait "240 x InstanceDown"
snapshot groups-80x24
expect-row 4 "C !  several       ▸ 240 x InstanceDown"
expect-row 4 "240 firing"
expect-row -2 "250 in 11 rows"
# Enter unfolds, the cursor stays; members are indented; Enter folds again.
keys "gg<Enter>"
expect-row 4 "▾ 240 x InstanceDown"
expect-row 5 "    InstanceDown"
expect-row -2 "250 in 251 rows"
keys "<Enter>"
expect-row 4 "▸ 240 x InstanceDown"
# l and h as in a tree: h on a member folds its group and selects it.
keys "l"
expect-row 4 "▾ 240 x InstanceDown"
keys "jjj"
expect-attr 7 "InstanceDown" bg=238
keys "h"
expect-row 4 "▸ 240 x InstanceDown"
expect-attr 4 "240 x" bg=238
# On a single alert l opens its page.
keys "jl"
expect-row 1 "alerts ▸"
keys "<Esc>g"
# All at once.
keys "L"
expect-row -2 "250 in 251 rows"
keys "H"
expect-row -2 "250 in 11 rows"
# Marks are those of the rows; Esc takes them away.
keys "g<Space>"
expect-row -2 "240 marked"
keys "g<Space>"
wait-gone "marked"
keys "gvjjv"
expect-row -2 "242 marked"
keys "<Esc>"
wait-gone "marked"
# The filter looks at the rows, and the group counts what it leaves.
keys "/web-00<Enter>"
expect-row 4 "10 x InstanceDown"
expect-row -2 "/web-00  10 of 250 in 1 row"
keys "y"
expect-row -1 "copied"
keys "<Esc>"
# A group of one is its row.
keys "/web-001<Enter>"
expect-re C !  web-001 +InstanceDown
keys "<Esc>"
# Sorting: a group stands where its first row stands.
keys "G:sort service<Enter>"
expect-row 4 "Checkout"
keys ":sort age<Enter>"
expect-row 4 "Watchdog"
keys ":sort severity<Enter>"
expect-row 4 "240 x InstanceDown"
# n finds a group by its rows.
keys "/web-23|Checkout<Enter>G"
expect-attr * "Checkout is" bg=238
keys "n"
expect-attr * "10 x InstanceDown" bg=238
keys "<Esc>"
# What it stands for goes away but for one: the cursor goes to that row.
keys "g<Enter>jh"
expect-attr 4 "240 x InstanceDown" bg=238
sh echo later > $TMP/scene
keys "R"
wait-gone "240 x"
expect-attr * "InstanceDown" bg=238
sh echo storm > $TMP/scene
keys "R"
wait "240 x InstanceDown"
# The grouping is a setting.
keys ":set alerts.group = none<Enter>"
expect-row -2 "250  complete"
keys ":set alerts.group = severity<Enter>"
wait "x several alerts"
keys ":set alerts.group = severity,name<Enter>"
wait "240 x InstanceDown"
# What Alertmanagers are told to group by most often: alertname, cluster, service, job. Each
# of these is of a service of its own.
keys ":set alerts.group = upstream<Enter>"
wait-gone "240 x InstanceDown"
expect-row -2 "250  complete"
keys ":set alerts.group = severity,name<Enter>"
wait "240 x InstanceDown"
keys ":set alerts.group = nothing<Enter>"
expect-row -2 "250  complete"
keys ":set alerts.group = name<Enter>"
wait "240 x InstanceDown"
# In k9s's keys l is for the logs.
keys ":set keymap = k9s<Enter>gl"
expect-row 1 "lab ▸ logs"
# And s is for a shell, which gives the terminal back at its end.
keys "s"
wait "this is the shell"
keys "x"
wait "lab ▸ logs"
expect-row 1 "lab ▸ logs"
keys "2:set keymap = default<Enter>"
# The first of a group stands for it where one alert is asked for.
keys "gr"
expect-row 1 "▸"
keys "Q"
exit
restored
