# A query that gives nothing, or fails, keeps a row that says so.
sh $LAB/canned $TMP
sh printf 'query empty source=prom -- nothing\nquery odd source=prom -- NaN\nquery wrong source=prom -- badly\n' >> $TMP/rc
size 160x48
run $OOGWAY -c $TMP/rc -P lab
wait "prom !" 20000
keys "3z/empty|odd|wrong<Enter>"
wait "failed  parse error: unexpected <by>"
expect "no data  no data: the answer is empty"
expect "no data  no data: its value is not a number"
keys "G<Enter>"
expect-row 3 "wrong  parse error: unexpected <by>"
expect "now failed"
keys "<Esc>7"
expect "!  prom "
expect "query wrong: parse error"
# It is mended: the row is another one's.
keys "3"
sh sed -i 's/badly/all/' $TMP/rc
keys ":reload<Enter>"
wait "wrong web-00 a"
reject "failed"
reject "prom !"
keys "Q"
exit
restored
