/* The one engine that drives every source: TLS, back-off with jitter, Retry-After,
 * rate budgets, size caps, circuit breaking, survival mode. Main only. */
#ifndef CONNECT_POLL_H
#define CONNECT_POLL_H

#include "connect/source.h"
#include "io/http.h"

struct loop;
struct task_pool;
struct poll;
struct poll_source;

enum poll_state {
	POLL_STARTING, /* no answer yet */
	POLL_OK,
	POLL_FAILING, /* the last ask failed; see error */
	POLL_PAUSED,
};

/* A source has four conversations at most: now, the past, its schedules, counts of
 * objectives; none has all. */
enum { POLL_MAX_SOURCES = 192, POLL_PARALLEL = 2, POLL_SLOW_MS = 2000 };

/* What the sources pane shows. */
struct poll_status {
	enum poll_state state;
	int64_t last_ok_at;    /* end of the last full round without an error; 0: never */
	int64_t failing_since; /* 0 while ok */
	int64_t ok_since;      /* when it last began to be; 0: never */
	int64_t next_try_at;   /* while failing */
	int64_t latency_ms;    /* of the last answer */
	int64_t p50_ms, p95_ms;               /* over the last 64 answers */
	int64_t limit_remaining, limit_total; /* -1: not known */
	uint64_t answers, failures;
	bool survival;     /* p95 over POLL_SLOW_MS: asks for the least */
	bool partial;      /* the server's own word on its last answer */
	bool shared;       /* the last answer was asked for by another oogway */
	struct err error;  /* last failure */
	int error_status;  /* HTTP's of that, 0: there was no whole answer */
	char warning[160]; /* last warning of the server, "" without */
};

struct poll_options {
	struct source_conf conf; /* all texts are copied, here and below */
	const struct source_kind *kind;
	struct http_tls tls;
	const struct secret *secret; /* or NULL; borrowed for the source's life */
	const char *user;            /* Basic when the kind has no secret header */
	int number;                  /* that its alerts carry */
	const char *unix_socket;     /* conf.url is then http://localhost… */
};

struct poll_events {
	/* A batch arrived. false: a turn is too short for it, and it comes again in the
	 * next one, until true; nothing else of this source is asked or read meanwhile.
	 * taken is the callee's own and 0 at first. Borrowed until true. */
	bool (*batch)(void *ctx, int source, const struct batch *batch, size_t *taken);
	/* Status changed in a way worth showing. */
	void (*status)(void *ctx, int source);
	void *ctx;
};

/* What another oogway has asked already need not be asked again. key is the same for
 * the same question of the same source, in every process. */
struct poll_share {
	/* May there be an answer that came at since_at or later? false: no. true: `found`
	 * is called later, once, with it, borrowed, or with NULL; but for a drop(). */
	bool (*find)(void *ctx, const char *key, int64_t since_at,
		void (*found)(void *asked, const struct answer *answer), void *asked);
	/* found is not called any more for that. */
	void (*drop)(void *ctx, void *asked);
	/* A server has answered, with 200. */
	void (*keep)(void *ctx, const char *key, const struct answer *answer);
	void *ctx;
};

struct poll *poll_new(struct loop *loop, struct task_pool *pool, struct http *http,
	const struct poll_events *events);
void poll_free(struct poll *poll);
/* Before the first source is added; without it every question is asked. */
void poll_set_share(struct poll *poll, const struct poll_share *share);
/* Returns the source's number, -1 with *err when the kind refuses its conf. Starts
 * asking at once; later rounds come a part of a second after the tick, which part is
 * each process's own. */
int poll_add(struct poll *poll, const struct poll_options *options, struct err *err);
/* Its asks are broken off, nothing of it is told any more; its number is given again. */
void poll_remove(struct poll *poll, int source);
/* As the engine keeps them, until the source is removed; NULL when there is none. */
const struct poll_options *poll_options(const struct poll *poll, int source);
const struct poll_status *poll_status(const struct poll *poll, int source);
/* The console looks at another span: history is asked anew. */
void poll_set_window(struct poll *poll, const struct source_window *window);
/* Asks now, whatever the interval (but not a rate-limited source). */
void poll_hurry(struct poll *poll, int source);
void poll_pause(struct poll *poll, int source, bool paused);
/* Asks something of a source for as long as somebody looks: its answers come as
 * batches with this number, first the window (series marked as history replace what
 * came before), then the newest values. expr is copied. Urgent: also while the source
 * is slow. 0 when the kind takes no such questions or has SOURCE_MAX_WATCHES. */
uint32_t poll_watch(struct poll *poll, int source, const char *expr, bool urgent);
/* No answer to it comes any more. 0 is allowed. */
void poll_unwatch(struct poll *poll, int source, uint32_t watch);
/* What more is to be asked about; the kind takes care how fast. Replaces what was. */
void poll_set_details(
	struct poll *poll, int source, const char (*ids)[SOURCE_ID], size_t count);
/* The incident that somebody looks at; "" or NULL: none. */
void poll_set_opened(struct poll *poll, int source, const char *id);
/* Called from the loop's tick once a second: starts what is due. NULL is
 * allowed, as ticks may come after poll_free(). */
void poll_tick(struct poll *poll, int64_t now);
/* True when each source has had a first full answer or a failure. */
bool poll_settled(const struct poll *poll);

#endif
