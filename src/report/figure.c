/* Charts as pictures, drawn by cairo. The library is opened when the first one is
 * wanted: most runs never draw. Only the few calls below are used, so they are
 * declared here and no header of cairo is needed to build. No state is kept: each call
 * opens and asks again, which is cheap once it is in memory, so any thread may call. */
#include "report/figure.h"

#include "base/text.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	SCALE = 2,
	BARS_HEIGHT = 150,
	LINE_HEIGHT = 120,
	LEFT = 34,
	RIGHT = 6,
	TOP = 14,
	BOTTOM = 20,
	MAX_TICKS = 12,
};

enum { FORMAT_ARGB32 = 0, STATUS_SUCCESS = 0, STATUS_WRITE_ERROR = 11 };

typedef struct _cairo cairo_t;
typedef struct _cairo_surface cairo_surface_t;

struct extents {
	double x_bearing, y_bearing, width, height, x_advance, y_advance;
};

/* The calls of libcairo.so.2 that are used. */
struct cairo {
	cairo_surface_t *(*image_surface_create)(int format, int width, int height);
	void (*surface_destroy)(cairo_surface_t *surface);
	int (*surface_write_to_png_stream)(cairo_surface_t *surface,
		int (*write)(void *ctx, const unsigned char *p, unsigned n), void *ctx);
	cairo_t *(*create)(cairo_surface_t *surface);
	void (*destroy)(cairo_t *cr);
	int (*status)(cairo_t *cr);
	void (*scale)(cairo_t *cr, double x, double y);
	void (*set_source_rgba)(cairo_t *cr, double r, double g, double b, double a);
	void (*set_line_width)(cairo_t *cr, double width);
	void (*set_dash)(cairo_t *cr, const double *dashes, int count, double offset);
	void (*move_to)(cairo_t *cr, double x, double y);
	void (*line_to)(cairo_t *cr, double x, double y);
	void (*rectangle)(cairo_t *cr, double x, double y, double w, double h);
	void (*fill)(cairo_t *cr);
	void (*stroke)(cairo_t *cr);
	void (*select_font_face)(cairo_t *cr, const char *family, int slant, int weight);
	void (*set_font_size)(cairo_t *cr, double size);
	void (*text_extents)(cairo_t *cr, const char *text, struct extents *out);
	void (*show_text)(cairo_t *cr, const char *text);
};

static const struct {
	const char *name;
	size_t at;
} calls[] = {
	{"cairo_image_surface_create", offsetof(struct cairo, image_surface_create)},
	{"cairo_surface_destroy", offsetof(struct cairo, surface_destroy)},
	{"cairo_surface_write_to_png_stream",
		offsetof(struct cairo, surface_write_to_png_stream)},
	{"cairo_create", offsetof(struct cairo, create)},
	{"cairo_destroy", offsetof(struct cairo, destroy)},
	{"cairo_status", offsetof(struct cairo, status)},
	{"cairo_scale", offsetof(struct cairo, scale)},
	{"cairo_set_source_rgba", offsetof(struct cairo, set_source_rgba)},
	{"cairo_set_line_width", offsetof(struct cairo, set_line_width)},
	{"cairo_set_dash", offsetof(struct cairo, set_dash)},
	{"cairo_move_to", offsetof(struct cairo, move_to)},
	{"cairo_line_to", offsetof(struct cairo, line_to)},
	{"cairo_rectangle", offsetof(struct cairo, rectangle)},
	{"cairo_fill", offsetof(struct cairo, fill)},
	{"cairo_stroke", offsetof(struct cairo, stroke)},
	{"cairo_select_font_face", offsetof(struct cairo, select_font_face)},
	{"cairo_set_font_size", offsetof(struct cairo, set_font_size)},
	{"cairo_text_extents", offsetof(struct cairo, text_extents)},
	{"cairo_show_text", offsetof(struct cairo, show_text)},
};

static bool cairo_open(struct cairo *c, struct err *err)
{
	/* Fontconfig, below it, does not survive being closed and opened again. */
	void *library = dlopen("libcairo.so.2", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	if (!library)
		return err_set(err, ERR_MISSING,
			"charts are drawn by libcairo, which is not here: install "
			"libcairo2 (Debian), or send the report without pictures");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		void *call = dlsym(library, calls[i].name);

		if (!call) {
			dlclose(library);
			return err_set(err, ERR_MISSING,
				"libcairo.so.2 lacks %s: install a newer libcairo2",
				calls[i].name);
		}
		memcpy((char *)c + calls[i].at, &call, sizeof call);
	}
	dlclose(library);
	return true;
}

