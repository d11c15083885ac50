# What keys send, in both cursor-key modes, and what a paste looks like.
sh printf '%s\n' 'stty raw -echo; printf "$1ready"; dd bs=1 count=$2 2>/dev/null | od -An -tx1 -w16; stty sane' > $TMP/show
run sh $TMP/show "" 20
wait "ready"
keys "<Up><F1><C-x><Tab><Esc><M-a><Enter><BS><Space><Del><lt>b"
expect "1b 5b 41 1b 4f 50 18 09 1b 1b 61 0d 7f 20 1b 5b"
expect "33 7e 3c 62"
run sh $TMP/show "" 2
wait "ready"
type-raw 00 ff
expect "00 ff"
exit
run sh $TMP/show "\033[?1h" 9
wait "ready"
keys "<Up><C-Left>"
expect "1b 4f 41 1b 5b 31 3b 35 44"
exit
run sh $TMP/show "\033[?2004h" 15
wait "ready"
state paste
paste "a\nb"
expect "1b 5b 32 30 30 7e 61 0d 62 1b 5b 32 30 31 7e"
run sh $TMP/show "" 3
wait "ready"
paste "a\nb"
expect "61 0d 62"
run sh $TMP/show "\033[?1000h\033[?1006h" 18
wait "ready"
state mouse
click 3 5
expect "1b 5b 3c 30 3b 35 3b 33 4d"
