# says: 1 + |Size 30x3 here
size 30x3
run sh -c "printf 'Size 30x3 here, \303\244'; read x"
snapshot diff
