#!/bin/sh
# `oogway rca` from outside: a folder made by hand, as text and as JSON; odd folders; exit
# codes and streams.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0
trap 'rm -rf "$tmp"' EXIT
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME"

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		head -n 8 "$tmp/out" "$tmp/err"
	fi
}

run() { # args…
	"$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }
silent() { ! [ -s "$tmp/$1" ]; }

# web calls api, api calls orders-db; the database is slow since a rollout.
python3 - "$tmp" <<'PY' || exit 1
import json, os, sys

at = 1700000000
one, odd, quiet = (os.path.join(sys.argv[1], n) for n in ("one", "odd", "quiet"))
for folder in one, odd, quiet:
    os.makedirs(folder)
levels = {"web": 0.2, "api": 0.1, "orders-db": 0.02}


def metrics(folder, added):
    with open(os.path.join(folder, "metrics.csv"), "w") as out:
        out.write("time,node,metric,value\n")
        for m in range(-90, 4):
            for node, level in levels.items():
                value = level * (1 + (m * 7919 % 11) / 500) + (added if m >= -3 else 0)
                out.write(f"{at + 60 * m},{node},latency p95,{value}\n")


metrics(one, 2)
metrics(quiet, 0)
with open(os.path.join(one, "graph.csv"), "w") as out:
    out.write("caller,callee\nweb,api\napi,orders-db\n")
with open(os.path.join(one, "changes.jsonl"), "w") as out:
    out.write(json.dumps({"time": at - 400, "node": "orders-db", "kind": "rollout",
                          "text": "r84 \x1b[31m"}) + "\n")
with open(os.path.join(odd, "metrics.csv"), "w") as out:
    out.write("when,node,metric,value\n1,a,b,2\n")
with open(os.path.join(quiet, "logs.jsonl"), "w") as out:
    out.write("no JSON at all\n")
PY

when=2023-11-14T22:13:20Z
run rca --dir "$tmp/one" --at $when
ok "an answer is done" code 0
ok "it is data" silent err
ok "where" said out '^Where    .*: orders-db$'
ok "with its evidence" said out 'latency p95 is 2\.0.* since .*, was 0\.02'
ok "the trigger" said out '^Trigger  .*rollout "r84 \^\[\[31m" of orders-db'
ok "the victims" said out '^Felt by  .*api, web\|^Felt by  .*web, api'
ok "what was not there" said out 'no logs'
ok "no shares unless asked for" sh -c "! grep -q position '$tmp/out'"
ok "no byte of theirs reaches the terminal" sh -c "! grep -q '$(printf '\033')' '$tmp/out'"

run rca --dir "$tmp/one" --at $when --shares
ok "shares" said out '^ 1\. +.*orders-db'
ok "of each ranker" said out '+0\..*  position'
ok "victims lose some" said out '-0\..*  position .*rather a victim'

run rca --dir "$tmp/one" --at $when --json
ok "JSON is done" code 0
ok "it can be read" python3 - "$tmp/out" <<'PY'
import json, sys

j = json.load(open(sys.argv[1]))
assert j["schema"] == "oogway.rca/1" and j["at"] == "2023-11-14T22:13:20.000Z", j["at"]
assert set(j) >= {"trigger", "where", "felt_by", "missing", "suspects"}
top = j["suspects"][0]
assert top["node"] == "orders-db" and top["detail"] == "latency p95", top
assert j["where"]["grade"] in ("weak", "likely", "strong"), j["where"]
total = sum(e["share"] for e in top["evidence"])
assert abs(total - top["score"]) < 1e-9, (total, top["score"])
for e in top["evidence"]:
    if e["ranker"] == "change":
        assert e["value"] > 1.9 and e["expected"] < 0.03 and e["at"] and e["query"]
PY

run rca --dir "$tmp/one" --at $when --json
cp "$tmp/out" "$tmp/first"
run rca --dir "$tmp/one" --at $when --json
ok "the same again" cmp -s "$tmp/out" "$tmp/first"

run rca --dir "$tmp/quiet" --at $when
ok "nothing is an answer" code 0
ok "unknown is said" said out '^Where    unknown: '
ok "what was not understood is told" said err 'logs.jsonl: 1 of 1 rows not understood, the first in line 1'

run rca --dir "$tmp/odd"
ok "a wrong header is an error" code 1
ok "that names it" said err 'metrics.csv: .*column "time"'
run rca --dir "$tmp/nowhere"
ok "no folder is an error" code 1
ok "that says what is missing" said err 'no metrics.csv'
run rca
ok "without a folder somebody must be asked" code 1
ok "and there is nobody" said err 'no source of the rc answers queries'
run rca --dir "$tmp/one" --issue "it is slow"
ok "one of them only" code 2
run rca --dir "$tmp/one" --window soon
ok "a window is a duration" code 2
run rca --dir "$tmp/one" more
ok "no more words" code 2
ok "by name" said err '"more"'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
