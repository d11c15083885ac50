/* Which hosts a pattern names, the way that an ssh configuration says, and what it says
 * that refuses a host. */
#include "base/alloc.h"
#include "base/str.h"
#include "ops/inventory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- patterns --- */

static const char *find(void *ctx, const char *name)
{
	static const char *const groups[][2] = {
		{"db", "db[1-3]"},
		{"replica", "db3 db4"},
		{"all", "@db @replica web[01-02]"},
		{"loop", "a @loop"},
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
		if (!strcmp(groups[i][0], name))
			return groups[i][1];
	return NULL;
}

static const char *name_of(void *ctx, size_t i)
{
	static const char *const names[] = {
		"web1", "web2", "cache1", "-oProxyCommand=x", NULL};

	(void)ctx;
	return names[i];
}

static const struct host_groups groups = {find, name_of, NULL};

static const char *list_text(const char *pattern, char *out, size_t size)
{
	struct host_list list;
	struct err err;
	size_t n = 0;

	if (!hosts_of(&groups, pattern, &list, &err)) {
		snprintf(out, size, "! %s", err.text);
		return out;
	}
	*out = '\0';
	for (size_t i = 0; i < list.count && n < size; i++)
		n += (size_t)snprintf(
			out + n, size - n, "%s%s", i ? " " : "", list.names[i]);
	host_list_release(&list);
	return out;
}

static void patterns(void **state)
{
	static const struct {
		const char *pattern, *hosts;
	} rows[] = {
		{"web1", "web1"},
		{"web1 web1,web2", "web1 web2"},
		{"ada@web1:2222", "ada@web1:2222"},
		{"web[1-3]", "web1 web2 web3"},
		{"web[01-03].example", "web01.example web02.example web03.example"},
		{"web[9-11]", "web9 web10 web11"},
		{"web[1,3,5-6]", "web1 web3 web5 web6"},
		{"r[1-2]-[1-2]", "r1-1 r1-2 r2-1 r2-2"},
		{"ada@w[1-2]:22", "ada@w1:22 ada@w2:22"},
		{"[::1]:22", "[::1]:22"},
		{"::1", "::1"},
		{"fe80::1", "fe80::1"},
		{"@db", "db1 db2 db3"},
		{"@db & @replica", "db3"},
		{"@db & !@replica", "db1 db2"},
		{"@db !@replica", "db1 db2"},
		{"@db&!db1", "db2 db3"},
		{"@db !db[2-3]", "db1"},
		{"@all & db* !db4", "! none of the 3 hosts that are known matches db*"},
		{"@all", "db1 db2 db3 db4 web01 web02"},
		{"web*", "web1 web2"},
		{"w?b1", "web1"},
		{"*", "web1 web2 cache1"},
		{"!db1 @db", "db1 db2 db3"},
	};
	char text[600];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(
			list_text(rows[i].pattern, text, sizeof text), rows[i].hosts);
}

static void no_patterns(void **state)
{
	static const struct {
		const char *pattern, *why;
	} rows[] = {
		{"", "! "},
		{" , ", "! "},
		{"@none", "! there is no group @none"},
		{"@loop", "! the group @loop is in itself"},
		{"@db & @db !@db", "! @db & @db !@db names no host"},
		{"@db &", "! behind & and ! stands a host"},
		{"-oProxyCommand=x", "! -oProxyCommand=x is no host"},
		{"ada@-x", "! ada@-x is no host"},
		{"@", "! there is no group @"},
		{"a;b", "! a;b is no host"},
		{"$(id)", "! $(id) is no host"},
		{"a/b", "! a/b is no host"},
		{"a\\b", "! a\\b is no host"},
		{"web[1-", "! web[1-: a range is"},
		{"web[1-]", "! web[1-]: a range is"},
		{"web[3-1]", "! web[3-1]: a range is"},
		{"web[a-b]", "! web[a-b]: a range is"},
		{"web[1-99999]", "! web[1-99999]: a range is"},
		{"web[1-1500] db[1-1500]", "! these are more than 2000 hosts"},
		{"r[1-2000][1-2000]", "! these are more than 2000 hosts"},
	};
	char text[60000];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		list_text(rows[i].pattern, text, sizeof text);
		if (strncmp(text, rows[i].why, strlen(rows[i].why)))
			fail_msg("%s: %s", rows[i].pattern, text);
	}
}

