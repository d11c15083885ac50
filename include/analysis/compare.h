/* Now against then: a window of one thing beside the same window some days before. Pure
 * and without memory; any thread. Values are on one grid of times, NAN where there was no
 * point. What it means is in docs/anomalies.md. */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include "base/unit.h"
#include "base/untrusted.h"
#include "model/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What answers are counted as. The last three are no classes of answers. */
enum compare_class {
	CLASS_1XX,
	CLASS_2XX,
	CLASS_3XX,
	CLASS_4XX,
	CLASS_5XX,
	CLASS_0DC,     /* no code: whoever asked went away (Envoy's flag DC) */
	CLASS_OTHER,   /* no code with another flag, or a code nobody knows */
	CLASS_TRAFFIC, /* all of these together */
	CLASS_VALUE,   /* what is no count of answers */
	CLASS_COUNT_,
};

/* "2xx" …; -1: there is no such class. */
const char *compare_class_name(enum compare_class class);
int compare_class_parse(const char *word);
/* Of a code and Envoy's flags (empty: not told). */
enum compare_class compare_class_of(struct untrusted code, struct untrusted flags);
/* Of printed labels: true with their class and, in key, the labels without code and
 * flags; false, with the labels as they are, when they have no code. */
bool compare_labels(
	struct untrusted labels, enum compare_class *class, char *key, size_t size);

enum compare_sense { SENSE_UP = 1, SENSE_DOWN = 2, SENSE_BOTH = 3 };

/* NAN: that limit is none. */
struct compare_rule {
	double count;      /* in the window, more than that: the least that matters */
	double percent;    /* of what was then; of answers, of their share of all */
	double difference; /* to what was then */
	int points;        /* so many in a row, 1 at least */
	enum compare_sense sense;
	bool follows; /* values that come and go with others: that alone says nothing */
};

bool compare_is_error(enum compare_class class);

enum compare_what {
	COMPARE_SAME,
	COMPARE_MORE,
	COMPARE_LESS,
	COMPARE_NEW,      /* then there was none */
	COMPARE_GONE,     /* now there is none */
	COMPARE_COLLAPSE, /* of all traffic, most is gone */
	COMPARE_UNKNOWN,  /* one of the windows has no point that tells */
};
const char *compare_what_name(enum compare_what what);

struct compare_pair {
	const double *now, *then; /* NULL: not a single point */
	const double *traffic_now,
		*traffic_then; /* of all answers; NULL: no such thing */
	size_t n;
	double weight; /* a count in a window is the sum times this */
};

enum { COMPARE_SENTENCE = 160 };

struct compare_verdict {
	enum compare_what what;
	enum severity severity;       /* SEVERITY_OK where it is the same */
	double now, then;             /* counts in the windows, or means; NAN: none */
	double share_now, share_then; /* of the traffic, 0..1; NAN without it */
	double percent;               /* of change; infinite from 0, NAN when not known */
	size_t since;                 /* the first point of it on the grid */
};

void compare_judge(const struct compare_pair *pair, enum compare_class class,
	const struct compare_rule *rule, struct compare_verdict *out);
/* "5xx 20.0k, none then"; returns out. */
const char *compare_sentence(const struct compare_verdict *v, enum compare_class class,
	enum unit unit, char out[COMPARE_SENTENCE]);

/* The same clock time `days` before, in the zone of this host: a day of 23 or 25 hours
 * lies between as one day. */
int64_t compare_then(int64_t at, int days);

#endif
