# What people write in runbooks reads well: tables with and without edges, task lists,
# numbered ones, quotes, marks in a line, and what only looks like a mark.
sh mkdir -p $TMP/books && cp tests/screen/markdown.md $TMP/books/all.md
sh printf 'set runbooks = %s\nset log.files = %s\n' $TMP/books $TMP/books/all.md >$TMP/rc
size 80x36
run $OOGWAY -c $TMP/rc
wait "host ✓" 20000
keys "6"
wait "All of it"
keys "<Enter>"
wait "Somebody said"
expect "Some strong, soft, co|de, a ` b and a link in one paragraph;"
expect "snake_case_name, 2 * 3 * 4 and *stars* stay. Gone."
expect-re  sign   cause      what next
expect-re  a \| b  one \| two  go
expect-re  -      nothing    x
expect-re  cpu  load
expect-re  web  4
expect "  [ ] to do"
expect "  [x] done"
expect-re      . below, a line that is long enough
expect "      any terminal here"
expect "  1. first"
expect "  2. second goes on"
expect "  10) tenth"
expect-re . Somebody said
expect "a picture [not a link] [](empty) `open"
resize 40x12
wait "All of it"
keys "Q"
exit 0
