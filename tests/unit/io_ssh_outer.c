/* What the installed ssh logs: whether it began, how it ended, why it did not. */
#include "io/ssh_outer_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BEGUN "debug2: mux_client_request_session: master session id: 3\r\n"

static void ends(void **state)
{
	static const struct {
		const char *text;
		bool begun, has_status;
		int status;
	} rows[] = {
		{"", false, false, 0},
		{"debug1: mux_client_request_session: entering\n", false, false, 0},
		{BEGUN, true, false, 0},
		{BEGUN "debug2: Received exit status from master 0\r\n", true, true, 0},
		{BEGUN "debug2: Received exit status from master 255\r\n", true, true,
			255},
		{BEGUN "debug2: Received exit status from master 300\n", true, false, 0},
		{BEGUN "debug2: Received exit status from master -1\n", true, false, 0},
		{BEGUN "debug2: Received exit status from master 7x\n", true, false, 0},
		{BEGUN "debug2: Control master terminated unexpectedly\n", true, false,
			0},
		{"x debug2: Received exit status from master 0\n", false, false, 0},
		{"Received exit status from master 0\n", false, false, 0},
		{"mux_client_request_session: session request failed: Session open "
		 "refused by peer\n",
			false, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct outer_log out;

		outer_log_read(rows[i].text, strlen(rows[i].text), &out);
		assert_int_equal(out.begun, rows[i].begun);
		assert_int_equal(out.has_status, rows[i].has_status);
		assert_int_equal(out.status, rows[i].status);
	}
}

static void errors(void **state)
{
	static const struct {
		const char *text, *said;
		enum err_kind kind;
	} rows[] = {
		{"", "web: ssh says: nothing of why it ended", ERR_NET},
		{"debug1: x\nada@web: Permission denied (publickey).\r\n",
			"web: ssh says: ada@web: Permission denied (publickey).",
			ERR_AUTH},
		{"@@@@@@@\n@ WARNING @\nNo key is known.\nHost key verification "
		 "failed.\n",
			"web: ssh says: No key is known. Host key verification failed.",
			ERR_REFUSED},
		{"ssh: connect to host web port 22: Connection timed out\n",
			"web: ssh says: ssh: connect to host web port 22: Connection "
			"timed "
			"out",
			ERR_TIMEOUT},
		{"a\033]0;x\007b\n", "web: ssh says: a^[]0;x^Gb", ERR_NET},
	};
	char many[4000] = "";
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		outer_log_error(rows[i].text, strlen(rows[i].text), "web", &err);
		assert_string_equal(err.text, rows[i].said);
		assert_int_equal(err.kind, rows[i].kind);
	}
	for (int i = 0; i < 30; i++)
		strcat(many, "forty characters of words, and some more\n");
	strcat(many, "Host key verification failed.\nand then it ended\n");
	outer_log_error(many, strlen(many), "web", &err);
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_non_null(strstr(err.text, "failed. and then it ended"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends),
		cmocka_unit_test(errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
