/* How long a handoff of 10,000 incidents takes, from the store's file to text, Markdown
 * and HTML: loading, counting, clustering, composing. Prints ms, the best and the median
 * of several rounds. */
#include "app/handoff_facts.h"
#include "base/time.h"
#include "report/document.h"
#include "store/incident.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INCIDENTS = 10000, BATCH = 500, ROUNDS = 9, TARGET_MS = 300 };

static const int64_t monday = INT64_C(1794816000000); /* 2026-11-16T08:00Z */

static void fill(struct db *db)
{
	static char ids[BATCH][24], titles[BATCH][80];
	struct incident_row rows[BATCH];
	struct err err = {0};

	for (int i = 0; i < INCIDENTS; i += BATCH) {
		for (int k = 0; k < BATCH; k++) {
			int n = i + k;
			int64_t began = monday + n * (7 * DAY_MS / INCIDENTS);

			snprintf(ids[k], sizeof ids[k], "I%d", n);
			snprintf(titles[k], sizeof titles[k],
				"Alert %d: HTTP 5xx on web-%d is %d %%", n % 40, n % 97,
				n % 100);
			rows[k] = (struct incident_row){.source = untrusted_str("pd"),
				.upstream_id = untrusted_str(ids[k]),
				.title = untrusted_str(titles[k]),
				.service = untrusted_str("checkout"),
				.summary = untrusted_str("the error rate is too high"),
				.severity = SEVERITY_HIGH,
				.state = ALERT_RESOLVED,
				.pages = true,
				.started_at = began,
				.acked_at = began + 3 * MINUTE_MS,
				.ended_at = began + 20 * MINUTE_MS};
		}
		if (!db_begin(db, &err) || !incident_put(db, rows, BATCH, &err) ||
			!db_commit(db, &err)) {
			fprintf(stderr, "bench-handoff: %s\n", err.text);
			exit(2);
		}
	}
}

static double one_round(struct db *db, size_t *bytes)
{
	struct handoff_facts f = {.handoff = {.name = "primary"},
		.profile = "",
		.actor = "ada@here",
		.now = monday + 7 * DAY_MS + HOUR_MS,
		.shift = {monday, monday + 7 * DAY_MS}};
	struct str text, markdown, html;
	struct document d;
	struct err err = {0};
	int64_t began = time_mono_us();

	arena_init(&f.arena, HANDOFF_BYTES);
	f.to_at = f.shift.to_at;
	zone_read(&f.handoff.plan.zone, monday - 60 * DAY_MS, monday + 60 * DAY_MS,
		time_offset_ms);
	shift_parse(&f.handoff.plan, "Mon 08:00", &err);
	if (!handoff_load(&f, db, &err)) {
		fprintf(stderr, "bench-handoff: %s\n", err.text);
		exit(2);
	}
	if (f.sum.count != INCIDENTS)
		exit(2);
	handoff_document(&f, &d);
	str_init(&text, 4 << 20);
	str_init(&markdown, 4 << 20);
	str_init(&html, 98 << 10);
	document_to_plain(&d, &(struct document_plain){.columns = 76}, &text);
	document_to_markdown(&d, &markdown);
	document_to_html(&d, &(struct document_html){0}, &html);
	*bytes = text.n;
	str_release(&text);
	str_release(&markdown);
	str_release(&html);
	document_release(&d);
	arena_release(&f.arena);
	return (double)(time_mono_us() - began) / 1000;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(void)
{
	char path[] = "/tmp/bench-handoff-XXXXXX", file[60];
	struct store_config config = {.path = file};
	struct err err = {0};
	double took[ROUNDS];
	size_t bytes = 0;
	struct db *db;

	setenv("TZ", "UTC", 1);
	if (!mkdtemp(path))
		return 2;
	snprintf(file, sizeof file, "%s/oogway.db", path);
	db = store_open_here(&config, NULL, &err);
	if (!db) {
		fprintf(stderr, "bench-handoff: %s\n", err.text);
		return 2;
	}
	fill(db);
	for (int i = 0; i < ROUNDS; i++)
		took[i] = one_round(db, &bytes);
	qsort(took, ROUNDS, sizeof *took, by_value);
	printf("handoff of %d incidents: best %.0f ms, median %.0f ms (target %d ms), "
	       "%zu bytes of text\n",
		INCIDENTS, took[0], took[ROUNDS / 2], TARGET_MS, bytes);
	db_close(db);
	unlink(file);
	for (const char *const *end = (const char *const[]){"-wal", "-shm", NULL}; *end;
		end++) {
		char beside[80];

		snprintf(beside, sizeof beside, "%s%s", file, *end);
		unlink(beside);
	}
	rmdir(path);
	return took[ROUNDS / 2] > TARGET_MS;
}
