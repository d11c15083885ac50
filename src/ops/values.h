/* The values of a runbook's variables, by type. */
#ifndef OPS_VALUES_H
#define OPS_VALUES_H

#include "base/arena.h"
#include "base/err.h"
#include "ops/runbook.h"

enum { VALUES_MAX_LABELS = 200 };

struct value_label {
	struct untrusted name, value;
};

struct values {
	const struct runbook *book;
	struct arena arena; /* of labels */
	struct value_label *labels;
	size_t label_count;
	struct untrusted *set;     /* beside book->vars; owned */
	struct untrusted *answers; /* beside book->steps, given ahead; owned */
	const char *source;        /* of the alert; borrowed; NULL: none */
	const char *host; /* what `host` is when nothing says so; NULL: nothing */
	bool stand_in;    /* what has no value gets one, to be looked at */
	/* "step.3": what that step printed; false with a sentence. */
	bool (*output)(void *ctx, size_t step, struct untrusted *out, struct err *err);
	void *ctx;
};

void values_init(struct values *values, const struct runbook *book, size_t max_bytes);
void values_release(struct values *values);
/* More than VALUES_MAX_LABELS are dropped. */
void values_label(struct values *values, struct untrusted name, struct untrusted value);
bool values_set(struct values *values, struct untrusted name, struct untrusted value,
	struct err *err);
/* A variable, a name that a step gives, "alert.LABEL" or "step.N"; shell: it goes behind
 * a shell. */
bool values_get(struct values *values, struct untrusted name, bool shell,
	struct untrusted *out, struct err *err);
/* Somebody typed it: no label, no default. */
bool values_typed(const struct values *values, struct untrusted name);
/* What was typed for an ask before it was asked. */
bool values_given(const struct values *values, size_t step, struct untrusted *out);
/* It is one of ours, with a value or without. */
bool values_has(const struct values *values, struct untrusted name);

#endif
