/* Commands on other machines, joined to the program: the inventory is read for each anew,
 * groups come from the rc, questions go through the front. Main thread. */
#ifndef APP_REMOTE_H
#define APP_REMOTE_H

#include "app/app.h"
#include "app/command.h"
#include "ops/fanout.h"

struct remote;
struct ssh_net;

enum { REMOTE_MAX_FANS = 8 };

struct remote *remote_new(struct app *app);
/* Before task_pool_free(): what runs is recorded as ended. */
void remote_end(struct remote *remote);
/* After task_pool_free(). */
void remote_free(struct remote *remote);

/* What is wanted; all of it is copied. */
struct remote_wish {
	const char *pattern;
	const char *const *argv; /* NULL-ended */
	const char *origin;
	const uint64_t *alerts; /* ids, for @alert */
	size_t alert_count;
	size_t width, serial;
	int most_failed; /* per cent */
	bool canary;
	bool follows; /* its lines are listed as they come, from all hosts together */
	int64_t timeout_ms;
};

/* The hosts are looked up in a task, then it is asked about. False with a sentence: one
 * too many. What goes wrong later is a notice, or remote_outcome(). */
bool remote_run(struct remote *remote, const struct remote_wish *wish, struct err *err);
/* A terminal over there: asked about, then it has this one until it ends. One at a
 * time. */
bool remote_shell(
	struct remote *remote, const char *host, const char *origin, struct err *err);
/* A file from HOST:PATH to a path here, or the other way; one at a time. */
bool remote_copy(struct remote *remote, bool gets, const char *from, const char *to,
	const char *origin, struct err *err);
/* The newest, or NULL; those before it, i from 1 on. */
struct fan *remote_fan(const struct remote *remote, size_t i);
bool remote_busy(const struct remote *remote);
/* "uptime on 12 hosts", or NULL: nothing runs. */
const char *remote_running(const struct remote *remote, char *out, size_t size);
/* False: nothing ran. */
bool remote_stop(struct remote *remote);
/* For scripts: what came back. False: nothing was run. */
bool remote_outcome(struct remote *remote, bool json, struct str *out,
	enum status *status, struct err *err);

/* The ssh configuration as it was a moment ago, borrowed for the call; NULL with a
 * sentence: it is being read. A script waits for it. */
struct inventory *remote_inventory(struct remote *remote, struct err *err);
/* Names of a pattern, by the groups of the rc. */
bool remote_hosts(const struct app *app, const struct inventory *inventory,
	const char *pattern, struct host_list *out, struct err *err);
/* For policy: the host is in the group; *known: there is such a group. */
bool remote_in_group(void *app, const char *group, const char *host, bool *known);

/* Fans of runbooks' steps, one for each run; how gets what is the program's. */
struct run;
struct fan *remote_step(struct remote *remote, struct run *run, const struct fan_how *how,
	const struct fan_wish *wish, struct err *err);
/* NULL: none. */
struct fan *remote_step_fan(const struct remote *remote, const struct run *run);
/* It is freed soon. */
void remote_step_over(struct remote *remote, const struct run *run);

/* Lines of the newest run that follows a file; NULL: there was none. */
struct followed;
struct followed_line {
	uint64_t id; /* 0: none */
	const char *host;
	struct untrusted text;
};
enum { FOLLOWED_LINES = 5000 };
const struct followed *remote_followed(const struct remote *remote);
/* The newest run is one. */
bool remote_follows(const struct remote *remote);
size_t followed_count(const struct followed *tail);
const struct followed_line *followed_line(
	const struct followed *tail, size_t i); /* oldest first */
/* NULL: it has left. */
const struct followed_line *followed_find(const struct followed *tail, uint64_t id);

/* The host that an alert is about, by its labels; false: none of them names one. */
struct alert;
bool remote_alert_host(const struct alert *alert, char *out, size_t size);

#endif
