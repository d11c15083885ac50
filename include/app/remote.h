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
	int64_t timeout_ms;
};

/* The hosts are looked up in a task, then it is asked about. False with a sentence: one
 * too many. What goes wrong later is a notice, or remote_outcome(). */
bool remote_run(struct remote *remote, const struct remote_wish *wish, struct err *err);
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

/* The host that an alert is about, by its labels; false: none of them names one. */
struct alert;
bool remote_alert_host(const struct alert *alert, char *out, size_t size);

#endif
