/* Answers of Loki, read: lines into a batch, and what its refusals mean. Belongs to a
 * source's state; any thread, one at a time. */
#ifndef SRC_CONNECT_LOKI_H
#define SRC_CONNECT_LOKI_H

#include "base/json.h"
#include "connect/source.h"

#include <stdbool.h>
#include <stdint.h>

enum { LOKI_SEEN_SETS = 2048, LOKI_SEEN_WAYS = 4 };

/* Lines that came already: pages and turns overlap. The oldest are forgotten first. */
struct loki_seen {
	struct {
		uint64_t hash;
		int64_t ns;
	} sets[LOKI_SEEN_SETS][LOKI_SEEN_WAYS];
};

/* What one page had. */
struct loki_page {
	int64_t from, to; /* ns asked for, to is exclusive */
	size_t rows;      /* that are of it */
	size_t fresh;     /* … and had not come before */
	size_t strange;   /* without a time, or of another one */
	int64_t oldest, newest;
};

/* The answer's streams into the batch. */
bool loki_read_page(struct json root, struct loki_seen *seen, struct loki_page *page,
	struct batch *batch, struct err *err);

/* What a refusal asks for, besides being told. */
enum loki_refusal {
	LOKI_REFUSED, /* nothing helps but the sentence */
	LOKI_FEWER,   /* fewer lines in one answer: *number of them, 0: not said */
	LOKI_SHORTER, /* a shorter span: *number of ms, 0: not said */
};

/* The sentence of an answer that is no success. */
enum loki_refusal loki_refused(
	const struct answer *answer, int64_t *number, struct err *err);

#endif
