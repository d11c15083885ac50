/* The tables, as forward-only migrations. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "store/db.h"

enum { SCHEMA_STATEMENTS = 24 };

struct migration {
	int version; /* 1, 2, … without a gap */
	const char *name;
	const char *sql[SCHEMA_STATEMENTS]; /* one statement each; ends with NULL */
};

/* The version this program writes. */
int schema_newest(void);
/* Runs what comes after `from`, inside the caller's transaction. */
bool schema_apply(struct db *db, int from, struct err *err);

#endif
