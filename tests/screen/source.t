# A source's page says what its row has no room for; an event is read in full.
sh $LAB/canned $TMP
sh sed -i '/^profile/,$d' $TMP/rc
sh echo 'source f-429-down prometheus url=http://127.0.0.1:9' >> $TMP/rc
size 100x30
run $OOGWAY -c $TMP/rc
wait "am ✓" 20000
wait "f-429-down !" 20000
keys "7"
# The name whole, and the sentence before where it is asked.
expect-re x  f-429-down  never answered: connection refused by 127.0.0.1:9: is it running
reject " Where "
keys "G"
expect-row -1 "<Enter> open"
keys "<Enter>"
expect-row 1 "▸ sources ▸ f-429-down"
expect "state         failing"
expect-re since +[0-9:]{8}
expect "last answer   never"
expect "error         connection refused by 127.0.0.1:9: is it running?"
expect "what to do    check that it runs and that this host may reach it"
expect "rate budget   the server tells of none"
expect "interval      every 15s, waits "
expect "where         http://127.0.0.1:9"
expect "lists         nothing now"
keys "<Esc>ggjj<Enter>"
expect-row 1 "▸ am"
expect "state         ok"
expect-re latency       p50 [0-9]+ms   p95 [0-9]+m?s   last [0-9]+ms
expect "lists         8 alerts, 1 silence"
reject "what to do"
resize 40x12
expect "state         ok"
resize 160x48
expect "lists         8 alerts, 1 silence"
resize 100x30
keys "<Esc>8"
expect "f-429-down: connection refused by 127.0.0.1:9: is it running?"
keys "/f-429<Enter>gg"
expect-row -1 "<Enter> open"
keys "<Enter>"
expect-row 1 "▸ events ▸ event"
expect-row 5 "f-429-down: connection refused by 127.0.0.1:9: is it running?"
expect-re [0-9-]+T[0-9:.]+Z  warn
# Wrapped, not cut, where it is narrow.
resize 40x12
expect "running?"
keys "<Esc><Esc>Q"
exit
