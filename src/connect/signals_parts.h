/* What asking about an incident's window and reading the answers share. */
#ifndef SRC_CONNECT_SIGNALS_PARTS_H
#define SRC_CONNECT_SIGNALS_PARTS_H

#include "connect/signals.h"
#include "signals_table.h"

struct signals_item {
	const struct signal *row; /* NULL: a query of the user's */
	const struct source_query *query;
	char *expr;
};

struct signals {
	struct signals_conf conf;
	char *probe;
	struct signals_item items[SIGNALS_ASKS];
	size_t count;
	size_t left_out; /* queries over SIGNALS_QUERIES */
};

/* Between two points, so that a series has no more than SIGNALS_POINTS. */
int64_t signals_step(const struct signals_conf *conf);
/* The row's expression with this for its $M ("": of all nodes). The caller frees it. */
char *signals_expr(
	const struct signals_conf *conf, const struct signal *row, const char *matcher);

#endif
