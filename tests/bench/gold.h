/* Titles whose problem is known: alert rules expanded with hosts, ids, numbers and
 * renamings, as a pager shows them; and the adjusted Rand index of a clustering
 * (Hubert and Arabie, Comparing partitions, 1985). One seed, one set of titles. */
#ifndef TESTS_BENCH_GOLD_H
#define TESTS_BENCH_GOLD_H

#include "base/alloc.h"
#include "base/map.h"
#include "base/time.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GOLD_TITLE = 320, GOLD_STYLES = 7, GOLD_RENAMINGS = 5 };

struct gold_rule {
	char name[80], summary[160];
};

struct gold_title {
	char title[GOLD_TITLE], service[40];
	int64_t at;
	uint32_t problem; /* rule and service */
};

static inline uint64_t gold_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

static inline unsigned gold_below(uint64_t *seed, unsigned n)
{
	return (unsigned)(gold_random(seed) % n);
}

/* The rule's name as it is after it was renamed. */
static inline void gold_rename(char *out, size_t size, const char *name, unsigned how)
{
	size_t used = 0, words = 0;

	*out = '\0';
	if (how == 1)
		used = (size_t)snprintf(out, size, "Team");
	for (size_t i = 0; name[i] && used + 2 < size; i++) {
		bool begins = i && isupper((unsigned char)name[i]) &&
			      islower((unsigned char)name[i - 1]);

		words += begins;
		if (begins && (how == 2 || how == 3))
			out[used++] = how == 2 ? '_' : ' ';
		/* The second word goes. */
		if (how == 4 && words == 1)
			continue;
		out[used++] = how == 2 ? (char)tolower((unsigned char)name[i]) : name[i];
	}
	out[used] = '\0';
	if (how == 0)
		snprintf(out + used, size - used, "Critical");
}

static inline void gold_host(char out[48], uint64_t *seed, const char *service, bool late)
{
	static const char *const names[] = {
		"alpha", "bravo", "delta", "echo", "gamma", "omega", "sigma", "zulu"};
	unsigned n = gold_below(seed, 40);

	switch (strlen(service) % 3 + (late ? 1 : 0)) {
	case 0:
		snprintf(out, 48, "%s-%02u", service, n);
		break;
	case 1:
		snprintf(out, 48, "%s-%08x-%c%cx%u", service, (unsigned)gold_random(seed),
			'a' + (int)(n % 26), 'a' + (int)(n / 2 % 26), n % 10);
		break;
	case 2:
		snprintf(out, 48, "10.%u.%u.%u:9100", n, n % 7, gold_below(seed, 250));
		break;
	default:
		snprintf(out, 48, "%s.example.org", names[n % 8]);
	}
}

static inline void gold_title(struct gold_title *t, uint64_t *seed,
	const struct gold_rule *rule, unsigned style, const char *name, bool late)
{
	static const char *const names[] = {"alpha", "bravo", "delta", "echo", "gamma",
		"omega", "sigma", "zulu", "kilo", "lima"};
	const char *summary = *rule->summary ? rule->summary : name;
	char host[48];
	unsigned n = gold_below(seed, 1000), w = gold_below(seed, 10);

	gold_host(host, seed, t->service, late);
	switch (style) {
	case 0:
		snprintf(t->title, GOLD_TITLE, "[FIRING:%u] %s (%s %s critical)",
			n % 9 + 1, name, host, t->service);
		break;
	case 1:
		snprintf(t->title, GOLD_TITLE, "%s on %s", name, host);
		break;
	case 2:
		snprintf(t->title, GOLD_TITLE, "%s: %s %u%% for %um", host, name, n % 101,
			n % 60);
		break;
	case 3:
		snprintf(t->title, GOLD_TITLE, "%s (%s)", summary, host);
		break;
	case 4:
		snprintf(t->title, GOLD_TITLE,
			"%s instance=\"%s\" value=%u.%u since 2026-11-%02uT10:%02u:00Z",
			name, host, n, w, n % 28 + 1, n % 60);
		break;
	case 5:
		snprintf(t->title, GOLD_TITLE, "%s in region %s, id %08x%04x", name,
			names[w], (unsigned)gold_random(seed), n);
		break;
	default:
		snprintf(t->title, GOLD_TITLE, "%s Shard %s is at %u.%u.", summary,
			names[w], n, w);
	}
}

/* count titles of the rules, each of one or two services, spread over half a year.
 * Every fifth problem is renamed in the middle. */
static inline void gold_make(const struct gold_rule *rules, size_t rule_count,
	struct gold_title *out, size_t count, uint64_t seed)
{
	static const char *const services[] = {"payments", "checkout-api", "orders-db",
		"search", "ingest-pipeline", "auth", "mailer", "billing-worker"};
	const int64_t span = 182 * DAY_MS;

	for (size_t i = 0; i < count; i++) {
		struct gold_title *t = &out[i];
		uint32_t rule = gold_below(&seed, (unsigned)rule_count);
		unsigned second = rule % 3 == 0 ? gold_below(&seed, 2) : 0;
		unsigned problem = rule * 2 + second;
		bool late;
		char name[128];

		t->at = INT64_C(1780000000000) + (int64_t)i * (span / (int64_t)count);
		t->problem = problem;
		late = problem % 5 == 1 && i > count / 2;
		snprintf(t->service, sizeof t->service, "%s",
			services[(rule * 5 + second * 3) % 8]);
		snprintf(name, sizeof name, "%s", rules[rule].name);
		if (late)
			gold_rename(name, sizeof name, rules[rule].name,
				rule / 5 % GOLD_RENAMINGS);
		gold_title(t, &seed, &rules[rule],
			rule * 40503u % 65536 / 7 % GOLD_STYLES, name, late);
	}
}

/* --- adjusted Rand index --- */

static inline double gold_pairs(double n)
{
	return n * (n - 1) / 2;
}

static inline double gold_sum(const uint64_t *of, size_t count)
{
	struct map sizes;
	double sum = 0;
	void *value;

	map_init(&sizes);
	for (size_t i = 0; i < count; i++) {
		uintptr_t n = (uintptr_t)map_get(&sizes, &of[i], sizeof of[i]);

		map_put(&sizes, &of[i], sizeof of[i], (void *)(n + 1));
	}
	for (size_t at = 0; map_each(&sizes, &at, NULL, &value);)
		sum += gold_pairs((double)(uintptr_t)value);
	map_release(&sizes);
	return sum;
}

/* 1: the same partition; 0: what chance gives. */
static inline double gold_ari(const uint64_t *a, const uint64_t *b, size_t count)
{
	uint64_t *both = mem_new(count, sizeof *both);
	double x, y, xy, chance;

	for (size_t i = 0; i < count; i++)
		both[i] = a[i] * UINT64_C(0x9e3779b97f4a7c15) ^
			  (b[i] + 1) * UINT64_C(0xbf58476d1ce4e5b9);
	x = gold_sum(a, count);
	y = gold_sum(b, count);
	xy = gold_sum(both, count);
	mem_free(both);
	chance = x * y / gold_pairs((double)count);
	return (xy - chance) / ((x + y) / 2 - chance);
}

#endif
