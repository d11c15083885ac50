# Two terminals beside each other, and a slow line.
run sh -c "while [ ! -e $TMP/go ]; do sleep 0.02; done; echo went"
use second
run sh -c "echo second; touch $TMP/go; read x"
wait "second"
use main
wait "went"
exit
use second
keys "x<Enter>"
exit
use main
link 2000 100
mark
run sh -c 'seq 1 700; read x; echo got-$x'
wait "700"
keys "k<Enter>"
wait "got-k"
exit
