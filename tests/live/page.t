# A page at night: page.sh has started the servers and the hosts and says where they are.
env PATH=$PAGE/bin:$PATH HOME=$PAGE/home XDG_STATE_HOME=$PAGE/state XDG_CONFIG_HOME=$PAGE/config TZ=UTC
size 128x44
run $OOGWAY -c $PAGE/rc
wait "am ✓" 20000
wait "pd ✓" 20000
wait "prom ✓" 20000

# It fires, and pages. The alert knows its runbook, and by its labels the host.
sh $LAB/lab fire DiskFillingUp
keys "2z"
wait "web-2: / is full within the hour" 20000
keys "/DiskFillingUp<Enter>"
wait "/DiskFillingUp  1 of" 40000
settle 150
keys "<Enter>"
wait "r opens it" 10000
expect "A web server's disk fills"
wait "pd firing" 10000
keys "r"
wait "with host=web-2  mount=/"
settle 400

# On the host, through the one in the middle; then on both.
keys "x"
expect-re run as .* on web-2\?
expect "  df -h /"
expect "Class read"
settle 400
keys "y"
wait "1  read  host   done, exit 0" 20000
expect "Filesystem"
keys "nx"
expect "on 2 hosts: web-1 web-2?"
settle 400
keys "y"
wait "2  read  host   done" 20000
wait "== exit 0: 2 hosts" 20000
keys "nx"
expect "on prom"
settle 400
keys "y"
wait "3  read  promql   done" 20000

# One that needs an approval: asked for, too early, then by its code; y alone is none.
keys "nx"
take WHO run as ([^ ]+) on lb-1\?
sh test "$WHO" = "$PAGE_ACCOUNT"
expect "lb drain web-2"
expect "It needs an approval: yes asks for it, and does nothing."
settle 400
keys "y"
wait "is asked for: in 2s it can be done"
sh ! grep -q . $PAGE/hosts/lb-1/did
keys "x"
expect "is ready in"
sh sleep 2
keys "x"
take CODE Approval ([0-9a-f]{6}) was asked for
settle 400
keys "y<Enter>"
expect "Esc is no:"
sh ! grep -q . $PAGE/hosts/lb-1/did
keys "<BS>"
type "$CODE<Enter>"
wait "gives ${drained}   done" 20000
expect "drain web-2: ok"

# One more, one that goes wrong, and both are taken back, the newest first.
keys "nnx"
expect "logs rotate /"
settle 400
keys "y"
wait "6  change  host   done, exit 0" 20000
expect "12 files rotated, password=[redacted]"
keys "nnx"
expect "app restart"
settle 400
keys "y"
wait "failed, exit 7" 20000
expect "Address already in use"
raw-never 1b5d303b50574e4544
keys "gg"
expect "step 8 went wrong"
keys "U"
expect "logs restore /"
settle 400
keys "y"
wait "7  change  host  takes back step 6   done" 20000
keys "U"
expect "lb enable web-2"
settle 400
keys "y"
wait "is asked for"
sh sleep 2
keys "U"
take CODE Approval ([0-9a-f]{6}) was asked for
settle 400
type "$CODE<Enter>"
wait "takes back step 4   done" 20000
keys "U"
expect "there is nothing to take back"
keys "nnnnx"
expect-re note as .* on pd: web-2: / is full
expect "web-2 is out of the balancer."
settle 400
keys "y"
expect-re 9 +[a-z]+ +note +done

# All of it stands in the timeline: of the alert, and of the incident that paged for it.
keys "<Esc>"
wait "Timeline"
sh sleep 2
keys "G"
expect-re command +1\. How full is it\? +done
expect-re command +2\. Do the others live\? +done
expect-re command +4\. Take it out of the balancer +done
expect-re command +6\. Rotate its logs +done
expect-re command +8\. Start the application again +failed
expect-re command +7\. Take that back +done
expect-re command +5\. Put it back +done
wait "web-2 is out of the balancer." 20000
keys "<Esc>"
keys "/<C-u>web-2: . is full within<Enter>"
wait "/web-2: . is full within  "
settle 150
keys "G<Enter>"
# What this machine suffers from stands in it too, and takes lines.
resize 128x90
wait "Triggered through" 20000
keys "G"
expect-re command +8\. Start the application again +failed
expect-re command +5\. Put it back +done
resize 128x44

# What must be refused. A cluster that is not named:
keys ":runbook refused<Enter>"
wait "8 steps"
keys "x"
wait "kubectl without --context goes wherever this machine points then (now prod-eu)"
keys "nx"
wait "2  read  local   refused"
# what is gone afterwards, by y alone:
keys "nx"
expect "rm -rf /var/log/app"
expect "Class destroy"
expect "type web-2 and Enter; Esc is no:"
settle 400
keys "y<Enter>"
settle 200
expect "type web-2 and Enter; Esc is no:"
keys "<Esc>"
wait "nothing was done"
# a value that is a command stays a word, and is none behind a shell:
keys "nx"
expect "logs '; rm -rf /'"
settle 400
keys "y"
wait "4  change  host   done, exit 0" 20000
keys "nx"
wait "nothing was done: a shell would run it"
# another machine at a known address:
sh sh $WORLD replace web-1
keys "nx"
expect-re run as .* on web-1\?
settle 400
keys "y"
wait "web-1 is refused: it shows the host key ED25519" 20000
# read-only:
keys ":readonly<Enter>"
keys "nx"
wait "oogway is read-only: nothing was done"
keys ":readonly<Enter>"
# what a line of the rc denies:
keys "nx"
wait "forbids it"

# A terminal there, recorded.
keys ":ssh web-2<Enter>"
wait "open a terminal on web-2?"
settle 400
keys "y"
wait-gone "What is refused" 20000
expect-re [#$%>] *$
keys "echo over-$((6*7))-there<Enter>"
wait "over-42-there"
keys "exit<Enter>"
wait "web-2: exit 0" 20000

# Played again: the terminal, and what the failed step said.
keys ":audit /remote.shell<Enter>"
wait "intent" 10000
settle 150
keys "p"
wait "over-42-there" 20000
keys "<Esc>"
keys "/<C-u>app restart<Enter>"
wait "/app restart  "
settle 150
keys "p"
wait "Address already in use" 10000
raw-never 1b5d303b50574e4544
keys "<Esc>"
keys "Q"
exit 0
