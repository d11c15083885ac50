# The console over a small fixed world: whole screens from large to tiny.
sh $LAB/canned $TMP
mask [0-9]{2}:[0-9]{2} UTC
mask on call: Ana Ruiz to .{9}
mask (─|-)* [0-9]+ [┘+]
mask [ ]+(<100ms|[0-9]+m?s)
mask [ ]*█+[ ]*
mask (started|next)  +[^│]*│
mask ^│   .*(flag new|deploy|fired).*│
mask http://127.0.0.1:[0-9]+
size 160x48
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "am ✓"
wait "Checkout is down"
wait "days learnt"
state alt no-cursor paste no-mouse
snapshot panes-160x48
resize 80x24
snapshot panes-80x24
resize 40x12
snapshot panes-40x12
# The worst first: no room for clock or warnings, but for what is critical.
resize 20x6
snapshot panes-20x6
expect-row 1 "C3"
resize 8x3
settle
resize 1x1
settle
resize 2x1
settle
resize 1000x2
settle
resize 160x48
snapshot panes-160x48
# Every digit is a pane, every pane whole at 80x24.
resize 80x24
keys "1z"
snapshot pane-1
keys "2"
snapshot pane-2
keys "3"
snapshot pane-3
keys "4"
snapshot pane-4
keys "5"
snapshot pane-5
keys "6"
snapshot pane-6
keys "7"
snapshot pane-7
keys "8"
expect-row 2 "8 Events"
keys "2j<Enter>"
snapshot pane-alert
keys "r"
snapshot pane-runbook
keys "<Esc><Esc>3<Enter>"
expect-row 1 "lab ▸ metrics ▸ load web-00 a"
expect "now 10"
keys "<Esc>5g<Enter>"
snapshot pane-log-line
expect-row 1 "back to 2020-01-02"
keys ".<Esc>:silences<Enter>"
snapshot pane-silences
keys "<Esc>:changes<Enter>"
expect "deploy orders r84"
expect "flag new-cart on"
# What is followed is what the setting says, at once.
sh printf 'ERROR the other file\n' > $TMP/other.log
sh printf 'set log.files = %s/other.log\n' $TMP >> $TMP/rc
keys "<Esc>:reload<Enter>:logs<Enter>G"
wait "the other file"
keys "Q"
exit
restored
