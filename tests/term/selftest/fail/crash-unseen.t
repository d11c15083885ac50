# says: ended by SIGABRT
run sh -c "echo hi; sleep 0.1; kill -ABRT $$"
settle 400
