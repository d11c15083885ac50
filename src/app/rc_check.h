/* What is wrong with a configuration that no single line shows: names of lines that are
 * not there. Any thread, one owner. */
#ifndef SRC_APP_RC_CHECK_H
#define SRC_APP_RC_CHECK_H

#include <stdbool.h>

struct rc;

/* When all is read; each wrong name is an error at the line that says it. */
void rc_check(struct rc *rc);
/* folder: "themes" or "keymaps"; name is none of the shipped ones. */
void rc_no_such_look(struct rc *rc, const char *folder, const char *name);

/* Reads it; when it cannot be read, the line that names it is at fault. */
void rc_read_look(struct rc *rc, const char *folder, const char *path);

/* The layout that is set is there; else that is an error of it. */
bool rc_check_layout(struct rc *rc);

#endif
