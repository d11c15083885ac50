/* The walk of all forms over a document. Blocks are written whole: one that does not
 * fit is taken back, so that what is cut still has all its ends. Hides the charts
 * drawn with characters, which plain text and Markdown share. No I/O; any thread. */
#include "render.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

static const char cut_words[] =
	"This report is longer than it may be: the rest is left out here.";
static const char full_words[] =
	"There was more to report than the report may hold: some of it is left out.";

bool render_run(const struct form *form, struct render *r)
{
	const struct document_block *b = r->doc->first;
	struct str *out = r->out;
	size_t max = out->max, mark;
	bool whole = true;

	form->open(r);
	out->max = max - r->reserve;
	for (; b && whole; b = b->next) {
		size_t links = r->link_count;

		mark = out->n;
		form->block(r, b);
		r->before = b;
		if (out->cut || out->n > out->max) {
			out->n = mark;
			out->p[mark] = '\0';
			out->cut = false;
			r->link_count = links;
			whole = false;
		}
	}
	out->max = max;
	form->shut(r, !whole ? cut_words : r->doc->full ? full_words : NULL);
	return whole && !out->cut;
}

void render_link(struct str *out, const char *link)
{
	for (; *link; link++)
		if (strchr("()<>|\\\"'`[]*_~", *link) && *link != '_' && *link != '~')
			str_printf(out, "%%%02X", (unsigned char)*link);
		else
			str_putc(out, *link);
}

/* --- charts of characters --- */

static int label_width(const struct figure *f)
{
	int width = 0;

	for (size_t i = 0; f->labels && i < f->count; i++) {
		int w = text_width(untrusted_str(f->labels[i]), 16);

		width = w > width ? w : width;
	}
	return width;
}

static void bar_text(struct str *out, double share, int cells, bool ascii)
{
	static const char *const eighths[] = {"", "\xe2\x96\x8f", "\xe2\x96\x8e",
		"\xe2\x96\x8d", "\xe2\x96\x8c", "\xe2\x96\x8b", "\xe2\x96\x8a",
		"\xe2\x96\x89"};
	int parts = (int)lround(share * cells * 8);

	for (int i = 0; i < parts / 8; i++)
		str_puts(out, ascii ? "#" : "\xe2\x96\x88");
	if (ascii && parts > 0 && parts < 8)
		str_putc(out, '#');
	else if (!ascii)
		str_puts(out, eighths[parts % 8]);
}

static void bars(struct str *out, const struct figure *f, int columns, bool ascii)
{
	int width = label_width(f), cells = columns - width - 14;
	double least, most;
	char number[32];

	if (cells < 8)
		cells = 8;
	if (!figure_range(f, &least, &most) || most <= 0)
		most = 1;
	for (size_t i = 0; i < f->count; i++) {
		double v = f->values[i];
		struct untrusted label = untrusted_str(f->labels ? f->labels[i] : NULL);
		int pad = width - text_width(label, width);

		if (ascii)
			text_add_ascii(out, label);
		else
			text_add_line(out, label, (size_t)width);
		str_printf(out, "%*s  ", pad, "");
		if (v > 0)
			bar_text(out, v / most, cells, ascii);
		str_printf(out, "%s%s%s\n", v > 0 ? " " : "",
			isnan(v) ? "-" : figure_number(v, number, sizeof number),
			!isnan(f->limit) && v > f->limit ? " !" : "");
	}
}

static void spark_label(struct str *out, const char *label, bool ascii)
{
	if (ascii)
		text_add_ascii(out, untrusted_str(label));
	else
		text_add_line(out, untrusted_str(label), 24);
}

static void spark(struct str *out, const struct figure *f, int columns, bool ascii)
{
	static const char steps[] = "_.-=+*%#";
	size_t cells = f->count < (size_t)columns ? f->count : (size_t)columns;
	double least, most;
	char low[32], high[32];

	if (!figure_range(f, &least, &most)) {
		str_puts(out, "no values\n");
		return;
	}
	for (size_t i = 0; i < cells; i++) {
		double peak = NAN;
		int step;

		for (size_t k = i * f->count / cells; k < (i + 1) * f->count / cells; k++)
			if (isnan(peak) || f->values[k] > peak)
				peak = f->values[k];
		if (isnan(peak)) {
			str_putc(out, ' ');
			continue;
		}
		step = most > least ? (int)((peak - least) / (most - least) * 7.999) : 0;
		if (ascii)
			str_putc(out, steps[step]);
		else
			str_printf(out, "\xe2\x96%c", 0x81 + step);
	}
	str_putc(out, '\n');
	if (f->labels) {
		spark_label(out, f->labels[0], ascii);
		str_puts(out, " ... ");
		spark_label(out, f->labels[f->count - 1], ascii);
		str_puts(out, ": ");
	}
	str_printf(out, "%s to %s", figure_number(least, low, sizeof low),
		figure_number(most, high, sizeof high));
	if (f->unit) {
		str_putc(out, ' ');
		spark_label(out, f->unit, ascii);
	}
	str_putc(out, '\n');
}

void render_figure(struct str *out, const struct figure *f, int columns, bool ascii)
{
	if (f->kind == FIGURE_BARS)
		bars(out, f, columns, ascii);
	else
		spark(out, f, columns, ascii);
}
