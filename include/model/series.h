/* A series: one metric of one thing over time. The newest points are kept in a ring,
 * oldest first, times strictly rising; what the ring does not reach comes from up to
 * two spans of the past (model/past.h). Owned by main. */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include "base/untrusted.h"
#include "model/past.h"
#include "model/severity.h"
#include "base/unit.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SERIES_KEY_MAX = 512,    /* bytes of a key; longer ones are hashed at the end */
	SERIES_MAX_POINTS = 720, /* kept for each series */
};

struct point {
	int64_t at;
	double value; /* never NaN: a gap is an absent point */
};

/* Limits that people set: value >= (or <= when below is set) is bad. NAN: none. */
struct limits {
	double warn, critical;
	bool below;
};

struct series {
	uint64_t id;           /* hash of the key: identity */
	struct untrusted key;  /* owned: "host/cpu" or "prom/error rate{service=\"a\"}" */
	struct untrusted name; /* a part of key: name and labels in full */
	struct untrusted shown; /* owned: what lists show */
	int source;             /* index in the source table */
	uint32_t order;         /* position of its query in the rc, or of its reader */
	enum unit unit;
	struct limits limits;
	int64_t interval_ms; /* between points, as expected */
	struct point *points;
	uint32_t head, count, cap;
	/* Owned, NULL: none. What is looked at, and what that is compared with. */
	struct past *past, *compared;
};

/* key is copied; name_from/name_n is the slice of it that is the name. Shown is the
 * name with the values of its labels only: cpu{host="a"} is shown as "cpu a". */
struct series *series_new(struct untrusted key, size_t name_from, size_t name_n);
void series_free(struct series *series);
/* Ignores points not newer than the last; drops the oldest when full. */
void series_add(struct series *series, struct point point);
/* Puts older history in front (points sorted by time); keeps the newest. */
void series_merge(struct series *series, const struct point *points, size_t n);
/* i from 0 (oldest); i < series->count. */
struct point series_at(const struct series *series, size_t i);
bool series_last(const struct series *series, struct point *out);
/* Index of the first point at or after `at`; count when there is none. */
size_t series_find(const struct series *series, int64_t at);

struct series_span {
	double low, high, mean, last;
	size_t count;
};
/* Over [from, to], ring and past; count 0 when there is no point. The mean weighs
 * equal times equally. */
struct series_span series_span(const struct series *series, int64_t from, int64_t to);
/* The newest in [from, to], ring and past; false: none. Its value alone, or NAN. */
bool series_newest(
	const struct series *series, int64_t from, int64_t to, struct point *out);
double series_before(const struct series *series, int64_t from, int64_t to);
/* Fills n buckets of [from, to) with the bucket's maximum; NAN where there is none. A
 * step of the past fills every bucket that it touches. series_dips(): the minimum. */
void series_dips(
	const struct series *series, int64_t from, int64_t to, double *out, size_t n);
void series_buckets(
	const struct series *series, int64_t from, int64_t to, double *out, size_t n);

/* How bad a value is against its limits: OK, WARNING or CRITICAL. */
enum severity limits_judge(struct limits limits, double value);

#endif
