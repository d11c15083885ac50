/* Where copies of the audit's records go as they are written. */
#ifndef SRC_APP_SINKS_H
#define SRC_APP_SINKS_H

#include "app/app.h"
#include "ops/audit.h"

struct sinks;

struct sinks *sinks_new(struct app *app);
/* Before the pool and the HTTP client are freed: nothing is told any more. */
void sinks_end(struct sinks *sinks);
void sinks_free(struct sinks *sinks);
/* The rc is another one now. */
void sinks_reload(struct sinks *sinks);
/* Something is on its way to one of them. */
bool sinks_busy(const struct sinks *sinks);
/* Once a second: what could not be given away is tried again. */
void sinks_tick(struct sinks *sinks);
/* For audit_config.written; ctx is the sinks. */
void sinks_written(void *ctx, uint64_t seq,
	void (*then)(struct audit *audit, const struct err *err), struct audit *audit);
/* The file that a sink of that name writes; NULL: there is none, or it is no file. */
const char *sinks_file(const struct app *app, const char *name);

#endif
