#!/bin/sh
# A store that cannot be used as it should: what doctor says, what the console says, and
# that the rest works and nothing is deleted. Needs OOGWAY, LAB and BUILD. A full and a
# read-only disk are real ones where a mount is allowed. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${BUILD:=build}"
tmp=$(mktemp -d) || exit 1
chmod 755 "$tmp"
holder=
end() {
	[ -z "$holder" ] || kill "$holder" 2>/dev/null
	chmod -R u+w "$tmp"
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
passed=0 failed=0
home=$tmp/home
HOME=$home XDG_STATE_HOME=$home XDG_CONFIG_HOME=$home
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
unset XDG_RUNTIME_DIR TMUX
db=$home/oogway/oogway.db

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name"
		head -n 30 "$tmp/out"
	fi
}
sql() {
	python3 -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); c.execute(sys.argv[2]); c.commit()' "$db" "$1"
}
# The console, until its first words are there and then TEXT in its events; how it began
# is in front of the program's name.
console() { # TEXT [COMMAND…]
	text=$1
	shift
	cat >"$tmp/one.t" <<-END
	env HOME=$home XDG_STATE_HOME=$home XDG_CONFIG_HOME=$home
	size 200x24
	run $* $OOGWAY
	wait "1 Needs you now" 20000
	keys "8"
	wait "$text" 20000
	keys "3"
	wait "load 1m" 20000
	keys "Q"
	exit
	restored
	END
	"$BUILD/term" "$tmp/one.t" >"$tmp/out" 2>&1
}
used() { # a store with something in it
	rm -rf "$home"
	mkdir -p "$home"
	"$OOGWAY" --plain >"$tmp/out" 2>&1 </dev/null &
	used=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$db-wal" ] && break; sleep 0.3; done
	sleep 0.5
	kill $used
	wait $used
	sql 'CREATE TABLE mine (x)'
}
mine() { sql 'SELECT * FROM mine' 2>"$tmp/out"; }
doctor() {
	"$@" "$OOGWAY" doctor >"$tmp/out" 2>&1 </dev/null
	status=$?
}
said() { grep -q "$1" "$tmp/out"; }

# --- written by a newer oogway ---
used
sql 'PRAGMA user_version = 99'
doctor
ok "newer: doctor" said '^BAD .*store: The store was written by a newer oogway (schema 99'
ok "newer: console" console 'newer oogway (schema 99'
ok "newer: untouched" mine

# --- damaged: kept aside, twice ---
for n in 1 2; do
	printf 'this is no database, %s' $n >"$db"
	rm -f "$db-wal" "$db-shm"
	[ $n = 2 ] && sleep 1.1
	ok "damaged: console" console 'was damaged and is kept as'
	ok "damaged: kept" [ "$(cat "$db".corrupt-* | grep -c .)" -ge 1 ]
done
ok "damaged: both are there" [ "$(cat "$db".corrupt-* | grep -o 'this is no database, [12]' | sort -u | wc -l)" = 2 ]
doctor
ok "damaged: then sound" said '^ok .*store: .*sound'

# --- locked by another ---
used
python3 -c 'import sqlite3, sys, time
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute("PRAGMA locking_mode = EXCLUSIVE")
c.execute("BEGIN EXCLUSIVE")
c.execute("INSERT INTO mine VALUES (1)")
print(flush=True)
time.sleep(120)' "$db" >"$tmp/held" &
holder=$!
for _ in 1 2 3 4 5 6 7 8 9 10; do [ -s "$tmp/held" ] && break; sleep 0.2; done
doctor
ok "locked: doctor" said '^BAD .*store: .*is locked by another program'
ok "locked: console" console 'is locked by another program'
kill $holder
wait $holder 2>/dev/null
holder=
doctor
ok "locked: then sound" said '^ok .*store: .*sound'
ok "locked: nothing lost" mine

# --- not mine to write ---
used
other=
[ "$(id -u)" != 0 ] || other="setpriv --reuid 65534 --regid 65534 --clear-groups"
cp "$OOGWAY" "$tmp/oogway"
mine_only=$OOGWAY
OOGWAY=$tmp/oogway
chmod 444 "$db"
chmod 555 "$home/oogway" "$home"
doctor $other
ok "unwritable: doctor" said '^BAD .*store: .*nothing will be kept'
ok "unwritable: console" console 'nothing will be kept' $other
chmod 755 "$home" "$home/oogway"
chmod 600 "$db"
ok "unwritable: untouched" mine
OOGWAY=$mine_only

# --- a full disk, and one that is read-only ---
on_disk() { # OPTIONS WORDS…: runs the words with home on a small disk of its own
	options=$1
	shift
	unshare -m sh -c '
		mount -t tmpfs -o size=256k none "$1" && cp -r "$2" "$1/oogway" || exit 99
		[ "$3" != full ] || dd if=/dev/zero of="$1/filler" bs=4k 2>/dev/null
		[ "$3" != ro ] || mount -o remount,ro "$1" || exit 99
		shift 3
		exec "$@"' sh "$home" "$tmp/copy" "$options" "$@"
}
used
cp -r "$home/oogway" "$tmp/copy"
if on_disk none true 2>/dev/null; then
	export BUILD OOGWAY
	for disk in full ro; do
		doctor on_disk $disk
		ok "$disk: doctor" said '^BAD .*store: .*nothing will be kept'
		[ $disk = ro ] || ok "full: said" said 'the disk is full'
		cat >"$tmp/disk.t" <<-END
		env HOME=$home XDG_STATE_HOME=$home XDG_CONFIG_HOME=$home
		size 200x24
		run $OOGWAY
		wait "1 Needs you now" 20000
		keys "8"
		wait "nothing will be kept" 20000
		keys "3"
		wait "load 1m" 20000
		keys "Q"
		exit
		restored
		END
		on_disk $disk "$BUILD/term" "$tmp/disk.t" >"$tmp/out" 2>&1
		ok "$disk: console" [ $? = 0 ]
	done
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
