/* What the parts of the table of schedules share: rotas.c (the table), rotas_find.c (by
 * what somebody typed), rotas_keep.c (the store). */
#ifndef SRC_APP_ROTAS_PARTS_H
#define SRC_APP_ROTAS_PARTS_H

#include "app/rotas.h"
#include "base/map.h"

enum { ROTA_SOURCES = RC_MAX_SOURCES + 1, ROTAS_MOST = 200, ROTA_PEOPLE = 10000 };

/* What one source told, or the store has of it. */
struct rota_told {
	const struct rota *rotas;
	size_t rota_count;
	const struct person *people;
	size_t person_count;
	struct untrusted me;
	int64_t read_at;
};

struct rota_group {
	struct arena arena;
	struct rota *rotas;
	size_t count;
	struct person *people;
	size_t person_count;
	struct map by_id; /* hash of an id to 1 + index in people */
	struct untrusted me;
	int64_t read_at;
	bool live;   /* the source itself said so, in this process */
	bool absent; /* it has none, or they may not be read */
	char partial[ROTAS_WORDS];
	char error[ROTAS_WORDS]; /* why it does not answer; "": it does */
	/* Being written to the store: what is next; count: the list of them. */
	size_t write_at;
	bool writing;
	uint64_t written[ROTAS_MOST + 1]; /* hashes of what is there */
};

struct rotas {
	struct app *app;
	struct rota_group groups[ROTA_SOURCES];
	struct rota_row *rows;
	size_t row_count, row_cap;
	uint64_t shown;
	struct rota_part *parts;
	size_t part_count, part_cap;
	int64_t minute; /* that on-call rows were last made for */
	bool loading, load_again, ended;
};

/* Copies it. */
void rota_group_take(struct rota_group *g, const struct rota_told *told);
const struct person *rota_group_person(const struct rota_group *g, struct untrusted id);
/* The rows are made anew from the groups. */
void rotas_changed(struct rotas *rotas);

/* A few schedules of each source that has some to be written. */
void rotas_keep_some(struct rotas *rotas);
void rotas_keep_read(struct rotas *rotas);
/* Those that a source does not tell of any more. */
void rotas_keep_drop(struct rotas *rotas, int source, const struct rota_told *told);

#endif
