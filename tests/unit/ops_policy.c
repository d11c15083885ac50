/* Classes of commands: forms of reading tools that write are never read; honest reads
 * nearly always are; and what is allowed. */
#include "ops/policy.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "ops/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool no_value(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
	struct err *e)
{
	(void)ctx;
	(void)name;
	(void)shell;
	(void)out;
	return err_set(e, ERR_MISSING, "none");
}

static bool none_ours(void *ctx, struct untrusted name)
{
	(void)ctx;
	(void)name;
	return false;
}

static struct judgement judge(const char *line)
{
	static const struct words_values values = {no_value, none_ours, NULL};
	struct words *words = mem_new(1, sizeof *words);
	const char *const *argv;
	struct judgement j;
	struct arena arena;
	struct err err = {0};
	size_t argc;

	arena_init(&arena, 1 << 20);
	if (!words_read(words, &arena, untrusted_str(line), &err) ||
		!words_argv(words, &values, "/bin/sh", &arena, &argv, &argc, &err))
		fail_msg("%s: %s", line, err.text);
	policy_judge(argv, argc, &j);
	mem_free(words);
	arena_release(&arena);
	return j;
}

/* They change, or can. None may be read. */
static const char *const writes[] = {
	"find / -delete",
	"ntpq -c ':config server x'",
	"ntpq -c config",
	"find / -name x -delete",
	"find / -exec rm {} ;",
	"find / -exec rm {} +",
	"find / -execdir sh -c id ;",
	"find / -ok rm {} ;",
	"find / -okdir rm {} ;",
	"find / -fprint /etc/passwd",
	"find / -fprintf /etc/passwd x",
	"find / -fls /etc/passwd",
	"find / -fprint0 /tmp/x",
	"/tmp/find / -name x",
	"./df -h",
	"/home/x/bin/ls",
	"sort -o /etc/passwd x",
	"sort --output=/etc/passwd x",
	"sort --output /etc/passwd x",
	"sort -uo /etc/passwd x",
	"sort --compress-program=sh x",
	"sort -T /x y",
	"uniq a /etc/passwd",
	"curl -o /etc/passwd http://x",
	"curl -O http://x/y",
	"curl -sO http://x/y",
	"curl --output /x http://x",
	"curl --remote-name http://x",
	"curl -d a=b http://x",
	"curl --data a http://x",
	"curl -X DELETE http://x",
	"curl -XPOST http://x",
	"curl --request=PUT http://x",
	"curl -T file http://x",
	"curl -F a=@b http://x",
	"curl -K /tmp/conf http://x",
	"curl --config /tmp/conf",
	"curl -c /tmp/jar http://x",
	"curl -D /tmp/headers http://x",
	"curl --trace /tmp/x http://x",
	"curl -w @x http://x",
	"curl gopher://redis:6379/_FLUSHALL",
	"curl telnet://x",
	"curl file:///etc/shadow",
	"curl dict://x",
	"curl -x socks5://x http://y",
	"curl -o /dev/null -o /etc/x http://x",
	"curl -o /dev/nullx http://x",
	"curl -so /dev/null http://x",
	"curl -w '%output{/etc/x}%{json}' http://x",
	"curl --write-out @x http://x",
	"openssl x509 -in a -out b",
	"openssl x509 -in a -signkey k",
	"openssl genrsa 2048",
	"openssl enc -d -in a",
	"amtool silence add x=y",
	"amtool silence expire x",
	"amtool alert add x",
	"kubeadm reset",
	"kubeadm certs renew all",
	"ipmitool -H x chassis power off",
	"ipmitool -H x power cycle",
	"ipmitool sel clear",
	"ipmitool raw 0x00",
	"kafka-consumer-groups.sh --bootstrap-server x --reset-offsets --group y",
	"kafka-topics.sh --bootstrap-server x --delete --topic y",
	"date -s 2020-01-01",
	"date --set=2020-01-01",
	"date 010100002020",
	"date -u 010100002020",
	"date --iso-8601 010100002020",
	"hostname web-2",
	"hostname -F /tmp/x",
	"hostnamectl set-hostname x",
	"timedatectl set-time 10:00",
	"timedatectl set-ntp false",
	"mount /dev/sda1 /mnt",
	"mount -o remount,rw /",
	"mount -a",
	"blkid -c /dev/null -g",
	"dmesg -c",
	"dmesg -C",
	"dmesg --clear",
	"dmesg -Tc",
	"dmesg -n 1",
	"dmesg -D",
	"dmesg -E",
	"journalctl --vacuum-size=1M",
	"journalctl --vacuum-time=1d",
	"journalctl --vacuum-files=1",
	"journalctl --vacuum-size 1M",
	"journalctl --rotate",
	"journalctl --flush",
	"journalctl --sync",
	"journalctl --setup-keys",
	"journalctl --update-catalog",
	"journalctl --cursor-file=/etc/x",
	"journalctl --relinquish-var",
	"systemctl restart x",
	"systemctl stop x",
	"systemctl start x",
	"systemctl reload x",
	"systemctl enable x",
	"systemctl disable x",
	"systemctl mask x",
	"systemctl kill x",
	"systemctl edit x",
	"systemctl daemon-reload",
	"systemctl set-property x CPUQuota=1%",
	"systemctl poweroff",
	"systemctl --root=/x status",
	"systemctl isolate rescue",
	"ss -K dst x",
	"ss --kill dst x",
	"ss -D /tmp/x",
	"ip link set eth0 down",
	"ip addr add 1.2.3.4/8 dev eth0",
	"ip a del 1.2.3.4/8 dev eth0",
	"ip route del default",
	"ip neigh flush all",
	"ip netns exec x sh",
	"ip -batch /tmp/x",
	"ip -b /tmp/x",
	"ip link delete x",
	"fuser -k /x",
	"fuser -km /x",
	"fuser --kill /x",
	"lsof -D b/tmp/x",
	"pmap -n 1",
	"pmap -N /tmp/rc 1",
	"sysctl -w vm.x=1",
	"sysctl vm.x=1",
	"sysctl -p",
	"sysctl --system",
	"sar -o /tmp/x 1 1",
	"tail -F /x --unknown",
	"ls --unknown",
	"kubectl delete pod x",
	"kubectl -n x delete pod y",
	"kubectl apply -f x",
	"kubectl exec x -- sh",
	"kubectl cp a b:c",
	"kubectl edit x",
	"kubectl scale deploy x --replicas=0",
	"kubectl rollout undo deployment/x",
	"kubectl rollout restart deployment/x",
	"kubectl drain node",
	"kubectl cordon node",
	"kubectl config use-context x",
	"kubectl config set-context x",
	"kubectl cluster-info dump --output-directory=/x",
	"kubectl get pods --kubeconfig=/tmp/evil",
	"kubectl -A get delete pods x",
	"kubectl --watch get delete pods",
	"kubectl plugin list",
	"docker rm x",
	"docker run x",
	"docker exec x sh",
	"docker stop x",
	"docker system prune",
	"docker volume rm x",
	"helm upgrade x y",
	"helm uninstall x",
	"helm rollback x",
	"apt install x",
	"apt-cache gencaches",
	"dpkg -i x.deb",
	"dpkg -r x",
	"dpkg --configure -a",
	"dpkg -P x",
	"redis-cli FLUSHALL",
	"redis-cli CONFIG SET x y",
	"redis-cli -h x SET a b",
	"redis-cli --eval x",
	"redis-cli EVAL x 0",
	"redis-cli --rdb /tmp/x",
	"rabbitmqctl purge_queue x",
	"rabbitmqctl eval x",
	"rabbitmqctl stop_app",
	"chronyc makestep",
	"chronyc burst 1/2",
	"resolvectl flush-caches",
	"resolvectl dns eth0 1.1.1.1",
	"openstack server delete x",
	"openstack server reboot x",
	"openstack server set x --name y",
	"awk BEGIN{system(1)}",
	"gawk -i inplace x",
	"sed -i s/a/b/ x",
	"sed -n wfile x",
	"sed p x",
	"perl -e 1",
	"python3 -c 1",
	"tar --checkpoint-action=exec=sh -cf x y",
	"tar xf x",
	"xargs rm",
	"tee /etc/passwd",
	"less /x",
	"vi /x",
	"watch df",
	"ssh h df",
	"env df",
	"env LD_PRELOAD=x df",
	"printenv; id",
	"df > /etc/passwd",
	"df | tee x",
	"sudo rm x",
	"sudo -u x rm y",
	"sudo -i df",
	"sudo -s df",
	"sudo -g x df",
	"sudo --preserve-env df",
	"sudo",
	"timeout 5 rm x",
	"timeout -k 1 5 rm x",
	"nice rm x",
	"nohup rm x",
	"stdbuf -oL rm x",
	"sudo timeout 5 nice -n 5 rm x",
	"sudo sudo sudo sudo sudo sudo sudo sudo sudo sudo df",
	"rm -rf /",
	"dd if=/dev/zero of=/dev/sda",
	"truncate -s 0 x",
	"kill 1",
	"mv a b",
	"cp a b",
	"chmod 777 /",
	"unknown-program",
	"git status",
	"smartctl -t long /dev/sda",
	"smartctl -s off /dev/sda",
	"lvs --config x",
	"conntrack -D",
	"conntrack -F",
	"postqueue -f",
	"top -n 1 --unknown",
	"free -h -o",
	"grep -r x / --devices=read -Q",
};

