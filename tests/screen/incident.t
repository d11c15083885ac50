# An incident's page: who responds, the bridge, one timeline; what is told there is shown,
# and nothing of it is obeyed. The new actions ask, and refuse what they cannot know.
sh $LAB/canned $TMP page
mask [0-9]{2}:[0-9]{2} UTC
mask [0-9]{2}:[0-9]{2}:[0-9]{2}
size 100x60
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
keys ":incident Q41<Enter>"
wait "Triggered through Checkout"
wait "Chen Wei  joined"
expect "Dara Singh  declined"
expect "Eli Novak  pending"
expect "scribe        Chen Wei"
expect "bridge        +1 415-555-1212,,,,1234#"
expect "https://meet.example/war"
# The log's line of a note and the note are one; escape codes are shown, not obeyed.
expect "Ben Okafor: rolling ^[[31mback^[[0m now"
reject "Note added by"
expect "commander     Ana ^[]0;gotcha^GRuiz"
expect "alert    checkout 5xx"
expect "notified Notified Ana Ruiz"
expect "help     Chen Wei  was asked to join"
expect "help     Chen Wei  joined"
expect "escalate Escalated to Ben Okafor"
keys "ib"
expect "copied https://meet.example/war"
keys ":bridge number<Enter>"
expect "copied +1 415-555-1212,,,,1234#"
# Each asks, with what it will do.
keys "ih"
expect "responders add @"
keys "ben, Core<Enter>"
expect "ask for responders at pd: Checkout is down for everybody (Checkout); to: @ben, Core"
keys "n"
expect "nothing was done"
keys ":status \"We are on it\" next 30m<Enter>"
expect "send a status update at pd: Checkout is down for everybody (Checkout); next update by"
expect "30m from now; \"We are on it\"?"
keys "n"
keys ":status we are on it next week<Enter>"
expect "until when"
keys ":status \" \"<Enter>"
expect "a status update needs words"
keys ":status<Enter>"
expect "3 critical"
keys ":role commander Grace Hopper<Enter>"
expect "add a note to 1 at pd: Checkout is down for everybody (Checkout); \"Role commander: Grace"
keys "n"
keys ":role king<Enter>"
expect "a role is commander or scribe, not king"
# Completion says what a number is, and ends names that have blanks.
keys ":merge "
expect "Checkout is down for everybody"
keys "<Esc>:responders add @ben, Co<Tab>"
expect "responders add @ben, Core"
keys "<Esc>"
# Nothing was sent.
sh ! grep -E "^(PUT|DELETE|POST .*incidents)" $TMP/asked
# An alert of an Alertmanager has none of it.
keys "<Esc>2/HighError<Enter><Enter>"
wait "HighErrorRate"
reject "responders"
keys ":status hello<Enter>"
expect "one cannot send a status update there"
keys "ib"
wait "no conference bridge is known of this"
# … but is kept as it was told, too.
keys "iJ"
wait "As its source tells it"
wait "\"alertname\": \"HighErrorRate\""
keys "iJ"
# On a row: it is read first, and the page is not opened.
keys "<Esc><Esc>/<C-u>Checkout is<Enter>g"
expect "Checkout is down"
keys "ib"
wait "copied https://meet.example/war"
expect "2 Alerts"
keys "Q"
exit 0
restored