/* --- the configuration --- */

static char home[] = "/tmp/oogway-inventory-XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", home, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	chmod(path, 0600);
}

static enum transport transport_of(void *ctx, const char *host)
{
	(void)ctx;
	return str_starts(host, "outer")   ? TRANSPORT_OPENSSH
	       : str_starts(host, "inner") ? TRANSPORT_LIBSSH
					   : TRANSPORT_AUTO;
}

static struct inventory *inventory_of(const char *config)
{
	char system[200];
	const struct inventory_how how = {.home = home,
		.user = "ada",
		.host = "desk.example",
		.agent = "/run/agent",
		.system_file = system,
		.transport = transport_of};

	snprintf(system, sizeof system, "%s/system", home);
	write_file(".ssh/config", config);
	return inventory_read(&how);
}

static void add_list(struct str *out, const char *name, const char *const *list)
{
	if (!list || !*list)
		return;
	str_printf(out, " %s", name);
	for (; *list; list++)
		str_printf(out, "%c%s", '=',
			str_starts(*list, home) ? *list + strlen(home) : *list);
}

/* "user@host:port" of each hop, and what else is not as usual. */
static void way_text(const struct inventory *inventory, const char *name, struct str *out)
{
	struct ssh_target target;
	struct arena arena;
	struct err err;

	arena_init(&arena, INVENTORY_BYTES);
	if (!inventory_target(inventory, name, &arena, &target, &err)) {
		const char *at = strstr(err.text, home);

		str_printf(out, "! %s", at ? at + strlen(home) : err.text);
	}
	for (size_t i = 0; i < target.count && !(out->n && out->p[0] == '!'); i++) {
		const struct ssh_hop *hop = &target.hops[i];

		str_printf(out, "%s%s@%s:%d", i ? " > " : "", hop->user, hop->host,
			hop->port);
		if (target.by_program) {
			str_printf(out, " ssh %s",
				target.why ? target.why + strlen(home) : "chosen");
			if (hop->connect_ms)
				str_printf(out, " connect=%d", (int)hop->connect_ms);
			continue;
		}
		if (hop->alias)
			str_printf(out, " alias=%s", hop->alias);
		if (!hop->agent)
			str_puts(out, " no-agent");
		else if (strcmp(hop->agent, "/run/agent"))
			str_printf(out, " agent=%s", hop->agent);
		if (hop->listed_only)
			str_puts(out, " listed-only");
		if (hop->unknown_refused)
			str_puts(out, " strict");
		if (hop->ciphers)
			str_printf(out, " ciphers=%s", hop->ciphers);
		if (hop->connect_ms)
			str_printf(out, " connect=%d", (int)hop->connect_ms);
		if (!str_ends(
			    hop->identities[0] ? hop->identities[0] : "", "/id_ed25519"))
			add_list(out, "keys", hop->identities);
		if (!str_ends(hop->known_hosts[0], "/.ssh/known_hosts"))
			add_list(out, "known", hop->known_hosts);
		add_list(out, "certs", hop->certificates);
		add_list(out, "proxy", hop->proxy);
	}
	arena_release(&arena);
}

static void check_way(const char *config, const char *name, const char *want)
{
	struct inventory *inventory = inventory_of(config);
	struct str out;

	str_init(&out, 8192);
	way_text(inventory, name, &out);
	if (strncmp(str_text(&out), want, strlen(want)) ||
		(*want != '!' && strlen(want) != out.n))
		fail_msg("%s of\n%s\nis   %s\nnot  %s", name, config, str_text(&out),
			want);
	str_release(&out);
	inventory_free(inventory);
}

