/* Cells. One pair per role, made when the theme is set; colours are mapped then, by
 * distance in CIE L*a*b* (CIE 15:2004, section 8.2.1), never per cell. Hides ncurses'
 * attributes and what a terminal cannot show. Main thread. */
#include "canvas.h"

#include "app/color.h"

#include "base/str.h"
#include "base/text.h"
#include "screen.h"

#include <curses.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static struct {
	attr_t attrs;
	int pair;
	bool inked; /* blanks of it are seen */
} look[ROLE_COUNT];

static const char *const glyphs[GLYPH_COUNT_][2] = {
	[GLYPH_H] = {"\xe2\x94\x80", "-"},
	[GLYPH_V] = {"\xe2\x94\x82", "|"},
	[GLYPH_TL] = {"\xe2\x94\x8c", "+"},
	[GLYPH_TR] = {"\xe2\x94\x90", "+"},
	[GLYPH_BL] = {"\xe2\x94\x94", "+"},
	[GLYPH_BR] = {"\xe2\x94\x98", "+"},
	[GLYPH_MORE] = {"\xe2\x80\xa6", "~"},
	[GLYPH_CRUMB] = {"\xe2\x96\xb8", ">"},
	[GLYPH_OK] = {"\xe2\x9c\x93", "+"},
	[GLYPH_BAD] = {"!", "!"},
	[GLYPH_WAIT] = {"\xc2\xb7", "."},
	[GLYPH_DOT] = {"\xc2\xb7", "."},
	[GLYPH_LIMIT] = {"\xe2\x94\x84", "-"},
	[GLYPH_AXIS] = {"\xe2\x94\xa4", "+"},
	[GLYPH_BULLET] = {"\xe2\x80\xa2", "*"},
	[GLYPH_FOLDED] = {"\xe2\x96\xb8", "+"},
	[GLYPH_UNFOLDED] = {"\xe2\x96\xbe", "-"},
};

const char *canvas_glyph(enum glyph glyph)
{
	return glyphs[glyph][screen_graphics() == GRAPHICS_ASCII];
}

/* --- colours --- */

struct lab {
	double l, a, b;
};

static double lab_f(double t)
{
	return t > 216.0 / 24389 ? cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}

static struct lab to_lab(int rgb)
{
	double r = color_linear(rgb >> 16), g = color_linear(rgb >> 8 & 255),
	       b = color_linear(rgb & 255);
	double x = lab_f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047);
	double y = lab_f(0.2126 * r + 0.7152 * g + 0.0722 * b);
	double z = lab_f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883);

	return (struct lab){116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

static int nearest(int rgb, int from, int colors)
{
	struct lab want = to_lab(rgb);
	double best = 1e9;
	int index = from;

	for (int i = from; i < colors && i < 256; i++) {
		struct lab have = to_lab(color_palette(i));
		double dl = want.l - have.l, da = want.a - have.a, db = want.b - have.b;
		double d = dl * dl + da * da + db * db;

		if (d < best) {
			best = d;
			index = i;
		}
	}
	return index;
}

static int parse_color(const char *word, int colors)
{
	static const char *const names[] = {
		"black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"};
	int index;

	if (!strcmp(word, "default"))
		return -1;
	for (int i = 0; i < 8; i++)
		if (!strcmp(word, names[i]))
			return i;
	if (word[0] == '#') {
		int rgb = (int)strtol(word + 1, NULL, 16);

		return colors > 256 ? rgb : nearest(rgb, colors >= 256 ? 16 : 0, colors);
	}
	index = (int)strtol(word, NULL, 10);
	if (colors > 256)
		return index < 8 ? index : color_palette(index);
	return index < colors ? index : nearest(color_palette(index), 0, colors);
}

static attr_t parse_attr(const char *word)
{
	static const struct {
		const char *name;
		attr_t attr;
	} names[] = {{"bold", A_BOLD}, {"dim", A_DIM}, {"underline", A_UNDERLINE},
		{"reverse", A_REVERSE}, {"italic", A_ITALIC}};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strcmp(names[i].name, word))
			return names[i].attr;
	return 0;
}

static void set_role(enum role role, const struct rc_color *color)
{
	int colors = screen_colors();

	look[role].attrs = 0;
	look[role].pair = 0;
	for (size_t i = 0; i < color->attr_count; i++)
		look[role].attrs |= parse_attr(color->attrs[i]);
	look[role].inked = look[role].attrs & (A_UNDERLINE | A_REVERSE);
	if (colors < 8)
		return;
	look[role].inked |= strcmp(color->bg, "default") != 0;
	if (init_extended_pair(role + 1, parse_color(color->fg, colors),
		    parse_color(color->bg, colors)) == OK)
		look[role].pair = role + 1;
}

void canvas_theme(const struct rc_color *colors, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (int role = 0; role < ROLE_COUNT; role++)
			if (!strcmp(role_rows[role].name, colors[i].role))
				set_role((enum role)role, &colors[i]);
}

/* --- cells --- */

struct canvas canvas_screen(void)
{
	return (struct canvas){0, 0, screen_rows(), screen_cols(), ROLE_COUNT};
}

struct canvas canvas_part(const struct canvas *c, int row, int col, int rows, int cols)
{
	struct canvas part = {c->y + row, c->x + col, rows, cols, c->over};

