#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include <stdbool.h>
#include <stdio.h>

/* Collects rows and prints them as one aligned table: property, the program under test,
 * its peers, target, ratio, met or missed. */

#define TABLE_SUBJECTS 8
#define TABLE_ROWS     64

enum target { NO_TARGET, AT_MOST, AT_LEAST };

struct table {
	const char *title;
	const char *subject[TABLE_SUBJECTS]; /* [0] is the one with targets */
	int subjects;
	struct table_row {
		const char *property;
		double value[TABLE_SUBJECTS]; /* NAN: not measured */
		enum target kind;
		double target;
	} row[TABLE_ROWS];
	int rows;
};

struct table_row *table_add(
	struct table *table, const char *property, enum target kind, double target);
/* Returns how many targets the first subject missed. */
int table_print(FILE *out, const struct table *table);

#endif
