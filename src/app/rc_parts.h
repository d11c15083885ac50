/* The parts of rc.c that the files of its longer verbs share, and these. */
#ifndef APP_RC_PARTS_H
#define APP_RC_PARTS_H

#include "app/rc.h"

bool rc_run_query(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_preset(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_pack(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_source(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_sink(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_policy(struct conf *conf, const struct conf_line *line, struct err *err);
/* False with a sentence: the setting is the system's. */
bool rc_may_set_policy(const struct conf *conf, const char *name, struct err *err);
/* The file that `policy.file` names, if its signature holds; else policy_broken. */
void rc_read_signed(struct rc *rc);
bool rc_run_transport(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_hosts(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_notify(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_trigger(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_slo(struct conf *conf, const struct conf_line *line, struct err *err);
bool rc_run_handoff(struct conf *conf, const struct conf_line *line, struct err *err);

bool rc_check_keys(
	const struct conf_line *line, size_t from, const char *verb, struct err *err);
bool rc_check_name(const char *name, struct err *err);
/* "5s" of the KEY=VALUE words, when it is there, between low and high. */
bool rc_take_duration(const struct conf_line *line, const char *key, int64_t low,
	int64_t high, int64_t *out, struct err *err);
/* "22:00-07:00" of them, in minutes of the day. */
bool rc_take_hours(const struct conf_line *line, const char *key, int *from, int *to,
	struct err *err);
bool rc_check_url(const char *url, struct err *err);
const char *rc_keep(struct rc *rc, const char *text);
/* A path in the rc is relative to the file that names it. */
const char *rc_keep_path(struct rc *rc, const struct conf_line *line, const char *path);

#endif
