# says: not on the screen
size 30x4
run sh -c "echo something else; read x"
wait "hello" 300
