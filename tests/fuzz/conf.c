/* The line language on any bytes: it ends, its errors are clean and in their place,
 * and what it splits can be quoted and split again. */
#include "base/conf.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool run_any(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct str text, words;
	struct conf_line again;
	char space[CONF_MAX_LINE * 3];

	(void)conf;
	check(line->count >= 1 && line->count <= CONF_MAX_WORDS);
	str_init(&text, sizeof space);
	for (size_t i = 0; i < line->count; i++) {
		check(line->words[i].column >= 1);
		str_putc(&text, i ? ' ' : '\t');
		conf_quote(&text, line->words[i].text);
	}
	check(conf_split(str_text(&text), &again, space, sizeof space, err));
	check(again.count == line->count && !again.rest);
	for (size_t i = 0; i < line->count; i++)
		check(!strcmp(again.words[i].text, line->words[i].text));
	str_init(&words, 100);
	conf_value(line, 1, "key");
	str_release(&words);
	str_release(&text);
	return line->count % 2 || err_set(err, ERR_INPUT, "%s", line->words[1].text);
}

static const char *look(void *ctx, const char *name)
{
	(void)ctx;
	return strchr("abc", name[0]) ? name + 1 : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct conf_verb verbs[] = {
		{"set", 1, 3, "set NAME", run_any, NULL},
		{"s", 0, 0, "s", run_any, NULL},
		{0},
	};
	struct conf conf = {.verbs = verbs, .lookup = look, .profile = "p"};
	int lines = 1;
	bool ok;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	ok = conf_read_text(&conf, "rc", (const char *)data, size);
	check(ok == !conf.errors_total);
	check(conf.error_count <= CONF_MAX_ERRORS && !conf.depth);
	for (size_t i = 0; i < conf.error_count; i++) {
		const struct conf_error *e = &conf.errors[i];
		size_t n = strlen(e->text), used;
		uint32_t cp;

		check(e->place.line >= 1 && e->place.line <= lines);
		check(e->place.column >= 1 && e->place.column <= CONF_MAX_LINE + 1);
		for (size_t k = 0; k < n; k += used) {
			used = utf8_decode(e->text + k, n - k, &cp);
			check(used && utf8_printable(cp));
		}
	}
	conf_release(&conf);
	return 0;
}
