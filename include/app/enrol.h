/* Sources that are added and taken out from here: tried first, shown in numbers, asked
 * about, then kept in a file of our own beside the rc (sources.rc); the user's own files
 * are never written. Main thread. */
#ifndef APP_ENROL_H
#define APP_ENROL_H

#include "app/command.h"

struct enrol;

struct enrol *enrol_new(struct app *app);
/* Before the loop's tasks are waited for: nobody is told any more. */
void enrol_end(struct enrol *enrol);
void enrol_free(struct enrol *enrol);

/* NAME KIND [KEY=VALUE …], as in a source line, and services=, teams=, urgencies=. keep:
 * it is added when the answer is yes; else it is only tried. PENDING when it is under
 * way: the console is told by notices, a script by enrol_outcome(). */
enum status enrol_add(
	struct enrol *enrol, const struct call *call, bool keep, struct err *err);
/* Only what is in that file; asks, and says what stays in the store. */
enum status enrol_remove(struct enrol *enrol, const struct call *call, struct err *err);
bool enrol_busy(const struct enrol *enrol);
enum status enrol_outcome(const struct enrol *enrol, struct str *out, struct err *err);

/* A word of a line that is typed says a secret: it is not to be remembered. */
bool enrol_tells_secret(const char *line);

#endif
