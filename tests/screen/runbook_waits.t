# A step on another host, asked for at once: it waits until the ssh configuration was read,
# and is asked about then. What destroys and needs an approval wants its host's name beside
# the code.
sh mkdir -p $TMP/state $TMP/config/oogway $TMP/books $TMP/.ssh
sh chmod 700 $TMP/.ssh
sh printf 'Host far-1\n  HostName 127.0.0.9\n  Port 1\n  User nobody\n' >$TMP/.ssh/config
sh printf 'set runbooks = %s/books\nset run.approve = destroy\nset run.approve.after = 1s\n' "$TMP" >$TMP/config/oogway/oogway.rc
sh printf -- '---\ntitle: Far\n---\n# Far\n\n```sh host=far-1 risk=read\nuptime -s\n```\n\n```sh host=far-1 risk=destroy\nrm -f /nowhere/at/all\n```\n' >$TMP/books/far.md
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
unenv SSH_AUTH_SOCK
size 90x26
run $OOGWAY
wait "Metrics" 20000
keys ":runbook far<Enter>x"
wait "run as nobody on far-1?"
settle 400
keys "n"
wait "nothing was done"
keys "nx"
wait "It needs an approval: yes asks for it"
settle 400
keys "y"
wait "is asked for: in 1s it can be done"
sh sleep 1.2
keys "x"
take CODE Approval ([0-9a-f]{6}) was asked for
expect-re type far-1 [0-9a-f]{6} and Enter; Esc is no:
settle 400
# The code alone is no answer, nor is the name.
type "$CODE<Enter>"
expect "Esc is no:"
type "far-1<Enter>"
expect "Esc is no:"
type "far-1 $CODE<Enter>"
wait "127.0.0.9" 20000
expect "2  destroy  host"
reject "2  destroy  host   asked"
keys "Q"
keys "Q"
exit 0
sh grep -q 'typed behind its name' $TMP/state/oogway/audit/*/000001.jsonl
