# says: took longer than its limit
sh sleep 30
