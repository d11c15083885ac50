# says: not on the screen; the program ended by SIGSEGV
run sh -c "echo hi; kill -SEGV $$"
wait "never" 5000
