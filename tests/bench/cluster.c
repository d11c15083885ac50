/* Clustering and trends: how well the first agrees with titles whose problem is known
 * (alert rules of BENCH_DATA/runbooks, expanded; half of the rules kept apart), and
 * how long 100,000 titles, one more, and any trend over 100,000 incidents take. */
#include "analysis/cluster.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "gold.h"

#include <sys/stat.h>

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

int main(int argc, char **argv)
{
	const char *root = getenv("BENCH_DATA");
	bool verbose = argc > 1 && !strcmp(argv[1], "-v");

	if (root && *root) {
		size_t n = read_rules(root, false, rules);

		if (n)
			measure("clustering, rules seen", n, 11, verbose);
		n = read_rules(root, true, rules);
		if (n)
			measure("clustering, rules kept apart", n, 12, false);
	}
	return 0;
}
