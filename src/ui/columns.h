/* Where the columns of a listing stand: widths from their table, and from what is to be
 * written in them now. Pure. */
#ifndef UI_COLUMNS_H
#define UI_COLUMNS_H

#include "app/listing.h"

enum { COLUMNS_MOST = 16, COLUMNS_GAP = 2 };

struct column_place {
	int col, width; /* width 0: not shown */
};

/* What a column needs here, in columns of the screen. */
struct column_need {
	uint8_t least; /* its table's width, or that of its title with the sort arrow */
	uint8_t seen;  /* of the widest text in it, 0: not known */
	bool hidden;   /* there is nothing to say in it now */
};

/* Least widths first, the least wanted columns dropped until it fits; then those that
 * want more by their table; then what is cut, the most wanted first; the rest to the
 * flexible ones. */
void columns_place(const struct listing *listing, int cols,
	const struct column_need *needs, struct column_place *out);

#endif
