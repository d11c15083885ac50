/* Schedules as they come out: who is on call, gaps, overlaps, the weeks in which the
 * clocks change, and what an override makes of all that; against a count minute by
 * minute that knows nothing of spans. */
#include "app/rotas.h"
#include "app/zonefile.h"
#include "base/time.h"
#include "model/rota.h"
#include "model/shift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 64 };

struct schedule {
	struct rota rota;
	struct rota_shift shifts[MOST];
};

static int64_t at(const char *text)
{
	int64_t out;

	if (!time_parse(text, &out))
		fail_msg("%s is no time", text);
	return out;
}

/* "A 0 8, B 8 16": hours since the epoch; "-" is nobody on purpose, "/s1" a slot, "!" by
 * an override. */
static void schedule_of(struct schedule *s, const char *text, int64_t hours)
{
	static char users[MOST][8], slots[MOST][8];
	char line[400], *rest = line, *piece;
	size_t n = 0;

	memset(s, 0, sizeof *s);
	snprintf(line, sizeof line, "%s", text);
	while ((piece = strtok_r(rest, ",", &rest))) {
		double from, until;
		char *slash, over = '\0';

		slots[n][0] = '\0';
		if (sscanf(piece, " %7s %lf %lf%c", users[n], &from, &until, &over) < 3)
			fail_msg("%s", piece);
		slash = strchr(users[n], '/');
		if (slash) {
			snprintf(slots[n], sizeof slots[n], "%s", slash + 1);
			*slash = '\0';
			s->rota.by_shifts = true;
		}
		s->shifts[n] = (struct rota_shift){
			.span = {(int64_t)(from * HOUR_MS), (int64_t)(until * HOUR_MS)},
			.user = untrusted_str(*users[n] == '-' ? "" : users[n]),
			.slot = untrusted_str(slots[n]),
			.over = over == '!'};
		n++;
	}
	s->rota.shifts = s->shifts;
	s->rota.count = n;
	s->rota.window = (struct span){0, hours * HOUR_MS};
	rota_sort(&s->rota);
}

static void print_spans(const struct span *spans, size_t n, char out[200])
{
	*out = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(out + strlen(out), "%s%g-%g", i ? " " : "",
			(double)spans[i].from_at / (double)HOUR_MS,
			(double)spans[i].until_at / (double)HOUR_MS);
}

