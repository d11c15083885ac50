/* Who is on call, now and next, in each schedule of each source: as the sources tell it,
 * kept in the store so that it can be read offline. What the header and a handoff say of
 * on-call people follows from here. Main thread. */
#ifndef APP_ROTAS_H
#define APP_ROTAS_H

#include "app/app.h"
#include "model/batch.h"
#include "model/rota.h"

enum {
	ROTAS_AHEAD_MS = 14 * 24 * 3600 * 1000, /* gaps are looked for so far */
	ROTAS_OLD_MS = 15 * 60 * 1000, /* what was read before is said to be old */
	ROTAS_AT_ONCE = 8,             /* people on call at a moment that are named */
	ROTAS_GAPS = 16,
	ROTAS_WORDS = 200,
};

struct poll_status;

struct rota_row {
	uint64_t id;
	int source;
	struct rota rota;
	int64_t read_at; /* when the source said so */
	bool kept;       /* out of the store: the source has not answered since */
};

struct rotas *rotas_new(struct app *app);
/* Before the sources are freed. */
void rotas_end(struct rotas *rotas);
void rotas_free(struct rotas *rotas);
/* The store is open, or the profile is another one: what was kept is read. */
void rotas_begin(struct rotas *rotas);
void rotas_apply(struct rotas *rotas, int source, const struct batch *batch);
/* Of the conversation that reads them. */
void rotas_status(struct rotas *rotas, int source, const struct poll_status *status);
/* Who is on call in a source's own list is as the schedules say. */
void rotas_follow(struct rotas *rotas);
void rotas_forget(struct rotas *rotas, int source);
void rotas_tick(struct rotas *rotas, int64_t now);
/* Each source that has schedules has told them once, or failed. */
bool rotas_settled(const struct rotas *rotas);

/* By source and name. Borrowed until something changes. */
size_t rotas_count(const struct rotas *rotas);
const struct rota_row *rotas_at(const struct rotas *rotas, size_t i);
const struct rota_row *rotas_find(const struct rotas *rotas, uint64_t id);
const struct rota_row *rotas_of(
	const struct rotas *rotas, struct untrusted source, struct untrusted schedule);
/* By its id, its name, or what only one name begins with or holds. NULL: *err lists
 * those that it could be. */
const struct rota_row *rotas_named(
	const struct rotas *rotas, const char *wanted, struct err *err);
/* Moment to moment it has been read since; 0: never. */
int64_t rotas_read_at(const struct rotas *rotas, int source);

/* "you", a name, or the id where no name is known. */
const char *rotas_who(const struct rotas *rotas, int source, struct untrusted user,
	char *out, size_t size);
/* I am on call by a schedule; *until: the first one's end. */
bool rotas_mine(const struct rotas *rotas, int64_t *until);
/* Empty: it is not known whose key it is. */
struct untrusted rotas_me(const struct rotas *rotas, int source);
/* NULL: nothing but the id is known. */
const struct person *rotas_known(
	const struct rotas *rotas, int source, struct untrusted user);
/* "@bob", "bob@example.org", "Bob Li", "me", or an id. NULL: *err says why, with those
 * that it could be. */
const struct person *rotas_person(
	const struct rotas *rotas, int source, const char *wanted, struct err *err);
size_t rotas_people(const struct rotas *rotas, int source, const struct person **people);

/* False with a sentence: what is listed may be short or old. */
bool rotas_words(const struct rotas *rotas, char *out, size_t size);

/* --- one schedule, shift by shift --- */

/* A stretch of it: somebody, several, or nobody is on call. */
struct rota_part {
	uint64_t id;
	struct span span;
	struct untrusted users[ROTAS_AT_ONCE];
	size_t count; /* 0: nobody */
	bool over;    /* by an override */
	int source;
};

/* It is looked at: its parts from now on are made. */
void rotas_show(struct rotas *rotas, uint64_t id);
const struct rota_row *rotas_shown(const struct rotas *rotas);
size_t rota_parts_count(const struct rotas *rotas);
const struct rota_part *rota_parts_at(const struct rotas *rotas, size_t i);

/* --- words --- */

enum { ROTA_TIME = 48, ROTA_SPAN = 120 };
/* "today 18:00", "Tue 09:00", "Mon Dec 07 09:00": in the user's zone. */
const char *rota_moment(int64_t at, int64_t now, char out[ROTA_TIME]);
/* "1h", "167h", "7d", "8h30m": hours as they pass, whatever the clocks do. */
const char *rota_length(int64_t ms, char out[ROTA_TIME]);
/* "Mon Dec 07 09:00 to 18:00 UTC (9h)" */
const char *rota_span_words(struct span span, int64_t now, char out[ROTA_SPAN]);

#endif
