# The root cause's page where nobody can be asked, and of what has none.
size 80x24
env TZ=UTC
run $OOGWAY --demo
wait "loki ✓"
expect "node-17           HostDiskWillFillIn24Hours"
keys "j<Enter>"
wait "▸ overview ▸"
keys "f"
wait "Root cause"
expect "This world is invented: there is no server to ask."
# Looking again is refused, and said.
keys "f"
wait "nothing is asked here"
keys "<Esc><Esc>"
settle
# A metric has no root cause.
keys ":metrics<Enter>"
settle
keys "f"
wait "a root cause is that of an alert or an incident"
resize 40x12
settle
keys ":overview<Enter>"
settle
keys "Q"
exit 0
restored
