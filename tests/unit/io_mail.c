/* What an SMTP conversation means for each recipient: lines said (>) and heard (<), and
 * the fates. The real thing, over TLS, is in tests/live/mail.sh. */
#include "base/str.h"
#include "io/loop.h"
#include "io/mail_talk.h"
#include "io/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define HELLO                                                                            \
	"<220 mx ESMTP\n>EHLO me\n<250-mx\n<250 STARTTLS\n>STARTTLS\n<220 Go\n>EHLO "    \
	"me\n<250 mx\n"
#define FROM   HELLO ">MAIL FROM:<a@b>\n<250 2.1.0 Ok\n"
#define TO_TWO FROM ">RCPT TO:<x@b>\n<250 Ok\n>RCPT TO:<y@b>\n"
#define BODY   ">DATA\n<354 Go on\n"

enum { BODY_GONE = 1 };

static const struct {
	const char *name, *lines;
	int flags;
	/* of two recipients; codes, then the words of the second */
	enum mail_fate fates[2];
	int codes[2];
	const char *text;
	enum err_kind kind; /* ERR_NONE: every one got an answer */
	const char *words;
} rows[] = {
	{"taken", TO_TWO "<250 Ok\n" BODY "<250 Queued as 1\n>QUIT\n<221 Bye\n",
		BODY_GONE, {MAIL_SENT, MAIL_SENT}, {250, 250}, "Queued as 1", ERR_NONE,
		""},
	{"one refused", TO_TWO "<550-No\n<550 5.1.1 such user\n" BODY "<250 Ok\n",
		BODY_GONE, {MAIL_SENT, MAIL_REFUSED}, {250, 550}, "5.1.1 such user",
		ERR_NONE, ""},
	{"one later", TO_TWO "<451 Greylisted\n" BODY "<250 Ok\n", BODY_GONE,
		{MAIL_SENT, MAIL_LATER}, {250, 451}, "Greylisted", ERR_NONE, ""},
	{"mail later", TO_TWO "<550 No\n" BODY "<452 Full\n", BODY_GONE,
		{MAIL_LATER, MAIL_REFUSED}, {452, 550}, "No", ERR_NONE, ""},
	{"mail refused", TO_TWO "<250 Ok\n" BODY "<554 Spam\n", BODY_GONE,
		{MAIL_REFUSED, MAIL_REFUSED}, {554, 554}, "Spam", ERR_NONE, ""},
	{"all refused",
		FROM ">RCPT TO:<x@b>\n<550 No\n>RCPT TO:<y@b>\n<452 Full\n>QUIT\n<221 "
		     "x\n",
		0, {MAIL_REFUSED, MAIL_LATER}, {550, 452}, "Full", ERR_NONE, ""},
	{"DATA refused", TO_TWO "<250 Ok\n>DATA\n<554 No valid recipients\n", 0,
		{MAIL_REFUSED, MAIL_REFUSED}, {554, 554}, "No valid recipients",
		ERR_REFUSED, "does not take the mail: 554 No valid"},
	{"broke in the body", TO_TWO "<250 Ok\n" BODY, 0, {MAIL_LATER, MAIL_LATER},
		{0, 0}, "", ERR_NET, "broke"},
	{"broke behind the body", TO_TWO "<250 Ok\n" BODY ">QUIT\n", BODY_GONE,
		{MAIL_UNSURE, MAIL_UNSURE}, {0, 0}, "", ERR_NET, "may have taken it"},
	{"broke, one refused before", TO_TWO "<550 No\n" BODY, BODY_GONE,
		{MAIL_UNSURE, MAIL_REFUSED}, {0, 550}, "No", ERR_NET, "may have taken"},
	{"broke between recipients", TO_TWO, 0, {MAIL_LATER, MAIL_LATER}, {0, 0}, "",
		ERR_NET, "broke"},
	{"sender refused", HELLO ">MAIL FROM:<a@b>\n<530 Log in\n", 0,
		{MAIL_REFUSED, MAIL_REFUSED}, {530, 530}, "Log in", ERR_REFUSED,
		"refuses the sender: 530 Log in"},
	{"sender later", HELLO ">MAIL FROM:<a@b>\n<451 Busy\n", 0,
		{MAIL_LATER, MAIL_LATER}, {451, 451}, "Busy", ERR_BUSY,
		"refuses the sender: 451"},
	{"password", HELLO ">AUTH PLAIN eA==\n<535 5.7.8 No\n", 0,
		{MAIL_REFUSED, MAIL_REFUSED}, {535, 535}, "5.7.8 No", ERR_AUTH,
		"refuses the user name or password: 535"},
	{"password later", HELLO ">AUTH PLAIN eA==\n<454 4.7.0 No\n", 0,
		{MAIL_LATER, MAIL_LATER}, {454, 454}, "4.7.0 No", ERR_AUTH, "454"},
	{"password in steps",
		HELLO ">AUTH LOGIN\n<334 VXNl\n>QUIT++\n<334 UGFz\n>DATA\n<235 Ok\n>MAIL "
		      "FROM:<a@b>\n<550 No\n",
		0, {MAIL_REFUSED, MAIL_REFUSED}, {550, 550}, "No", ERR_REFUSED,
		"refuses the sender"},
	{"no TLS now", "<220 mx\n>EHLO me\n<250 STARTTLS\n>STARTTLS\n<554 No TLS\n", 0,
		{MAIL_LATER, MAIL_LATER}, {554, 554}, "No TLS", ERR_REFUSED,
		"does not start TLS: 554"},
	{"busy", "<421 Too many\n", 0, {MAIL_LATER, MAIL_LATER}, {421, 421}, "Too many",
		ERR_BUSY, "does not want to talk: 421 Too many"},
	{"banned", "<554 Go away\n", 0, {MAIL_REFUSED, MAIL_REFUSED}, {554, 554},
		"Go away", ERR_REFUSED, "554 Go away"},
	{"HTTP", "<HTTP/1.1 400 Bad Request\n", 0, {MAIL_LATER, MAIL_LATER}, {0, 0}, "",
		ERR_INPUT, "does not speak SMTP"},
	{"codes that are none", "<99 x\n<2500 x\n<-50 x\n<600 x\n< 25 x\n", 0,
		{MAIL_LATER, MAIL_LATER}, {0, 0}, "", ERR_INPUT, "does not speak SMTP"},
	{"nothing", "", 0, {MAIL_LATER, MAIL_LATER}, {0, 0}, "", ERR_NET, "broke"},
	{"hostile words", TO_TWO "<550 \x1b[2J\x07\xff\n", 0, {MAIL_LATER, MAIL_REFUSED},
		{0, 550}, "^[[2J^G<FF>", ERR_NET, "broke"},
};

