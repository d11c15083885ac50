/* known_hosts: who is known, changed, revoked, vouched for; what is not understood
 * refuses. Names hashed by ssh-keygen are found. */
#include "base/alloc.h"
#include "base/glob.h"
#include "io/file.h"
#include "io/ssh_trust.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define A  "AAAAC3NzaC1lZDI1NTE5AAAAIA"
#define B  "AAAAC3NzaC1lZDI1NTE5AAAAIB"
#define ED "ssh-ed25519"

static const char *const no_files[] = {NULL};

static struct trust read_as(const char *host, int port, const char *text)
{
	const struct trust_query q = {
		.host = host, .port = port, .files = no_files, .type = ED, .base64 = A};
	struct trust out = {0};

	trust_read(&q, "kh", text, strlen(text), &out);
	return out;
}

static void verdicts(void **state)
{
	static const struct {
		const char *host;
		int port;
		const char *text;
		enum trust_verdict verdict;
		const char *place;
	} rows[] = {
		{"web", 22, "", TRUST_UNKNOWN, ""},
		{"web", 22, "# web " ED " " A "\n\n", TRUST_UNKNOWN, ""},
		{"web", 22, "web " ED " " A "\n", TRUST_KNOWN, "kh:1"},
		{"WEB", 22, "wEb " ED " " A "\r\n", TRUST_KNOWN, "kh:1"},
		{"web", 22, "web " ED " " A " a comment", TRUST_KNOWN, "kh:1"},
		{"web", 22, "db,web,10.0.0.1\t" ED "\t" A, TRUST_KNOWN, "kh:1"},
		{"web", 22, "\n*.x,w?b " ED " " A, TRUST_KNOWN, "kh:2"},
		{"web", 22, "!web,* " ED " " A, TRUST_UNKNOWN, ""},
		{"web", 22, "web " ED " " B "\n", TRUST_CHANGED, "kh:1"},
		{"web", 22, "web " ED " " B "\nweb " ED " " A, TRUST_KNOWN, "kh:2"},
		{"web", 22, "web ssh-rsa " B "\n", TRUST_OTHER, "kh:1"},
		{"web", 22, "webs " ED " " A "\n", TRUST_UNKNOWN, ""},
		{"web", 22, "[web]:22 " ED " " A "\n", TRUST_UNKNOWN, ""},
		/* ports */
		{"web", 2222, "[web]:2222 " ED " " A "\n", TRUST_KNOWN, "kh:1"},
		{"web", 2222, "web " ED " " A "\n", TRUST_KNOWN, "kh:1"},
		{"web", 2222, "web " ED " " B "\n", TRUST_UNKNOWN, ""},
		{"web", 2222, "[web]:2223 " ED " " A "\n", TRUST_UNKNOWN, ""},
		/* markers */
		{"web", 22, "@revoked * " ED " " A "\nweb " ED " " A, TRUST_REVOKED,
			"kh:1"},
		{"web", 22, "web " ED " " A "\n@revoked web " ED " " A, TRUST_REVOKED,
			"kh:2"},
		{"web", 22, "web " ED " " A "\n@revoked web " ED " " B, TRUST_KNOWN,
			"kh:1"},
		{"web", 2222, "[web]:2222 " ED " " A "\n@revoked web " ED " " A,
			TRUST_REVOKED, "kh:2"},
		{"web", 22, "@cert-authority *.x,web " ED " " A, TRUST_AUTHORITY, "kh:1"},
		{"web", 22, "@cert-authority * " ED " " B "\nweb " ED " " A, TRUST_KNOWN,
			"kh:2"},
		{"web", 22, "@cert-authority * " ED " " B "\nweb " ED " " B,
			TRUST_CHANGED, "kh:2"},
		/* not understood */
		{"web", 22, "web\nweb " ED "\n", TRUST_UNKNOWN, ""},
		{"web", 22, "@revoked web\nweb " ED " " A, TRUST_BROKEN, "kh:1"},
		{"db", 22, "@revoked web\ndb " ED " " A, TRUST_KNOWN, "kh:2"},
		{"web", 22, "@trusted web " ED " " A "\nweb " ED " " A, TRUST_BROKEN,
			"kh:1"},
		{"web", 22, "@\nweb " ED " " A, TRUST_BROKEN, "kh:1"},
		{"web", 22, "|1|x|y " ED " " A "\n|1|\n|2|a|b x y", TRUST_UNKNOWN, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct trust t = read_as(rows[i].host, rows[i].port, rows[i].text);

		if (t.verdict != rows[i].verdict || strcmp(t.place, rows[i].place))
			fail_msg("row %zu: %d at %s\n%s", i, t.verdict, t.place,
				rows[i].text);
	}
}

static void too_long(void **state)
{
	char *text = mem_new(1, TRUST_LINE_BYTES + 100);
	struct trust t;

	(void)state;
	memset(text, 'x', TRUST_LINE_BYTES + 90);
	t = read_as("web", 22, text);
	assert_int_equal(t.verdict, TRUST_BROKEN);
	mem_free(text);
}

static void known_types(void **state)
{
	const struct trust_query q = {.host = "web", .port = 22, .files = no_files};
	const char *text = "web ssh-rsa " A "\nweb " ED " " A "\nweb " ED " " B
			   "\ndb ecdsa-sha2-nistp256 " A "\n";
	struct trust out = {0};

	(void)state;
	trust_read(&q, "kh", text, strlen(text), &out);
	assert_int_equal(out.type_count, 2);
	assert_string_equal(out.types[0], "ssh-rsa");
	assert_string_equal(out.types[1], ED);
}

static void from_file(const char *path, struct str *out)
{
	struct err err;

	str_init(out, 1 << 16);
	assert_true(file_read(path, out, &err));
}

/* What was remembered is known, and behind a line without an end it is a line. */
static void remembers(void **state)
{
	char folder[] = "/tmp/oogway-trust-XXXXXX", path[64];
	const char *files[] = {path, "/nonexistent/known_hosts", NULL};
	struct trust_query q = {
		.host = "Web", .port = 2222, .files = files, .type = ED, .base64 = A};
	struct trust out;
	struct str text;
	struct err err;
	FILE *file;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/known_hosts", folder);
	trust_look(&q, &out);
	assert_int_equal(out.verdict, TRUST_UNKNOWN);
	file = fopen(path, "w");
	fputs("db " ED " " B, file);
	fclose(file);
	assert_true(trust_remember(&q, false, &err));
	trust_look(&q, &out);
	assert_int_equal(out.verdict, TRUST_KNOWN);
	from_file(path, &text);
	assert_string_equal(
		str_text(&text), "db " ED " " B "\n[web]:2222 " ED " " A "\n");
	str_release(&text);
	unlink(path);
	assert_true(trust_remember(&q, true, &err));
	from_file(path, &text);
	assert_null(strstr(str_text(&text), "web"));
	str_release(&text);
	trust_look(&q, &out);
	assert_int_equal(out.verdict, TRUST_KNOWN);
	q.port = 2223;
	trust_look(&q, &out);
	assert_int_equal(out.verdict, TRUST_UNKNOWN);
	unlink(path);
	/* A folder is no file, and what it would say is not known. */
	q.files = (const char *const[]){folder, NULL};
	trust_look(&q, &out);
	assert_int_equal(out.verdict, TRUST_BROKEN);
	rmdir(folder);
}

/* Made by `ssh-keygen -H` of "web.example" and "[web.example]:2222". */
static void hashed_elsewhere(void **state)
{
	static const char bare[] =
		"|1|5liQ/5w2jkDfbi+jHzK/lsMl+Vs=|8GN9DQon55QlcaGdxXBO6XcmIdc= " ED " " A
		"\n";
	static const char with_port[] =
		"|1|LJkduVW4JQTd9NR+KxjVhXfDtyE=|dxNIISIK+lwaWLLhAYCKLMMmadw= " ED " " A
		"\n";

	(void)state;
	assert_int_equal(read_as("web.example", 22, bare).verdict, TRUST_KNOWN);
	assert_int_equal(read_as("db.example", 22, bare).verdict, TRUST_UNKNOWN);
	assert_int_equal(read_as("Web.example", 2222, with_port).verdict, TRUST_KNOWN);
	assert_int_equal(read_as("web.example", 22, with_port).verdict, TRUST_UNKNOWN);
}

static void globs(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool matches;
	} rows[] = {
		{"", "", true},
		{"*", "", true},
		{"?", "", false},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"a*d", "abc", false},
		{"a?c", "abc", true},
		{"**a**", "a", true},
		{"*.example", "web.example", true},
		{"*.example", "example", false},
		{"a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
		{"A", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (glob_match(rows[i].pattern, rows[i].text) != rows[i].matches)
			fail_msg("%s %s", rows[i].pattern, rows[i].text);
	assert_int_equal(glob_list("a,b", ',', "b"), GLOB_YES);
	assert_int_equal(glob_list("!b,*", ',', "b"), GLOB_LEFT_OUT);
	assert_int_equal(glob_list("*,!b", ',', "b"), GLOB_LEFT_OUT);
	assert_int_equal(glob_list("!b", ',', "c"), GLOB_NOT);
	assert_int_equal(glob_list(",,", ',', ""), GLOB_NOT);
	assert_int_equal(glob_list("!", ',', ""), GLOB_NOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(too_long),
		cmocka_unit_test(known_types),
		cmocka_unit_test(remembers),
		cmocka_unit_test(hashed_elsewhere),
		cmocka_unit_test(globs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
