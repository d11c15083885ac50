# A real program: keys, search, resize, a good end.
size 60x10
sh seq -f 'line %g' 1 100 > $TMP/numbers
run less $TMP/numbers
wait "line 9"
reject "line 10"
snapshot less
mark
keys "j"
expect "line 10"
bytes-max 200
keys "/line 42<Enter>"
wait "line 50"
expect-row 1 "line 42"
expect-attr 1 "line 42" reverse
settle
resize 60x20
wait "line 60"
snapshot less-tall
keys "q"
exit
restored
