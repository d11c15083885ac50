/* A schedule as it comes out: who is on call from when to when, overrides applied; its
 * gaps and overlaps, and what it would be with one override more. Moments are UTC ms, so
 * a day of 23 or 25 hours needs no care here. Pure; any thread. */
#ifndef MODEL_ROTA_H
#define MODEL_ROTA_H

#include "base/arena.h"
#include "base/untrusted.h"
#include "model/coverage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROTA_MAX_SHIFTS = 500, ROTA_ID = 80 };

struct rota_shift {
	struct span span;
	struct untrusted user; /* id; empty: nobody, and on purpose */
	struct untrusted slot; /* of shift-based schedules: what an override names */
	bool custom;           /* slot is a custom shift, else a rotation */
	bool over;             /* an override put it there */
};

struct rota {
	struct untrusted id, name, zone;
	bool by_shifts;     /* PagerDuty's v3: an override takes one slot's shift over */
	struct span window; /* what was read; outside of it nothing is known */
	struct rota_shift *shifts; /* sorted by their begin */
	size_t count;
};

struct person {
	struct untrusted id, name, mail; /* mail may be empty */
};

/* In the order of their begins; those that are empty are dropped. */
void rota_sort(struct rota *rota);
/* Who is on call at a moment, each once; at most `most` are filled, all are counted. */
size_t rota_at(const struct rota *rota, int64_t at, struct untrusted *users, size_t most);
/* Until when somebody who is on call at that moment stays so without a break; `at`
 * itself when they are not. */
int64_t rota_until(const struct rota *rota, struct untrusted user, int64_t at);
/* The next moment after `at` at which a shift begins or ends; else the window's end. */
int64_t rota_change(const struct rota *rota, int64_t at);
/* The stretch of a user that holds `at` or is the next after it. False: none is known. */
bool rota_stretch(
	const struct rota *rota, struct untrusted user, int64_t at, struct span *out);
/* Who comes on call next after `at`, who was not just before. */
bool rota_next(const struct rota *rota, int64_t at, struct untrusted *user,
	struct span *stretch);
/* In the window, as far as it is known: when nobody is on call, and when several people
 * are. At most `most` are filled, all are counted. */
size_t rota_gaps(
	const struct rota *rota, struct span window, struct span *out, size_t most);
size_t rota_overlaps(
	const struct rota *rota, struct span window, struct span *out, size_t most);

struct rota_override {
	struct span span;
	struct untrusted user;
	/* Of shift-based schedules: whose shift of which slot is taken over. */
	struct untrusted slot, displaced;
	bool custom;
};

/* The overrides that put wanted->user on call for its span: one, or for a shift-based
 * schedule one for each shift in it of `displaced` (empty: of everybody else). Counted
 * like above. */
size_t rota_overrides(const struct rota *rota, const struct rota_override *wanted,
	struct rota_override *out, size_t most);
/* The schedule with one override on top; its shifts are in the arena, texts are shared.
 * False when the arena is full or there would be more than ROTA_MAX_SHIFTS. */
bool rota_with(const struct rota *rota, const struct rota_override *over,
	struct arena *arena, struct rota *out);
/* A number for who is on call in the span, the same in every process: another one when
 * that has changed. */
uint64_t rota_shape(const struct rota *rota, struct span span);

#endif