/* What somebody looks with at night. */
static const char *const reads[] = {
	"df -h",
	"df -hT /",
	"df -i /var",
	"df --output=pcent /",
	"du -sh /var/log",
	"du -xh --max-depth=1 /var",
	"ls -la /tmp",
	"ls -lt --color=auto /tmp",
	"stat /etc/passwd",
	"stat -c %s /etc/passwd",
	"lsblk -f",
	"findmnt -D",
	"cat /proc/meminfo",
	"head -n 20 /var/log/syslog",
	"head -20 /x",
	"tail -n 100 /var/log/syslog",
	"tail -100 /x",
	"tail --lines=50 /x",
	"wc -l /x",
	"sha256sum /x",
	"file /x",
	"readlink -f /proc/1/exe",
	"grep -i error /var/log/syslog",
	"grep -rn --include=*.conf x /etc",
	"grep -c '^x' /x",
	"zgrep -h error /var/log/x.gz",
	"diff -u a b",
	"lsof -nP -i :80",
	"lsof -nP -a +L1 /",
	"lsof -p 1",
	"fuser -v /var",
	"uptime",
	"w",
	"who",
	"id",
	"nproc",
	"lscpu",
	"last -n",
	"free -m",
	"free -h -s 1 -c 2",
	"vmstat 1 5",
	"vmstat -w 1 5",
	"iostat -xz 1 3",
	"mpstat -P 1 3",
	"pidstat -u 1 3",
	"ps aux",
	"ps -ef",
	"ps -o pid,ppid,user,args -p 1",
	"ps -eo pid,rss,comm --sort=-rss",
	"top -b -n 1",
	"top -H -b -n 1 -p 1",
	"pgrep -af nginx",
	"pidof nginx",
	"pstree -p",
	"pmap -x 1",
	"dmesg -T",
	"dmesg --ctime --level=err,warn",
	"uname -a",
	"hostname",
	"hostname -f",
	"date",
	"date +%s",
	"date -u +%FT%TZ",
	"date -d '1 hour ago' +%s",
	"getent hosts web-1",
	"ss -tlnp",
	"ss -s",
	"ss -tan state established",
	"netstat -tulpn",
	"ping -c 3 web-1",
	"traceroute -n web-1",
	"dig +short web-1",
	"dig -x 10.0.0.1",
	"host web-1",
	"nslookup web-1",
	"ip addr show",
	"ip a",
	"ip -4 addr show dev eth0",
	"ip route get 1.1.1.1",
	"ip -s link show",
	"ip -br addr",
	"resolvectl status",
	"resolvectl query web-1",
	"curl -sS http://web-1/healthz",
	"curl -sI -m 5 https://web-1/",
	"curl -fsS --max-time 5 http://web-1/",
	"curl -v https://web-1/",
	"curl -sS -o /dev/null -m 5 -w '%{http_code} %{time_total}s\\n' http://web-1/",
	"sudo openssl x509 -in /etc/x.pem -noout -subject -serial -enddate",
	"amtool --alertmanager.url=http://x alert query -o extended --silenced",
	"kubeadm certs check-expiration",
	"ipmitool -I lanplus -H x -U y -E chassis status",
	"kafka-consumer-groups.sh --bootstrap-server x:9092 --describe --group y",
	"redis-cli -p 6379 --hotkeys -i 0.01",
	"openstack console log show --lines 60 x",
	"chronyc -n sources -v",
	"systemctl status nginx",
	"systemctl status nginx.service --no-pager -n 30",
	"systemctl --no-pager --failed",
	"systemctl list-units --failed",
	"systemctl is-active nginx",
	"systemctl show nginx -p MainPID",
	"systemctl cat nginx",
	"systemctl list-timers --all",
	"journalctl -u nginx -n 50 --no-pager",
	"journalctl -u nginx --since -1h",
	"journalctl -k -b",
	"journalctl -b -1",
	"journalctl -p err --since=today",
	"journalctl --disk-usage",
	"systemd-analyze blame",
	"timedatectl",
	"timedatectl status",
	"chronyc tracking",
	"chronyc -n sources",
	"dpkg -l nginx",
	"dpkg -S /bin/ls",
	"apt-cache policy nginx",
	"apt list --upgradable",
	"kubectl get pods",
	"kubectl get pods -A -o wide",
	"kubectl -n x get pods -o wide",
	"kubectl -n x describe pod y",
	"kubectl -n x logs y -c z --previous --tail=100",
	"kubectl -n x get events --sort-by=.lastTimestamp",
	"kubectl top nodes",
	"kubectl -n x rollout history deployment/y",
	"kubectl rollout status deployment/y --timeout=5m",
	"kubectl --context prod get nodes",
	"kubectl config current-context",
	"docker ps -a",
	"docker logs --tail 50 x",
	"docker stats --no-stream",
	"docker inspect x",
	"crictl ps -a",
	"helm list -A",
	"helm history x -n y",
	"redis-cli INFO",
	"redis-cli -h x INFO memory",
	"redis-cli SLOWLOG GET 10",
	"redis-cli -h x --bigkeys",
	"rabbitmqctl list_queues name messages",
	"rabbitmq-diagnostics -q ping",
	"openstack server show x",
	"openstack server list --all-projects",
	"sysctl vm.swappiness",
	"smartctl -a /dev/sda",
	"pvs",
	"lvs -a -o +devices",
	"conntrack -S",
	"pg_isready -h x",
	"find /var/log -type f -size +100M",
	"find / -xdev -type f -mtime -1 -exec ls -lh {} +",
	"find /var -maxdepth 2 -name '*.log' -print",
	"sort -k2 -n /x",
	"uniq -c /x",
	"cut -d: -f1 /etc/passwd",
	"sudo df -h",
	"sudo -n lsof -nP -i",
	"sudo find / -xdev -size +1G",
	"timeout 5 df -h",
	"nice -n 19 du -sh /",
	"/usr/bin/df -h",
	"/bin/ls /",
	"echo hello",
};

