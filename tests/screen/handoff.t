# The handoff's pane: parts are switched and moved, an editor gets the terminal and gives it
# back, a follow-up is carried, sending asks first.
sh $LAB/canned $TMP
sh printf 'handoff primary "at=Mon 09:00" zone=Europe/Berlin to=ana@lab.example,ben@lab.example from=oncall@lab.example smtp=localhost:1\n' >> $TMP/rc
sh printf '#!/bin/sh\n{ echo "- look at db-7 first"; cat "$1"; } > "$1.new"; mv "$1.new" "$1"\n' > $TMP/editor; chmod +x $TMP/editor
env EDITOR=$TMP/editor
# What the library of fonts keeps for ever is not ours to free.
sh printf 'leak:libfontconfig\n' > $TMP/leaks
env LSAN_OPTIONS=suppressions=$TMP/leaks:print_suppressions=0
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
keys ":handoff<Enter>"
wait "[x] sign-off" 10000
expect "On-call handoff: primary, "
expect "draft of the running shift"
expect "[x] header        [x] summary       [x] needs         [x] watch"
expect "Schedule  primary"
# The bottom line says the keys of this pane.
expect "<Space> on/off  e write  t to"
# The header stays; other parts go and come, up and down.
keys "<Space>"
expect "the header says what is complete: it stays"
keys "jj<Space>"
wait "[ ] needs"
keys "<Space>"
wait "[x] needs"
keys "J"
wait "[x] watch         [x] needs"
keys "K"
wait "[x] needs         [x] watch"
# The editor's words stand in the part, and the terminal is ours again.
keys "e"
wait "[x] needs +" 10000
wait "look at db-7 first"
keys ":followup add -o Ana Bound the pool<Enter>"
wait "1 follow-up" 10000
keys "<End><Up>"
wait "Bound the pool, Ana"
# Sending asks; no is the default.
keys "S"
wait "ben@lab.example?" 10000
expect "the shift is still running) by localhost to 2: ana@lab.example,"
keys "<Enter>"
expect "nothing was done"
keys ":handoff to eve@lab.example<Enter>"
wait "to 3  1 follow-up" 10000
keys ":handoff to nonsense<Enter>"
expect "nonsense is not a mail address"
keys ":handoff part off nonsense<Enter>"
expect "no part is called nonsense"
keys ":handoff accept 12345678<Enter>"
expect "no shift of the last ones has the code 12345678"
keys "<lt>"
wait "not sent" 10000
keys "Q"
exit 0
