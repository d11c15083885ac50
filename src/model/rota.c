/* Arithmetic on the shifts of a schedule. Shifts are sorted by their begin, may overlap
 * and leave gaps; each question is one walk over them. Hides how an override cuts what
 * lies under it. Pure; any thread. */
#include "model/rota.h"

#include <stdlib.h>
#include <string.h>

enum { USER_DIGITS = 15 }; /* of its hash, in hex */

static bool overlaps(struct span a, struct span b)
{
	return a.from_at < b.until_at && b.from_at < a.until_at;
}

static struct span within(struct span span, struct span window)
{
	if (span.from_at < window.from_at)
		span.from_at = window.from_at;
	if (span.until_at > window.until_at)
		span.until_at = window.until_at;
	return span;
}

static bool empty(struct span span)
{
	return span.until_at <= span.from_at;
}

static bool covers(const struct rota_shift *shift, int64_t at)
{
	return !untrusted_empty(shift->user) && shift->span.from_at <= at &&
	       at < shift->span.until_at;
}

static int by_begin(const void *a, const void *b)
{
	const struct rota_shift *x = a, *y = b;

	if (x->span.from_at != y->span.from_at)
		return x->span.from_at < y->span.from_at ? -1 : 1;
	if (x->span.until_at != y->span.until_at)
		return x->span.until_at < y->span.until_at ? -1 : 1;
	return untrusted_cmp(x->user, y->user);
}

void rota_sort(struct rota *rota)
{
	size_t kept = 0;

	for (size_t i = 0; i < rota->count; i++)
		if (!empty(rota->shifts[i].span))
			rota->shifts[kept++] = rota->shifts[i];
	rota->count = kept;
	if (kept)
		qsort(rota->shifts, kept, sizeof *rota->shifts, by_begin);
}

size_t rota_at(const struct rota *rota, int64_t at, struct untrusted *users, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < rota->count && rota->shifts[i].span.from_at <= at; i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		bool known = false;

		if (!covers(shift, at))
			continue;
		for (size_t k = 0; k < n && k < most; k++)
			known = known || untrusted_eq(users[k], shift->user);
		if (known)
			continue;
		if (n < most)
			users[n] = shift->user;
		n++;
	}
	return n;
}

static bool on_call(const struct rota *rota, int64_t at, struct untrusted user)
{
	for (size_t i = 0; i < rota->count && rota->shifts[i].span.from_at <= at; i++)
		if (covers(&rota->shifts[i], at) &&
			untrusted_eq(rota->shifts[i].user, user))
			return true;
	return false;
}

int64_t rota_until(const struct rota *rota, struct untrusted user, int64_t at)
{
	int64_t end = at;

	for (size_t i = 0; i < rota->count && rota->shifts[i].span.from_at <= end; i++)
		if (rota->shifts[i].span.until_at > end &&
			untrusted_eq(rota->shifts[i].user, user))
			end = rota->shifts[i].span.until_at;
	return end;
}

int64_t rota_change(const struct rota *rota, int64_t at)
{
	int64_t next = rota->window.until_at;

	for (size_t i = 0; i < rota->count; i++) {
		const struct span *span = &rota->shifts[i].span;

		if (span->until_at > at && span->until_at < next)
			next = span->until_at;
		if (span->from_at <= at)
			continue;
		/* Later ones begin later still. */
		return span->from_at < next ? span->from_at : next;
	}
	return next;
}

bool rota_stretch(
	const struct rota *rota, struct untrusted user, int64_t at, struct span *out)
{
	for (size_t i = 0; i < rota->count && !untrusted_empty(user); i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		int64_t from = shift->span.from_at;

		if (shift->span.until_at <= at || !untrusted_eq(shift->user, user))
			continue;
		/* What was before it without a break belongs to it. */
		for (size_t k = i; k-- > 0;)
			if (untrusted_eq(rota->shifts[k].user, user) &&
				rota->shifts[k].span.until_at >= from)
				from = rota->shifts[k].span.from_at;
		*out = (struct span){from, rota_until(rota, user, shift->span.from_at)};
		return true;
	}
	return false;
}

bool rota_next(
	const struct rota *rota, int64_t at, struct untrusted *user, struct span *stretch)
{
	for (size_t i = 0; i < rota->count; i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		int64_t from = shift->span.from_at;

		if (from <= at || untrusted_empty(shift->user) ||
			on_call(rota, from - 1, shift->user))
			continue;
		*user = shift->user;
		*stretch = (struct span){from, rota_until(rota, shift->user, from)};
		return true;
	}
	return false;
}

/* Adds a span, to the last one where they touch. */
static size_t add_span(
	struct span *out, size_t n, size_t most, struct span span, int64_t *last_until)
{
	if (n && span.from_at <= *last_until) {
		if (span.until_at > *last_until) {
			*last_until = span.until_at;
			if (n <= most)
				out[n - 1].until_at = span.until_at;
		}
		return n;
	}
	*last_until = span.until_at;
	if (n < most)
		out[n] = span;
	return n + 1;
}