	if (rows > c->rows - row)
		part.rows = c->rows - row;
	if (cols > c->cols - col)
		part.cols = c->cols - col;
	if (part.rows < 0)
		part.rows = 0;
	if (part.cols < 0)
		part.cols = 0;
	return part;
}

static void use_role(const struct canvas *c, enum role role)
{
	if (c->over != ROLE_COUNT)
		role = c->over;
	attr_set(look[role].attrs, (short)0, &look[role].pair);
}

static void put_cluster(int y, int x, const struct text_cluster *cluster)
{
	wchar_t wide[TEXT_CLUSTER_BYTES + 1];
	cchar_t cell;
	mbstate_t state = {0};
	const char *p = cluster->utf8;
	attr_t attrs;
	short unused;
	int pair;

	if (screen_graphics() == GRAPHICS_ASCII) {
		for (int i = 0; i < cluster->width; i++)
			mvaddch(y, x + i, '?');
		return;
	}
	if (mbsrtowcs(wide, &p, TEXT_CLUSTER_BYTES, &state) == (size_t)-1)
		return;
	wide[CCHARW_MAX] = L'\0';
	attr_get(&attrs, &unused, &pair);
	if (setcchar(&cell, wide, attrs, 0, &pair) == OK)
		mvadd_wch(y, x, &cell);
	else
		mvaddch(y, x, '?');
}

int canvas_text(const struct canvas *c, int row, int col, int width, enum role role,
	struct untrusted text)
{
	struct text_state state = {0};
	struct text_cluster cluster;
	int used = 0;
	bool hidden = false;

	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols)
		return 0;
	if (width > c->cols - col)
		width = c->cols - col;
	use_role(c, role);
	while (text_next(&text, &state, &cluster)) {
		if (used + cluster.width > width ||
			(used + cluster.width == width &&
				(state.at < state.n || !untrusted_empty(text)))) {
			const char *more = canvas_glyph(GLYPH_MORE);

			if (used < width)
				mvaddstr(c->y + row, c->x + col + used, more);
			return used < width ? used + 1 : used;
		}
		if (cluster.shown != hidden) {
			hidden = cluster.shown;
			use_role(c, hidden ? ROLE_HIDDEN : role);
		}
		if (cluster.n == 1)
			mvaddch(c->y + row, c->x + col + used,
				(chtype)(unsigned char)cluster.utf8[0]);
		else
			put_cluster(c->y + row, c->x + col + used, &cluster);
		used += cluster.width;
	}
	return used;
}

int canvas_put(const struct canvas *c, int row, int col, enum role role, const char *text)
{
	return canvas_text(c, row, col, c->cols, role, untrusted_str(text));
}

int canvas_printf(
	const struct canvas *c, int row, int col, enum role role, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return canvas_put(c, row, col, role, text);
}

void canvas_blank(const struct canvas *c, int row, int col, int n, enum role role)
{
	if (row < 0 || row >= c->rows || col >= c->cols)
		return;
	if (col < 0) {
		n += col;
		col = 0;
	}
	if (n > c->cols - col)
		n = c->cols - col;
	if (n <= 0)
		return;
	use_role(c, role);
	mvhline(c->y + row, c->x + col, ' ', n);
}

void canvas_bridge(const struct canvas *c, int row, int col, int n, enum role role)
{
	if (!look[role].inked && c->over == ROLE_COUNT)
		canvas_blank(c, row, col, n, role);
}

void canvas_blank_rows(const struct canvas *c, int from, int to)
{
	for (int row = from; row < to; row++)
		canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
}

static void draw_edge(const struct canvas *c, int row, enum role role, enum glyph left,
	enum glyph right)
{
	canvas_put(c, row, 0, role, canvas_glyph(left));
	for (int col = 1; col < c->cols - 1; col++)
		canvas_put(c, row, col, role, canvas_glyph(GLYPH_H));
	canvas_put(c, row, c->cols - 1, role, canvas_glyph(right));
}

void canvas_frame(
	const struct canvas *c, bool focus, const char *title, const char *below)
{
	enum role role = focus ? ROLE_FOCUS : ROLE_FRAME;
	char text[256];

	if (c->rows < 2 || c->cols < 4)
		return;
	draw_edge(c, 0, role, GLYPH_TL, GLYPH_TR);
	draw_edge(c, c->rows - 1, role, GLYPH_BL, GLYPH_BR);
	for (int row = 1; row < c->rows - 1; row++) {
		canvas_put(c, row, 0, role, canvas_glyph(GLYPH_V));
		canvas_put(c, row, c->cols - 1, role, canvas_glyph(GLYPH_V));
	}
	snprintf(text, sizeof text, " %s ", title);
	canvas_text(c, 0, 1, c->cols - 2, focus ? ROLE_FOCUS : ROLE_TITLE,
		untrusted_str(text));
	if (below && *below) {
		int width;

		snprintf(text, sizeof text, " %s ", below);
		width = text_width(untrusted_str(text), c->cols - 3);
		canvas_text(c, c->rows - 1, c->cols - 1 - width, width, ROLE_DIM,
			untrusted_str(text));
	}
}

void canvas_tint(const struct canvas *c, int row, int col, int n, enum role role)
{
	if (row < 0 || row >= c->rows || col < 0 || col >= c->cols)
		return;
	if (n > c->cols - col)
		n = c->cols - col;
	mvchgat(c->y + row, c->x + col, n, look[role].attrs, 0, &look[role].pair);
}
