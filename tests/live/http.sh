#!/bin/sh
# HTTP against servers that others wrote: nginx (HTTP/2, client certificates, gzip, a unix
# socket, redirects) before canned answers, Alertmanager with TLS of its own, and a proxy
# that CONNECTs. Needs LAB (the folder tests/lab) and OOGWAY. Ends with `N passed, N failed`.
PATH=$PATH:/usr/sbin
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}"
command -v nginx >/dev/null || {
	echo "no nginx here: 0 passed, 0 failed"
	exit 0
}
base=$((${LAB_PORT_BASE:-12000} + 7001))
tls=$base mutual=$((base + 1)) elsewhere=$((base + 2)) am=$((base + 3))
proxy=$((base + 4)) refusing=$((base + 5)) plain=$((base + 6))
tmp=$(mktemp -d) || exit 1
pids=
end() {
	[ -z "$pids" ] || kill $pids 2>/dev/null
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME"
for name in http https all no; do
	unset "${name}_proxy" "$(echo "$name" | tr a-z A-Z)_PROXY"
done

passed=0 failed=0
ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name"
		grep -h ' source ' "$tmp/out"
		tail -n 3 "$tmp/log/seen" "$tmp/log/proxy"
	fi
}

# --- certificates: a CA, another CA, and what they signed ---
req() { # out CA subject [extension]
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-CA "$tmp/$2.pem" -CAkey "$tmp/$2.key" -subj "/CN=$3" \
		-addext "subjectAltName=${4:-DNS:client}" \
		-addext basicConstraints=critical,CA:FALSE \
		-out "$tmp/$1.pem" -keyout "$tmp/$1.key" 2>>"$tmp/openssl"
}
for ca in ca other; do
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj "/CN=$ca" -addext keyUsage=critical,keyCertSign,cRLSign \
		-out "$tmp/$ca.pem" -keyout "$tmp/$ca.key" 2>>"$tmp/openssl"
done
req server ca localhost DNS:localhost,IP:127.0.0.1
req client ca client
req stranger other stranger
cat "$tmp/client.key" "$tmp/client.pem" >"$tmp/both.pem"

