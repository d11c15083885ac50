# Queries are answered as a terminal answers them.
sh printf '%s\n' 'stty raw -echo; printf "$1"; dd bs=1 count=$2 2>/dev/null | od -An -c -w40; stty sane' > $TMP/ask
run sh $TMP/ask "\033[5n" 4
expect "033   [   0   n"
run sh $TMP/ask "\033[3;7H\033[6n" 6
expect "033   [   3   ;   7   R"
run sh $TMP/ask "\033[c" 7
expect "033   [   ?   1   ;   2   c"
exit
raw-has 1b5b63
raw-never 1b5b3e63