static void play(struct talk *talk, const char *lines)
{
	while (*lines) {
		const char *end = strchr(lines, '\n');
		struct str line;

		str_init(&line, 1000);
		str_add(&line, lines + 1, (size_t)(end - lines - 1));
		str_puts(&line, "\r\n");
		if (*lines == '>')
			talk_said(talk, untrusted_make(line.p, line.n));
		else
			talk_heard(talk, untrusted_make(line.p, line.n));
		str_release(&line);
		lines = end + 1;
	}
}

static void conversations(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct mail_outcome outcomes[2] = {{0}};
		struct err broke = {0}, err = {0};
		struct talk talk;

		talk_init(&talk, outcomes, 2);
		play(&talk, rows[i].lines);
		talk.body_ended = rows[i].flags & BODY_GONE;
		err_set(&broke, ERR_NET, "it broke");
		if (talk_end(&talk, "mx:25", &broke, &err) !=
				(rows[i].kind == ERR_NONE) ||
			!strstr(err.text, rows[i].words))
			print_error("%s: %s\n", rows[i].name, err.text);
		for (int k = 0; k < 2; k++) {
			if (outcomes[k].fate != rows[i].fates[k] ||
				outcomes[k].code != rows[i].codes[k])
				print_error("%s: %d is %d %d\n", rows[i].name, k,
					outcomes[k].fate, outcomes[k].code);
			assert_int_equal(outcomes[k].fate, rows[i].fates[k]);
			assert_int_equal(outcomes[k].code, rows[i].codes[k]);
		}
		assert_string_equal(outcomes[1].text, rows[i].text);
		assert_int_equal(err.kind, rows[i].kind);
		assert_non_null(strstr(err.text, rows[i].words));
	}
}

/* --- requests that are never sent --- */

struct result {
	struct loop *loop;
	int calls;
	size_t count, sent;
	enum mail_fate fate;
	struct err err;
};

static void done(void *ctx, const struct mail_reply *reply)
{
	struct result *result = ctx;

	result->calls++;
	result->count = reply->count;
	result->sent = reply->sent;
	result->fate = reply->count ? reply->outcomes[0].fate : MAIL_LATER;
	result->err = reply->err ? *reply->err : (struct err){0};
	if (result->loop)
		loop_stop(result->loop);
}

static const char *const people[] = {"x@lab.example", "y@lab.example"};
static const char *const broken[] = {"x@lab.example", "y@lab.example>\r\nRSET"};
static const char *const words[] = {"Ana"};