size_t rota_gaps(
	const struct rota *rota, struct span window, struct span *out, size_t most)
{
	int64_t at, last = 0;
	size_t n = 0;

	window = within(window, rota->window);
	at = window.from_at;
	for (size_t i = 0; i < rota->count && at < window.until_at; i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		struct span gap = {at, shift->span.from_at};

		if (untrusted_empty(shift->user) || shift->span.until_at <= at)
			continue;
		gap = within(gap, window);
		if (!empty(gap))
			n = add_span(out, n, most, gap, &last);
		at = shift->span.until_at;
	}
	if (at < window.until_at)
		n = add_span(out, n, most, (struct span){at, window.until_at}, &last);
	return n;
}

/* Of what began before, the furthest end, and the furthest of anybody else. */
size_t rota_overlaps(
	const struct rota *rota, struct span window, struct span *out, size_t most)
{
	struct untrusted furthest = UNTRUSTED_NONE;
	int64_t end = INT64_MIN, other_end = INT64_MIN, last = 0;
	size_t n = 0;

	window = within(window, rota->window);
	for (size_t i = 0; i < rota->count; i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		bool same = untrusted_eq(shift->user, furthest);
		struct span both = {shift->span.from_at, same ? other_end : end};

		if (untrusted_empty(shift->user))
			continue;
		both = within(within(both, shift->span), window);
		if (!empty(both))
			n = add_span(out, n, most, both, &last);
		if (same) {
			end = shift->span.until_at > end ? shift->span.until_at : end;
		} else if (shift->span.until_at > end) {
			other_end = end;
			end = shift->span.until_at;
			furthest = shift->user;
		} else if (shift->span.until_at > other_end) {
			other_end = shift->span.until_at;
		}
	}
	return n;
}

/* --- overrides --- */

size_t rota_overrides(const struct rota *rota, const struct rota_override *wanted,
	struct rota_override *out, size_t most)
{
	size_t n = 0;

	if (!rota->by_shifts) {
		if (most)
			*out = (struct rota_override){
				.span = wanted->span, .user = wanted->user};
		return 1;
	}
	for (size_t i = 0; i < rota->count; i++) {
		const struct rota_shift *shift = &rota->shifts[i];

		if (!overlaps(shift->span, wanted->span) ||
			untrusted_empty(shift->slot) ||
			untrusted_eq(shift->user, wanted->user) ||
			(!untrusted_empty(wanted->displaced) &&
				!untrusted_eq(shift->user, wanted->displaced)))
			continue;
		if (n < most)
			out[n] = (struct rota_override){
				.span = within(shift->span, wanted->span),
				.user = wanted->user,
				.slot = shift->slot,
				.displaced = shift->user,
				.custom = shift->custom};
		n++;
	}
	return n;
}

static bool lies_under(const struct rota *rota, const struct rota_shift *shift,
	const struct rota_override *over)
{
	return overlaps(shift->span, over->span) &&
	       (!rota->by_shifts || (untrusted_eq(shift->slot, over->slot) &&
					    untrusted_eq(shift->user, over->displaced)));
}

bool rota_with(const struct rota *rota, const struct rota_override *over,
	struct arena *arena, struct rota *out)
{
	/* A shift is cut in two at most. */
	struct rota_shift *shifts =
		arena_alloc(arena, (2 * rota->count + 1) * sizeof *shifts);
	size_t n = 0;

	if (!shifts || 2 * rota->count + 1 > 2 * ROTA_MAX_SHIFTS)
		return false;
	for (size_t i = 0; i < rota->count; i++) {
		const struct rota_shift *shift = &rota->shifts[i];

		if (!lies_under(rota, shift, over)) {
			shifts[n++] = *shift;
			continue;
		}
		shifts[n] = *shift;
		shifts[n++].span.until_at = over->span.from_at;
		shifts[n] = *shift;
		shifts[n++].span.from_at = over->span.until_at;
	}
	shifts[n++] = (struct rota_shift){.span = over->span,
		.user = over->user,
		.slot = over->slot,
		.custom = over->custom,
		.over = true};
	*out = *rota;
	out->shifts = shifts;
	out->count = n;
	rota_sort(out);
	return true;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash ^= value;
	hash *= UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ (hash >> 29);
}

uint64_t rota_shape(const struct rota *rota, struct span span)
{
	uint64_t hash = 1;
	char user[HASH_TEXT];

	for (size_t i = 0; i < rota->count; i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		struct span part = within(shift->span, span);

		if (empty(part) || untrusted_empty(shift->user))
			continue;
		hash = mix(hash, (uint64_t)part.from_at);
		hash = mix(hash, (uint64_t)part.until_at);
		untrusted_hash_lasting(shift->user, user);
		user[USER_DIGITS] = '\0';
		hash = mix(hash, strtoull(user, NULL, 16));
	}
	return hash;
}
