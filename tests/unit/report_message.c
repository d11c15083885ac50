/* The bytes of a mail: its headers row by row, and what no content may do to them. That
 * another program reads it as meant is shown in tests/live/mail.sh. */
#include "base/str.h"
#include "report/message.h"
#include "report_example.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct message_address one[] = {{{0}, "ana@lab.example"}};

static struct message simple(void)
{
	return (struct message){.from = {untrusted_str("oogway"), "oogway@lab.example"},
		.to = one,
		.to_count = 1,
		.subject = untrusted_str("Handoff"),
		.id = "a.1@lab.example",
		.date = INT64_C(1795420680000),
		.text = "Hello\n"};
}

static void write_mail(const struct message *m, struct str *out)
{
	struct err err = {0};

	str_init(out, 8 << 20);
	if (!message_write(m, out, &err))
		print_error("%s\n", err.text);
	assert_int_equal(err.kind, ERR_NONE);
}

static void whole_mail(void **state)
{
	struct message m = simple();
	struct str out;

	(void)state;
	write_mail(&m, &out);
	assert_string_equal(out.p, "Date: Mon, 23 Nov 2026 07:58:00 +0000\r\n"
				   "From: oogway <oogway@lab.example>\r\n"
				   "To: ana@lab.example\r\n"
				   "Subject: Handoff\r\n"
				   "Message-ID: <a.1@lab.example>\r\n"
				   "Auto-Submitted: auto-generated\r\n"
				   "MIME-Version: 1.0\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: quoted-printable\r\n"
				   "\r\n"
				   "Hello\r\n");
	str_release(&out);
}

static const struct {
	const char *subject, *wanted;
} subjects[] = {
	{"", "\r\nSubject: \r\n"},
	{"x\r\nBcc: evil@evil.example", "\r\nSubject: x^M Bcc: evil@evil.example\r\n"},
	{"a  b", "\r\nSubject: =?UTF-8?B?YSAgYg==?=\r\n"},
	{" a", "\r\nSubject: =?UTF-8?B?IGE=?=\r\n"},
	{"=?UTF-8?Q?x?=", "\r\nSubject: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=\r\n"},
	{"R\xc3\xa9sum\xc3\xa9", "\r\nSubject: =?UTF-8?B?UsOpc3Vtw6k=?=\r\n"},
	{"one two three four five six seven eight nine ten eleven twelve thirteen "
	 "fourteen",
		"\r\nSubject: one two three four five six seven eight nine ten eleven "
		"twelve\r\n thirteen fourteen\r\n"},
	{"\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
	 "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2"
	 "\xe6\xbc\xa2\xe6\xbc\xa2\xe6\xbc\xa2",
		"\r\nSubject: "
		"=?UTF-8?B?5ryi5ryi5ryi5ryi5ryi5ryi5ryi5ryi5ryi5ryi5ryi5ryi?="
		"\r\n =?UTF-8?B?5ryi5ryi5ryi?=\r\n"},
};

static size_t longest_line(const char *text)
{
	size_t longest = 0, n;

	for (; *text; text += n + 2) {
		n = strcspn(text, "\r\n");
		longest = n > longest ? n : longest;
		assert_memory_equal(text + n, "\r\n", 2);
	}
	return longest;
}

static void subject_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		struct message m = simple();
		struct str out;

		m.subject = untrusted_str(subjects[i].subject);
		write_mail(&m, &out);
		if (!strstr(out.p, subjects[i].wanted))
			print_error("%s", out.p);
		assert_non_null(strstr(out.p, subjects[i].wanted));
		assert_true(longest_line(out.p) <= 78);
		str_release(&out);
	}
}

