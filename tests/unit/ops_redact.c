/* Redaction: known values in every form, shapes, and in pieces of any size; and facts,
 * which are left alone. */
#include "ops/redact.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void know(const char *text)
{
	struct secret *secret = secret_new(text, strlen(text));

	redact_know(secret);
	secret_free(secret);
}

static struct str whole, pieces;

static const char *clean(const char *text, size_t n)
{
	str_reset(&whole);
	redact_text(&whole, untrusted_make(text, n));
	return str_text(&whole);
}

/* Each cut in two, and byte by byte: the same as the whole. */
static void in_pieces(const char *text, size_t n)
{
	const char *expected = clean(text, n);

	for (size_t cut = 0; cut <= n + 1; cut++) {
		struct redactor *r = redactor_new();
		size_t step = cut <= n ? cut : 1;

		str_reset(&pieces);
		for (size_t i = 0; i < n;) {
			size_t size = cut <= n ? (i ? n - cut : cut) : step;

			if (!size && !i)
				size = n;
			redactor_add(r, untrusted_make(text + i, size), &pieces);
			i += size;
		}
		redactor_end(r, &pieces);
		redactor_free(r);
		if (pieces.n != whole.n || strcmp(str_text(&pieces), expected) != 0)
			fail_msg("%s cut at %zu: %s, not %s", text, cut,
				str_text(&pieces), expected);
	}
}

/* What must be left of each line. */
static const struct {
	const char *text, *out; /* NULL: as it is */
} rows[] = {
	/* facts */
	{"", NULL},
	{"p99 250 ms, 503 at 91 %, host web-1.example.org", NULL},
	{"HTTP 503 Service Unavailable (91 % of 1,204 requests)", NULL},
	{"request 018c2f7e-7d5a-7c3e-9d2b-0123456789ab took 12.5 s", NULL},
	{"sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", NULL},
	{"2026-11-30T19:18:27.713Z error upstream orders timed out", NULL},
	{"asia-southeast1-a.compute.internal asia-northeast1-b", NULL},
	{"Eyjafjallajokull.example.org:9100", NULL},
	{"tokens: many, a secretary, password reset", NULL},
	{"error: unexpected token: else at line 4", NULL},
	{"the secret: restart it", NULL},
	{"bearer of bad news, and of authentication problems", NULL},
	{"basic authentication failed for 3 users", NULL},
	{"https://host:8080/a@b", NULL},
	{"http://web-1:9100/metrics http://[::1]:9100/", NULL},
	{"git@github.com:team/repo.git", NULL},
	{"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", NULL},
	{"10.0.0.1 - - \"GET /x?page=2 HTTP/1.1\" 200", NULL},
	{"AKIAT is a place, ASIA a continent", NULL},
	{"rate(http_requests_total{code=~\"5..\"}[5m]) > 0.05", NULL},
	{"pod/web-7d9f8b6c5d-x2x4z 1/1 Running 0 3d", NULL},
	{"user+tag@example.org", NULL},
	{"100% of the disk, %20 in a path", NULL},
	{"password=", NULL},
	{"100000000", NULL},
	/* names */
	{"PGPASSWORD=x1 psql", "PGPASSWORD=[redacted] psql"},
	{"--password=hunter2 x", "--password=[redacted] x"},
	{"{\"token\":\"abc def\",\"a\":1}", "{\"token\":[redacted]\",\"a\":1}"},
	{"api_key: abc", "api_key: [redacted]"},
	{"token: a1b2c3", "token: [redacted]"},
	{"aws_secret_access_key = x", "aws_secret_access_key = [redacted]"},
	{"if token == 1 then the password is unknown", NULL},
	{"aws_secret_access_key=wJalrXUtnFEMI", "aws_secret_access_key=[redacted]"},
	{"https://u:p@h/x?token=1&b=2", "https://u:[redacted]@h/x?token=[redacted]&b=2"},
	{"Authorization: Bearer abcdefgh\nnext", "Authorization:[redacted]\nnext"},
	{"Cookie: a=b; c=d\r\nHost: x", "Cookie:[redacted]\nHost: x"},
	/* shapes */
	{"see Bearer abcdefgh12.", "see Bearer [redacted]"},
	{"AKIAABCDEFGHIJKLMNOP!", "AKIA[redacted]!"},
	{"id=ASIAABCDEFGHIJKLMN12", "id=ASIA[redacted]"},
	{"ghp_abcdefghijklmnopqrstu", "ghp_[redacted]"},
	{"xoxb-123456789012-abc", "xoxb-[redacted]"},
	{"https://hooks.slack.com/services/T0/B0/abcdef",
		"https://hooks.slack.com/services/"
		"[redacted]"},
	{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJ[redacted]"},
	{"u+Ab3dEf6hIj9lMnOp2rSt", "u+[redacted]"},
	{"Basic dXNlcjpwYXNzd29yZDE=", "Basic [redacted]"},
	{"a\n-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nb",
		"a\n-----BEGIN[redacted]-----\nb"},
	{"-----BEGIN PRIVATE KEY-----\nabc\n", "-----BEGIN[redacted]"},
};

static void shapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *text = rows[i].text, *out = rows[i].out ? rows[i].out : text;

		if (strcmp(clean(text, strlen(text)), out))
			fail_msg("%s: %s", text, str_text(&whole));
		in_pieces(text, strlen(text));
	}
}

