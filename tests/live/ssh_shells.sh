#!/bin/sh
# The words of a remote command arrive as they are, and nothing else is run: a corpus of
# injections through real accounts whose login shells are dash, bash, zsh, fish and tcsh.
here=$(cd "$(dirname "$0")/../.." && pwd)
bin=$here/build/test/live
[ -x "$bin/ssh_net" ] || bin=$here/build/live
port=$((${LAB_PORT_BASE:-12000} + 1920))
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 users=
cleanup() {
	kill "$(cat "$tmp/pid" 2>/dev/null)" 2>/dev/null
	for u in $users; do userdel -f "$u" 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT
if [ "$(id -u)" != 0 ]; then
	echo "skipped: accounts with other login shells, which only root makes"
	echo "0 passed, 0 failed"
	exit 0
fi
unset SSH_AUTH_SOCK
chmod 755 "$tmp"
mkdir -p /run/sshd
cd "$tmp" || exit 1
ssh-keygen -q -t ed25519 -N '' -f host
ssh-keygen -q -t ed25519 -N '' -f key
cat >conf <<CONF
Port $port
ListenAddress 127.0.0.1
HostKey $tmp/host
AuthorizedKeysFile $tmp/key.pub
PidFile $tmp/pid
StrictModes no
UsePAM no
CONF
/usr/sbin/sshd -f conf -E log || { cat log; exit 1; }
printf '[127.0.0.1]:%s %s\n' $port "$(cut -d' ' -f1,2 host.pub)" >known

# Prints its words, one a line, in hexadecimal; a word of the corpus that gets out of its
# place makes a file instead.
cat >words <<'PY'
#!/usr/bin/python3
import os, sys
for word in sys.argv[1:]:
    print(os.fsencode(word).hex() or '-')
PY
chmod 755 words
mkdir -m 777 ran

cat >corpus.py <<'PY'
import sys
mark = b'/tmp-ran'
t = sys.argv[1].encode()
touch = b'touch ' + t + b'/ran/x'
words = [b'', b' ', b'a b', b'  a  ', b'\t', b'\n', b'a\n', b'\n\n\n', b'a\nb',
    b"'", b'"', b"''", b'""', b"'\\''", b"\\'", b'\\', b'\\\\', b'\\\\\\', b'a\\', b'\\n',
    b'\\0101', b'\\c', b'%s', b'%n', b'%b', b'%', b'%1', b'%self', b'-', b'--', b'-n',
    b'-e', b'-c', b'!', b'!!', b'!$', b'a!b', b'\\!', b'^a^b', b'^', b'~', b'~root', b'a=~',
    b'=ls', b'A=b', b'$', b'$$', b'$HOME', b'${HOME}', b'$(id)', b'`id`', b'$((1+1))',
    b'*', b'?', b'[a-z]*', b'/etc/*', b'{a,b}', b'{1..3}', b'**/x', b'#', b'# x', b'a#b',
    b';', b'&', b'|', b'<', b'>', b'(', b')', b'&&', b'||', b'>>', b'<(id)', b'=(id)',
    b'\r', b'\x01', b'\x07', b'\x08', b'\x1b[31m', b'\x7f', b'\x80', b'\xff', b'\xc3\xa9',
    b'\xe2\x80\xae', b'\xf0\x9f\x98\x80', b'\xc3', b'\x83x', b'\x81/', b'\xff\xfe/',
    b'/', b'//', b'a/', b'@', b'+', b',', b':', b'.', b'..', b'a:b', b'x' * 900]
for end in (b'', b'\n', b' '):
    for lead in (b';', b'\n', b'&', b'|', b'&&', b'||', b"';", b'";', b"\\';", b'\\";',
            b"\\\\';", b"'\\'';", b"';'", b'$(', b'`', b'"$(', b"'`", b')', b'}', b'<(',
            b'>(', b"'\n", b'"\n', b"\\'\n", b'!;', b"'!;", b'\r\n', b'\x00'.replace(
            b'\x00', b'\x01'), b'*;', b'${IFS};', b"$';", b'$";', b'end;', b'fi;',
            b'done;', b';;', b'esac;', b'\xff;', b"\xff';", b"\xc3';", b"\x81';"):
        tail = {b'$(': b')', b'"$(': b')', b'`': b'`', b"'`": b'`', b'<(': b')',
            b'>(': b')'}.get(lead, b' #')
        words.append(lead + touch + tail + end)
        words.append(b'x' + lead + b' ' + touch + tail + end)
words.append(b"\\'; " + touch + b' #')
words.append(b"a\\'" + b'`' + touch + b'`')
words.append(bytes(range(1, 256)))
words.append(bytes(range(255, 0, -1)))
sys.stdout.buffer.write(b''.join(w + b'\0' for w in words))
PY
python3 corpus.py "$tmp" >corpus
total=$(tr -dc '\0' <corpus | wc -c)

send() { # user, what follows in words.in: NUL-ended words behind the program
	{ printf '%s\0' "$tmp/words"; cat; } | "$bin/remote_line" --nul >line || return 1
	timeout 60 "$bin/ssh_net" --key key --known known "$1@127.0.0.1:$port" -- \
		"$(cat line)" >out 2>&1 </dev/null
	sed -n 's/^out: //; /^[0-9a-f-][0-9a-f]*$/p' out >got
}

tell() { # name status
	if [ "$2" = 0 ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $1"
		head -n 4 out
	fi
}

for shell in dash bash zsh fish tcsh; do
	path=$(command -v "$shell") || {
		echo "skipped: $shell is not installed here"
		continue
	}
	user=oogs$$$shell
	useradd -M -d "$tmp" -s "$path" -p '*' "$user" && users="$users $user"
	# As many words at a time as tcsh takes in a line, and each by itself where it failed.
	python3 - "$total" <<'PY'
words = open('corpus', 'rb').read().split(b'\0')[:-1]
size = 40
for i in range(0, len(words), size):
    part = words[i:i + size]
    open('part.%03d' % (i // size), 'wb').write(b''.join(w + b'\0' for w in part))
    open('want.%03d' % (i // size), 'w').write(
        ''.join((w.hex() or '-') + '\n' for w in part))
PY
	for part in part.*; do
		send "$user" <"$part"
		cmp -s got "want.${part#part.}"
		tell "$shell ${part}" $?
	done
	# Alone, as the last word, and as the program.
	printf '%s\0' "\\'; touch $tmp/ran/y #" | send "$user"
	[ "$(wc -l <got)" = 1 ]
	tell "$shell alone" $?
	printf 'echo\0a\0--b=c\0' | "$bin/remote_line" --nul >line
	timeout 60 "$bin/ssh_net" --key key --known known "$user@127.0.0.1:$port" -- \
		"$(cat line)" >out 2>&1
	grep -q '^out: a --b=c$' out
	tell "$shell plain" $?
	printf '%s\0' "; touch $tmp/ran/z" a | "$bin/remote_line" --nul >line
	timeout 60 "$bin/ssh_net" --key key --known known "$user@127.0.0.1:$port" -- \
		"$(cat line)" >out 2>&1
	grep -q ': exit 12[67]$' out
	tell "$shell program" $?
	# What a POSIX shell would need no more than quotes for gets out of them elsewhere.
	case $shell in
	fish) quoted="$tmp/words '\\'\\''; touch $tmp/ran/proof #'" ;;
	tcsh) quoted="$tmp/words 'a!b'" ;;
	*) continue ;;
	esac
	timeout 60 "$bin/ssh_net" --key key --known known "$user@127.0.0.1:$port" -- \
		"$quoted" >out 2>&1
	[ -e ran/proof ] || ! grep -q '^out: ' out
	tell "$shell reads quotes its own way" $?
	rm -f ran/proof
done
[ -z "$(ls ran)" ]
tell "nothing else was run: $(ls ran)" $?
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
