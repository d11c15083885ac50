/* Which pages and which alerts are one thing: found by the key that a pager was told, by
 * the labels in an incident's details, else guessed; or said by hand. */
#ifndef SRC_APP_JOINS_H
#define SRC_APP_JOINS_H

#include "app/app.h"
#include "model/batch.h"

struct joins *joins_new(struct app *app);
void joins_free(struct joins *joins);
/* The store is open: what was said by hand. */
void joins_begin(struct joins *joins);
/* What incidents said of themselves. */
void joins_details(struct joins *joins, int source, const struct batch *batch);
/* Finds all of it anew when something changed; short. */
void joins_run(struct joins *joins);
/* Nothing more is being asked. */
bool joins_settled(const struct joins *joins);

#endif