/* The value "s3cr't pass/%+\"1" in the forms that programs give it. */
static const char *const forms[] = {
	"s3cr't pass/%+\"1",
	"s3cr%27t%20pass%2F%25%2B%221",
	"s3cr%27t+pass%2f%25%2b%221",
	"s3cr't pass\\/%+\\\"1",
	"s3cr\\u0027t pass/%+\\u00221",
	"s3cr'\\''t pass/%+\"1",
	"s3cr'\"'\"'t pass/%+\"1",
	"s3cr\\'t\\ pass/%+\\\"1",
	"\\x733cr\\x27t pass/%+\"1",
	"73336372277420706173732f252b2231",
	"73336372277420706173732F252B2231",
};

static void known_values(void **state)
{
	static const char secret[] = "s3cr't pass/%+\"1";
	char line[300];

	(void)state;
	know(secret);
	know("503"); /* too short: it is a fact */
	know("hunter2hunter2");
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		snprintf(line, sizeof line, "before %s after", forms[i]);
		if (strcmp(clean(line, strlen(line)), "before [redacted] after"))
			fail_msg("%s: %s", forms[i], str_text(&whole));
		in_pieces(line, strlen(line));
	}
	assert_string_equal(clean("HTTP 503", 8), "HTTP 503");
	assert_string_equal(clean("hunter2hunter hunter2", 21), "hunter2hunter hunter2");
	in_pieces("hunter2hunter hunter2hunter2", 28);
	redact_forget();
}

/* Base64 of anything that holds it: at each alignment, in both alphabets, padded or not,
 * in broken lines. */
static void known_base64(void **state)
{
	static const char secret[] = "correct horse battery?>~";
	static const char common[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789+/",
			  url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789-_";

	(void)state;
	know(secret);
	for (int shift = 0; shift < 6; shift++)
		for (int kind = 0; kind < 4; kind++) {
			const char *alphabet = kind & 1 ? url : common;
			char plain[80], coded[200];
			size_t n = (size_t)snprintf(plain, sizeof plain, "%.*s%s:x",
				       shift, "u:v:w:", secret),
			       k = 0;

			for (size_t i = 0; i < n; i += 3) {
				unsigned v =
					(unsigned)(unsigned char)plain[i] << 16 |
					(i + 1 < n ? (unsigned char)plain[i + 1] : 0)
						<< 8 |
					(i + 2 < n ? (unsigned char)plain[i + 2] : 0);

				for (int d = 0; d < 4; d++)
					if (i + (size_t)d <= n)
						coded[k++] =
							alphabet[v >> (18 - 6 * d) & 63];
				if (kind & 2 && i == 15)
					coded[k++] = '\n';
			}
			coded[k] = '\0';
			clean(coded, k);
			if (!strstr(str_text(&whole), REDACTED) || whole.n > k - 20)
				fail_msg("shift %d: %s: %s", shift, coded,
					str_text(&whole));
			in_pieces(coded, k);
		}
	redact_forget();
}

/* Two of which one begins as the other: the longer is taken out whole. */
static void overlapping(void **state)
{
	static const char text[] = "a abcdefgh b abcdefghij c abcdefghi d";

	(void)state;
	know("abcdefgh");
	know("abcdefghij");
	assert_string_equal(
		clean(text, strlen(text)), "a [redacted] b [redacted] c [redacted]i d");
	in_pieces(text, strlen(text));
	redact_forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(known_values),
		cmocka_unit_test(known_base64),
		cmocka_unit_test(overlapping),
	};
	int failed;

	str_init(&whole, 1 << 16);
	str_init(&pieces, 1 << 16);
	failed = cmocka_run_group_tests_name("ops/redact", tests, NULL, NULL);
	str_release(&whole);
	str_release(&pieces);
	return failed;
}
