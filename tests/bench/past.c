/* What keeping a pager's history costs: 100,000 incidents and their entries into a store
 * of their own, a page of a hundred in one transaction as the console does it. Prints
 * rows/s and the memory, then how long the newest thousand take to read back.
 *
 * usage: bench-past FOLDER */
#include "base/time.h"
#include "store/past.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

enum { INCIDENTS = 100000, PAGE = 100 };

struct page {
	struct batch_past pasts[PAGE];
	struct batch_entry entries[2 * PAGE];
	char ids[3 * PAGE][24];
	struct coverage coverage;
};

static void fill(struct page *p, int first)
{
	static const char *const titles[] = {"HTTP 5xx above 1 %",
		"p99 latency above 300 ms", "Replication lag above 30 s"};

	memset(p, 0, sizeof *p);
	for (int i = 0; i < PAGE; i++) {
		struct alert_draft *a = &p->pasts[i].alert;
		int64_t at = INT64_C(1700000000000) + (first + i) * 600 * SECOND_MS;

		snprintf(p->ids[i], sizeof p->ids[i], "Q%013d", first + i);
		a->state = ALERT_RESOLVED;
		a->severity = SEVERITY_HIGH;
		a->started_at = at;
		a->ended_at = at + 900 * SECOND_MS;
		a->number = (uint32_t)(first + i + 1);
		a->texts[ALERT_ID] = untrusted_str(p->ids[i]);
		a->texts[ALERT_TITLE] = untrusted_str(titles[(first + i) % 3]);
		a->texts[ALERT_SERVICE] = untrusted_str("payments-api");
		a->texts[ALERT_LINK] =
			untrusted_str("https://example.invalid/incidents/");
		for (int k = 0; k < 2; k++) {
			int e = 2 * i + k;

			snprintf(p->ids[PAGE + e], sizeof p->ids[0], "R%d-%d", first + i,
				k);
			p->entries[e] = (struct batch_entry){
				.id = untrusted_str(p->ids[PAGE + e]),
				.incident = a->texts[ALERT_ID],
				.who = untrusted_str("Ana Ruiz"),
				.text = untrusted_str("Acknowledged by Ana Ruiz"),
				.kind = k ? ENTRY_RESOLVE : ENTRY_ACK,
				.at = at + (k ? 900 : 60) * SECOND_MS};
		}
	}
	p->coverage.began = (struct span){1, p->pasts[PAGE - 1].alert.started_at};
}

static bool put(struct db *db, struct page *p, bool entries, struct err *err)
{
	struct past_page page = {.source = untrusted_str("pd"),
		.scope = untrusted_str(""),
		.coverage = &p->coverage};

	if (entries) {
		page.entries = p->entries;
		page.entry_count = 2 * PAGE;
	} else {
		page.pasts = p->pasts;
		page.past_count = PAGE;
	}
	return db_begin(db, err) && past_put(db, &page, err) && db_commit(db, err);
}

static double all(struct db *db, bool entries, struct err *err)
{
	static struct page page;
	int64_t begin = time_mono_us();

	for (int i = 0; i < INCIDENTS; i += PAGE) {
		fill(&page, i);
		if (!put(db, &page, entries, err))
			return -1;
	}
	return (double)(time_mono_us() - begin) / 1e6;
}

static double newest(struct db *db, struct err *err)
{
	struct past_rows rows;
	struct arena arena;
	int64_t begin = time_mono_us();
	double ms;

	arena_init(&arena, 64 << 20);
	ms = past_list(db, &arena, (struct span){1, INT64_MAX}, 1000, &rows, err) &&
			     rows.total == INCIDENTS && rows.count == 1000
		     ? (double)(time_mono_us() - begin) / 1e3
		     : -1;
	arena_release(&arena);
	return ms;
}

int main(int argc, char **argv)
{
	struct store_config config = {0};
	struct rusage usage;
	struct err err = {0};
	char path[4096];
	double incidents, entries, read;
	struct db *db;

	if (argc != 2)
		return 2;
	snprintf(path, sizeof path, "%s/past.db", argv[1]);
	config.path = path;
	db = store_open_here(&config, NULL, &err);
	incidents = db ? all(db, false, &err) : -1;
	entries = incidents < 0 ? -1 : all(db, true, &err);
	read = entries < 0 ? -1 : newest(db, &err);
	db_close(db);
	if (read < 0) {
		fprintf(stderr, "bench-past: %s\n", err.text);
		return 1;
	}
	getrusage(RUSAGE_SELF, &usage);
	printf("past: %d incidents into the store: %.0f rows/s (target 20000), their %d "
	       "entries %.0f rows/s\n",
		INCIDENTS, INCIDENTS / incidents, 2 * INCIDENTS, 2 * INCIDENTS / entries);
	printf("past: memory at most %.1f MiB (target 64); the newest 1000 of %d read in "
	       "%.1f ms\n",
		(double)usage.ru_maxrss / 1024, INCIDENTS, read);
	return 0;
}
