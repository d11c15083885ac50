/* The newest incidents of the store, of all that page, as the incidents pane and scripts
 * list them; and what may be said of how many there were. Main thread. */
#ifndef APP_INCIDENTS_H
#define APP_INCIDENTS_H

#include "app/app.h"
#include "store/past.h"

enum { INCIDENTS_SHOWN = 1000 };

struct incidents;

struct incidents *incidents_new(struct app *app);
void incidents_free(struct incidents *incidents);
/* They are looked at, or not any more: only then they are read. */
void incidents_watch(struct incidents *incidents, bool on);
/* The store has others now. */
void incidents_changed(struct incidents *incidents);
void incidents_tick(struct incidents *incidents);
/* For one command: reads what began in the window, from the store as it is. */
bool incidents_read(struct incidents *incidents, struct span window, struct err *err);

/* NULL when it is not in the table. */
const struct past_row *incidents_find(const struct incidents *incidents, uint64_t id);

size_t incidents_count(const struct incidents *incidents);
const struct past_row *incidents_at(const struct incidents *incidents, size_t i);
uint64_t incident_id(const struct past_row *row);
/* "1000 of 5000 since May 25, complete"; false when it is partial. */
bool incidents_words(const struct incidents *incidents, char *out, size_t size);
struct span incidents_window(const struct incidents *incidents);

#endif
