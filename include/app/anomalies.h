/* Anomalies found on the series that are held: the detectors of analysis/, fed as
 * points arrive. */
#ifndef APP_ANOMALIES_H
#define APP_ANOMALIES_H

#include "app/app.h"
#include "model/series.h"

enum { ANOMALY_REASON = 120, ANOMALIES_MAX = 500 };

struct anomaly_row {
	uint64_t id;              /* of this anomaly */
	uint64_t series;          /* id of the series */
	int64_t start_at, end_at; /* end 0: still on */
	double value;             /* at its peak */
	double expected, low, high;
	double score; /* 0..1 */
	enum severity severity;
	enum unit unit;
	char name[96];
	char reason[ANOMALY_REASON];
};

struct anomalies *anomalies_new(struct app *app);
void anomalies_free(struct anomalies *anomalies);
/* A new point of a series. */
void anomalies_feed(
	struct anomalies *anomalies, const struct series *series, struct point point);
/* Newest first. */
size_t anomalies_count(const struct anomalies *anomalies);
const struct anomaly_row *anomalies_at(const struct anomalies *anomalies, size_t i);
size_t anomalies_open(const struct anomalies *anomalies);
/* "Seasonal baseline: 3 of 7 days learnt; thresholds only"; empty when learnt. */
const char *anomalies_learning(const struct anomalies *anomalies);
/* Expected band of a series now; false when not known. */
bool anomalies_band(const struct anomalies *anomalies, uint64_t series, double *expected,
	double *low, double *high);

#endif
