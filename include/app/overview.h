/* What needs somebody now: the overview, as rows and as plain text. */
#ifndef APP_OVERVIEW_H
#define APP_OVERVIEW_H

#include "app/app.h"
#include "base/str.h"

/* "2 critical, 1 warning", "No open incidents. …", "UNKNOWN since …". */
const char *overview_headline(const struct app *app, char *out, size_t size);
/* False with a sentence: a source of alerts did not answer, or not in full. */
bool overview_known(const struct app *app, char *why, size_t size);
struct problem;
/* One line of that. */
void overview_print_problem(
	const struct app *app, const struct problem *problem, struct str *out);
void overview_print(const struct app *app, struct str *out);

#endif
