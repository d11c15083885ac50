/* The readers of the audit on any bytes, from a copy without an end: what the strict
 * reader takes, JSON takes; what is read as a record has its parts in it. */
#include "base/alloc.h"
#include "base/canonical.h"
#include "base/json.h"
#include "ops/record.h"
#include "ops/redact.h"
#include "ops/trail.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void read_line(struct untrusted line, const void *bytes)
{
	size_t n = canonical_read(line, NULL);
	struct link link = {.hash = RECORD_FIRST_PREV};
	struct json_doc doc;
	struct untrusted value;
	struct record r;
	struct head head;
	const char *why;
	struct str text;

	check(n <= untrusted_size(line));
	if (n) {
		check(json_parse(&doc, bytes, n, n, NULL));
		json_release(&doc);
		canonical_member(untrusted_slice(line, 0, n), "a", &value);
	}
	if (head_read(line, &head))
		check(!head_holds(&head, "00"));
	if (!record_read(line, &r, &why)) {
		check(why && *why);
		return;
	}
	check(n == untrusted_size(line) && r.seq > 0);
	record_holds(&r, link.hash);
	record_text(&r, "key", &value);
	str_init(&text, RECORD_LINE_MAX * 2);
	record_seal_text(&r, &link, &text);
	check(text.n < untrusted_size(line) + 200);
	str_release(&text);
}

/* In pieces it is what it is as a whole. */
static void redact_pieces(const uint8_t *data, size_t size)
{
	static const char value[] = "s3cr't/%+\"1";
	static bool known;
	struct redactor *r = redactor_new();
	size_t step = size ? data[0] % 17 + 1u : 1;
	struct str whole, pieces;

	if (!known) {
		struct secret *secret = secret_new(value, strlen(value));

		redact_know(secret);
		secret_free(secret);
		known = true;
	}
	str_init(&whole, 1 << 17);
	str_init(&pieces, 1 << 17);
	redact_text(&whole, untrusted_make(data, size));
	for (size_t i = 0; i < size; i += step)
		redactor_add(r,
			untrusted_make(data + i, size - i < step ? size - i : step),
			&pieces);
	redactor_end(r, &pieces);
	check(whole.n == pieces.n &&
		!memcmp(str_text(&whole), str_text(&pieces), whole.n));
	redactor_free(r);
	str_release(&whole);
	str_release(&pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str out;
	void *copy;

	if (size > 8000)
		return 0;
	copy = mem_dup(data, size);
	read_line(untrusted_make(copy, size), copy);
	redact_pieces(copy, size);
	str_init(&out, 1 << 16);
	redact_text(&out, untrusted_make(copy, size));
	str_reset(&out);
	/* What is written is read. */
	canonical_text(&out, untrusted_make(copy, size));
	check(out.cut || canonical_read(untrusted_make(out.p, out.n), NULL) == out.n);
	str_release(&out);
	mem_free(copy);
	return 0;
}