static void never_read(void **state)
{
	size_t bad = 0;

	(void)state;
	assert_true(sizeof writes / sizeof writes[0] >= 150);
	for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
		if (judge(writes[i]).class > AUDIT_READ)
			continue;
		print_error("read: %s\n", writes[i]);
		bad++;
	}
	assert_int_equal(bad, 0);
}

static void mostly_read(void **state)
{
	size_t bad = 0, count = sizeof reads / sizeof reads[0];

	(void)state;
	assert_true(count >= 150);
	for (size_t i = 0; i < count; i++) {
		struct judgement j = judge(reads[i]);

		if (j.class == AUDIT_READ)
			continue;
		print_error("%s: %s (%s)\n", audit_class_name(j.class), reads[i], j.why);
		bad++;
	}
	assert_true(bad * 20 <= count);
}

static void classes(void **state)
{
	static const struct {
		const char *line;
		enum audit_class class;
		bool sudo;
		const char *why;
	} rows[] = {
		{"df -h", AUDIT_READ, false, ""},
		{"sudo df -h", AUDIT_READ, true, ""},
		{"systemctl restart x", AUDIT_CHANGE, false, "restart"},
		{"sudo systemctl restart x", AUDIT_CHANGE, true, "restart"},
		{"frobnicate", AUDIT_CHANGE, false, "not known"},
		{"df --frob", AUDIT_CHANGE, false, "unknown option --frob"},
		{"find / -delete", AUDIT_DESTROY, false, "-delete"},
		{"find / -exec rm {} +", AUDIT_DESTROY, false, "rm"},
		{"journalctl --vacuum-size=1M", AUDIT_DESTROY, false, "--vacuum-size"},
		{"kubectl delete pod x", AUDIT_DESTROY, false, "delete"},
		{"rm x", AUDIT_DESTROY, false, "rm"},
		{"sh -c id", AUDIT_SHELL, false, "sh"},
		{"df | wc", AUDIT_SHELL, false, "sh"},
		{"sudo -i df", AUDIT_SHELL, true, "-i"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct judgement j = judge(rows[i].line);

		if (j.class != rows[i].class || j.sudo != rows[i].sudo ||
			!strstr(j.why, rows[i].why))
			fail_msg("%s: %s%s (%s)", rows[i].line, audit_class_name(j.class),
				j.sudo ? " with sudo" : "", j.why);
	}
}

static char decision[POLICY_DECISION];
static struct err err;

static bool allows(const struct policy *policy, enum audit_class class)
{
	const struct policy_deed deed = {.class = class};

	err = (struct err){0};
	return policy_allows(policy, &deed, decision, &err);
}

static void allowed(void **state)
{
	(void)state;
	for (int most = AUDIT_UNCLASSED; most < AUDIT_CLASS_COUNT; most++) {
		struct policy policy = {.most = (enum audit_class)most};

		for (int class = AUDIT_READ; class < AUDIT_CLASS_COUNT; class ++)
			assert_int_equal(
				allows(&policy, (enum audit_class) class), class <= most);
		assert_false(allows(&policy, AUDIT_UNCLASSED));
	}
	for (int i = 0; i < 3; i++) {
		struct policy policy = {.most = AUDIT_SHELL,
			.readonly = i == 0,
			.past = i == 1,
			.demo = i == 2};

		assert_false(allows(&policy, AUDIT_READ));
		assert_int_equal(err.kind, ERR_REFUSED);
		assert_non_null(strstr(decision, "refused"));
	}
}

/* A policy that cannot be trusted refuses all of it, whatever else is lifted. */
static void broken(void **state)
{
	struct policy policy = {.most = AUDIT_SHELL,
		.broken = "the signed policy cannot be trusted: p: x",
		.breakglass = true,
		.best_effort = true};

	(void)state;
	for (int class = AUDIT_READ; class < AUDIT_CLASS_COUNT; class ++) {
		assert_false(allows(&policy, (enum audit_class) class));
		assert_int_equal(err.kind, ERR_REFUSED);
		assert_string_equal(err.text,
			"the signed policy cannot be trusted: p: x: "
			"nothing was done");
		assert_non_null(strstr(decision, "refused: the signed policy"));
	}
}

static bool in_group(void *ctx, const char *group, const char *host, bool *known)
{
	(void)ctx;
	*known = !strcmp(group, "web");
	return *known && !strncmp(host, "web-", 4);
}

#define ALLOW(...)                                                                       \
	{                                                                                \
		.where = "rc:1", __VA_ARGS__                                             \
	}
#define DENY(...)                                                                        \
	{                                                                                \
		.where = "rc:2", .deny = true, __VA_ARGS__                               \
	}
#define CLASS(c) (1u << AUDIT_##c)

/* Roles: each row is the lines, a deed, and whether it may be; the sentence says which
 * line. */
static void rules(void **state)
{
	static const struct {
		const char *name;
		struct policy_rule rules[3];
		size_t count;
		enum audit_class class;
		const char *hosts[3], *book;
		int minute;
		bool may, approves;
		const char *why;
	} rows[] = {
		{"no lines", {{0}}, 0, AUDIT_SHELL, {"a"}, "b", 0, true, false,
			"run.allow"},
		{"allowed", {ALLOW(.classes = CLASS(READ))}, 1, AUDIT_READ, {"a"}, NULL,
			0, true, false, "policy at rc:1"},
		{"by default not", {ALLOW(.classes = CLASS(READ))}, 1, AUDIT_CHANGE,
			{"a"}, NULL, 0, false, false,
			"no policy line of the rc allows class change"},
		{"deny wins", {ALLOW(.hosts = "*"), DENY(.hosts = "db-*")}, 2, AUDIT_READ,
			{"db-1"}, NULL, 0, false, false, "policy deny at rc:2"},
		{"deny of one", {ALLOW(.hosts = "*"), DENY(.hosts = "db-*")}, 2,
			AUDIT_READ, {"web-1", "db-1"}, NULL, 0, false, false, "deny"},
		{"allow needs all", {ALLOW(.hosts = "web-*")}, 1, AUDIT_READ,
			{"web-1", "db-1"}, NULL, 0, false, false, "no policy line"},
		{"all", {ALLOW(.hosts = "web-*,db-?")}, 1, AUDIT_READ, {"web-1", "db-1"},
			NULL, 0, true, false, ""},
		{"no hosts", {ALLOW(.hosts = "web-*")}, 1, AUDIT_READ, {NULL}, NULL, 0,
			false, false, "no policy line"},
		{"group", {ALLOW(.hosts = "@web")}, 1, AUDIT_READ, {"web-9"}, NULL, 0,
			true, false, ""},
		{"not in it", {ALLOW(.hosts = "@web")}, 1, AUDIT_READ, {"db-9"}, NULL, 0,
			false, false, ""},
		{"unknown group", {ALLOW(.hosts = "@none")}, 1, AUDIT_READ, {"web-9"},
			NULL, 0, false, false, ""},
		{"unknown denied", {DENY(.hosts = "@none")}, 1, AUDIT_READ, {"web-9"},
			NULL, 0, false, false, "deny"},
		{"book", {ALLOW(.books = "disk-*")}, 1, AUDIT_READ, {"a"}, "disk-full", 0,
			true, false, ""},
		{"other book", {ALLOW(.books = "disk-*")}, 1, AUDIT_READ, {"a"}, "cpu", 0,
			false, false, ""},
		{"no book", {ALLOW(.books = "*")}, 1, AUDIT_READ, {"a"}, NULL, 0, false,
			false, ""},
		{"in hours", {ALLOW(.from_min = 540, .until_min = 1020)}, 1, AUDIT_READ,
			{"a"}, NULL, 600, true, false, ""},
		{"out of hours", {ALLOW(.from_min = 540, .until_min = 1020)}, 1,
			AUDIT_READ, {"a"}, NULL, 1020, false, false, "there and now"},
		{"at night", {DENY(.from_min = 1320, .until_min = 360)}, 1, AUDIT_READ,
			{"a"}, NULL, 30, false, false, "deny"},
		{"at noon", {DENY(.from_min = 1320, .until_min = 360)}, 1, AUDIT_READ,
			{"a"}, NULL, 720, true, false, ""},
		{"the user cannot widen",
			{ALLOW(.system = true, .classes = CLASS(READ)),
				ALLOW(.hosts = "*")},
			2, AUDIT_CHANGE, {"a"}, NULL, 0, false, false, "of the system"},
		{"the user narrows",
			{ALLOW(.system = true, .hosts = "*"),
				ALLOW(.classes = CLASS(READ))},
			2, AUDIT_CHANGE, {"a"}, NULL, 0, false, false, "of the rc"},
		{"approval", {ALLOW(.classes = CLASS(DESTROY), .approve = true)}, 1,
			AUDIT_DESTROY, {"a"}, NULL, 0, true, true, ""},
		{"approval, and a wider line above it",
			{ALLOW(.hosts = "*"),
				ALLOW(.classes = CLASS(DESTROY), .approve = true)},
			2, AUDIT_DESTROY, {"a"}, NULL, 0, true, true, ""},
		{"the user's line lifts none",
			{ALLOW(.system = true, .approve = true), ALLOW(.hosts = "*")}, 2,
			AUDIT_READ, {"a"}, NULL, 0, true, true, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct policy policy = {.most = AUDIT_SHELL,
			.rules = rows[i].rules,
			.rule_count = rows[i].count,
			.minute = rows[i].minute,
			.in_group = in_group};
		struct policy_deed deed = {rows[i].class, rows[i].book, rows[i].hosts, 0};

		while (deed.host_count < 3 && rows[i].hosts[deed.host_count])
			deed.host_count++;
		err = (struct err){0};
		if (policy_allows(&policy, &deed, decision, &err) != rows[i].may)
			fail_msg("%s: %s", rows[i].name, decision);
		if (!strstr(rows[i].may ? decision : err.text, rows[i].why))
			fail_msg("%s: %s, %s", rows[i].name, decision, err.text);
		if (!rows[i].may)
			continue;
		assert_int_equal(policy_approves(&policy, &deed), rows[i].approves);
		policy.breakglass = true;
		assert_false(policy_approves(&policy, &deed));
		/* It lifts nothing else. */
		policy.readonly = true;
		assert_false(policy_allows(&policy, &deed, decision, &err));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(never_read),
		cmocka_unit_test(mostly_read),
		cmocka_unit_test(classes),
		cmocka_unit_test(allowed),
		cmocka_unit_test(broken),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests_name("ops/policy", tests, NULL, NULL);
}