static const struct {
	const char *host, *from;
	const char *const *to;
	size_t to_count, n;
	enum mail_auth auth;
	enum err_kind kind;
	const char *words;
} requests[] = {
	{NULL, "a@b.example", people, 2, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"\"\" is not the name of a mail server"},
	{"a b", "a@b.example", people, 2, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"a b is not the name"},
	{"evil\r\n", "a@b.example", people, 2, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"evil^M  is not the name"},
	{"localhost", "a", people, 2, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"a is not a mail address"},
	{"localhost", "a@b.example", broken, 2, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"y@lab.example>^M RSET is not a mail address"},
	{"localhost", "a@b.example", words, 1, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"Ana is not a mail address"},
	{"localhost", "a@b.example", people, 0, 5, MAIL_AUTH_NONE, ERR_USAGE,
		"1 to 200 recipients, not 0"},
	{"localhost", "a@b.example", people, 2, 0, MAIL_AUTH_NONE, ERR_LIMIT,
		"1 byte to 16 MiB"},
	{"localhost", "a@b.example", people, 2, 5, MAIL_AUTH_PLAIN, ERR_USAGE,
		"user or secret is missing"},
	{"127.0.0.1", "a@b.example", people, 2, 5, MAIL_AUTH_NONE, ERR_NET,
		"connection refused by 127.0.0.1:1"},
};

static struct mail_request request_of(size_t i)
{
	return (struct mail_request){
		.server = {.host = requests[i].host, .port = 1, .auth = requests[i].auth},
		.from = requests[i].from,
		.to = requests[i].to,
		.to_count = requests[i].to_count,
		.message = "a: b\r\n",
		.message_n = requests[i].n,
		.timeout_ms = 5000};
}

static void bad_requests(void **state)
{
	struct loop *loop = loop_new();
	struct task_pool *pool = task_pool_new(loop);
	struct mail *mail = mail_new(pool);

	(void)state;
	for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
		struct result result = {.loop = loop};
		struct mail_request request = request_of(i);

		mail_send(mail, &request, done, &result);
		assert_int_equal(result.calls, 0);
		loop_run(loop);
		assert_int_equal(result.calls, 1);
		assert_int_equal(result.count, requests[i].to_count);
		assert_int_equal(result.sent, 0);
		if (!strstr(result.err.text, requests[i].words))
			print_error("%zu: %s\n", i, result.err.text);
		assert_non_null(strstr(result.err.text, requests[i].words));
		assert_int_equal(result.err.kind, requests[i].kind);
		if (result.count)
			assert_int_equal(result.fate,
				requests[i].kind == ERR_NET ? MAIL_LATER : MAIL_REFUSED);
	}
	mail_free(mail);
	task_pool_free(pool);
	loop_free(loop);
}

/* Three in the queue when it ends: each hears of it once. */
static void queue_at_the_end(void **state)
{
	struct loop *loop = loop_new();
	struct task_pool *pool = task_pool_new(loop);
	struct mail *mail = mail_new(pool);
	struct result results[3] = {{0}};
	struct mail_request request = request_of(sizeof requests / sizeof *requests - 1);

	(void)state;
	for (int i = 0; i < 3; i++)
		mail_send(mail, &request, done, &results[i]);
	mail_free(mail);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(results[i].calls, 1);
		assert_int_equal(results[i].err.kind, ERR_CANCELLED);
		assert_int_equal(results[i].count, 2);
		assert_int_equal(results[i].fate, i ? MAIL_LATER : MAIL_UNSURE);
	}
	task_pool_free(pool);
	for (int i = 0; i < 3; i++)
		assert_int_equal(results[i].calls, 1);
	loop_free(loop);
}

static void queue_in_order(void **state)
{
	struct loop *loop = loop_new();
	struct task_pool *pool = task_pool_new(loop);
	struct mail *mail = mail_new(pool);
	struct result first = {0}, last = {.loop = loop};
	struct mail_request request = request_of(sizeof requests / sizeof *requests - 1);

	(void)state;
	mail_send(mail, &request, done, &first);
	request.from = "nobody";
	mail_send(mail, &request, done, &last);
	loop_run(loop);
	assert_int_equal(first.calls, 1);
	assert_int_equal(first.err.kind, ERR_NET);
	assert_int_equal(last.err.kind, ERR_USAGE);
	mail_free(mail);
	task_pool_free(pool);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations),
		cmocka_unit_test(bad_requests),
		cmocka_unit_test(queue_at_the_end),
		cmocka_unit_test(queue_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
