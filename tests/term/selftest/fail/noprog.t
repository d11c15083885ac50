# says: cannot run /no/such/program: No such file or directory
run /no/such/program
exit 0
