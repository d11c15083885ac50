# A profile that is not there: it is said, and its name stands nowhere as one.
sh printf 'profile prod\nset window = 2h\nend\n' > $TMP/rc
size 120x30
run $OOGWAY -c $TMP/rc -P prd
wait "no profile is called prd: none is chosen" 20000
expect-row 1 " ▸ overview"
reject "prd ▸"
keys ":profile prod<Enter>"
wait "prod ▸ overview"
keys "Q"
exit
restored
