/* The parts of app/trends, shared by the files trends*.c and nobody else. */
#ifndef APP_TRENDS_PARTS_H
#define APP_TRENDS_PARTS_H

#include "app/trends.h"
#include "base/map.h"
#include "io/task.h"
#include "store/hand.h"
#include "store/past.h"
#include "store/watch.h"

enum { SOURCES_MAX = 64 };

/* One page out of the store. */
struct page_job;
struct compute;

/* In which bar the incidents are that past_listing shows. */
struct drill {
	bool on;
	struct trends_row row;
	enum trend_by by;
	int64_t from, to;
	uint32_t cell;   /* of a problem */
	size_t *indices; /* newest first */
	size_t count, cap;
};

struct trends {
	struct app *app;
	int watchers;
	bool ended;
	/* reading */
	bool asked, begun, whole; /* whole: the span was read to its end */
	int64_t from_at, read_at;
	struct incident_cursor cursor, since;
	char error[200];
	/* what was read */
	struct clusters *clusters;
	struct past_incident *rows;
	size_t count, cap;
	struct map by_id; /* index + 1 */
	struct map texts; /* titles, services, names: each once */
	struct map service_indices;
	struct untrusted *services;
	size_t service_count, service_cap;
	int64_t whole_from;
	/* computing */
	struct compute *computing;
	bool stale;
	int64_t computed_at;
	enum trend_by by;
	int days;
	struct trends_view *view;
	struct drill drill;
};

/* trends_compute.c: a snapshot of what is known, in a task or here. */
void trends_compute(struct trends *trends, bool here);
void trends_view_free(struct trends_view *view);
struct trend_hours trends_hours(const struct app *app);
void trends_drill_again(struct trends *trends);

#endif
