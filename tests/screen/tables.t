# Tables of a runbook stand in columns; where there is no room for them they are wrapped.
sh $LAB/canned $TMP
sh mkdir $TMP/books
sh printf '# Table\n\n| sign | cause | what next |\n|---|:-:|---|\n| short | because | step 6 |\n| a longer sign of it | `code` here | put it back, then look again |\n|only|two|\n\nAfter it.\n\n| other | table |\n|---|---|\n| x | y |\n' > $TMP/books/table.md
sh echo "set runbooks = $TMP/books" >> $TMP/rc
size 80x24
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
keys ":runbooks /Table<Enter><Enter>"
expect "sign                 cause      what next"
expect "short                because    step 6"
expect "a longer sign of it  code here  put it back, then look again"
expect "only                 two"
expect-attr * "cause" underline
expect "other  table"
expect "x      y"
reject "--"
reject "  |  "
resize 40x24
expect "  short         because    step 6"
expect "  a longer      code here  put it back,"
expect "  sign of it               then look"
expect "                           again"
# Too narrow for columns: rows are lines, and nothing is lost.
resize 20x24
expect "again"
resize 80x24
expect "short                because    step 6"
keys "Q"
exit
