# Lines of a Loki and of files in one pane; the pane follows the time, and says what is
# not there.
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP
unenv XDG_RUNTIME_DIR
sh date '+%Y-%m-%d %H:%M:%S a line of the host' > $TMP/host.log
sh python3 -B -c "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])" > $TMP/port
sh setsid $LAB/loki.py --port $(cat $TMP/port) > $TMP/fake.log 2>&1 & echo $! > $TMP/fake
sh echo "set log.files = $TMP/host.log" > $TMP/rc; echo "source loki loki url=http://127.0.0.1:$(cat $TMP/port) every=1s query={app=\"shop\"}" >> $TMP/rc
sh for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do python3 -B -c "import sys, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:' + sys.argv[1] + '/_lab/hostile', b'{\"stream\":{\"app\":\"shop\",\"level\":\"error\"},\"ago\":30,\"size\":100000}'), timeout=10)" $(cat $TMP/port) && break; sleep 1; done
sh python3 -B -c "import sys, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:' + sys.argv[1] + '/_lab/flood', b'{\"stream\":{\"app\":\"shop\"},\"ago\":7300,\"count\":5,\"text\":\"two hours ago\"}'), timeout=10)" $(cat $TMP/port)
size 120x30
run $OOGWAY -c $TMP/rc
keys ":logs<Enter>"
wait "a line of the host" 20000
wait "^[]52;c;SU5KRUNU^G osc" 20000
wait "host.log, loki" 20000
reject "two hours ago"
keys ":at -2h<Enter>"
wait "two hours ago 4" 20000
reject "a line of the host"
wait "no log lines of this host before" 20000
keys ":now<Enter>"
wait "a line of the host" 20000
reject "two hours ago"
# The server is gone: what is there stays, and why there is no more is said.
sh kill $(cat $TMP/fake)
wait "loki: " 30000
expect "a line of the host"
keys "Q"
exit
restored
