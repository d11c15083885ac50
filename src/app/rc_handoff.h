/* The parts of rc.c that rc_handoff.c shares, and its verb. */
#ifndef APP_RC_HANDOFF_H
#define APP_RC_HANDOFF_H

#include "app/rc.h"

bool rc_run_handoff(struct conf *conf, const struct conf_line *line, struct err *err);

bool rc_check_keys(
	const struct conf_line *line, size_t from, const char *verb, struct err *err);
bool rc_check_name(const char *name, struct err *err);
const char *rc_keep(struct rc *rc, const char *text);
/* A path in the rc is relative to the file that names it. */
const char *rc_keep_path(struct rc *rc, const struct conf_line *line, const char *path);

#endif
