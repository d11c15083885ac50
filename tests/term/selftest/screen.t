# Text, wide characters, attributes, colours, the cursor.
size 40x8
sh printf '%s\n' 'printf "\033[?1049h\033[2J\033[1;1Hplain \033[1mbold\033[0m \033[7mreverse\033[0m"' 'printf "\033[2;1H\344\275\240\345\245\275|\033[3;5H\033[38;5;196;48;5;21mhot\033[0m"' 'printf "\033[4;1H\033[38:2::16:32:48mrgb\033[0m \033[38;2;1;2;3;4mold\033[0m"' 'printf "\033[8;1Hlast row\033[5;3H"; read x' > $TMP/draw
run sh $TMP/draw
wait "last row"
expect "plain bold reverse"
expect-row 2 "你好|"
expect-row -1 "last row"
expect-row 8 "last"
expect-attr 1 "bold" bold no-reverse
expect-attr 1 "reverse" reverse fg=default
expect-attr 1 "plain" plain
expect-attr 3 "hot" fg=196 bg=21
expect-attr * "rgb" fg=#102030
expect-attr 4 "old" fg=#010203 underline
expect-re ^last row +$
expect-re bo[l]d
take WORD last (r[a-z]+)
sh test "$WORD" = row
reject "nothing of the kind"
cursor 5 3
state alt cursor no-mouse no-paste
snapshot screen attrs
mask re[a-z]+e
mask 你.
snapshot screen-masked
keys "<Enter>"
exit