static void people_rows(void **state)
{
	static const struct message_address people[] = {{{0}, "ana@lab.example"},
		{{0}, "ben@lab.example"}, {{0}, "cy@lab.example"}};
	static const struct {
		const char *name, *wanted;
	} rows[] = {
		{"Ana Ruiz", "\r\nTo: Ana Ruiz <ana@lab.example>,\r\n"},
		{"Ruiz, Ana", "\r\nTo: =?UTF-8?B?UnVpeiwgQW5h?= <ana@lab.example>,\r\n"},
		{"\"x\" <evil@evil.example>,",
			"\r\nTo: =?UTF-8?B?IngiIDxldmlsQGV2aWwuZXhhbXBsZT4s?= "
			"<ana@lab.example>,\r\n"},
		{"a\r\nBcc: b", "\r\nTo: =?UTF-8?B?YV5NIEJjYzogYg==?= "
				"<ana@lab.example>,\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct message_address to[3];
		struct message m = simple();
		struct str out;

		memcpy(to, people, sizeof to);
		to[0].name = untrusted_str(rows[i].name);
		m.to = to;
		m.to_count = 3;
		write_mail(&m, &out);
		if (!strstr(out.p, rows[i].wanted))
			print_error("%s", out.p);
		assert_non_null(strstr(out.p, rows[i].wanted));
		assert_non_null(
			strstr(out.p, ",\r\n ben@lab.example,\r\n cy@lab.example\r\n"));
		str_release(&out);
	}
}

static void nobody_named(void **state)
{
	struct message m = simple();
	struct str out;

	(void)state;
	m.to_count = 0;
	write_mail(&m, &out);
	assert_non_null(strstr(out.p, "\r\nTo: undisclosed-recipients:;\r\n"));
	str_release(&out);
}

static void threads(void **state)
{
	static const char *const references[] = {
		"first-one-that-is-quite-long-and-more@lab.example", "second@lab.example",
		NULL};
	struct message m = simple();
	struct str out;

	(void)state;
	m.in_reply_to = "second@lab.example";
	m.references = references;
	write_mail(&m, &out);
	assert_non_null(
		strstr(out.p, "In-Reply-To: <second@lab.example>\r\nReferences: "
			      "<first-one-that-is-quite-long-and-more@lab.example>\r\n "
			      "<second@lab.example>\r\n"));
	str_release(&out);
}

static void refused(void **state)
{
	static const char *const bad_ids[] = {"", "x", "@x", "x@", "a@b@c", "a b@c",
		"a@b>\r\nX: y", "a@b\n", "<a@b>", "\xc3\xa9@b"};
	static const struct message_address bad_people[] = {{{0}, NULL}, {{0}, "x"},
		{{0}, "a@b\r\nX: y"}, {{0}, "<a@b>"}, {{0}, "a@b."}};
	struct message m = simple();
	struct err err;
	struct str out;

	(void)state;
	str_init(&out, 1 << 16);
	for (size_t i = 0; i < sizeof bad_ids / sizeof *bad_ids; i++) {
		const char *const references[] = {bad_ids[i], NULL};

		m = simple();
		m.id = bad_ids[i];
		assert_false(message_write(&m, &out, &err));
		m = simple();
		m.in_reply_to = bad_ids[i];
		assert_false(message_write(&m, &out, &err));
		m = simple();
		m.references = references;
		assert_false(message_write(&m, &out, &err));
	}
	for (size_t i = 0; i < sizeof bad_people / sizeof *bad_people; i++) {
		m = simple();
		m.to = &bad_people[i];
		assert_false(message_write(&m, &out, &err));
		assert_non_null(strstr(err.text, "is not a mail address"));
		m = simple();
		m.from = bad_people[i];
		assert_false(message_write(&m, &out, &err));
	}
	str_release(&out);
	str_init(&out, 200);
	m = simple();
	assert_false(message_write(&m, &out, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	str_release(&out);
}

static const struct {
	const char *text, *wanted;
} bodies[] = {
	{"", "\r\n\r\n"},
	{"a", "\r\n\r\na\r\n"},
	{".\n..\n.a\n", "\r\n\r\n=2E\r\n=2E.\r\n=2Ea\r\n"},
	{"From x\nxFrom x\n", "\r\n\r\n=46rom x\r\nxFrom x\r\n"},
	{"a=b \nc\t\n", "\r\n\r\na=3Db=20\r\nc=09\r\n"},
	{"\xc3\xa9\r", "\r\n\r\n=C3=A9=0D\r\n"},
	{"0123456789012345678901234567890123456789012345678901234567890123456789"
	 "01234567\n",
		"\r\n\r\n0123456789012345678901234567890123456789012345678901234567890123"
		"456789012=\r\n34567\r\n"},
};

static void body_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct message m = simple();
		struct str out;

		m.text = bodies[i].text;
		write_mail(&m, &out);
		if (!strstr(out.p, bodies[i].wanted))
			print_error("%s", out.p);
		assert_non_null(strstr(out.p, bodies[i].wanted));
		assert_true(longest_line(out.p) <= 78);
		str_release(&out);
	}
}

static size_t count(const char *text, const char *word)
{
	size_t n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

static void parts(void **state)
{
	const struct message_file files[] = {
		{"figure-1@lab.example", untrusted_str("figure-1.png"), "image/png",
			"abc", 3},
		{NULL,
			untrusted_str(
				"H\xc3\xa4ndel: \"off\"\r\nX-Evil: 1 and very long, so "
				"that it needs two lines.md"),
			"text/markdown; charset=utf-8", "# x\n", 4}};
	struct message m = simple();
	struct str out;

	(void)state;
	m.html = "<p>--=_oogway_1\n</p>\n";
	m.files = files;
	m.file_count = 2;
	write_mail(&m, &out);
	assert_int_equal(count(out.p, "Content-Type: multipart/"), 3);
	assert_int_equal(count(out.p, "\r\n--=_oogway_"), 9);
	assert_int_equal(count(out.p, "--\r\n"), 3);
	assert_non_null(strstr(out.p, "multipart/related; type=\"text/html\";"));
	assert_non_null(strstr(out.p, "Content-ID: <figure-1@lab.example>\r\n"
				      "Content-Disposition: inline;\r\n"
				      " filename=\"figure-1.png\"\r\n\r\nYWJj\r\n"));
	assert_non_null(
		strstr(out.p, "attachment;\r\n filename*0*=UTF-8''H%C3%A4ndel%3A%20"));
	assert_non_null(strstr(out.p, ";\r\n filename*1*="));
	assert_null(strstr(out.p, "\nX-Evil"));
	assert_true(longest_line(out.p) <= 78);
	str_release(&out);
}

static void same_twice(void **state)
{
	struct str a, b;
	struct message m = simple();

	(void)state;
	m.html = "<p>x</p>\n";
	write_mail(&m, &a);
	write_mail(&m, &b);
	assert_string_equal(a.p, b.p);
	str_release(&a);
	str_release(&b);
}

static void from_a_document(void **state)
{
	struct message_body body;
	struct document d;

	(void)state;
	example(&d);
	message_body_init(&body, &d, 76, "lab.example");
	if (body.without_pictures.kind) {
		assert_non_null(strstr(body.without_pictures.text, "libcairo2"));
		assert_int_equal(body.file_count, 0);
		assert_null(strstr(body.html.p, "cid:"));
	} else {
		assert_int_equal(body.file_count, 2);
		assert_non_null(strstr(body.html.p, "cid:figure-2@lab.example"));
	}
	assert_non_null(strstr(body.text.p, "Needs you now"));
	message_body_release(&body);
	document_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_mail),
		cmocka_unit_test(subject_rows),
		cmocka_unit_test(people_rows),
		cmocka_unit_test(nobody_named),
		cmocka_unit_test(threads),
		cmocka_unit_test(refused),
		cmocka_unit_test(body_rows),
		cmocka_unit_test(parts),
		cmocka_unit_test(same_twice),
		cmocka_unit_test(from_a_document),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