# --- servers ---
"$LAB/canned" "$tmp" busy || exit 1
backend=127.0.0.1:$(cat "$tmp/port")
mkdir "$tmp/log"
cat >"$tmp/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $tmp/nginx.pid;
error_log $tmp/log/error;
$([ "$(id -u)" != 0 ] || echo 'user root;')
events { worker_connections 64; }
http {
	client_body_temp_path $tmp/log/body;
	proxy_temp_path $tmp/log/temp;
	fastcgi_temp_path $tmp/log/fastcgi;
	uwsgi_temp_path $tmp/log/uwsgi;
	scgi_temp_path $tmp/log/scgi;
	map \$http_authorization \$credential { default yes; '' no; }
	log_format seen '\$server_port \$server_protocol \$ssl_client_verify '
		'credential=\$credential encoding=\$sent_http_content_encoding '
		'\$status \$request_uri';
	access_log $tmp/log/seen seen;
	gzip on;
	gzip_proxied any;
	gzip_min_length 1;
	gzip_types application/json;
	ssl_certificate $tmp/server.pem;
	ssl_certificate_key $tmp/server.key;
	server {
		listen 127.0.0.1:$tls ssl http2;
		location / { proxy_pass http://$backend; }
		location /away/ { return 302 https://localhost:$elsewhere\$request_uri; }
		location /near/ { return 308 https://\$http_host/found\$request_uri; }
		location /found/near/ { proxy_pass http://$backend/; }
	}
	server {
		listen 127.0.0.1:$mutual ssl http2;
		ssl_client_certificate $tmp/ca.pem;
		ssl_verify_client on;
		location / { proxy_pass http://$backend; }
	}
	server {
		listen 127.0.0.1:$elsewhere ssl http2;
		location / { return 404; }
	}
	server {
		listen 127.0.0.1:$plain;
		listen unix:$tmp/socket;
		location / { proxy_pass http://$backend; }
	}
}
END
nginx -p "$tmp" -e "$tmp/log/error" -c "$tmp/nginx.conf" >"$tmp/log/nginx" 2>&1 &
pids="$pids $!"
"$LAB/proxy.py" --port $proxy >>"$tmp/log/proxy" 2>&1 &
pids="$pids $!"
"$LAB/proxy.py" --port $refusing --status 407 >"$tmp/log/refusing" 2>&1 &
pids="$pids $!"
: >"$tmp/log/seen"
waited="$tls $mutual $elsewhere $plain $proxy $refusing"
if command -v prometheus-alertmanager >/dev/null; then
	cat >"$tmp/web.yml" <<-END
	tls_server_config:
	  cert_file: $tmp/server.pem
	  key_file: $tmp/server.key
	  client_auth_type: RequireAndVerifyClientCert
	  client_ca_file: $tmp/ca.pem
	END
	printf 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n' >"$tmp/am.yml"
	prometheus-alertmanager --config.file "$tmp/am.yml" --web.config.file "$tmp/web.yml" \
		--storage.path "$tmp/am" --cluster.listen-address= \
		--web.listen-address 127.0.0.1:$am >"$tmp/log/am" 2>&1 &
	pids="$pids $!"
	waited="$waited $am"
fi
python3 -c '
import socket, sys, time
end = time.monotonic() + 15
for port in sys.argv[1:]:
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(port))).close()
            break
        except OSError:
            if time.monotonic() > end:
                sys.exit(f"nothing listens on {port}")
            time.sleep(0.05)
' $waited || { cat "$tmp/log/"*; exit 1; }

# ask WORD…: doctor with one source s of these words; what nginx and the proxy saw since is
# in $tmp/new and $tmp/via.
ask() {
	echo "source s alertmanager timeout=5s $*" >"$tmp/one"
	: >"$tmp/log/seen"
	: >"$tmp/log/proxy"
	"$OOGWAY" -c "$tmp/one" doctor >"$tmp/out" 2>&1 </dev/null
}
well() { grep -q '^ok .*source s' "$tmp/out"; }
said() { grep -q "^BAD .*source s: .*$1" "$tmp/out"; }
seen() { grep -q -e "$1" "$tmp/log/seen"; }
unseen() { ! seen "$1"; }
passed_on() { grep -q -e "$1" "$tmp/log/proxy"; }
around() { ! [ -s "$tmp/log/proxy" ]; }
cafile=ca-file=$tmp/ca.pem
https=url=https://127.0.0.1:$tls
credential="user=ana token-file=$tmp/token"

# --- TLS, HTTP/2, gzip ---
ask $https $cafile
ok "own CA" well
ok "HTTP/2" seen "^$tls HTTP/2.0 .* 200 /api/v2/alerts"
ok "gzip" seen 'encoding=gzip 200 /api/v2/alerts'
ask $https
ok "unknown CA" said 'signed by an unknown CA: set ca-file'
ask $https "ca-file=$tmp/other.pem"
ok "wrong CA" said "is not signed by ca-file $tmp/other.pem"
ask $https "ca-file=$tmp/token"
ok "no CA" said 'holds no PEM certificates'
ask "url=http://127.0.0.1:$tls"
ok "plain HTTP to a TLS port" said 'plain HTTP request was sent to HTTPS port'
ask "url=https://127.0.0.1:$plain"
ok "TLS to a plain port" said 'does not speak TLS: http instead of https'
ask $https $cafile $credential
ok "credential arrives" seen 'credential=yes encoding=gzip 200'

# --- client certificates: nginx answers 400, Go ends the handshake ---
mine="cert-file=$tmp/client.pem key-file=$tmp/client.key"
for port in $mutual $am; do
	case " $waited " in *" $port "*) ;; *) continue ;; esac
	m="url=https://127.0.0.1:$port $cafile"
	ask $m $mine
	ok "$port: client certificate" well
	ask $m "cert-file=$tmp/both.pem"
	ok "$port: certificate and key in one file" well
	ask $m
	ok "$port: no client certificate" said \
		'wants\? a client certificate\|No required SSL certificate was sent'
	ask $m "cert-file=$tmp/stranger.pem key-file=$tmp/stranger.key"
	ok "$port: a stranger's" said \
		'refuses\? the client certificate\|The SSL certificate error'
done
m="url=https://127.0.0.1:$mutual $cafile"
ask $m "cert-file=$tmp/client.pem key-file=$tmp/stranger.key"
ok "another's key" said 'client certificate .* cannot be used: check cert-file and key-file'
ask $m "cert-file=$tmp/none.pem"
ok "no such file" said 'client certificate .* cannot be used: check cert-file and key-file'

# --- redirects ---
ask "$https/near" $cafile $credential
ok "the same origin is followed" well
ok "with the credential" seen 'credential=yes .* /found/near/api/v2/alerts'
ask "$https/away" $cafile $credential
ok "elsewhere is not" said "redirects to another place, https://localhost:$elsewhere/away"
ok "nothing went there" unseen "^$elsewhere "

# --- a unix socket ---
ask url=http://localhost "unix=$tmp/socket"
ok "unix socket" well
ask url=http://localhost "unix=$tmp/nosocket"
ok "no such socket" said "no socket $tmp/nosocket"

# --- proxies: from the environment ---
secure="$https $cafile $credential"
export https_proxy=http://127.0.0.1:$proxy
ask $secure
ok "CONNECT" well
ok "through the proxy" passed_on "^CONNECT 127.0.0.1:$tls no"
ok "HTTP/2 inside" seen 'HTTP/2.0 .*credential=yes'
export NO_PROXY=example.org,127.0.0.1
ask $secure
ok "NO_PROXY" well
ok "around it" around
unset NO_PROXY
export no_proxy=127.0.0.1
ask $secure
ok "no_proxy" around
unset no_proxy
ask "url=http://127.0.0.1:$plain"
ok "plain, around" around
export https_proxy=http://127.0.0.1:$refusing
ask $secure
ok "the proxy refuses" said 'the proxy for .* wants a credential (HTTP 407): check the'
export https_proxy=http://127.0.0.1:1
ask $secure
ok "no proxy there" said 'cannot connect to the proxy for 127.0.0.1:'
export https_proxy=http://no.such.name.invalid:3128
ask $secure
ok "no such proxy" said 'cannot resolve the proxy for'
unset https_proxy
export http_proxy=http://127.0.0.1:$proxy
ask "url=http://127.0.0.1:$plain"
ok "plain, by the proxy" well
ok "the whole URL" passed_on "^GET http://127.0.0.1:$plain/api/v2/alerts"
ask url=http://localhost "unix=$tmp/socket"
ok "a socket has no proxy" well
ok "around it" around
ask $secure
ok "TLS, around" around
unset http_proxy
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
