/* Layouts that the console keeps: a file of its own, never the user's rc. */
#ifndef APP_LAYOUTS_H
#define APP_LAYOUTS_H

#include "app/app.h"

/* Chooses it and writes the file of saved layouts; a notice says how that went. */
bool layouts_save(struct app *app, const char *name, const char *text, struct err *err);
/* Another value of a setting that is kept there too. */
bool layouts_keep(struct app *app, int setting, const char *value, struct err *err);

#endif
