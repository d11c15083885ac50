/* The rc as a user writes it: which lines are taken, what a wrong one is told, what the
 * system's file may hold fast, and which files are read at all. */
#include "app/rc.h"
#include "app/setting.h"
#include "base/crypto.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64];

static const char *in_folder(const char *name)
{
	static char path[4][200];
	static int turn;
	char *out = path[turn++ % 4];

	snprintf(out, sizeof path[0], "%s/%s", folder, name);
	return out;
}

/* The C library's, so that the system's rc is one of ours. */
int open(const char *path, int flags, ...)
{
	va_list ap;
	int mode;

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	if (!strcmp(path, "/etc/oogway/oogway.rc"))
		path = in_folder("system.rc");
	else if (!strcmp(path, "/etc/oogway/team.rc"))
		path = in_folder("team.rc");
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static bool others = false; /* than root can write the system's file */

int fstat(int fd, struct stat *st)
{
	int result = (int)syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);

	st->st_uid = 0;
	st->st_mode = (st->st_mode & (mode_t)~022) | (others ? 020 : 0);
	return result;
}

static const char *const names[] = {"rc", "system.rc", "team.rc", "oogway.rc", "policy",
	"policy.sig", "policy2", "policy2.sig", ".oogway.rc", "config/oogway/oogway.rc"};

