/* Canvas: a rectangle of cells, and the only thing that puts text in them. Text of
 * any origin goes through the same door (base/text.h), so that no control byte
 * reaches the terminal. Rows and columns are relative to the rectangle; what lies
 * outside is clipped. Main thread. */
#ifndef UI_CANVAS_H
#define UI_CANVAS_H

#include "app/rc.h"
#include "app/role.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

struct canvas {
	int y, x, rows, cols;
	enum role over; /* ROLE_COUNT: none; else every text takes this role */
};

enum glyph {
	GLYPH_H,
	GLYPH_V,
	GLYPH_TL,
	GLYPH_TR,
	GLYPH_BL,
	GLYPH_BR,
	GLYPH_MORE,  /* text was cut */
	GLYPH_CRUMB, /* between parts of a path */
	GLYPH_OK,
	GLYPH_BAD,
	GLYPH_WAIT,
	GLYPH_DOT,
	GLYPH_LIMIT,
	GLYPH_AXIS,
	GLYPH_BULLET,
	GLYPH_FOLDED,
	GLYPH_UNFOLDED,
	GLYPH_COUNT_,
};

/* Colours of the roles from rc lines, mapped to what the terminal can. */
void canvas_theme(const struct rc_color *colors, size_t count);
struct canvas canvas_screen(void);
/* A part of it, clipped. */
struct canvas canvas_part(const struct canvas *c, int row, int col, int rows, int cols);
const char *canvas_glyph(enum glyph glyph);

/* Draws at most `width` columns of the text; returns the columns used. Cut text ends
 * in the glyph for more. */
int canvas_text(const struct canvas *c, int row, int col, int width, enum role role,
	struct untrusted text);
int canvas_put(
	const struct canvas *c, int row, int col, enum role role, const char *text);
int canvas_printf(const struct canvas *c, int row, int col, enum role role,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Blanks from col to the end of the row (or n columns). */
void canvas_blank(const struct canvas *c, int row, int col, int n, enum role role);
/* Blanks between two texts of a role, in that role: nobody sees the difference, and
 * neither colour is sent again. Where one would see it (a background, an underline),
 * nothing. */
void canvas_bridge(const struct canvas *c, int row, int col, int n, enum role role);
void canvas_blank_rows(const struct canvas *c, int from, int to);
/* Single frame around the rectangle with a title above and words below (NULL: none). */
void canvas_frame(
	const struct canvas *c, bool focus, const char *title, const char *below);
/* Changes the role of what is drawn already in a row: marks a match or a row. */
void canvas_tint(const struct canvas *c, int row, int col, int n, enum role role);

#endif
