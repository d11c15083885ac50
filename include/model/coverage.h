/* How much of a source's history is here: what every count over it has to say. */
#ifndef MODEL_COVERAGE_H
#define MODEL_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	int64_t from_at, until_at; /* [from_at, until_at), UTC ms; both 0: nothing */
};

struct coverage {
	/* As far back as was asked or there is anything; 0: not known. */
	int64_t wanted_at;
	bool oldest;         /* wanted_at is when the first incident of all began */
	struct span began;   /* of incidents that began in it, all are here */
	struct span entries; /* and of the entries of their logs */
	/* The span in which the source could not be brought to give all. */
	struct span lacking;
	bool no_entries; /* the source's plan has no logs */
};

enum coverage_state {
	COVERAGE_COMPLETE,
	COVERAGE_PARTIAL,
	COVERAGE_NONE, /* nothing was read yet */
};

enum { COVERAGE_TEXT = 160 };

/* Is [from_at, until_at) covered? `late_ms` is how far behind until_at is still called
 * complete: what began since comes with the next round. */
enum coverage_state coverage_of(
	const struct coverage *coverage, struct span window, int64_t late_ms);
/* Of what began in it all is here, as far as its plan goes with the entries of its log;
 * from_at is INT64_MIN where there was nothing before. Both 0: nothing is known. */
struct span coverage_known(const struct coverage *coverage);
/* "complete", or "partial: read back to Nov 20 14:00 so far"; one line. */
const char *coverage_words(const struct coverage *coverage, struct span window,
	int64_t late_ms, char out[COVERAGE_TEXT]);
/* Of what was asked, how much is read: 0 to 100. */
int coverage_percent(const struct coverage *coverage);
/* Whether the second says the same, but for what has come since. */
bool coverage_longer(const struct coverage *known, const struct coverage *now);
/* Adds [from_at, until_at) to what is lacking. */
void coverage_lacks(struct coverage *coverage, struct span span);

#endif
