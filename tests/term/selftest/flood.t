# Much output does not block, and raw output is searched whole.
run sh -c "printf '\033[38;5;9mRED\033[0m'; yes 0123456789 | head -n 300000; echo done"
wait "done" 20000
raw-has 1b5b33383b353b396d524544
exit
