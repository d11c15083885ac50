# The demo teaches: a hint stays until its command was done, and names the live keys.
mask [0-9]{2}:[0-9]{2}(:[0-9]{2})? UTC
mask on call: you to .{9}
mask [0-9]{2}:[0-9]{2}:[0-9]{2}
mask ends in [0-9]+m
size 80x24
env TZ=UTC
run $OOGWAY --demo
expect-row 1 " DEMO ▸ overview"
wait "1/10  j or k choose a row"
expect-row -2 " 1/10  j or k choose a row"
wait "loki ✓"
expect "node-17           HostDiskWillFillIn24Hours"
expect "CertificateExpiry"
# Another key does not tick it off.
keys "Z"
settle
reject "✓ 1/10"
keys "Zj"
wait "✓ 1/10"
wait " 2/10  <Enter> opens it: an alert"
keys "<Enter>"
wait "✓ 2/10"
expect-row 1 " DEMO ▸ overview ▸ HostDiskWillFillIn24Hours"
wait " 3/10  r opens its runbook"
keys "r"
wait "✓ 3/10"
expect-row 1 " DEMO ▸ Filesystem is full or filling"
expect-row 1 "W1"
# Whoever is quick need not wait for the next hint.
keys "<Esc>"
wait "✓ 4/10"
keys "<Esc>3"
wait "✓ 5/10"
keys "/db<Enter>"
wait "✓ 6/10"
keys "<Enter>"
wait "✓ 7/10"
expect-row 1 " DEMO ▸ metrics ▸ db cpu orders-db-1"
keys "-"
wait "✓ 8/10"
keys "?"
wait "✓ 9/10"
expect-row 1 "DEMO"
keys "<Esc>y"
wait "✓ 10/10"
wait "That was all; now follow the incident"
keys "<Esc><Esc>"
# It is not read anew, and not played twice at once.
keys ":reload<Enter>"
wait "the demo reads no rc anew"
keys ":demo<Enter>"
wait "the demo is still on"
# From large to small and back, the hint keeps its line.
resize 160x48
settle
expect-row 1 " DEMO ▸"
expect-row -2 "That was all"
expect "4 Anomalies"
expect "invented lines"
resize 40x12
settle
expect-row 1 " DEMO ▸"
expect-row -2 "That was all; now follow the incident"
resize 40x8
settle
reject "That was all"
resize 80x24
settle
expect-row -2 "That was all"
keys "Q"
exit
restored
# It leaves nothing behind.
sh ! find "$TMP" -type f | grep -q .
# A key that was bound anew is taught as it is; what the rc would watch is left alone.
sh printf 'set theme = light\nunbind global j\nunbind global <Down>\nbind global J down\nsource prom prometheus url=http://127.0.0.1:9\nheartbeat w alert=Watchdog every=1s\n' > $TMP/rc
run $OOGWAY --demo -c $TMP/rc
wait "1/10  J or k choose a row"
expect-row 1 " DEMO ▸ overview"
wait "prom ✓"
keys "J"
wait "✓ 1/10  J or k"
keys "Q"
exit
restored
