# Filters, the command line, paste: what is typed is text until Enter.
sh $LAB/canned $TMP
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
keys "2z"
# The grammar: REGEX, case by letters, !REGEX, -f, -l with = and !=.
keys "/latency"
expect "HighLatencyP99"
reject "DiskFilling"
expect-row -2 "/latency  1 of 10"
keys "<Enter>"
expect "HighLatencyP99"
# The last filter is there to be changed; Esc restores it.
keys "/"
expect-row -1 "/latency"
keys "<C-u>Disk"
expect "DiskFillingUp"
reject "HighLatency"
keys "<Esc>"
expect "HighLatencyP99"
reject "DiskFilling"
# Esc once more removes it.
keys "<Esc>"
expect "DiskFillingUp"
keys "/!^am"
reject "HighLatency"
expect "Checkout is down"
keys "<Esc>/-f hier<Enter>"
expect "HighErrorRate"
reject "DiskFilling"
keys "/<C-u>-l severity=critical,service=orders-db<Enter>"
expect "ReplicationLag"
reject "HighErrorRate"
keys "/<C-u>-l severity!=critical<Enter>"
expect "DiskFillingUp"
reject "ReplicationLag"
keys "/<C-u>-l alertname=Watchdog<Enter>"
expect "Watchdog"
reject "DiskFilling"
# A pattern that is wrong keeps the last good one and says why at Enter.
keys "/<C-u>Disk["
expect "DiskFillingUp"
reject "Watchdog"
keys "<Enter>"
expect "DiskFillingUp"
expect-re ^ .*missing terminating
keys "<Esc>"
expect "Watchdog"
# n and N go round the matches of the last filter.
keys "/Error<Enter>n"
expect "HighErrorRate"
keys "<Esc>"
# Nothing matches: the list says so by its count, and Enter opens nothing.
keys "/zzzz<Enter>"
expect "/zzzz  0 of 10"
expect "Nothing matches zzzz"
keys "<Enter><Enter>jkGg<Space>vV"
expect-row 1 "lab ▸ alerts"
keys "<Esc>"
# Sort by each column and back to the listing's order.
keys "S"
expect-row 3 "^"
keys "S"
expect-row 3 "Service ^"
keys "S"
expect-row 3 "Alert ^"
expect-row 4 "CertExpires"
keys ":sort title<Enter>"
expect-row 3 "Alert v"
expect-row 4 "Watchdog"
keys ":sort age<Enter>"
expect-row 3 "v"
expect-row 4 "Watchdog"
# The same key goes on to the next column, another one turns it round.
keys "2:sort service<Enter>"
expect "Service ^"
keys "~"
expect "Service v"
keys "S"
expect "Alert ^"
keys ":sort age<Enter>"
keys ":sort nonsense<Enter>"
expect-row -1 "no column is called nonsense"
keys "SSSS"
expect-row 4 "Checkout is down"
# The command line: completion, preview, history, editing keys.
keys ":ale<Tab>"
expect-row -1 ":alert"
expect-row -2 "alerts"
keys "s<Tab>"
expect-row -1 ":alerts "
keys "/Disk<Enter>"
expect "/Disk  1 of 10"
keys "<Esc>:"
keys "<Up>"
expect-row -1 ":alerts /Disk"
keys "<Up>"
expect-row -1 ":sort nonsense"
keys "<Down><Down>"
expect-row -1 ":"
keys "al<Up>"
expect-row -1 ":alerts /Disk"
keys "<C-a>x<C-e>y<C-w>z<Left><BS><Del>"
expect-row -1 ":xalerts"
keys "<C-u>"
keys "nonsense<Enter>"
expect-row -1 "no command is called nonsense"
keys ":set ch<Tab>"
expect-row -1 ":set charts = "
keys "ascii<Enter>"
settle
keys ":set chart = x<Enter>"
expect-row -1 "charts"
keys ":set charts = maybe<Enter>"
expect-row -1 "auto|braille|block|ascii"
keys ":set charts<Enter>"
expect-row -1 "ascii"
# Live: theme and keymap.
keys ":set theme = mono<Enter>"
expect-attr * "C !" fg=default
keys ":set theme = nothing<Enter>"
expect-row -1 "no theme is called nothing"
# In one go: the frame after is the one before, and no blank one came between.
keys ":set theme = mono<Enter>"
expect "Checkout is down"
keys ":set theme = dark<Enter>"
expect-attr * "C !" fg=203
keys ":set keymap = emacs<Enter>"
settle
keys "<C-n>"
settle
reject "does nothing here"
keys "<M-x>"
expect-row -1 ":"
keys "<C-g><M-x>set keymap = default<Enter>"
settle
# Commands for scripts say so.
keys ":alert list<Enter>"
expect-row -1 "prints lines for scripts"
keys ":show alerts<Enter>"
expect-row -1 "prints lines for scripts"
keys ":status<Enter>"
expect-row -1 "3 critical"
keys ":doctor<Enter>"
keys ":source test pd<Enter>"
expect-row -1 "pd: ok"
# While : is open the screen is frozen, although the world goes on.
keys ":"
sh echo later > $TMP/scene
keys "x"
settle
expect "HighErrorRate"
keys "<Esc>g"
keys "R"
wait "InstanceDown"
reject "HighErrorRate"
# The selection follows its row, not its place.
keys "gjj"
expect-attr * "ReplicationLag" bold
sh echo busy > $TMP/scene
keys "R"
wait "HighErrorRate"
expect-attr * "ReplicationLag" bold
expect-attr * "HighErrorRate" no-bold
# Paste: refused where keys are commands, literal in prompts, newlines never run.
paste "Qq\nQ\n"
expect-row -1 "pasted text was not taken: open : or / first"
keys ":"
paste "quit\nquit\n"
expect-row -1 ":quit quit "
keys "<Esc>/"
paste "Disk\n"
expect-row -1 "/Disk "
keys "<Esc>"
keys ":"
paste "a\x1b]0;x\x07b"
settle
keys "<Esc>"
# Options: Enter turns switches and goes through choices.
keys "o/mouse<Enter><Enter>"
expect "on"
state mouse
keys "<Enter>"
state no-mouse
keys "/<C-u>theme<Enter><Enter>"
expect-row -1 ":set theme = "
keys "light<Enter>"
expect-re theme +light
keys ":set theme = dark<Enter>"
keys "/<C-u>clipboard<Enter><Enter>"
expect-re clipboard +off
keys "<Enter>"
expect-re clipboard +auto
keys "<Esc><Esc>"
# Help: / finds, Enter runs.
keys "?/draw everything<Enter>"
expect "<C-l>"
keys "/<C-u>freeze<Enter><Enter>"
expect-row 1 "PAUSED"
keys "Z"
# Mouse: a click is the focus, the wheel moves.
keys "<Esc>"
settle
keys "<Esc>"
settle
keys "<Esc>"
settle
keys ":set mouse = on<Enter>"
state mouse
keys "1"
click 12 10
expect-attr * "3 Metrics" bold
click 12 10 5
settle
keys ":set mouse = off<Enter>"
state no-mouse
keys "Q"
exit
restored
# A full stack opens nothing more, and what is there keeps its rows.
sh $LAB/canned $TMP
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":silences<Enter>"
keys ":help<Enter>"
expect "to the first row"
keys ":silences /zzzz<Enter>"
expect "that is deep enough: Esc goes back"
expect "to the first row"
reject "/zzzz"
# An rc with errors: the console starts and says how many; the right lines count, and a
# setting tells the place that set it.
sh printf 'sett x\nset refresh = 5m\nsource a\n' >$TMP/bad
size 80x24
run $OOGWAY -c $TMP/bad
wait "2 errors in the rc: `oogway doctor` or pane 8 lists them"
keys "8z"
expect "bad:1:1: unknown word sett; did you mean "
expect "bad:3:1: expected: source NAME KIND"
keys ":set rfresh?<Enter>"
expect-row -1 "no setting is called rfresh; did you mean refresh?"
keys ":set refresh?<Enter>"
wait "set refresh = 5m"
expect "bad:2"
keys ":set mouse<Enter>"
wait "set mouse = off"
expect "# default"
