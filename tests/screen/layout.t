# The layout is changed on the screen, kept in a file of its own, and found again.
sh $LAB/canned $TMP
sh mkdir -p $TMP/state $TMP/config
env XDG_STATE_HOME=$TMP/state XDG_CONFIG_HOME=$TMP/config HOME=$TMP
size 160x48
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "pd ✓"
wait "Checkout is down"
expect-re ^┌ 1 Needs you now (─){69}┐┌ 3 Metrics
# Wider and narrower by steps of a twentieth, taken from the neighbour.
keys "<C-w>>"
expect-re ^┌ 1 Needs you now (─){77}┐┌ 3 Metrics
keys "<C-w><lt><C-w><lt>"
expect-re ^┌ 1 Needs you now (─){61}┐┌ 3 Metrics
# Taller rows.
expect-row 21 "2 Alerts"
keys "<C-w>+"
expect-row 22 "2 Alerts"
# Places: to the right, a row down, into a row of its own.
keys "<C-w>L"
expect-re ^┌ 3 Metrics (─)*┐┌ 1 Needs you now
keys "<C-w>J<C-w>J<C-w>J"
expect-row 38 "┌ 1 Needs you now"
expect-row 2 "┌ 3 Metrics"
keys "<C-w>J"
expect-row -1 "it goes no further this way"
# Out of the grid, and another one into it.
keys "<C-w>c"
reject "1 Needs you now"
keys ":layout show processes<Enter>"
expect "9 Processes"
keys ":layout show processes<Enter>"
expect-row -1 "it is shown"
keys ":layout hide nonsense<Enter>"
expect-row -1 "no pane of the grid is called nonsense"
# A pane that is shown alone has its place after show.
keys "8"
expect-row 2 "8 Events"
reject "3 Metrics"
keys "<C-w>s"
expect "3 Metrics"
expect "8 Events"
# Kept: in a file of its own, for nobody else.
keys ":layout save mine<Enter>"
wait "kept in"
file-mode $TMP/config/oogway/layouts.rc 0600
sh grep -q "^layout mine .*processes" $TMP/config/oogway/layouts.rc
sh grep -q "^set layout = mine" $TMP/config/oogway/layouts.rc
sh ! test -e $TMP/config/oogway/oogway.rc
keys ":set layout?<Enter>"
expect-row -1 "set layout = mine"
keys ":layout save auto<Enter>"
expect-row -1 "built-in"
keys "3<C-w>c"
reject "3 Metrics"
keys "<C-w>="
expect "3 Metrics"
keys "Q"
exit
# Found again.
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
wait "9 Processes"
expect "8 Events"
expect "3 Metrics"
reject "1 Needs you now"
# The built-in one is still there.
keys ":set layout = auto<Enter>"
expect "1 Needs you now"
reject "9 Processes"
# A second one does not lose the first.
keys "1<C-w>c:layout save other<Enter>"
wait "kept in"
sh grep -q "^layout mine" $TMP/config/oogway/layouts.rc
sh grep -q "^layout other" $TMP/config/oogway/layouts.rc
# A reload looks at bindings and aliases as the start does.
sh printf 'bind main F6 "metrc list"\n' >> $TMP/rc
wait "1 error in the rc"
# What went wrong stays long enough to be read.
sh sleep 4
sh sed -i /metrc/d $TMP/rc
wait "was read anew"
# A name of the user's own rc is refused, and the rc wins over what is kept.
sh printf 'layout own overview / logs\nset layout = own\n' >> $TMP/rc
wait "was read anew"
keys "5"
wait-gone "3 Metrics"
expect "1 Needs you now"
keys ":layout save own<Enter>"
expect-row -1 "which is yours"
keys ":layout save third<Enter>"
wait "is read after it"
# Where one pane fits there is nothing to arrange.
resize 60x20
wait "5 logs 6"
keys "<C-w>>"
expect-row -1 "one pane fits"
keys "Q"
exit
# The keys of emacs.
resize 160x48
sh sed -i '/layout/d' $TMP/rc
sh rm $TMP/config/oogway/layouts.rc
sh echo 'set keymap = emacs' >> $TMP/rc
run $OOGWAY -c $TMP/rc -P lab
wait "prom ✓" 20000
keys "1<C-x>}"
expect-re ^┌ 1 Needs you now (─){77}┐┌ 3 Metrics
keys "<C-x>0"
reject "1 Needs you now"
keys "<C-x><C-c>"
exit
restored
