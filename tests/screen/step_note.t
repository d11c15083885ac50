# A step for an incident: its note goes there by the outbox, and the audit's signed end with it,
# which `verify --against` takes.
sh setsid python3 -B $LAB/pagerduty.py --port 0 --secrets $TMP/secrets --incidents 8 --open 0 --lives-with $TMP >$TMP/pd.log 2>&1 </dev/null & for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do grep -q port $TMP/pd.log && break; sleep 0.25; done
sh mkdir -p $TMP/state $TMP/books
sh printf -- '---\nmatches: [NightJob]\n---\n# Night\n\n### 1. Say it\n```note\nLooked at it: all is well.\n```\n\n### 2. Look\n```oogway\nincident note from the step\n```\n' >$TMP/books/night.md
sh printf 'set log.files = %s/none\nset runbooks = %s/books\nset store = %s/s.db\nsink pager kind=note\nsource pd pagerduty url=http://127.0.0.1:%s every=1s token-file=%s/secrets/pagerduty-user.token from=ana@lab.example\n' $TMP $TMP $TMP $(sed 's/.*port //' $TMP/pd.log) $TMP >$TMP/rc
sh printf 'import json, sys, urllib.request as u\nport, path, body = sys.argv[1:4]\nr = u.Request(f"http://127.0.0.1:{port}{path}", body.encode(), {"Content-Type": "application/json"})\nprint(u.urlopen(r).read().decode())\n' >$TMP/lab.py
sh python3 $TMP/lab.py $(sed 's/.*port //' $TMP/pd.log) /_lab/incidents '{"service": "search", "title": "NightJob", "age": 60}' >$TMP/made
env TZ=UTC XDG_STATE_HOME=$TMP/state
size 120x40
run $OOGWAY -c $TMP/rc
wait "NightJob" 20000
keys ":alerts<Enter>"
wait "NightJob"
keys "gr"
wait "2 steps"
expect "for "
keys "x"
wait "Looked at it: all is well."
expect "pd: "
settle 400
keys "y"
wait "1  change  note   done"
sh sleep 8
keys "Q"
exit 0
sh python3 $TMP/lab.py $(sed 's/.*port //' $TMP/pd.log) /_lab/look "{\"id\": \"$(grep -oE '"Q[A-Z0-9]{13}"' $TMP/made | head -1 | tr -d '"')\"}" >$TMP/look
sh grep -q "Looked at it: all is well." $TMP/look
sh python3 -c 'import json, sys; print([n for n in json.load(open(sys.argv[1]))["notes"] if "hash" in n][0])' $TMP/look >$TMP/anchor
sh $OOGWAY audit verify --against $TMP/anchor | grep -q "records are as in the copy"
