/* Clustering and trends: how well the first agrees with titles whose problem is known
 * (alert rules of BENCH_DATA/runbooks, expanded; half of the rules kept apart), and
 * how long 100,000 titles, one more, and any trend over 100,000 incidents take. */
#include "analysis/cluster.h"
#include "analysis/trend.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "gold.h"

#include <time.h>

enum { RULES = 400, TITLES = 20000, MANY = 100000, ONE_MORE = 2000 };

static struct gold_rule rules[RULES];

/* Each second rule is kept apart. */
static size_t read_rules(const char *root, bool apart, struct gold_rule *out)
{
	char path[600], *line = mem_new(1, 1 << 20);
	size_t n = 0, at = 0;
	FILE *f;

	snprintf(path, sizeof path, "%s/runbooks/queries.jsonl", root);
	f = fopen(path, "r");
	while (f && n < RULES && fgets(line, 1 << 20, f)) {
		struct json_doc doc;

		if (!json_parse(&doc, line, strlen(line), 1 << 20, NULL))
			continue;
		if (at++ % 2 == apart) {
			text_line(json_text(json_get(json_root(&doc), "alert")),
				out[n].name, sizeof out[n].name);
			text_line(json_text(json_get(json_root(&doc), "summary")),
				out[n].summary, sizeof out[n].summary);
			n++;
		}
		json_release(&doc);
	}
	if (f)
		fclose(f);
	mem_free(line);
	return n;
}

static uint64_t hash_text(const char *p)
{
	return untrusted_hash(untrusted_str(p));
}

/* Clusters that hold several problems, and problems that are in several. */
static void print_mixed(
	const struct clusters *c, const struct gold_title *titles, const uint32_t *cells)
{
	size_t shown = 0;

	for (size_t k = 0; k < clusters_count(c); k++) {
		const struct gold_title *first = NULL;

		for (size_t i = 0; i < TITLES && shown < 60; i++) {
			const struct gold_title *t = &titles[i];

			if (clusters_of(c, cells[i]) != k) {
				continue;
			} else if (!first) {
				first = t;
			} else if (first->problem != t->problem) {
				printf("    one:  %s | %s\n", first->title, t->title);
				shown++;
				break;
			}
		}
	}
	for (uint32_t p = 0; p < 2 * RULES; p++) {
		const struct gold_title *first = NULL;
		uint32_t cell = 0;

		for (size_t i = 0; i < TITLES && shown < 60; i++) {
			if (titles[i].problem != p)
				continue;
			if (first && clusters_of(c, cell) != clusters_of(c, cells[i])) {
				printf("    two:  %s | %s\n", first->title,
					titles[i].title);
				shown++;
				break;
			}
			first = &titles[i];
			cell = cells[i];
		}
	}
}

static void measure(const char *what, size_t rule_count, uint64_t seed, bool verbose)
{
	struct gold_title *titles = mem_new(TITLES, sizeof *titles);
	uint64_t *gold = mem_new(TITLES, sizeof *gold), *ours, *exact;
	uint32_t *cells = mem_new(TITLES, sizeof *cells);
	struct clusters *c = clusters_new();
	size_t used = 0;

	ours = mem_new(TITLES, sizeof *ours);
	exact = mem_new(TITLES, sizeof *exact);
	gold_make(rules, rule_count, titles, TITLES, seed);
	for (size_t i = 0; i < TITLES; i++)
		cells[i] = clusters_add(c, untrusted_str(titles[i].title),
			untrusted_str(titles[i].service), titles[i].at);
	clusters_settle(c);
	for (size_t i = 0; i < TITLES; i++) {
		gold[i] = titles[i].problem;
		ours[i] = clusters_of(c, cells[i]);
		exact[i] = hash_text(titles[i].title) ^ 3 * hash_text(titles[i].service);
	}
	for (size_t i = 0; i < clusters_count(c); i++)
		used += clusters_at(c, i)->count > 0;
	printf("  %-28s %3zu rules %6d titles %5zu problems  ARI %.3f   exact title "
	       "%.3f\n",
		what, rule_count, TITLES, used, gold_ari(gold, ours, TITLES),
		gold_ari(gold, exact, TITLES));
	if (verbose)
		print_mixed(c, titles, cells);
	clusters_free(c);
	mem_free(titles);
	mem_free(gold);
	mem_free(ours);
	mem_free(exact);
	mem_free(cells);
}

/* --- how long --- */

