# Sentences are whole where there is room for them, wrapped or cut with a mark where not.
sh printf 'set log.files = /nowhere/at/all.log\nsource far prometheus url=http://x unix=/nowhere/%036d.sock\nquery q source=far -- up\n' 0 > $TMP/rc
size 160x48
run $OOGWAY -c $TMP/rc
wait "far !"
keys "7z"
expect-re never answered: no socket /nowhere/0+.sock: is it running\?, next try in [0-9]+s
keys "5"
expect "cannot read /nowhere/at/all.log: No such file or directory"
resize 40x12
wait "cannot read /nowhere/at/all.log: No"
expect "file or directory"
keys "7"
expect-re x  far +never answered.*…
keys "Q"
exit
