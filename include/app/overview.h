/* What needs somebody now: the overview, as rows and as plain text. */
#ifndef APP_OVERVIEW_H
#define APP_OVERVIEW_H

#include "app/app.h"
#include "base/str.h"
#include "model/severity.h"

struct alert;
struct anomaly_row;

/* One thing that needs somebody: an alert, or an anomaly that is still on. */
struct need {
	enum severity severity;
	const struct alert *alert;         /* or NULL */
	const struct anomaly_row *anomaly; /* or NULL */
	int64_t since;
};

/* Worst first, at most max; firing alerts before anomalies of the same severity, then
 * what somebody has acknowledged. Returns how many; *total counts all. */
size_t overview_needs(const struct app *app, struct need *out, size_t max, size_t *total);
/* "2 critical, 1 warning", "No open incidents. …", "UNKNOWN since …". */
const char *overview_headline(const struct app *app, char *out, size_t size);
/* False with a sentence: a source that pages does not answer. */
bool overview_known(const struct app *app, char *why, size_t size);
void overview_print(const struct app *app, struct str *out);

#endif
