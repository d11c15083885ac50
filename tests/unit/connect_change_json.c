/* Bodies of webhooks as changes. */
#include "base/str.h"
#include "connect/change_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const rows[][2] = {
	{"{\"summary\":\"deploy 3.7\",\"timestamp\":\"2026-11-21T05:00:00Z\","
	 "\"service\":\"cart\",\"id\":\"c1\",\"link\":\"https://ci/1\"}",
		"w/c1|1795237200000|deploy 3.7|cart|https://ci/1"},
	/* PagerDuty's change event */
	{"{\"routing_key\":\"x\",\"payload\":{\"summary\":\"Build 5\",\"source\":\"ci\","
	 "\"timestamp\":\"2026-11-21T05:00:00Z\"},\"links\":[{\"href\":\"https://l\"}]}",
		"w/a.json/0|1795237200000|Build 5|ci|https://l"},
	/* GitHub's release */
	{"{\"action\":\"published\",\"release\":{\"tag_name\":\"v2\",\"html_url\":"
	 "\"https://r\",\"published_at\":\"2026-11-21T05:00:00Z\"},"
	 "\"repository\":{\"full_name\":\"acme/cart\"}}",
		"w/a.json/0|1795237200000|v2|acme/cart|https://r"},
	/* what it lacks: the file's name and time, the line's service */
	{"{\"message\":\"flag on\"}", "w/a.json/0|77000|flag on|shop|"},
	{"[{\"title\":\"one\"},{},7,{\"title\":\"two\"}]",
		"w/a.json/0|77000|one|shop| w/a.json/3|77000|two|shop|"},
	{"{\"summary\":\"\\u001b]0;x\\u0007red\"}",
		"w/a.json/0|77000|\x1b]0;x\ared|shop|"},
	{"{\"summary\":\" \"}", "no"},
	{"{}", "no"},
	{"null", "no"},
	{"", "no"},
	{"{\"summary\":\"cut", "no"},
};

static void add(struct str *out, const char *before, struct untrusted text)
{
	char bytes[200];
	size_t n = untrusted_size(text);

	assert_true(n < sizeof bytes);
	str_puts(out, before);
	for (size_t i = 0; i < n; i++) {
		struct untrusted one = untrusted_slice(text, i, 1);

		for (int c = 1; c < 256; c++) {
			char s[2] = {(char)c, 0};

			if (untrusted_is(one, s))
				str_putc(out, (char)c);
		}
	}
}

static void test_bodies(void **unused)
{
	const struct change_origin origin = {.prefix = "w",
		.name = untrusted_str("a.json"),
		.service = untrusted_str("shop"),
		.at = 77000};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct arena arena;
		struct batch batch;
		struct err err = {0};
		struct str out;

		arena_init(&arena, 1 << 20);
		batch_init(&batch, &arena);
		str_init(&out, 4096);
		if (!change_json_read(untrusted_str(rows[i][0]), &origin, &batch, &err))
			str_puts(&out, err.text[0] ? "no" : "silent");
		for (size_t k = 0; k < batch.change_count; k++) {
			const struct batch_change *c = &batch.changes[k];

			add(&out, k ? " " : "", c->id);
			str_printf(&out, "|%lld", (long long)c->at);
			add(&out, "|", c->summary);
			add(&out, "|", c->service);
			add(&out, "|", c->link);
		}
		assert_string_equal(str_text(&out), rows[i][1]);
		str_release(&out);
		arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_bodies)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
