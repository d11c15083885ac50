# The past: counts and what they are of, bars, the incidents behind one, and problems that
# are put together by hand and stay so.
sh mkdir -p $TMP/state $TMP/config
sh printf 'set store = %s/past.db\nset refresh = 5m\nset log.files = %s/none\nset keymap = default\nsource pd pagerduty url=http://127.0.0.1:9 token-env=PD_TOKEN\n' $TMP $TMP > $TMP/rc
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP PD_TOKEN=t TZ=UTC
unenv XDG_RUNTIME_DIR
mask [0-9]{2}:[0-9]{2} UTC
size 80x24
# A store without a past says so.
run $OOGWAY -c $TMP/rc -e trends
wait "No incidents in this span." 20000
keys "Q"
exit
sh python3 $LAB/past.py $TMP/past.db 900 60
run $OOGWAY -c $TMP/rc -e trends
wait "by problem  complete" 20000
expect-re Today  [0-9]+ +Week  [0-9]+ +Month  [0-9]+
expect-re Interruptions [0-9]+  asleep [0-9]+  off-hours [0-9]+  at work [0-9]+
expect-re MTTA [0-9]+m \(p90 [0-9]+m\)  MTTR
expect-re Mo [·░▒▓█]{24}
expect-re Name +Service +Count
expect-row 18 "KubePodCrashLoop"
# Behind a bar: as many as it says.
keys "<Enter>"
wait "same template, same service,"
expect-re by itself ([0-9]+) of \1
expect-re 00h [ ▁▂▃▄▅▆▇█]{48} 24h
expect "KubePodCrashLooping: pod checkout"
keys "x"
wait "there is nothing to split"
keys "<Esc>"
# Filter, sort, other bars, other spans.
keys "/node<Enter>"
wait "Disk of"
reject "Replication lag"
keys "<Esc>:sort mttr<Enter>g"
expect-row 18 "Certificate of"
keys "b"
wait "by service"
keys ":trend by weekday<Enter>"
wait "by weekday"
expect-re (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day +[0-9]+ +[0-9]+ %
keys ":trend days 7<Enter>"
wait "in 7 days by weekday"
keys ":trend days 0<Enter>"
wait "1 to 91 days, not 0"
keys ":trend by problem<Enter>:trend days 28<Enter>"
wait "in 28 days by problem"
# Two problems become one, and stay one.
keys ":filter Disk|p99<Enter>"
settle 500
keys "g<Space><Space>m"
wait "this is remembered"
keys "<Esc>"
settle 500
expect-row 19 "│                                                                              │"
resize 40x12
expect-re Today [0-9]+  Week [0-9]+  Month [0-9]+
resize 160x48
expect-re Mo [·░▒▓█]{48}
keys "Q"
exit
restored
# In ASCII, and after a restart.
env LC_ALL=C
size 80x24
run $OOGWAY -c $TMP/rc -e trends
wait "by problem  complete" 20000
expect-re Mo [-.+*#]{24}
keys ":filter Disk|p99<Enter>"
settle 500
expect-row 19 "|                                                                              |"
keys "Q"
exit