/* --- numbers --- */

bool figure_range(const struct figure *f, double *least, double *most)
{
	bool any = false;

	for (size_t i = 0; i < f->count; i++) {
		if (!isfinite(f->values[i]))
			continue;
		*least = any && *least < f->values[i] ? *least : f->values[i];
		*most = any && *most > f->values[i] ? *most : f->values[i];
		any = true;
	}
	return any;
}

int figure_height(const struct figure *f)
{
	return f->kind == FIGURE_BARS ? BARS_HEIGHT : LINE_HEIGHT;
}

const char *figure_number(double value, char *out, size_t size)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};
	size_t unit = 0;

	while (fabs(value) >= (unit ? 1000 : 10000) &&
		unit + 1 < sizeof units / sizeof *units) {
		value /= 1000;
		unit++;
	}
	snprintf(out, size, fabs(value) >= 100 ? "%.0f%s" : "%.3g%s", value, units[unit]);
	return out;
}

/* --- drawing --- */

struct plot {
	const struct cairo *c;
	cairo_t *cr;
	const struct figure *f;
	double low, high;       /* what the axis spans */
	double left, top, w, h; /* of the plot */
};

/* Mid tones: at least 3 to 1 on white and on the dark card. */
static void colour(struct plot *v, int rgb, double alpha)
{
	v->c->set_source_rgba(v->cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0,
		(rgb & 255) / 255.0, alpha);
}

enum { BAR = 0x5b9a86, OVER = 0xd0604f, GREY = 0x7d8a86, LIMIT = 0xc78a2c };

static double height_of(const struct plot *v, double value)
{
	return v->top + v->h - (value - v->low) / (v->high - v->low) * v->h;
}

enum align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

static double text_at(
	struct plot *v, double x, double y, enum align align, const char *text)
{
	struct extents e;

	v->c->text_extents(v->cr, text, &e);
	v->c->move_to(v->cr,
		x - (align == ALIGN_CENTRE         ? e.x_advance / 2
			    : align == ALIGN_RIGHT ? e.x_advance
						   : 0),
		y);
	v->c->show_text(v->cr, text);
	return e.x_advance;
}

static void flat_line(struct plot *v, double value)
{
	v->c->move_to(v->cr, v->left, height_of(v, value));
	v->c->line_to(v->cr, v->left + v->w, height_of(v, value));
	v->c->stroke(v->cr);
}

