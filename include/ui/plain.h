/* Plain mode: one line per change, no drawing; for dumb terminals, screen readers and
 * pipes. */
#ifndef UI_PLAIN_H
#define UI_PLAIN_H

#include "app/app.h"

struct plain;

struct plain *plain_new(struct app *app);
void plain_free(struct plain *plain);

#endif
