# says: there it is: bold
size 30x3
run sh -c "printf '\033[1mbold\033[0m'; read x"
expect-attr 1 "bold" reverse
