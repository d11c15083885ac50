/* Warns of what will happen by itself if nobody does anything. */
#ifndef SRC_APP_EXPIRY_H
#define SRC_APP_EXPIRY_H

#include "app/app.h"

struct expiry;

struct expiry *expiry_new(struct app *app);
void expiry_free(struct expiry *expiry);
/* Acknowledgements that end within three minutes, silences within fifteen: each is told
 * once, in the console and to whom `notify` lines say. */
void expiry_tick(struct expiry *expiry, int64_t now);

#endif