static int setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/oogway-rc-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(mkdir(in_folder("config"), 0700), 0);
	assert_int_equal(mkdir(in_folder("config/oogway"), 0700), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		unlink(in_folder(names[i]));
	rmdir(in_folder("config/oogway"));
	rmdir(in_folder("config"));
	rmdir(folder);
	return 0;
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(in_folder(name), "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static struct rc *read_user(const char *text)
{
	put("rc", text);
	return rc_read(&(struct rc_options){.file = in_folder("rc"), .no_system = true});
}

static void accepted(void **state)
{
	static const char *const lines[] = {
		"# a comment",
		"",
		"set refresh = 5s",
		"set window = 6h # and why",
		"set readonly = on",
		"set theme = light",
		"set \"keymap\" = \"emacs\"",
		"set runbooks = auto,~/runbooks",
		"source p prometheus url=http://127.0.0.1:9090",
		"source a alertmanager url=https://am.example.org/am/ every=5s "
		"timeout=2s",
		"source v victoriametrics url=http://h:8428 \"filter=a b\" org=t",
		"source d pagerduty url=https://api.pagerduty.com token-env=PD "
		"from=a@b.org",
		"source u prometheus url=http://localhost unix=/run/prom.sock",
		"source g opsgenie region=eu token-env=OG",
		"source j jsm site=lab.atlassian.net user=a@b.org token-env=J",
		"source k jsm site=https://lab.example org=1 url=http://h",
		"source p prometheus url=http://h\nquery \"error rate\" source=p "
		"unit=percent warn=1 critical=5 -- rate(x[5m]) > 1",
		"heartbeat dog alert=Watchdog every=5m",
		"changes shop git=/srv/shop service=cart",
		"source v6 prometheus url=http://[::1]:65535/a:b",
		"source port prometheus url=https://h:1?x=1:2 token-command=\"a b\"",
		"trigger t runbook=disk on=alert",
		"trigger t runbook=disk on=alert alert=Disk*,Full "
		"labels={job=\"node\",host=~\"w.*\"} severity=high do=run most=3",
		"trigger t runbook=disk on=schedule \"cron=30 6 * * mon-fri\" "
		"zone=Europe/Berlin",
		"trigger t runbook=disk on=schedule every=1h do=propose",
		"source pd2 pagerduty url=http://x since=2026-01-31",
		"source pd3 pagerduty url=http://x since=none",
		"bind global <C-e> \"metrics /cpu\" -- \"the cpu\"",
		"bind alerts A next-pane",
		"unbind global z",
		"color critical #ff8800 default bold underline",
		"alias m metrics /cpu",
		"layout mine overview:3 metrics:2 / logs @2",
		"if env.NOBODY_HAS_THIS == x\nset nonsense here\nend",
		"if ssh\nelse\nset refresh = 2s\nend",
		"profile prod\nsource p prometheus url=http://prod\nend",
		"include -q nowhere.rc",
		"set refresh \\\n= 5s",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		char text[400];
		struct rc *rc;

		snprintf(text, sizeof text, "%s\n", lines[i]);
		rc = read_user(text);
		if (rc->conf.errors_total)
			fail_msg("%s: %s", lines[i], rc->conf.errors[0].text);
		rc_free(rc);
	}
}

/* Services are where everybody knows, unless a url says otherwise. */
static void hosts(void **state)
{
	static const struct {
		const char *words, *url;
	} rows[] = {
		{"opsgenie", "https://api.opsgenie.com"},
		{"opsgenie region=us", "https://api.opsgenie.com"},
		{"opsgenie region=eu", "https://api.eu.opsgenie.com"},
		{"opsgenie region=eu url=http://h/", "http://h"},
		{"pagerduty region=eu", "https://api.eu.pagerduty.com"},
		{"jsm site=x.atlassian.net", "https://api.atlassian.com"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];
		struct rc *rc;

		snprintf(text, sizeof text, "source s %s\n", rows[i].words);
		rc = read_user(text);
		assert_int_equal(rc->source_count, 1);
		assert_string_equal(rc->sources->url, rows[i].url);
		rc_free(rc);
	}
}

static void transports(void **state)
{
	struct rc *rc = read_user("transport openssh web*,@db\ntransport libssh web1\n"
				  "transport auto x\n");

	(void)state;
	assert_int_equal(rc->conf.errors_total, 0);
	assert_int_equal(rc->transport_count, 3);
	assert_string_equal(rc->transports[0].hosts, "web*,@db");
	assert_int_not_equal(rc->transports[0].transport, rc->transports[1].transport);
	assert_int_equal(rc->transports[2].transport, 0);
	rc_free(rc);
}

/* Each with its place, what was expected, and the nearest name where one is near. */
static void refused(void **state)
{
	static const struct {
		const char *line;
		int column;
		const char *text;
	} rows[] = {
		{"sett refresh = 5s", 1, "did you mean set?"},
		{"set refrsh = 5s", 5, "did you mean refresh?"},
		{"set refresh 5s", 1, "expected: set [-final] NAME = VALUE"},
		{"set refresh = soon", 15, "refresh"},
		{"set refresh = 1ms", 15, "refresh"},
		{"set readonly = perhaps", 16, "on"},
		{"set -final refresh = 5s", 1, "-final is for /etc/oogway/oogway.rc"},
		{"set refresh = \"5s", 15, "expected a closing \""},
		{"transport ftp web", 11,
			"a transport is openssh, libssh or auto, not ftp"},
		{"transport openssh", 1, "expected: transport openssh|libssh|auto"},
		{"set policy.file = /x", 1, "counts in /etc/oogway/oogway.rc alone"},
		{"source p promtheus url=http://h", 10, "did you mean prometheus?"},
		{"source p", 1, "expected: source NAME KIND [url=URL]"},
		{"source p prometheus", 8, "needs url=http://HOST:PORT"},
		{"source p prometheus url=http://h:99999", 25, "a port 1 to 65535"},
		{"source p prometheus url=http://h:0/x", 25, "a port 1 to 65535"},
		{"source p prometheus url=http://h:9o/x", 25, "a port 1 to 65535"},
		{"source p prometheus url=http://[::1]:", 25, "a port 1 to 65535"},
		{"source p prometheus url=http://:9090", 25, "url is http://HOST:PORT"},
		{"source p prometheus url=http://h region=eu", 1, "has no regions"},
		{"source p prometheus url=http://h site=x", 1, "belongs to no site"},
		{"source g opsgenie region=mars", 26, "region of opsgenie is us or eu"},
		{"source j jsm region=eu", 1, "jsm has no regions"},
		{"source j jsm site=a/b", 19, "site is NAME.atlassian.net or its URL"},
		{"source p prometheus org=t", 8, "needs url=http://HOST:PORT"},
		{"source p prometheus url=http://h evry=5s", 34, "did you mean every?"},
		{"source p prometheus url=ftp://h", 25, "url begins with http://"},
		{"source p prometheus url=http://me:secret@h", 1, "no password in a URL"},
		{"source p prometheus url=http://h token=abc", 34,
			"unknown key token; it is one of url, region, "},
		{"source p prometheus url=http://h every=2h", 40, "every goes from"},
		{"source a/b prometheus url=http://h", 8, "a name is letters"},
		{"query q source=p", 1, "expected: query NAME source=NAME"},
		{"query q source=p warn=high -- up", 23, "warn is a number, not high"},
		{"heartbeat dog every=5m", 11, "needs alert=NAME"},
		{"changes shop git=/a folder=/b", 9, "needs git= or folder="},
		{"changes shop service=x", 9, "needs git= or folder="},
		{"source pd pagerduty url=http://x since=soon", 40,
			"since is a duration"},
		{"trigger t on=alert", 9, "needs runbook=NAME"},
		{"trigger t runbook=b", 9, "needs on=alert or on=schedule"},
		{"trigger t runbook=b on=noon", 24, "on is alert or schedule"},
		{"trigger t runbook=b on=alert do=it", 33, "do is propose or run"},
		{"trigger t runbook=b on=alert every=1h", 1, "every= is of on=schedule"},
		{"trigger t runbook=b on=schedule", 9, "needs \"cron=30 6 * * 1-5\""},
		{"trigger t runbook=b on=schedule every=1h severity=high", 1,
			"severity= is of on=alert"},
		{"trigger t runbook=b on=schedule every=10s", 39, "every goes from 1m"},
		{"trigger t runbook=b on=schedule \"cron=0 0 30 2 *\"", 38,
			"never comes"},
		{"trigger t runbook=b on=schedule every=1h zone=UTC", 1,
			"zone is of cron"},
		{"trigger t runbook=b on=schedule \"cron=* * * * *\" zone=Mars", 55,
			"Mars"},
		{"trigger t runbook=b on=alert labels=job=node", 1, "labels: "},
		{"trigger t runbook=b on=alert most=1000", 35, "most is 1 to 100"},
		{"trigger t runbook=b on=alert evry=5m", 30, "did you mean every?"},
		{"bind globl x zoom", 6, "did you mean global?"},
		{"bind global <Nokey> zoom", 13, "<Nokey>"},
		{"color criticl red default", 7, "did you mean critical?"},
		{"color critical redd default", 16, "did you mean red?"},
		{"color critical red default blinking", 28, "an attribute is bold"},
		{"alias x", 1, "expected: alias NAME COMMAND-LINE"},
		{"layout", 1, "expected: layout NAME"},
		{"include nowhere.rc", 9, "cannot read"},
		{"if profil == x\nend", 4, "nothing is called profil"},
		{"set store = here.db", 13, "store names files from / or ~/ on"},
		{"set log.files = /var/log/syslog,app.log", 17, "not app.log"},
		{"set theme = drk", 13, "did you mean dark?"},
		{"set keymap = vm", 14, "no keymap is called vm"},
		{"set layout = mne\nlayout mine logs", 14, "did you mean mine?"},
		{"query q source=p -- up", 1, "no source is called p"},
		{"else", 1, "else without an if"},
		{"end", 1, "end without an if or profile"},
		{"profile prod", 1, "no end for the profile here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[400], said[500], want[120];
		struct rc *rc;

		snprintf(text, sizeof text, "# first\n%s\n", rows[i].line);
		rc = read_user(text);
		if (rc->conf.errors_total != 1)
			fail_msg("%s: %zu errors", rows[i].line, rc->conf.errors_total);
		rc_error_text(&rc->conf.errors[0], said, sizeof said);
		snprintf(want, sizeof want, "%s:2:%d: ", in_folder("rc"), rows[i].column);
		if (strncmp(said, want, strlen(want)) || !strstr(said, rows[i].text))
			fail_msg("%s\n%s", rows[i].line, said);
		rc_free(rc);
	}
}

/* All wrong lines are told, all right ones count. */
static void every_error_is_told(void **state)
{
	struct rc *rc = read_user("sett x\nset refresh = 7s\nsource a\nset no = 1\n"
				  "source p prometheus url=http://h\nend\n");

	(void)state;
	assert_int_equal(rc->conf.errors_total, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			rc->conf.errors[i].place.line, ((const int[]){1, 3, 4, 6})[i]);
	assert_int_equal(settings_number(&rc->settings, SET_REFRESH), 7000);
	assert_int_equal(rc->source_count, 1);
	rc_free(rc);
}

static void a_value_knows_its_place(void **state)
{
	struct rc *rc = read_user("\nset window = 6h\n");
	char want[300];
	struct str text;

	(void)state;
	str_init(&text, 600);
	settings_describe(&rc->settings, SET_WINDOW, &text);
	snprintf(want, sizeof want, "set window = 6h   # %s:2", in_folder("rc"));
	assert_string_equal(str_text(&text), want);
	str_reset(&text);
	settings_describe(&rc->settings, SET_REFRESH, &text);
	assert_non_null(strstr(str_text(&text), "# default"));
	str_release(&text);
	rc_free(rc);
}

/* --- the system's rc --- */

static struct rc *read_both(const char *profile)
{
	static char path[4200];

	/* It is read again for each other profile. */
	snprintf(path, sizeof path, "%s", in_folder("rc"));
	return rc_read(&(struct rc_options){.file = path, .profile = profile});
}

static void final_stays(void **state)
{
	struct err err;
	struct rc *rc;

	(void)state;
	put("system.rc", "set -final readonly = on\nset refresh = 9s\n"
			 "include /etc/oogway/team.rc\n");
	put("team.rc", "set -final window = 3h\n"
		       "source team prometheus url=http://team\n");
	put("rc", "set readonly = off\nset window = 1h\nset refresh = 2s\n"
		  "profile p\nset readonly = off\nend\n");
	rc = read_both("p");
	/* The user's, and its profile's, are refused with the place that holds it. */
	assert_int_equal(rc->conf.errors_total, 3);
	for (size_t i = 0; i < 3; i++)
		assert_non_null(strstr(rc->conf.errors[i].text, "/etc/oogway/"));
	assert_int_equal(settings_number(&rc->settings, SET_READONLY), 1);
	assert_int_equal(settings_number(&rc->settings, SET_WINDOW), 3 * 3600 * 1000);
	/* What is not final is only there first. */
	assert_int_equal(settings_number(&rc->settings, SET_REFRESH), 2000);
	assert_int_equal(rc->source_count, 1);
	/* Nor at the `:` line. */
	assert_false(rc_line(rc, "set readonly = off", &err));
	assert_true(rc_line(rc, "set refresh = 3s", &err));
	assert_false(rc_line(rc, "set -final refresh = 3s", &err));
	assert_int_equal(settings_number(&rc->settings, SET_READONLY), 1);
	assert_int_equal(settings_number(&rc->settings, SET_REFRESH), 3000);
	rc_free(rc);
}

/* Lines of policy: those of root's file stand for themselves, and with others' hands on
 * it they are lines like the user's, and hold nothing fast. */
static void policy_lines(void **state)
{
	static const struct {
		const char *line, *fault; /* NULL: none */
	} rows[] = {
		{"policy allow", NULL},
		{"policy deny hosts=db-*,@db class=destroy,shell", NULL},
		{"policy allow runbook=disk-* hours=22:00-06:00 approve=on", NULL},
		{"policy permit", "expected: policy allow or deny, not permit"},
		{"policy allow class=write",
			"class is of read, change, destroy and shell"},
		{"policy allow class=read,", NULL},
		{"policy allow hours=9-18", "two times of the day"},
		{"policy allow hours=09:00-09:00", "two times of the day"},
		{"policy deny approve=on", "what is denied needs no approval"},
		{"policy allow approve=yes", "approve is on or off, not yes"},
		{"policy allow host=a", "host"},
	};
	struct rc *rc;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rc = read_user(rows[i].line);
		assert_int_equal(rc->conf.errors_total, rows[i].fault != NULL);
		if (rows[i].fault && !strstr(rc->conf.errors[0].text, rows[i].fault))
			fail_msg("%s: %s", rows[i].line, rc->conf.errors[0].text);
		assert_int_equal(rc->policy_count, !rows[i].fault);
		rc_free(rc);
	}
	for (int i = 0; i < 2; i++) {
		struct err err;

		others = i == 1;
		put("system.rc", "set -final readonly = on\npolicy allow class=read\n");
		put("rc", "policy allow\n");
		rc = read_both(NULL);
		others = false;
		assert_int_equal(rc->policy_count, 2);
		assert_int_equal(rc->policies[0].system, i == 0);
		assert_int_equal(rc->policies[0].classes, 1u << AUDIT_READ);
		assert_string_equal(rc->policies[0].where, "oogway.rc:2");
		assert_false(rc->policies[1].system);
		assert_int_equal(rc->conf.errors_total, i);
		/* No line of it at the prompt. */
		assert_false(rc_is_live("policy"));
		assert_int_equal(rc_line(rc, "set readonly = off", &err), i == 1);
		rc_free(rc);
	}
}

/* Told as they stand in the file, whichever pass finds them; those of another profile
 * too, and each once. */
static void errors_in_order(void **state)
{
	static const char *const want[] = {"no theme is called darkk; did you mean dark?",
		"no source is called nobody", "a duration such as 5s",
		"no keymap is called vii", "unknown key oops"};
	struct rc *rc;

	(void)state;
	put("rc", "set theme = darkk\nquery q source=nobody -- up\nset refresh = x\n"
		  "profile test\nset keymap = vii\nend\n"
		  "source p prometheus url=http://h oops=1\n");
	for (size_t k = 0; k < 2; k++) {
		rc = read_both(k ? "test" : NULL);
		assert_int_equal(rc->conf.error_count, 5);
		for (size_t i = 0; i < 5; i++)
			if (!strstr(rc->conf.errors[i].text, want[i]))
				fail_msg("%zu: %s", i, rc->conf.errors[i].text);
		rc_free(rc);
	}
}

/* What signs the policy, and its public key. */
static struct signer *new_signer(void)
{
	char seed[SIGN_KEY_DIGITS + 1];
	struct secret *secret;
	struct signer *signer;
	struct err err;

	signer_seed(seed);
	secret = secret_new(seed, SIGN_KEY_DIGITS);
	signer = signer_new(secret, &err);
	secret_free(secret);
	assert_non_null(signer);
	return signer;
}

static void sign(const struct signer *signer, const char *name, const char *text)
{
	char signature[SIGNATURE_DIGITS + 1], file[40];

	put(name, text);
	snprintf(file, sizeof file, "%s.sig", name);
	signer_sign(signer, untrusted_str(text), signature);
	put(file, signature);
}

static void name_policy(const char *key, const char *more)
{
	char text[9000], path[4200];

	snprintf(path, sizeof path, "%s", in_folder("policy"));
	snprintf(text, sizeof text, "set policy.file = %s\nset policy.key = %s\n%s", path,
		key, more);
	put("system.rc", text);
}

/* A signed file is a part of the system's; the user's lines can only narrow it, and
 * whatever is wrong with it refuses everything. */
static void signed_policy(void **state)
{
	static const char good[] =
		"hosts web = w[1-3]\npolicy allow class=read hosts=@web\n"
		"set -final run.allow = change\n";
	struct signer *signer = new_signer(), *stranger = new_signer();
	struct rc *rc;

	(void)state;
	name_policy(signer_public(signer), "");
	sign(signer, "policy", good);
	put("rc", "policy allow\nhosts web = *\nset run.allow = shell\nset policy.key = "
		  "no\n");
	rc = read_both(NULL);
	assert_null(rc->policy_broken);
	assert_int_equal(rc->policy_count, 2);
	assert_true(rc->policies[0].system);
	assert_string_equal(rc->policies[0].where, "policy:2");
	assert_false(rc->policies[1].system);
	/* The user's: no wider group, no wider class, no other key. */
	assert_int_equal(rc->conf.errors_total, 3);
	assert_non_null(strstr(rc->conf.errors[0].text, "the group web is the system's"));
	assert_string_equal(rc->host_groups[0].pattern, "w[1-3]");
	assert_non_null(
		strstr(rc->conf.errors[2].text, "counts in /etc/oogway/oogway.rc"));
	assert_true(conf_had(&rc->conf, in_folder("policy.sig")));
	rc_free(rc);
	for (int i = 0; i < 8; i++) {
		put("rc", "policy allow\n");
		name_policy(signer_public(signer), "");
		sign(signer, "policy", good);
		if (i == 0)
			sign(stranger, "policy", good);
		else if (i == 1)
			put("policy", "policy allow\n");
		else if (i == 2)
			unlink(in_folder("policy.sig"));
		else if (i == 3)
			unlink(in_folder("policy"));
		else if (i == 4)
			put("policy.sig", "");
		else if (i == 5)
			name_policy("none", "");
		else if (i == 6)
			sign(signer, "policy", "policy allow class=everything\n");
		else
			others = true;
		rc = read_both(NULL);
		others = false;
		if (!rc->policy_broken)
			fail_msg("case %d", i);
		assert_int_equal(strstr(rc->policy_broken,
					 "the signed policy cannot be trusted") != NULL,
			i < 7);
		assert_true(rc->conf.errors_total > 0);
		rc_free(rc);
	}
	/* What it includes is signed as well. */
	name_policy(signer_public(signer), "");
	sign(signer, "policy", "include policy2\n");
	put("policy2", "policy allow\n");
	rc = read_both(NULL);
	assert_non_null(rc->policy_broken);
	assert_int_equal(rc->policy_count, 1);
	rc_free(rc);
	sign(signer, "policy2", "policy allow\n");
	rc = read_both(NULL);
	assert_null(rc->policy_broken);
	assert_true(rc->policies[0].system);
	rc_free(rc);
	signer_free(signer);
	signer_free(stranger);
}

static void profiles(void **state)
{
	struct rc *rc;

	(void)state;
	put("rc", "set refresh = 2s\nsource all prometheus url=http://all\n"
		  "profile prod\nset refresh = 4s\nset store = /tmp/prod.db\n"
		  "source own prometheus url=http://own\nend\n"
		  "profile test\nset refresh = 6s\nend\n");
	rc = read_both(NULL);
	assert_int_equal(rc->conf.errors_total, 0);
	assert_int_equal(rc->conf.profile_count, 2);
	assert_int_equal(rc->source_count, 1);
	assert_int_equal(settings_number(&rc->settings, SET_REFRESH), 2000);
	rc_free(rc);
	rc = read_both("prod");
	assert_int_equal(rc->source_count, 2);
	assert_int_equal(settings_number(&rc->settings, SET_REFRESH), 4000);
	assert_string_equal(settings_text(&rc->settings, SET_STORE), "/tmp/prod.db");
	rc_free(rc);
	rc = read_both("prd");
	assert_int_equal(rc->conf.errors_total, 1);
	assert_non_null(strstr(rc->conf.errors[0].text, "no profile is called prd"));
	/* Nothing bears the name of one that is not there. */
	assert_string_equal(rc->profile, "");
	assert_string_equal(rc->no_profile, "prd");
	rc_free(rc);
	put("rc", "if profile == prd\nset refresh = 7s\nend\nprofile prod\nend\n");
	rc = read_both("prd");
	assert_int_equal(settings_number(&rc->settings, SET_REFRESH), 2000);
	rc_free(rc);
	rc = read_both("prod");
	assert_string_equal(rc->profile, "prod");
	assert_null(rc->no_profile);
	rc_free(rc);
}

/* None of one's own is no error; one that cannot be read is. */
static void an_unreadable_file_is_told(void **state)
{
	char why[5000], path[4200];
	struct rc *rc;

	(void)state;
	setenv("XDG_CONFIG_HOME", in_folder("config"), 1);
	rc = rc_read(&(struct rc_options){0});
	assert_int_equal(rc->conf.errors_total, 0);
	assert_true(rc_whole(rc, why, sizeof why));
	assert_string_equal(why, "");
	rc_free(rc);
	snprintf(path, sizeof path, "%s", in_folder("config/oogway/oogway.rc"));
	assert_int_equal(mkdir(path, 0700), 0);
	rc = rc_read(&(struct rc_options){0});
	assert_int_equal(rc->conf.errors_total, 1);
	assert_false(rc_whole(rc, why, sizeof why));
	assert_non_null(strstr(why, "1 error in the rc, the first: "));
	assert_non_null(strstr(why, "oogway.rc: cannot read it: Is a directory"));
	rc_free(rc);
	rmdir(path);
}

/* Neither the current folder nor a relative XDG path is looked into. */
static void nothing_comes_from_the_current_folder(void **state)
{
	static const char line[] = "source p prometheus url=http://h\n";
	char before[4096];
	struct rc *rc;

	(void)state;
	assert_non_null(getcwd(before, sizeof before));
	put("oogway.rc", line);
	put(".oogway.rc", line);
	put("config/oogway/oogway.rc", line);
	assert_int_equal(chdir(folder), 0);
	setenv("HOME", "/nonexistent", 1);
	setenv("XDG_CONFIG_HOME", "config", 1);
	rc = rc_read(&(struct rc_options){.no_system = true});
	assert_int_equal(rc->source_count, 0);
	assert_int_equal(rc->conf.errors_total, 0);
	rc_free(rc);
	/* A theme or keymap by a bare name is a shipped one, never a file here. */
	put("rc", "set theme = oogway\n");
	rc = rc_read(&(struct rc_options){.file = in_folder("rc"), .no_system = true});
	assert_int_equal(rc->source_count, 0);
	assert_int_equal(rc->conf.errors_total, 1);
	rc_free(rc);
	setenv("XDG_CONFIG_HOME", in_folder("config"), 1);
	rc = rc_read(&(struct rc_options){.no_system = true});
	assert_int_equal(rc->source_count, 1);
	rc_free(rc);
	assert_int_equal(chdir(before), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(accepted),
		CASE(hosts),
		CASE(refused),
		CASE(every_error_is_told),
		CASE(a_value_knows_its_place),
		CASE(final_stays),
		CASE(policy_lines),
		CASE(errors_in_order),
		CASE(signed_policy),
		CASE(transports),
		CASE(profiles),
		CASE(an_unreadable_file_is_told),
		CASE(nothing_comes_from_the_current_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
