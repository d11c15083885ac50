/* Files of other programs with any bytes: what `source import` prints has no control
 * bytes, and each of its lines splits into the words it was made of. The first byte
 * chooses between any file, and a dashboard around one expression. */
#include "app/import.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void one_expression(struct str *in, const uint8_t *data, size_t size)
{
	str_puts(in,
		"{\"templating\":{\"list\":["
		"{\"name\":\"q\",\"type\":\"query\"},"
		"{\"name\":\"c\",\"type\":\"custom\",\"current\":{\"value\":"
		"\"a\\\"b\\\\\"}},"
		"{\"name\":\"l\",\"type\":\"custom\",\"current\":{\"value\":[\"x.\",\"^"
		"\"]}},"
		"{\"name\":\"i\",\"type\":\"interval\",\"current\":{\"value\":\"3m\"}}]},"
		"\"panels\":[{\"title\":");
	text_add_json(in, untrusted_make(data, size / 4));
	str_puts(in, ",\"targets\":[{\"expr\":");
	text_add_json(in, untrusted_make(data + size / 4, size - size / 4));
	str_puts(in, "}]}]}");
}

static void check_line(const struct import_item *item)
{
	static char space[CONF_MAX_LINE + CONF_MAX_WORDS];
	struct conf_line words;
	struct err err = {0};
	size_t n = strlen(item->line);

	check(n && n < CONF_MAX_LINE && item->line[n - 1] != '\\');
	for (size_t i = 0; i < n; i++)
		check((unsigned char)item->line[i] >= 0x20 && item->line[i] != 0x7f);
	check(conf_split(item->line, &words, space, sizeof space, &err));
	check((item->kind == IMPORT_COMMENT) == !words.count);
	if (item->kind == IMPORT_QUERY)
		check(!strcmp(words.words[1].text, item->name) &&
			!strcmp(words.rest, item->value) &&
			!strcmp(conf_value(&words, 2, "source"), "prom"));
	if (item->kind == IMPORT_SOURCE)
		check(!strcmp(conf_value(&words, 3, "url"), item->value));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct import im;
	struct err err = {0};
	struct str in, out;

	if (!size || size > 20000)
		return 0;
	str_init(&in, 1 << 20);
	str_init(&out, 8 << 20);
	if (data[0] & 1)
		str_add(&in, data + 1, size - 1);
	else
		one_expression(&in, data + 1, size - 1);
	import_init(&im, NULL, NULL, NULL);
	if (import_read(&im, "FILE", &in, &err))
		import_print(&im, 1795271521250, &out);
	else
		check(err.text[0] != '\0');
	import_print_json(&im, &out);
	for (size_t i = 0; i < im.item_count; i++)
		check_line(&im.items[i]);
	import_release(&im);
	str_release(&in);
	str_release(&out);
	return 0;
}