/* Of this thread only: others have the machine too. */
static int64_t cpu_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void time_clusters(const struct gold_title *titles)
{
	struct clusters *c = clusters_new();
	double worst = 0, all = 0;
	int64_t begin = time_mono_us(), took;

	for (size_t i = 0; i < MANY; i++)
		clusters_add(c, untrusted_str(titles[i].title),
			untrusted_str(titles[i].service), titles[i].at);
	clusters_settle(c);
	took = time_mono_us() - begin;
	printf("  clustering %d titles%37.3f s   target 2 s\n", MANY, (double)took / 1e6);
	for (int i = 0; i < ONE_MORE; i++) {
		char title[200];

		/* Each second one was never seen. */
		snprintf(title, sizeof title, "%s%s", titles[i * 7].title,
			i % 2   ? ""
			: i % 4 ? " and fails"
				: " again and again");
		if (i % 2 == 0)
			title[i % 11] = (char)('a' + i % 26);
		begin = cpu_us();
		clusters_add(c, untrusted_str(title),
			untrusted_str(titles[i * 7].service), titles[MANY - 1].at + i);
		clusters_settle(c);
		took = cpu_us() - begin;
		all += (double)took;
		worst = (double)took > worst ? (double)took : worst;
	}
	printf("  one more title, mean and longest of %d, CPU%7.3f %8.3f ms  target 1 "
	       "ms\n",
		ONE_MORE, all / ONE_MORE / 1e3, worst / 1e3);
	clusters_free(c);
}

static double since(int64_t begin)
{
	return (double)(time_mono_us() - begin) / 1e3;
}

static void time_trends(const struct gold_title *titles)
{
	struct trend_fact *facts = mem_new(MANY, sizeof *facts);
	struct zone *zone = mem_new(1, sizeof *zone);
	struct trend_input in = {facts, MANY, zone, {23, 7, 9, 18, 0x1f}};
	int64_t from = titles[0].at, to = titles[MANY - 1].at, begin;
	size_t interruptions[TREND_TIMES];
	uint32_t heat[168], days[200], hours[5][24];
	struct trend_top tops[5];
	size_t top_count = 0;
	double worst = 0, took;
	uint64_t seed = 5;

	zone_read(zone, from - 60 * DAY_MS, to + DAY_MS, time_offset_ms);
	for (size_t i = 0; i < MANY; i++) {
		facts[i].started_at = titles[i].at;
		facts[i].problem = titles[i].problem;
		facts[i].service = titles[i].problem % 8;
		facts[i].flags = (uint8_t)gold_below(&seed, 8);
		facts[i].acked_at = titles[i].at + gold_below(&seed, 600000);
		facts[i].ended_at = facts[i].acked_at + gold_below(&seed, 6000000);
	}
	for (int by = 0; by < TREND_BY_COUNT; by++) {
		struct trend_group *groups;

		begin = time_mono_us();
		trend_groups(&in, from, to, (enum trend_by)by, &groups);
		took = since(begin);
		worst = took > worst ? took : worst;
		mem_free(groups);
	}
	begin = time_mono_us();
	trend_sum(&in, from, to);
	took = since(begin);
	worst = took > worst ? took : worst;
	begin = time_mono_us();
	trend_heat(&in, from, to, SIZE_MAX, heat);
	trend_days(&in, from, to, SIZE_MAX, days, 200);
	trend_interruptions(&in, from, to, interruptions);
	took = since(begin);
	worst = took > worst ? took : worst;
	begin = time_mono_us();
	for (int by = 0; by <= TREND_BY_URGENCY; by++)
		top_count = trend_top(&in, from, to, (enum trend_by)by, tops, 5);
	trend_hours_of(&in, from, to, tops, top_count, hours);
	took = since(begin);
	worst = took > worst ? took : worst;
	begin = time_mono_us();
	trend_today(&in, to);
	trend_week(&in, to);
	trend_month(&in, to);
	took = since(begin);
	worst = took > worst ? took : worst;
	printf("  the slowest trend over %d incidents%21.3f ms  target 50 ms\n", MANY,
		worst);
	mem_free(facts);
	mem_free(zone);
}

static void time_all(void)
{
	static const struct gold_rule invented[] = {{"HighErrorRate", "Requests fail"},
		{"HighLatency", "Requests are slow"}, {"DiskAlmostFull", "Little space"},
		{"PodRestartsOften", "A container restarts"},
		{"ReplicaLags", "A replica is behind"}, {"QueueGrows", "A queue grows"},
		{"CertificateEnds", "A certificate ends"},
		{"NodeUnreachable", "A node does not answer"}};
	struct gold_title *titles = mem_new(MANY, sizeof *titles);

	gold_make(invented, sizeof invented / sizeof *invented, titles, MANY, 3);
	time_clusters(titles);
	time_trends(titles);
	mem_free(titles);
}

int main(int argc, char **argv)
{
	const char *root = getenv("BENCH_DATA");
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");

	puts("the past");
	if (root && *root) {
		size_t n = read_rules(root, false, rules);

		if (n)
			measure("clustering, rules seen", n, 11, verbose);
		n = read_rules(root, true, rules);
		if (n)
			measure("clustering, rules kept apart", n, 12, false);
	} else {
		puts("  clustering against gold skipped: BENCH_DATA names no folder");
	}
	time_all();
	return 0;
}
