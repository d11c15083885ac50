/* Names as small numbers: equal bytes have one id, in the order in which they came.
 * Names are copied. One owner, any thread. */
#ifndef MODEL_INTERN_H
#define MODEL_INTERN_H

#include "base/arena.h"
#include "base/map.h"
#include "base/untrusted.h"

enum { INTERN_BYTES = 512 }; /* longer names are cut */
#define INTERN_NONE UINT32_MAX

struct intern {
	struct arena arena;
	struct map ids;
	struct untrusted *names;
	size_t count, cap, max;
};

/* max: how many names at most; not 0. */
void intern_init(struct intern *in, size_t max);
void intern_release(struct intern *in);
/* INTERN_NONE for the empty name and when there is no room. */
uint32_t intern_id(struct intern *in, struct untrusted name);
uint32_t intern_find(const struct intern *in, struct untrusted name);
/* Empty for INTERN_NONE. */
struct untrusted intern_at(const struct intern *in, uint32_t id);

#endif
