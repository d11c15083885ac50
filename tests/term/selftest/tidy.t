# The environment: a home of its own, nothing of the caller's; TMP is masked.
env COLOUR=blue "TWO=a b"
unenv LANG
size 90x6
run sh -c "echo $HOME; echo $COLOUR; echo $TWO; echo \$LANG. \$TERM \$TZ \$COLUMNS.; stty size"
exit
expect "blue"
expect-row 3 "a b"
expect-row 4 ". xterm-256color UTC ."
expect "6 90"
snapshot tidy
term vt100
run sh -c 'echo $TERM'
expect "vt100"
