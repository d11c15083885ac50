/* Which host an alert is about, by its labels, and the groups of the rc: for commands and
 * for policy. */
#include "app/rc.h"
#include "app/remote.h"
#include "base/alloc.h"
#include "model/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct rc *rc;
static struct app app;

static int setup(void **state)
{
	char path[] = "/tmp/oogway-hosts-XXXXXX";
	const struct rc_options options = {.file = path, .no_system = true};
	FILE *file = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(file);
	fputs("hosts web = web[01-03] ada@edge:2222\n"
	      "hosts db = db[1-3] !db2\n"
	      "hosts all = @web, @db\n"
	      "hosts wrong = a;b\n"
	      "hosts alert = x\n"
	      "hosts none is x\n"
	      "hosts db = db[1-4]\n",
		file);
	fclose(file);
	rc = rc_read(&options);
	unlink(path);
	app.rc = rc;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rc_free(rc);
	return 0;
}

static void wrong_lines(void **state)
{
	(void)state;
	assert_int_equal(rc->conf.errors_total, 3);
	assert_non_null(strstr(rc->conf.errors[0].text, "a;b is no host"));
	assert_non_null(strstr(rc->conf.errors[1].text, "take another name"));
	assert_non_null(strstr(rc->conf.errors[2].text, "hosts NAME = PATTERN"));
}

static void groups(void **state)
{
	static const struct {
		const char *pattern, *hosts;
	} rows[] = {
		{"@web", "web01 web02 web03 ada@edge:2222"},
		{"@db", "db1 db2 db3 db4"},
		{"@all & db* !db1", "db2 db3 db4"},
		{"web*", "web01 web02 web03"},
	};
	struct host_list list;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[300] = "";

		assert_true(remote_hosts(&app, NULL, rows[i].pattern, &list, &err));
		for (size_t k = 0; k < list.count; k++) {
			strcat(text, k ? " " : "");
			strcat(text, list.names[k]);
		}
		assert_string_equal(text, rows[i].hosts);
		host_list_release(&list);
	}
	assert_false(remote_hosts(&app, NULL, "@alert", &list, &err));
	assert_false(remote_hosts(&app, NULL, "@wrong", &list, &err));
}

/* By the name that a machine is called, however it is logged in to. */
static void policy(void **state)
{
	static const struct {
		const char *group, *host;
		bool known, in;
	} rows[] = {
		{"web", "web02", true, true},
		{"web", "web2", true, false},
		{"web", "web021", true, false},
		{"web", "edge", true, true},
		{"all", "db3", true, true},
		{"nobody", "db3", false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool known;

		assert_int_equal(
			remote_in_group(&app, rows[i].group, rows[i].host, &known),
			rows[i].in);
		assert_int_equal(known, rows[i].known);
	}
}

static void alert_hosts(void **state)
{
	static const struct {
		const char *name, *value, *host;
	} rows[] = {
		{"instance", "web-1.example:9100", "web-1.example"},
		{"instance", "http://10.0.0.1:8080/metrics", "10.0.0.1"},
		{"host", "db2", "db2"},
		{"node", "k8s_node-3", "k8s_node-3"},
		{"instance", "-oProxyCommand=x", NULL},
		{"instance", "root@evil", NULL},
		{"instance", "a b", NULL},
		{"instance", "web1;touch x", NULL},
		{"instance", "[::1]:9100", NULL},
		{"instance", "", NULL},
		{"job", "node", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct pair label = {
			untrusted_str(rows[i].name), untrusted_str(rows[i].value)};
		const struct alert_draft draft = {.labels = &label, .label_count = 1};
		struct alert *alert = alert_new(&draft, 0, "am");
		char host[INVENTORY_NAME] = "";

		assert_int_equal(remote_alert_host(alert, host, sizeof host),
			rows[i].host != NULL);
		if (rows[i].host)
			assert_string_equal(host, rows[i].host);
		alert_free(alert);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_lines),
		cmocka_unit_test(groups),
		cmocka_unit_test(policy),
		cmocka_unit_test(alert_hosts),
	};

	return cmocka_run_group_tests(tests, setup, tear_down);
}
