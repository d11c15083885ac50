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
expect "b by  d days  m merge  p parts"
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
keys ":sort name<Enter>:trend by weekday<Enter>"
wait "by weekday"
keys "g"
expect-row 18 "Friday"
keys ":trend by cell<Enter>"
wait "by cell"
expect-re day [0-9]{2}:00 to [0-9]{2}:00
keys ":trend by weekday<Enter>"
wait "by weekday"
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
keys "<Esc>"
# Shares and the hours of problems, where there is room for them.
expect-re By problem +By service +By urgency
expect-re [0-9]+ % █+ +[a-z].* [0-9]+ % █+ +high urgency
expect "hours of the top problems"
expect-re [ ▁▂▃▄▅▆▇█]{48} +[0-9]+ KubePodCrashLooping
# Parts go, come and move; what is chosen is kept.
keys "p"
wait "24-hour strips on or off"
keys "b"
wait "kept in"
reject "Nov 0"
keys "pC"
wait "cards is the first already"
keys ":trend part up strips<Enter>:trend part up strips<Enter>:trend part up strips<Enter>:trend part up strips<Enter>:trend part up strips<Enter>:trend part up strips<Enter>"
wait "hours of the top problems"
keys ":trend part off list<Enter>"
wait "the list stays: what is in it can be selected"
keys ":trend part on nonsense<Enter>"
wait "trends have no part nonsense"
settle 500
expect-row 3 "00          06          12          18           hours of the top problems"
sh grep -qx 'set trends.parts = strips,cards,heat,interruptions,times,list,shares' $TMP/config/oogway/layouts.rc
keys "Q"
exit
restored
# They are as they were left; the list has what they leave.
run $OOGWAY -c $TMP/rc -e trends
wait "by problem  complete" 20000
expect-row 3 "hours of the top problems"
reject "Nov 0"
keys ":set trends.parts = list,nonsense,list<Enter>"
settle 300
expect-row 3 "Name"
reject "By problem"
keys "Q"
exit
sh rm $TMP/config/oogway/layouts.rc
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
