# Broken glass is told at once, in quiet hours too, stands in the header and heads the handoff.
sh mkdir -p $TMP/state $TMP/config/oogway
sh printf '#!/bin/sh\necho "$@" >>%s/told\n' $TMP >$TMP/tell; chmod +x $TMP/tell
sh printf 'set store = %s/s.db\nset log.files = %s/none\nhandoff team at=09:00 to=team@example.org\nnotify boss kind=command severity=critical quiet=00:00-23:59 -- %s/tell {severity} {title}\n' $TMP $TMP $TMP >$TMP/config/oogway/oogway.rc
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
size 120x40
run $OOGWAY
wait "Metrics" 20000
keys ":breakglass off<Enter>"
wait "the glass is whole"
keys ":readonly<Enter>"
keys ":breakglass too late<Enter>"
wait "oogway is read-only"
keys ":readonly<Enter>"
keys ":breakglass orders primary is lost<Enter>"
expect "Break the glass for 30 minutes?"
expect "Approvals are lifted. Questions, policy and recording are not."
settle 400
keys "<Enter>"
wait "nothing was done"
reject "BREAK-GLASS"
keys ":breakglass orders primary is lost<Enter>"
settle 400
keys "y"
wait "BREAK-GLASS 30m"
sh for i in 1 2 3 4 5 6 7 8 9 10; do grep -qs . $TMP/told && break; sleep 0.3; done; grep -q "critical break-glass on .*: orders primary is lost" $TMP/told
sh sleep 2
keys ":handoff<Enter>"
wait "Break-glass" 15000
expect "approvals lifted for 30 minutes (audit"
expect "orders primary is lost"
keys "Q"
exit 0
sh $OOGWAY audit log >$TMP/log; grep -q "refusal .*breakglass.begin" $TMP/log; grep -q "intent .*breakglass.begin .*approvals are lifted" $TMP/log
sh $OOGWAY handoff print team | head -12 | grep -q "orders primary is lost"
