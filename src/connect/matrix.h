/* Large matrix answers: the points are read straight from the text, so that no tree
 * of a million values is built. Any thread. */
#ifndef SRC_CONNECT_MATRIX_H
#define SRC_CONNECT_MATRIX_H

#include "base/str.h"
#include "base/untrusted.h"
#include "model/series.h"

struct matrix_values {
	const char *text; /* of the array, borrowed from the body */
	size_t n, count;
};

struct matrix {
	struct str skeleton; /* the document with "oogway_values":N for each array */
	struct matrix_values *arrays;
	size_t count, cap;
};

/* Takes the arrays of [time,"value"] at data.result[i].values out of the document.
 * false: it is not of that plain form; read it as any other JSON. */
bool matrix_open(struct matrix *matrix, struct untrusted body);
void matrix_release(struct matrix *matrix);
/* Points of array `index`, gaps left out; returns how many. out needs room for
 * arrays[index].count. */
size_t matrix_points(const struct matrix *matrix, size_t index, struct point *out);

/* Adds one point unless it is a gap or not newer than the last. */
size_t point_add(struct point *points, size_t n, double seconds, double value);

#endif