/* The next of 1, 2, 5, 10, … */
static double round_up(double value)
{
	double power = pow(10, floor(log10(value))), lead = value / power;

	return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

static bool span_of(struct plot *v)
{
	double least, most, step;

	if (!figure_range(v->f, &least, &most))
		return false;
	if (isfinite(v->f->limit)) {
		most = v->f->limit > most ? v->f->limit : most;
		least = v->f->limit < least ? v->f->limit : least;
	}
	if (v->f->kind == FIGURE_BARS || least > 0)
		least = least < 0 ? least : 0;
	if (!(most - least > 0) || !isfinite(most - least))
		most = least + 1;
	step = round_up((most - least) / 4);
	v->low = floor(least / step) * step;
	v->high = ceil(most / step) * step;
	return isfinite(v->low) && isfinite(v->high) && v->high > v->low;
}

static void axis(struct plot *v)
{
	double step = round_up((v->high - v->low) / 4);
	char number[32];

	v->c->set_line_width(v->cr, 1);
	for (int i = 0; i <= MAX_TICKS && v->low + i * step <= v->high + step / 2; i++) {
		double at = v->low + i * step;

		colour(v, GREY, !i ? 0.6 : 0.22);
		flat_line(v, at);
		colour(v, GREY, 1);
		text_at(v, v->left - 6, height_of(v, at) + 3.5, ALIGN_RIGHT,
			figure_number(at, number, sizeof number));
	}
}

static void limit(struct plot *v)
{
	static const double dashes[] = {5, 4};

	if (!isfinite(v->f->limit))
		return;
	colour(v, LIMIT, 1);
	v->c->set_line_width(v->cr, 1.2);
	v->c->set_dash(v->cr, dashes, 2, 0);
	flat_line(v, v->f->limit);
	v->c->set_dash(v->cr, dashes, 0, 0);
}

/* As many labels as have room, the first always. */
static void labels(struct plot *v)
{
	const struct figure *f = v->f;
	double step = v->w / (double)f->count, free_from = 0;

	if (!f->labels)
		return;
	colour(v, GREY, 1);
	for (size_t i = 0; i < f->count; i++) {
		double x = v->left + step * ((double)i + 0.5);
		char label[48];
		struct extents e;

		text_line(untrusted_str(f->labels[i]), label, sizeof label);
		v->c->text_extents(v->cr, label, &e);
		if (x - e.x_advance / 2 < free_from || x + e.x_advance / 2 > FIGURE_WIDTH)
			continue;
		text_at(v, x, v->top + v->h + 14, ALIGN_CENTRE, label);
		free_from = x + e.x_advance / 2 + 8;
	}
}

static void bars(struct plot *v)
{
	const struct figure *f = v->f;
	double step = v->w / (double)f->count, width = step * 0.62;
	char number[32];

	width = width > 44 ? 44 : width;
	for (size_t i = 0; i < f->count; i++) {
		double x = v->left + step * ((double)i + 0.5), value = f->values[i], y;

		if (!isfinite(value))
			continue;
		y = height_of(v, value);
		colour(v, isfinite(f->limit) && value > f->limit ? OVER : BAR, 1);
		v->c->rectangle(v->cr, x - width / 2, y, width, height_of(v, 0) - y);
		v->c->fill(v->cr);
		colour(v, GREY, 1);
		if (step > 22)
			text_at(v, x, y - 4, ALIGN_CENTRE,
				figure_number(value, number, sizeof number));
	}
}

static void line(struct plot *v)
{
	const struct figure *f = v->f;
	double step = v->w / (double)f->count;
	bool pen = false;

	colour(v, BAR, 1);
	v->c->set_line_width(v->cr, 1.8);
	for (size_t i = 0; i < f->count; i++) {
		double x = v->left + step * ((double)i + 0.5);

		if (!isfinite(f->values[i])) {
			pen = false;
			continue;
		}
		if (pen)
			v->c->line_to(v->cr, x, height_of(v, f->values[i]));
		else
			v->c->move_to(v->cr, x, height_of(v, f->values[i]));
		pen = true;
	}
	v->c->stroke(v->cr);
}

static int on_png(void *ctx, const unsigned char *p, unsigned n)
{
	return str_add(ctx, p, n) ? STATUS_SUCCESS : STATUS_WRITE_ERROR;
}

static void draw(struct plot *v)
{
	v->c->select_font_face(v->cr, "sans-serif", 0, 0);
	v->c->set_font_size(v->cr, 11);
	if (!v->f->count || !span_of(v)) {
		colour(v, GREY, 1);
		text_at(v, FIGURE_WIDTH / 2.0, figure_height(v->f) / 2.0, ALIGN_CENTRE,
			"no values");
		return;
	}
	axis(v);
	if (v->f->kind == FIGURE_BARS)
		bars(v);
	else
		line(v);
	limit(v);
	labels(v);
}

bool figure_png(const struct figure *f, struct str *png, struct err *err)
{
	int height = figure_height(f);
	struct cairo c;
	struct plot v = {.c = &c,
		.f = f,
		.left = LEFT,
		.top = TOP,
		.w = FIGURE_WIDTH - LEFT - RIGHT,
		.h = height - TOP - BOTTOM};
	cairo_surface_t *surface;
	bool ok;

	if (!cairo_open(&c, err))
		return false;
	surface = c.image_surface_create(
		FORMAT_ARGB32, FIGURE_WIDTH * SCALE, height * SCALE);
	v.cr = c.create(surface);
	c.scale(v.cr, SCALE, SCALE);
	draw(&v);
	ok = c.status(v.cr) == STATUS_SUCCESS &&
	     c.surface_write_to_png_stream(surface, on_png, png) == STATUS_SUCCESS;
	c.destroy(v.cr);
	c.surface_destroy(surface);
	if (!ok)
		return err_set(err, ERR_LIMIT, "cairo could not draw the chart \"%.80s\"",
			f->title);
	return true;
}