static void ways(void **state)
{
	static const struct {
		const char *config, *name, *way;
	} rows[] = {
		{"", "web", "ada@web:22"},
		{"", "bob@web:2222", "bob@web:2222"},
		{"", "[::1]:2222", "ada@::1:2222"},
		{"", "::1", "ada@::1:22"},
		{"Host web\n HostName 10.0.0.1\n Port 2222\n User bob\n", "web",
			"bob@10.0.0.1:2222"},
		{"host WEB\nuser bob\n", "web", "ada@web:22"},
		{"Host w*\nUser first\nHost web\nUser second\n", "web", "first@web:22"},
		{"Host * !web\nUser bob\n", "web", "ada@web:22"},
		{"User=bob\nPort = 23 # is this\n", "web", "bob@web:23"},
		{"\tUser \"bob\"\r\n", "web", "bob@web:22"},
		{"Host web\n User bob\n", "carl@web", "carl@web:22"},
		{"HostName %h.example\n", "web", "ada@web.example:22"},
		{"IdentityFile ~/k\nIdentityFile %d/.ssh/%r@%h\nUser r\n", "web",
			"r@web:22 keys=/k=/.ssh/r@web"},
		{"IdentityFile none\n", "web", "ada@web:22"},
		{"CertificateFile ~/c\n", "web", "ada@web:22 certs=/c"},
		{"UserKnownHostsFile ~/a ~/b\nGlobalKnownHostsFile none\n", "web",
			"ada@web:22 known=/a=/b"},
		{"HostKeyAlias x\nStrictHostKeyChecking yes\n", "web",
			"ada@web:22 alias=x strict"},
		{"IdentitiesOnly yes\n", "web", "ada@web:22 listed-only"},
		{"IdentitiesOnly yes\nIdentityAgent none\n", "web",
			"ada@web:22 no-agent listed-only"},
		{"IdentityAgent /a/b\n", "web", "ada@web:22 agent=/a/b"},
		{"IdentityAgent none\n", "web", "ada@web:22 no-agent"},
		{"Ciphers aes256-gcm@openssh.com\nConnectTimeout 3\n", "web",
			"ada@web:22 ciphers=aes256-gcm@openssh.com connect=3000"},
		/* what changes neither trust nor way */
		{"ControlMaster auto\nForwardAgent yes\nSendEnv LANG\nIPQoS none\n"
		 "GSSAPIAuthentication no\nLocalForward 1 a:2\nRequestTTY no\n",
			"web", "ada@web:22"},
		{"IgnoreUnknown Fancy*\nFancyThing yes\n", "web", "ada@web:22"},
		{"Host other\nBindAddress 1.2.3.4\n", "web", "ada@web:22"},
		{"AddressFamily any\nCanonicalizeHostname no\n", "web", "ada@web:22"},
		/* Match */
		{"Match host web\nUser bob\n", "web", "bob@web:22"},
		{"Match host db,w*\nUser bob\nMatch all\nPort 23\n", "web", "bob@web:23"},
		{"HostName real\nMatch host web\nUser no\nMatch host real\nUser yes\n",
			"web", "yes@real:22"},
		{"HostName real\nMatch originalhost web\nUser yes\n", "web",
			"yes@real:22"},
		{"Match user bob\nPort 23\n", "bob@web", "bob@web:23"},
		{"Match localuser ada host web\nPort 23\n", "web", "ada@web:23"},
		{"Match !host web\nPort 23\n", "web", "ada@web:22"},
		{"Match host db exec \"true\"\nPort 23\n", "web", "ada@web:22"},
		{"Match exec \"true\"\nForwardAgent yes\nHost *\nPort 24\n", "web",
			"ada@web:24"},
		{"Match final\nPort 23\n", "web", "ada@web:22"},
		/* jumps */
		{"Host web\nProxyJump b\nHost b\nHostName bastion\nPort 2200\n", "web",
			"ada@bastion:2200 > ada@web:22"},
		{"Host web\nProxyJump x@a:1,b\n", "web", "x@a:1 > ada@b:22 > ada@web:22"},
		{"Host web\nProxyJump a\nHost a\nProxyJump b\n", "web",
			"ada@b:22 > ada@a:22 > ada@web:22"},
		{"Host web\nProxyJump a,b\nHost b\nProxyJump c\n", "web",
			"ada@a:22 > ada@b:22 > ada@web:22"},
		{"Host web\nProxyJump none\nHost *\nProxyJump b\n", "web", "ada@web:22"},
		{"Host web\nProxyJump ssh://x@a:1\n", "web", "x@a:1 > ada@web:22"},
		{"Host web\nProxyJump b\nProxyCommand nc %h %p\n", "web",
			"ada@b:22 > ada@web:22"},
		{"Host web\nProxyCommand nc -X connect \"%h\" %p\nProxyJump b\n", "web",
			"ada@web:22 proxy=nc=-X=connect=web=22"},
		{"Host web\nProxyCommand exec ssh -W %h:%p -l %r 'b c'\n", "web",
			"ada@web:22 proxy=ssh=-W=web:22=-l=ada=b c"},
		{"ProxyCommand none\n", "web", "ada@web:22"},
		/* Include */
		{"Include part\n", "web", "part@web:22"},
		{"Host web\nInclude part\nPort 23\n", "web", "part@web:23"},
		{"Host db\nInclude part\nHost *\nPort 23\n", "web", "ada@web:23"},
		{"Include blocks\nPort 23\n", "web", "inner@web:23"},
		{"Include blocks\nInclude part\n", "db", "part@db:22"},
		{"Host x\nInclude blocks\n", "web", "ada@web:22"},
		{"Include ~/.ssh/p*t missing/*\n", "web", "part@web:22"},
		/* what only ssh itself can do */
		{"\nBindAddress 10.0.0.1\n", "web",
			"ada@web:22 ssh /.ssh/config:2: bindaddress"},
		{"AddressFamily inet6\nUser bob\nHostName x\nPort 23\n", "web",
			"bob@web:23 ssh /.ssh/config:1: addressfamily"},
		{"CanonicalizeHostname always\nConnectTimeout 4\n", "web",
			"ada@web:22 ssh /.ssh/config:1: canonicalizehostname "
			"connect=4000"},
		{"KnownHostsCommand /bin/x\n", "web",
			"ada@web:22 ssh /.ssh/config:1: knownhostscommand"},
		{"RevokedHostKeys /x\n", "web",
			"ada@web:22 ssh /.ssh/config:1: revokedhostkeys"},
		{"RequiredRSASize 4096\n", "web",
			"ada@web:22 ssh /.ssh/config:1: requiredrsasize"},
		{"GSSAPIAuthentication yes\n", "web",
			"ada@web:22 ssh /.ssh/config:1: gssapiauthentication"},
		{"Match exec \"true\"\nUser x\n", "web",
			"ada@web:22 ssh /.ssh/config:2: user"},
		{"Match tagged a\nPort 1\n", "web",
			"ada@web:22 ssh /.ssh/config:2: port"},
		{"Match host\nPort 1\n", "web", "ada@web:22 ssh /.ssh/config:2: port"},
		{"ProxyCommand nc %h %p | tee x\n", "web",
			"ada@web:22 ssh /.ssh/config:1: proxycommand"},
		{"ProxyCommand nc $HOST %p\n", "web",
			"ada@web:22 ssh /.ssh/config:1: proxycommand"},
		{"Host web\nProxyJump b\nHost b\nBindInterface eth0\n", "web",
			"ada@web:22 ssh /.ssh/config:4: bindinterface"},
		{"Host web\nProxyJump a,b\nHost a\nProxyCommand x | y\n", "web",
			"ada@web:22 ssh /.ssh/config:4: proxycommand"},
		/* and what the rc chooses */
		{"FancyThing yes\nPort 24\n", "outer1", "ada@outer1:24 ssh chosen"},
		{"ProxyJump outer1\nHost outer1\nProxyJump none\n", "web",
			"ada@web:22 ssh chosen"},
	};

	(void)state;
	write_file(".ssh/part", "User part\n");
	write_file(".ssh/blocks", "Host web\nUser inner\nHost nothing\nPort 1\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_way(rows[i].config, rows[i].name, rows[i].way);
}

static void refusals(void **state)
{
	static const struct {
		const char *config, *name, *why;
	} rows[] = {
		{"\nBindAddress 10.0.0.1\n", "inner1",
			"! /.ssh/config:2: bindaddress takes ssh itself"},
		{"FancyThing yes\n", "web", "! /.ssh/config:1: fancything is not"},
		{"Port none\n", "web", "! web: none is no port"},
		{"Port 70000\n", "web", "! web: 70000 is no port"},
		{"HostName -oX\n", "web", "! /.ssh/config:1: hostname names no host"},
		{"HostName a;b\n", "web", "! /.ssh/config:1: hostname names no host"},
		{"HostName %C\n", "web", "! /.ssh/config:1: hostname holds"},
		{"IdentityFile ~bob/k\n", "web", "! /.ssh/config:1: identityfile holds"},
		{"IdentityFile ${OOGWAY_NOT_SET}/k\n", "web",
			"! /.ssh/config:1: identityfile holds"},
		{"ProxyCommand nc %h %p | tee x\n", "inner1",
			"! /.ssh/config:1: proxycommand takes ssh itself, and the rc "
			"says "
			"transport libssh"},
		{"ProxyCommand nc %h '\n", "web", "! /.ssh/config:1: a quote has no end"},
		{"Host web\nProxyJump a\nHost a\nProxyJump web\n", "web",
			"! /.ssh/config:2: proxyjump leads in a circle"},
		{"ProxyJump b\nHost b\nPort 1\n", "web",
			"! /.ssh/config:1: proxyjump leads in a circle"},
		{"Host web\nProxyJump a,b,c,d,e,f,g,h\n", "web",
			"! web: more than 8 hops lead to it"},
		{"User \"bob\n", "web", "! /.ssh/config:1: a quote has no end"},
		{"Include %d/x\n", "web", "! /.ssh/config:1: what it includes"},
		{"User\n", "web", "! /.ssh/config:1: user says nothing"},
		{"", "-oProxyCommand=x", "! -oProxyCommand=x is no host"},
		{"", "a b", "! a b is no host"},
		{"", "web:0", "! web:0: 0 is no port"},
		{"", "web:", "! web::  is no port"},
	};

	(void)state;
	unsetenv("OOGWAY_NOT_SET");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		check_way(rows[i].config, rows[i].name, rows[i].why);
}

static void writable_by_others(void **state)
{
	char path[200];
	struct inventory *inventory;
	struct str out;
	const struct inventory_how how = {.home = home,
		.user = "ada",
		.host = "desk",
		.system_file = "/nonexistent"};

	(void)state;
	write_file(".ssh/config", "User bob\n");
	snprintf(path, sizeof path, "%s/.ssh/config", home);
	chmod(path, 0666);
	inventory = inventory_read(&how);
	str_init(&out, 1000);
	way_text(inventory, "web", &out);
	assert_non_null(strstr(str_text(&out), "others can write to it"));
	str_release(&out);
	inventory_free(inventory);
	chmod(path, 0600);
}

static void system_wide(void **state)
{
	(void)state;
	write_file("system", "Host *\nUser all\nPort 99\nGSSAPIAuthentication yes\n");
	check_way("Host web\nUser bob\n", "web", "bob@web:99");
	check_way("Host db\nUser bob\n", "web", "all@web:99");
	write_file("system", "");
}

static void names(void **state)
{
	struct inventory *inventory =
		inventory_of("Host web db !x *.y\nMatch host z\nHost cache\n");

	(void)state;
	assert_string_equal(inventory_name(inventory, 0), "web");
	assert_string_equal(inventory_name(inventory, 1), "db");
	assert_string_equal(inventory_name(inventory, 2), "cache");
	assert_null(inventory_name(inventory, 3));
	inventory_free(inventory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns),
		cmocka_unit_test(no_patterns),
		cmocka_unit_test(ways),
		cmocka_unit_test(refusals),
		cmocka_unit_test(writable_by_others),
		cmocka_unit_test(system_wide),
		cmocka_unit_test(names),
	};
	char path[200];
	int failed;

	if (!mkdtemp(home))
		return 1;
	snprintf(path, sizeof path, "%s/.ssh", home);
	mkdir(path, 0700);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	for (const char *const *name = (const char *const[]){".ssh/config", ".ssh/part",
		     ".ssh/blocks", "system", NULL};
		*name; name++) {
		snprintf(path, sizeof path, "%s/%s", home, *name);
		unlink(path);
	}
	snprintf(path, sizeof path, "%s/.ssh", home);
	rmdir(path);
	rmdir(home);
	return failed;
}
