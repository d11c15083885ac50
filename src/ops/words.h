/* A step's command as words: what a POSIX shell would make of it, as long as no shell is
 * needed. `${name}` is a variable and stays one word whatever it holds, as it is put in
 * behind the splitting. What only a shell understands makes it a script, to which values
 * come as its arguments. Any thread. */
#ifndef OPS_WORDS_H
#define OPS_WORDS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum { WORDS_MAX = 200, WORDS_MAX_REFS = 64, WORDS_REF_NAME = 80 };

struct word_part {
	bool is_ref;
	struct untrusted text; /* as it is; of a ref its name: "host", "alert.job" */
};

struct word {
	size_t first, count; /* parts */
};

struct words_ref {
	struct untrusted name;
	bool verbatim; /* in single quotes: nothing is put in */
};

struct words {
	struct untrusted block;
	bool shell;
	const char *why; /* it needs one: "a pipe", … */
	struct word list[WORDS_MAX];
	size_t count;
	struct word_part *parts;
	size_t part_count;
	struct words_ref refs[WORDS_MAX_REFS]; /* as they stand, repeated */
	size_t ref_count;
};

/* False with a sentence: a quote without its end, too long. */
bool words_read(
	struct words *out, struct arena *arena, struct untrusted block, struct err *err);

struct words_values {
	/* False with a sentence: there is none, or it must not be used here. */
	bool (*value)(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
		struct err *err);
	/* The name is a variable of ours; others in a script are the shell's. */
	bool (*ours)(void *ctx, struct untrusted name);
	void *ctx;
};

/* What is run: NULL-ended, from the arena. `shell` is its program, "/bin/sh" or so. */
bool words_argv(const struct words *words, const struct words_values *values,
	const char *shell, struct arena *arena, const char *const **argv, size_t *argc,
	struct err *err);
/* The same for people: the words quoted where they need it, a script with its values in
 * it. Not to be run. */
bool words_show(const struct words *words, const struct words_values *values,
	struct arena *arena, struct untrusted *out, struct err *err);
/* Letters, digits, . _ : / @ + = ~ - (~ not in front) and the bytes of `also`: no
 * shell, and no other language that it may be put into, reads them as more than text. */
bool words_plain(struct untrusted value, const char *also);

#endif
