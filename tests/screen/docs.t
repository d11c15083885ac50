# A page of a docs site: what was kept of it is listed, found by section and opened there,
# what is new is shown, and nothing on it is run; its site is down, which is said.
sh mkdir -p $TMP/state/oogway/docs/wiki $TMP/config/oogway
sh printf 'set runbooks = auto\nset log.files = %s/state\nsource wiki docs url=http://127.0.0.1:9/runbooks/ every=1h\n' $TMP >$TMP/config/oogway/oogway.rc
sh { printf 'oogway page 1\nurl: http://127.0.0.1:9/runbooks/handbook\ntitle: Operations handbook\netag: "1"\nchanged: %s000\n\n# Operations handbook\n\nEverything else.\n\n' $(date +%s); for i in 1 2 3 4 5 6 7 8 9; do printf '## Chapter %s\n\nSome words of it.\n\n' $i; done; printf '## Turbine vibrates\n\n### Steps\n\nShed the load first.\n\n```sh\nrm -rf /tmp/turbine\n```\n\nThen call the plant.\n\n'; for i in 1 2 3 4 5 6 7 8 9; do printf '## Annex %s\n\nMore words of it.\n\n' $i; done; } >$TMP/state/oogway/docs/wiki/a.page
sh { printf 'oogway page 1\nurl: http://127.0.0.1:9/runbooks/handbook\ntitle: Operations handbook\nchanged: 1\n\n'; sed -n '/^# /,$p' $TMP/state/oogway/docs/wiki/a.page | sed 's/Shed the load first/Call the plant first/'; } >$TMP/state/oogway/docs/wiki/a.page.1
# A title that would be more than a title, and a file that is no page.
sh printf 'oogway page 1\nurl: http://127.0.0.1:9/runbooks/evil\ntitle: \033]52;c;ZWNobw==\007Evil \033[31mred\nchanged: 1\n\n\033[2Jtext\n' >$TMP/state/oogway/docs/wiki/b.page
sh printf 'nothing\n' >$TMP/state/oogway/docs/wiki/c.page
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP TZ=UTC
unenv XDG_RUNTIME_DIR
sh $OOGWAY runbook search turbine vibrates | head -n 1 | grep -q '^wiki:handbook .*at Turbine vibrates'
sh $OOGWAY runbook diff wiki:handbook | grep -c '^[-+]' | grep -q '^2$'
sh $OOGWAY runbook edit wiki:handbook; test $? = 4
size 80x24
run $OOGWAY
wait "wiki" 20000
keys ":runbooks<Enter>"
wait "page of wiki"
keys "G"
wait "Evil"
keys "/turbine vibr"
wait "at Turbine vibrates" 10000
keys "<Enter>"
settle 300
keys "<Enter>"
wait "Turbine vibrates"
expect "Shed the load first."
expect "rm -rf /tmp/turbine"
reject "Chapter 1"
keys "x"
wait "is a page of the source wiki, which is only read"
keys "g"
wait "only read"
expect "http://127.0.0.1:9/runbooks/handbook"
wait "1 new line, 1 gone"
expect "- Call the plant first."
expect "+ Shed the load first."
keys ":runbook trust wiki:handbook<Enter>"
wait "trusted as it is now"
reject "1 new line"
keys "x"
wait "only read"
# The section of an address.
keys ":runbook wiki:evil<Enter>"
wait "[2Jtext"
raw-never 1b5d35323b633b
keys "7"
wait "refused"
keys "Q"
exit 0
