/* JSON on any bytes, from a copy without an end: a tree that can be walked through
 * every accessor, and written out again to the same. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

/* Writes j, and asks everything of it on the way. Depth is limited by the parser. */
static void write_out(struct json_out *o, struct json j, bool named, int depth)
{
	char open = json_is_object(j) ? '{' : json_is_array(j) ? '[' : 0;
	double d = 0;
	int64_t i;
	size_t count = 0;

	check(depth <= 65 && json_item(j));
	json_i64(j, &i);
	json_time(j, &i);
	json_get(j, "a.b");
	json_get(j, "");
	check(json_bool(j, true) || !json_bool(j, false));
	if (named) { /* a name, then a value without one */
		json_put_text(o, NULL, json_name(j));
		str_putc(o->to, ':');
		o->comma = false;
	}
	if (open) {
		json_open(o, NULL, open);
		for (struct json e = json_first(j); json_item(e);
			e = json_next(e), count++)
			write_out(o, e, open == '{', depth + 1);
		json_shut(o, open == '{' ? '}' : ']');
	} else if (json_is_text(j)) {
		json_put_text(o, NULL, json_text(j));
	} else if (json_number(j, &d)) {
		json_put_double(o, NULL, d);
	} else if (json_ok(j)) {
		json_put_bool(o, NULL, json_bool(j, false));
	} else {
		json_put_double(o, NULL, NAN);
	}
	check(json_count(j) == count);
}

static void print(struct json j, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	write_out(&o, j, false, 1);
	check(!out->cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_doc doc, again;
	struct str first, second;
	struct err err = {0};
	void *copy;

	if (size > 10000)
		return 0;
	copy = mem_dup(data, size);
	if (!json_parse(&doc, copy, size, 10000, &err)) {
		check(err.text[0] && !json_item(json_root(&doc)));
		mem_free(copy);
		return 0;
	}
	mem_free(copy);
	str_init(&first, 1 << 20);
	str_init(&second, 1 << 20);
	print(json_root(&doc), &first);
	check(json_parse(&again, first.p, first.n, first.n, &err));
	print(json_root(&again), &second);
	check(!strcmp(first.p, second.p));
	json_release(&doc);
	json_release(&again);
	str_release(&first);
	str_release(&second);
	return 0;
}