static void test_gaps_and_overlaps(void **unused)
{
	static const struct {
		const char *shifts, *gaps, *overlaps;
	} rows[] = {
		{"", "0-24", ""},
		{"A 0 24", "", ""},
		{"A 0 8, B 8 16, C 16 24", "", ""},
		{"A 0 8, B 9 16, C 16 23", "8-9 23-24", ""},
		{"A 0 10, B 8 24", "", "8-10"},
		{"A 0 24, B 4 6, C 5 9", "", "4-9"},
		{"A 0 24, B 4 6, C 8 9", "", "4-6 8-9"},
		/* The same person twice is one person. */
		{"A 0 12, A 8 24", "", ""},
		{"A 0 12, A 8 24, B 10 11", "", "10-11"},
		/* Nobody, and on purpose, is nobody. */
		{"A 0 8, - 8 16, B 16 24", "8-16", ""},
		{"A 0 8, - 8 16, B 10 24", "8-10", ""},
		/* A short shift inside of a long one ends nothing. */
		{"A 0 20, B 2 3", "20-24", "2-3"},
		/* What lies outside of the window is not looked at. */
		{"A -5 2, B 22 40", "2-22", ""},
		{"A -5 30, B -3 26", "", "0-24"},
		/* Empty and turned ones are dropped. */
		{"A 0 24, B 5 5, C 9 8", "", ""},
		{"A 0 8, A 8 8, B 8 24", "", ""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct schedule s;
		struct span spans[MOST], window = {INT64_MIN / 2, INT64_MAX / 2};
		char got[200];
		size_t n;

		schedule_of(&s, rows[i].shifts, 24);
		n = rota_gaps(&s.rota, window, spans, MOST);
		print_spans(spans, n, got);
		if (strcmp(got, rows[i].gaps))
			fail_msg("%s: gaps %s", rows[i].shifts, got);
		assert_int_equal(rota_gaps(&s.rota, window, NULL, 0), n);
		n = rota_overlaps(&s.rota, window, spans, MOST);
		print_spans(spans, n, got);
		if (strcmp(got, rows[i].overlaps))
			fail_msg("%s: overlaps %s", rows[i].shifts, got);
		assert_int_equal(rota_overlaps(&s.rota, window, NULL, 0), n);
	}
}

static void test_who(void **unused)
{
	static const struct {
		const char *shifts;
		double moment;
		const char *now;
		double until; /* of the first */
		const char *next;
		double from;
	} rows[] = {
		{"A 0 8, B 8 16", 3, "A", 8, "B", 8},
		{"A 0 8, B 8 16", 8, "B", 16, "", 0},
		{"A 0 8, A 8 12, B 12 16", 3, "A", 12, "B", 12},
		{"A 0 8, B 10 16", 9, "", 9, "B", 10},
		/* Who is on call already is not next, not even with a second shift. */
		{"A 0 8, A 6 12, B 12 16", 3, "A", 12, "B", 12},
		{"A 0 8, B 4 6, A 8 9, C 9 12", 5, "AB", 9, "C", 9},
		/* Who comes back after a break is. */
		{"A 0 4, B 4 6, A 6 9", 5, "B", 6, "A", 6},
		{"- 0 4, B 4 6", 1, "", 1, "B", 4},
		{"A 0 4", 5, "", 5, "", 0},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t moment = (int64_t)(rows[i].moment * HOUR_MS);
		struct untrusted users[4], next = UNTRUSTED_NONE;
		struct schedule s;
		struct span span = {0};
		size_t n;

		schedule_of(&s, rows[i].shifts, 24);
		n = rota_at(&s.rota, moment, users, 4);
		assert_int_equal(n, strlen(rows[i].now));
		for (size_t k = 0; k < n; k++)
			assert_true(
				untrusted_is(users[k], (char[]){rows[i].now[k], '\0'}));
		if (n)
			assert_int_equal(rota_until(&s.rota, *users, moment),
				(int64_t)(rows[i].until * HOUR_MS));
		assert_int_equal(
			rota_next(&s.rota, moment, &next, &span), *rows[i].next != '\0');
		if (*rows[i].next) {
			assert_true(untrusted_is(next, rows[i].next));
			assert_int_equal(span.from_at, (int64_t)(rows[i].from * HOUR_MS));
		}
	}
}

static void test_stretch(void **unused)
{
	struct untrusted a = untrusted_str("A"), z = untrusted_str("Z");
	struct schedule s;
	struct span span;

	(void)unused;
	schedule_of(&s, "A 0 4, A 4 8, B 8 12, A 20 24", 24);
	assert_true(rota_stretch(&s.rota, a, 5 * HOUR_MS, &span));
	assert_int_equal(span.from_at, 0);
	assert_int_equal(span.until_at, 8 * HOUR_MS);
	assert_true(rota_stretch(&s.rota, a, 8 * HOUR_MS, &span));
	assert_int_equal(span.from_at, 20 * HOUR_MS);
	assert_false(rota_stretch(&s.rota, z, 0, &span));
	assert_false(rota_stretch(&s.rota, UNTRUSTED_NONE, 0, &span));
}

/* Shifts of weeks on the wall clock of Berlin: those with a change of the clocks have 167
 * and 169 hours, none of them leaves a gap, and an hour that comes twice is two. */
static void test_clock_changes(void **unused)
{
	struct shift_plan plan = {.count = 0};
	struct schedule s = {.rota = {.shifts = s.shifts}};
	struct span gap, week;
	char length[ROTA_TIME];
	int odd[3] = {0};
	struct err err;

	(void)unused;
	assert_true(zone_named(
		&plan.zone, "Europe/Berlin", at("2026-01-01"), at("2027-01-01"), &err));
	assert_true(shift_parse(&plan, "Mon 09:00", &err));
	week.until_at = at("2026-02-02T08:00:00Z");
	for (size_t i = 0; i < 45; i++) {
		struct shift shift = shift_at(&plan, week.until_at);

		week = (struct span){shift.from_at, shift.to_at};
		s.shifts[s.rota.count++] = (struct rota_shift){
			.span = week, .user = untrusted_str(i % 2 ? "A" : "B")};
		rota_length(week.until_at - week.from_at, length);
		odd[!strcmp(length, "7d")         ? 0
			: !strcmp(length, "167h") ? 1
			: !strcmp(length, "169h") ? 2
						  : 99]++;
	}
	s.rota.window = (struct span){s.shifts->span.from_at, week.until_at};
	assert_int_equal(odd[0], 43);
	assert_int_equal(odd[1], 1);
	assert_int_equal(odd[2], 1);
	assert_int_equal(rota_gaps(&s.rota, s.rota.window, &gap, 1), 0);
	/* From 01:30 to 03:30 in the night in which 02:00 comes twice are three hours. */
	s.shifts[0].span.until_at = at("2026-10-24T23:30:00Z");
	s.shifts[0].span.from_at = at("2026-10-01");
	s.shifts[1].span = (struct span){at("2026-10-25T02:30:00Z"), at("2026-11-01")};
	s.rota.count = 2;
	s.rota.window = (struct span){at("2026-10-20"), at("2026-10-30")};
	assert_int_equal(rota_gaps(&s.rota, s.rota.window, &gap, 1), 1);
	assert_string_equal(rota_length(gap.until_at - gap.from_at, length), "3h");
}

static void print_rota(const struct rota *rota, char out[400])
{
	char user[8], slot[8];

	*out = '\0';
	for (size_t i = 0; i < rota->count; i++) {
		const struct rota_shift *shift = &rota->shifts[i];
		ptrdiff_t u = 0;

		for (user[0] = 'A'; user[0] <= 'Z'; user[0]++) {
			user[1] = '\0';
			u |= untrusted_is(shift->user, user);
			if (u)
				break;
		}
		slot[0] = '\0';
		for (int k = 1; k < 9; k++) {
			char name[8];

			snprintf(name, sizeof name, "s%d", k);
			if (untrusted_is(shift->slot, name))
				snprintf(slot, sizeof slot, "/%s", name);
		}
		sprintf(out + strlen(out), "%s%s%s %g %g%s", i ? ", " : "",
			u ? user : "-", slot,
			(double)shift->span.from_at / (double)HOUR_MS,
			(double)shift->span.until_at / (double)HOUR_MS,
			shift->over ? "!" : "");
	}
}

static void test_override(void **unused)
{
	static const struct {
		const char *shifts;
		double from, until;
		const char *user, *after;
		size_t overrides;
		const char *instead;
	} rows[] = {
		{"A 0 24", 4, 6, "B", "A 0 4, B 4 6!, A 6 24", 1, NULL},
		{"A 0 8, C 8 24", 6, 10, "B", "A 0 6, B 6 10!, C 10 24", 1, NULL},
		/* A gap is closed. */
		{"A 0 8, C 12 24", 6, 13, "B", "A 0 6, B 6 13!, C 13 24", 1, NULL},
		{"", 1, 2, "B", "B 1 2!", 1, NULL},
		/* On top of an override: the last one wins. */
		{"A 0 4, C 4 6!, A 6 24", 5, 7, "B", "A 0 4, C 4 5!, B 5 7!, A 7 24", 1,
			NULL},
		{"A 0 8", 0, 8, "B", "B 0 8!", 1, NULL},
		/* Shift-based: slot by slot, and only the shifts there are. */
		{"A/s1 0 8, C/s1 8 16", 6, 10, "B",
			"A/s1 0 6, B/s1 6 8!, B/s1 8 10!, C/s1 10 16", 2, NULL},
		{"A/s1 0 8, C/s2 4 12", 5, 6, "B",
			"A/s1 0 5, C/s2 4 5, B/s1 5 6!, B/s2 5 6!, A/s1 6 8, C/s2 6 12",
			2, NULL},
		{"A/s1 0 8, B/s2 4 12", 5, 6, "B",
			"A/s1 0 5, B/s2 4 12, B/s1 5 6!, A/s1 6 8", 1, NULL},
		{"A/s1 0 8", 7, 12, "B", "A/s1 0 7, B/s1 7 8!", 1, NULL},
		{"A/s1 0 8", 9, 12, "B", "A/s1 0 8", 0, NULL},
		/* Of one of two alone. */
		{"A/s1 0 8, C/s2 4 12", 5, 6, "B",
			"A/s1 0 5, C/s2 4 12, B/s1 5 6!, A/s1 6 8", 1, "A"},
		{"A/s1 0 8, C/s2 4 12", 5, 6, "B", "A/s1 0 8, C/s2 4 12", 0, "D"},
		/* v2 knows no such thing. */
		{"A 0 8", 5, 6, "B", "A 0 5, B 5 6!, A 6 8", 1, "D"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct span span = {(int64_t)(rows[i].from * HOUR_MS),
			(int64_t)(rows[i].until * HOUR_MS)};
		struct rota_override list[8];
		struct schedule s;
		struct rota after;
		struct arena arena;
		char got[400];
		size_t n;

		schedule_of(&s, rows[i].shifts, 24);
		arena_init(&arena, 1 << 20);
		n = rota_overrides(&s.rota,
			&(struct rota_override){.span = span,
				.user = untrusted_str(rows[i].user),
				.displaced = untrusted_str(rows[i].instead)},
			list, 8);
		assert_int_equal(n, rows[i].overrides);
		after = s.rota;
		for (size_t k = 0; k < n; k++)
			assert_true(rota_with(&after, &list[k], &arena, &after));
		print_rota(&after, got);
		if (strcmp(got, rows[i].after))
			fail_msg("%s: %s", rows[i].shifts, got);
		if (n)
			assert_int_not_equal(
				rota_shape(&s.rota, span), rota_shape(&after, span));
		arena_release(&arena);
	}
}

static void test_limits(void **unused)
{
	struct rota_shift *shifts = calloc(ROTA_MAX_SHIFTS + 1, sizeof *shifts);
	struct rota rota = {.shifts = shifts, .window = {0, INT64_MAX / 2}}, after;
	struct rota_override over = {{1, 2}, untrusted_str("B"), .custom = false};
	struct arena small, arena;

	(void)unused;
	for (int64_t i = 0; i <= ROTA_MAX_SHIFTS; i++)
		shifts[i] = (struct rota_shift){{i * HOUR_MS, (i + 1) * HOUR_MS},
			untrusted_str("A"), UNTRUSTED_NONE, false, false};
	arena_init(&small, 64);
	arena_init(&arena, 1 << 20);
	rota.count = ROTA_MAX_SHIFTS - 1;
	assert_false(rota_with(&rota, &over, &small, &after));
	assert_true(rota_with(&rota, &over, &arena, &after));
	rota.count = ROTA_MAX_SHIFTS + 1;
	assert_false(rota_with(&rota, &over, &arena, &after));
	arena_release(&small);
	arena_release(&arena);
	free(shifts);
}

/* Random schedules against a count minute by minute. */
static void test_against_minutes(void **unused)
{
	enum { MINUTES = 200, ROUNDS = 300 };
	static const char *const users[] = {"A", "B", "C", ""};
	unsigned seed = 7;

	(void)unused;
	for (int round = 0; round < ROUNDS; round++) {
		struct schedule s = {
			.rota = {.shifts = s.shifts, .window = {0, MINUTES * MINUTE_MS}}};
		struct span gaps[MOST], both[MOST];
		size_t n, m;
		int64_t gap_ms = 0, both_ms = 0, gap_count = 0, both_count = 0;

		s.rota.count = (size_t)(rand_r(&seed) % 12);
		for (size_t i = 0; i < s.rota.count; i++) {
			int64_t from = rand_r(&seed) % MINUTES - 20;

			s.shifts[i] = (struct rota_shift){
				.span = {from * MINUTE_MS,
					(from + 1 + rand_r(&seed) % 60) * MINUTE_MS},
				.user = untrusted_str(users[rand_r(&seed) % 4])};
		}
		rota_sort(&s.rota);
		n = rota_gaps(&s.rota, s.rota.window, gaps, MOST);
		m = rota_overlaps(&s.rota, s.rota.window, both, MOST);
		for (int64_t minute = 0; minute < MINUTES; minute++) {
			struct untrusted who[4];
			size_t on = rota_at(&s.rota, minute * MINUTE_MS, who, 4);

			gap_count += !on;
			both_count += on > 1;
		}
		for (size_t i = 0; i < n; i++)
			gap_ms += gaps[i].until_at - gaps[i].from_at;
		for (size_t i = 0; i < m; i++)
			both_ms += both[i].until_at - both[i].from_at;
		assert_int_equal(gap_ms, gap_count * MINUTE_MS);
		assert_int_equal(both_ms, both_count * MINUTE_MS);
		for (size_t i = 1; i < n; i++)
			assert_true(gaps[i].from_at > gaps[i - 1].until_at);
		for (size_t i = 1; i < m; i++)
			assert_true(both[i].from_at > both[i - 1].until_at);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gaps_and_overlaps),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_stretch),
		cmocka_unit_test(test_clock_changes),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_against_minutes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
