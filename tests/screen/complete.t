# Tab completes what the tables know; what only looks is shown while it is typed.
sh $LAB/canned $TMP
sh printf 'layout wide overview / logs\nalias deploys changes\n' >> $TMP/rc
size 100x30
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
# Common beginning first, then one after the other, the chosen one marked.
keys ":lay<Tab>"
expect-row -1 ":layout "
expect-row -2 "wider  narrower  taller"
keys "<Tab>"
expect-row -1 ":layout wider"
expect-attr -2 "wider" bg=238
keys "<Tab>"
expect-row -1 ":layout narrower"
expect-attr -2 "narrower" bg=238
keys "<S-Tab><S-Tab>"
expect-row -1 ":layout reset"
keys "<Esc>"
# One that is the only one is put in whole; aliases and the rc language too.
keys ":depl<Tab>"
expect-row -1 ":deploys "
keys "<C-u>unb<Tab>"
expect-row -1 ":unbind "
keys "<Tab>"
expect-row -1 ":unbind global "
keys "<C-u>bind alerts <lt>En<Tab>"
expect-row -1 ":bind alerts <Enter> "
keys "hist<Tab>"
expect-row -1 ":bind alerts <Enter> history-"
keys "<C-u>color cr<Tab>"
expect-row -1 ":color critical "
keys "ma<Tab>de<Tab>un<Tab>"
expect-row -1 ":color critical magenta default underline "
# Settings and what they can be.
keys "<C-u>set the<Tab>"
expect-row -1 ":set theme = "
expect-row -2 "cb-dark  cb-light  dark  high-contrast  light  mono"
keys "<C-u>set comp<Tab>w<Tab>"
expect-row -1 ":set compare = week "
keys "<C-u>set layout = <Tab>"
expect-row -2 "auto  wide"
keys "<C-u>set keymap = k<Tab>"
expect-row -1 ":set keymap = k9s "
# Names that are there now.
keys "<C-u>source test p<Tab>"
expect-row -2 "prom  pd"
keys "r<Tab>"
expect-row -1 ":source test prom "
keys "<C-u>profile <Tab>"
expect-row -1 ":profile lab "
keys "<C-u>runbook postgres-r<Tab>"
expect-row -1 ":runbook postgres-replication-lag "
keys "<Enter>"
expect-row 1 "PostgreSQL replica lags"
keys "<Esc>:"
keys "<C-u>layout show pro<Tab>"
expect-row -1 ":layout show processes "
keys "<C-u>show an<Tab>"
expect-row -1 ":show anomaly "
keys "<C-u>nothing at all <Tab>"
expect-row -1 ":nothing at all "
keys "<Esc>"
# Columns of the pane that has the focus.
keys "2z:sort s<Tab>"
expect-row -2 "severity  service  summary  state  source"
keys "<Esc>"
# Shown already: a sorting, and Esc takes it back.
expect-row 4 "Checkout is down"
keys ":sort title"
expect-row 4 "CertExpires"
keys "<Esc>"
expect-row 4 "Checkout is down"
expect-attr 4 "Checkout is down" bg=238
# A filter; a wrong one shows what was before.
keys "jj:filter Disk"
expect "DiskFillingUp"
reject "ReplicationLag"
keys "<Esc>"
expect-attr * "ReplicationLag" bg=238
keys ":filter Disk<Enter>"
expect "/Disk  1 of 10"
keys "<Esc>z"
# A pane, filtered or not.
keys ":logs"
expect-row 1 "lab ▸ logs"
expect "canceling statement"
keys " /refused"
reject "canceling statement"
expect "payment refused"
keys "<Esc>"
expect-row 1 "lab ▸ overview"
reject "payment refused"
keys ":pane 4"
expect-row 1 "lab ▸ anomalies"
keys "<Esc>"
expect-row 1 "lab ▸ overview"
# Colours, by Tab through the themes.
expect-attr * "C !" fg=203
keys ":set theme = <Tab>"
expect-attr * "C !" fg=197
expect-row -1 ":set theme = cb-dark "
keys "<C-w>light"
expect-attr * "C !" fg=160
keys "<Esc>"
expect-attr * "C !" fg=203
keys ":color critical 51 default"
expect-attr * "C !" fg=51
keys "<C-u>color critical nonsense default"
expect-attr * "C !" fg=203
keys "<Esc>"
# A window of time; nothing is asked for it.
keys "3<Enter>"
expect "load web-00 a  1h"
keys "<Esc>"
keys ":window 6h"
settle
keys "<Esc><Enter>"
expect "load web-00 a  1h"
keys "<Esc>Q"
exit
restored
