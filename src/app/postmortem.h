/* The draft of a postmortem: what the store knows of one incident, and marked blanks
 * where somebody has to judge. */
#ifndef APP_POSTMORTEM_H
#define APP_POSTMORTEM_H

#include "app/app.h"
#include "app/command.h"
#include "base/str.h"

/* By its upstream id or number, or else by the key of an alert. In a script it is
 * printed into out at once; in the console it becomes a file, and a notice says where. */
enum status postmortem_begin(struct app *app, const char *id, uint64_t target,
	struct str *out, struct err *err);

#endif
