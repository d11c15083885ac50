# What a trigger proposes: marked in the overview, first on the alert's page with the reason,
# opened by one key, put away; after a restart it is there still, and what was put away is
# not. A runbook that only reads has run, and says so.
sh $LAB/canned $TMP
sh mkdir -p $TMP/books $TMP/state $TMP/config
sh printf -- '---\ntitle: Restart it\nrisk: change\n---\n# Restart it\n### 1. Who\n```sh local risk=read\nuptime -s\n```\n### 2. Now\n```sh local risk=change\ntouch %s/touched\n```\n' "$TMP" >$TMP/books/restart.md
sh printf -- '---\ntitle: Look\nmatches: [HighErrorRate]\nrisk: read\n---\n# Look\n### 1. Since when\n```sh local risk=read\nuptime -s\n```\n' >$TMP/books/look.md
sh printf 'set runbooks = %s/books\ntrigger restart runbook=restart on=alert alert=HighErrorRate do=run\ntrigger look runbook=look on=alert do=propose\ntrigger lost runbook=nowhere on=schedule every=1h\n' "$TMP" >>$TMP/rc
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
size 110x34
run $OOGWAY -c $TMP/rc -P lab
wait "am ✓" 20000
keys "1z"
wait "! look for HighErrorRate proposed by trigger look" 20000
expect "! restart for HighErrorRate proposed by trigger restart: "
expect-re HighErrorRate.* ! 
keys ":triggers<Enter>"
wait "proposed"
expect "no runbook is called nowhere"
expect "alerts that it names"
keys "<Esc>"
# One key, the newest; its alert's page lies below it.
keys "!"
wait "for HighErrorRate"
expect "1  read  local"
keys "<Esc>"
wait "r opens it"
expect-re runbook +1 .*proposed by trigger
# Nobody wants one of them.
keys ":proposal dismiss 9<Enter>"
wait "no trigger proposes a runbook now"
keys ":proposal dismiss x<Enter>"
wait "which one is a number, not x"
keys "<Esc>"
keys ":proposal dismiss 1<Enter>"
wait "is not proposed any more"
keys ":proposal dismiss 1<Enter>"
wait "is not proposed any more"
wait-gone "Runbook   !"
keys "!"
wait "no trigger proposes a runbook now"
keys "Q"
exit 0
sh test ! -e $TMP/touched
sh grep -q '"event":"trigger.dismiss"' $TMP/state/oogway/audit/*/000001.jsonl
sh grep -c '"event":"trigger.propose"' $TMP/state/oogway/audit/*/000001.jsonl | grep -q '^2$'
