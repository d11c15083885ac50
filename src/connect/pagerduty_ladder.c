/* The levels of escalation policies. An incident does not say on which level it is: that
 * is where those are on call to whom it is assigned. Who is on several levels leaves
 * several next ones, and all of them are named. Any thread, one at a time. */
#include "pagerduty_ladder.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <stdlib.h>
#include <string.h>

enum {
	LADDER_MAX = 20000,
	LADDER_MAX_BYTES = 8 << 20,
	LEVELS_MOST = 1000,
	NAME_COLS = 40,
	POLICY_COLS = 80,
	NAMED_MOST = 4, /* of one level */
	NEXT_MOST = 3,  /* levels that may be next */
	DELAY_MOST = 7 * 24 * 60,
};

void ladder_init(struct ladder *ladder)
{
	*ladder = (struct ladder){.partial = true};
	arena_init(&ladder->arena, LADDER_MAX_BYTES);
}

void ladder_release(struct ladder *ladder)
{
	arena_release(&ladder->arena);
	mem_free(ladder->rungs);
	ladder->rungs = NULL;
	ladder->count = ladder->cap = 0;
}

void ladder_reset(struct ladder *ladder)
{
	ladder_release(ladder);
	ladder->arena.full = false;
	ladder->partial = true;
}

static struct untrusted text_of(struct json e, const char *member, const char *other)
{
	struct untrusted text = json_text(json_get(e, member));

	return untrusted_empty(text) ? json_text(json_get(e, other)) : text;
}

static uint64_t policy_of(struct json e)
{
	return untrusted_hash(text_of(json_get(e, "escalation_policy"), "id", "summary"));
}

static int64_t within(struct json number, int64_t most)
{
	int64_t n = 0;

	json_i64(number, &n);
	return n < 0 ? 0 : n > most ? most : n;
}

void ladder_add(struct ladder *ladder, struct json oncall)
{
	struct json policy = json_get(oncall, "escalation_policy");
	struct json rules = json_get(policy, "escalation_rules");
	struct json user = json_get(oncall, "user");
	struct rung rung = {.policy = policy_of(oncall),
		.level = within(json_get(oncall, "escalation_level"), LEVELS_MOST + 1),
		.levels = (int64_t)json_count(rules),
		.loops = within(json_get(policy, "num_loops"), LEVELS_MOST)};

	if (rung.level < 1 || rung.level > LEVELS_MOST || ladder->count == LADDER_MAX)
		return;
	for (struct json e = json_first(rules); json_item(e); e = json_next(e))
		rung.round_ms +=
			MINUTE_MS *
			within(json_get(e, "escalation_delay_in_minutes"), DELAY_MOST);
	json_time(json_get(oncall, "end"), &rung.ends_at);
	rung.user = untrusted_copy(&ladder->arena, json_text(json_get(user, "id")));
	rung.who = untrusted_copy(&ladder->arena, text_of(user, "summary", "id"));
	MEM_ROOM(ladder->rungs, ladder->count, ladder->cap);
	ladder->rungs[ladder->count++] = rung;
}

static int by_level(const void *a, const void *b)
{
	const struct rung *x = a, *y = b;

	if (x->policy != y->policy)
		return x->policy < y->policy ? -1 : 1;
	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	return untrusted_cmp(x->who, y->who);
}

void ladder_end(struct ladder *ladder, bool partial)
{
	if (ladder->count)
		qsort(ladder->rungs, ladder->count, sizeof *ladder->rungs, by_level);
	ladder->partial = partial || ladder->arena.full || ladder->count == LADDER_MAX;
}

bool ladder_same(const struct ladder *a, const struct ladder *b)
{
	if (a->count != b->count || a->partial != b->partial)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct rung *x = &a->rungs[i], *y = &b->rungs[i];

		if (by_level(x, y) || x->levels != y->levels || x->loops != y->loops ||
			x->ends_at != y->ends_at || !untrusted_eq(x->user, y->user))
			return false;
	}
	return true;
}

/* Those of one policy, and of one level among them. */
struct span {
	const struct rung *from, *to;
};

static struct span of_policy(const struct ladder *ladder, uint64_t policy)
{
	size_t low = 0, high = ladder->count, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ladder->rungs[mid].policy < policy)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < ladder->count && ladder->rungs[end].policy == policy;)
		end++;
	if (low == end)
		return (struct span){NULL, NULL};
	return (struct span){ladder->rungs + low, ladder->rungs + end};
}

static struct span of_level(struct span policy, int64_t level)
{
	struct span out = {policy.from, policy.from};

	while (out.from < policy.to && out.from->level < level)
		out.from++;
	for (out.to = out.from; out.to < policy.to && out.to->level == level;)
		out.to++;
	return out;
}

