/* YAML on any bytes, from a copy without an end: it is refused with a sentence, or it
 * is a tree that is nested no deeper than promised and small beside the text. */
#include "base/alloc.h"
#include "base/utf8.h"
#include "base/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static size_t count(struct json j, int depth)
{
	size_t n = 1;

	check(depth <= 33);
	for (struct json e = json_first(j); json_item(e); e = json_next(e))
		n += count(e, depth + 1);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc;
	struct err err = {0};
	void *copy;

	if (size > 10000)
		return 0;
	copy = mem_dup(data, size);
	if (yaml_parse(&doc, copy, size, 10000, &err)) {
		check(count(json_root(&doc), 1) <= 2 * size + 2);
		json_release(&doc);
	} else {
		uint32_t cp;

		check(err.text[0] != '\0');
		for (size_t k = 0, n = strlen(err.text), used; k < n; k += used) {
			used = utf8_decode(err.text + k, n - k, &cp);
			check(used && utf8_printable(cp));
		}
	}
	mem_free(copy);
	return 0;
}