/* How many of those it is assigned to are on call on that level. */
static size_t assigned_on(struct span level, struct json assignments)
{
	size_t n = 0;

	for (struct json e = json_first(assignments); json_item(e); e = json_next(e)) {
		struct untrusted user = json_text(json_get(e, "assignee.id"));
		bool found = false;

		for (const struct rung *r = level.from; r < level.to; r++)
			found = found ||
				(!untrusted_empty(user) && untrusted_eq(r->user, user));
		n += found;
	}
	return n;
}

/* "Ana Ruiz, Ben Okafor"; somebody whose shift ends before has one who follows. */
static void add_names(struct span level, int64_t at, struct str *out)
{
	int named = 0;
	bool ends = false;

	for (const struct rung *r = level.from; r < level.to; r++) {
		ends = ends || (r->ends_at && r->ends_at <= at);
		if (r > level.from && untrusted_eq(r->user, r[-1].user))
			continue;
		if (named == NAMED_MOST) {
			str_puts(out, " and others");
			break;
		}
		str_puts(out, named++ ? ", " : "");
		text_add_line(out, r->who, NAME_COLS);
	}
	if (ends)
		str_puts(out, " or who follows");
}

/* One way on from a level. */
struct way {
	int64_t level; /* 0: there is none, level `last` was the last */
	int64_t last;
	bool again, sure; /* the policy begins anew; … a round of it is left */
};

static bool way_from(struct span policy, int64_t level, int64_t ms, struct way *way)
{
	const struct rung *r = policy.from;

	*way = (struct way){.level = level + 1, .last = level, .sure = true};
	/* Without its rules, only a level that somebody is on is known to be there. */
	if (!r->levels)
		return policy.to[-1].level > level;
	if (level < r->levels)
		return true;
	way->again = r->loops > 0;
	way->level = way->again ? 1 : 0;
	/* Until then it cannot have gone through all its rounds. */
	way->sure = ms < (r->loops + 1) * r->round_ms - MINUTE_MS;
	return true;
}

static void add_place(
	const struct way *way, bool empty, struct untrusted policy, struct str *out)
{
	if (untrusted_empty(policy))
		policy = untrusted_str("its policy");
	str_puts(out, " (");
	if (!way->level || way->again || empty)
		str_printf(out, "level %lld of ",
			(long long)(way->level ? way->level : way->last));
	text_add_line(out, policy, POLICY_COLS);
	if (!way->level)
		str_puts(out, " is the last");
	else if (empty)
		str_puts(out, " is empty");
	else if (way->again)
		str_puts(out, way->sure ? " again" : " again, if a round is left");
	str_putc(out, ')');
}

/* Adds who is next from there; false: nobody can say. */
static bool add_way(const struct ladder *ladder, struct span policy,
	const struct way *way, int64_t at, struct str *out)
{
	struct span next = of_level(policy, way->level);

	if (way->level && next.from == next.to && ladder->partial)
		return false;
	if (!way->level || next.from == next.to)
		str_puts(out, "nobody");
	else
		add_names(next, at, out);
	return true;
}

/* The ways on from where it is: those levels where most of its people are. */
static size_t ways(
	struct span policy, struct json incident, int64_t at, struct way out[NEXT_MOST])
{
	struct json assignments = json_get(incident, "assignments");
	size_t best = 1, n = 0;
	int64_t begun = at;

	json_time(json_get(incident, "created_at"), &begun);
	for (struct span level = {policy.from, policy.from}; level.from < policy.to;
		level.from = level.to) {
		size_t on;

		level = of_level(policy, level.from->level);
		on = assigned_on(level, assignments);
		if (on > best)
			n = 0;
		if (on < best || n == NEXT_MOST)
			continue;
		best = on;
		n += way_from(policy, level.from->level, at - begun, &out[n]);
	}
	return n;
}

void ladder_next(
	const struct ladder *ladder, struct json incident, int64_t at, struct str *out)
{
	struct untrusted name =
		json_text(json_get(incident, "escalation_policy.summary"));
	struct span policy = of_policy(ladder, policy_of(incident));
	struct way way[NEXT_MOST];
	size_t n = policy.from ? ways(policy, incident, at, way) : 0, said = 0, last = 0;
	struct str who;

	str_init(&who, 400);
	for (size_t i = 0; i < n; i++) {
		struct str one;

		str_init(&one, 200);
		if (add_way(ladder, policy, &way[i], at, &one) &&
			!strstr(str_text(&who), str_text(&one))) {
			str_puts(&who, said++ ? " or " : "");
			str_puts(&who, str_text(&one));
			last = i;
		}
		str_release(&one);
	}
	str_puts(out, "escalates");
	if (said)
		str_printf(out, " to %s", str_text(&who));
	str_release(&who);
	if (said == 1) {
		struct span next = of_level(policy, way[last].level);

		add_place(&way[last], next.from == next.to, name, out);
	} else if (!untrusted_empty(name)) {
		str_puts(out, " (");
		text_add_line(out, name, POLICY_COLS);
		str_putc(out, ')');
	}
}
