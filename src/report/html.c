/* The HTML form of a mail: nested tables and inline styles, because Outlook draws with
 * Word and Gmail drops style sheets; one small sheet for the dark and for narrow
 * screens, which clients without it do not miss. Nothing is fetched, nothing runs.
 * Every foreign word passes text_add_html(). Any thread. */
#include "base/text.h"
#include "render.h"

#include <math.h>
#include <string.h>

#define SANS "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;"
#define MONO "font-family:Consolas,Menlo,'DejaVu Sans Mono',monospace;"

/* Every colour once: paper #f3f5f3, card #ffffff, ink #24302d, dim #64716d, lines
 * #e2e7e4, shell #2b6a58 (links, rules), and the three tones. */
#define INK   "color:#24302d;"
#define DIM   "color:#64716d;"
#define SHELL "color:#2b6a58;"
#define LINE  "#e2e7e4"

static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta name=\"supported-color-schemes\" content=\"light dark\">\n"
	"<meta name=\"format-detection\" content=\"telephone=no,date=no,address=no\">\n";
static const char sheet[] =
	"<style>\n"
	":root{color-scheme:light dark;supported-color-schemes:light dark}\n"
	"@media (max-width:600px){.pad{padding:20px 16px!important}"
	".page{padding:0!important}}\n"
	"@media (prefers-color-scheme:dark){\n"
	".page,body{background:#141918!important}\n"
	".card{background:#1d2423!important;border-color:#2e3836!important}\n"
	".ink,.ink td,.ink a{color:#dde5e2!important}\n"
	".dim,.dim td,.ink .dim{color:#93a29d!important}\n"
	".ink a,.link{color:#7fc8b0!important}\n"
	".line,.line td,.line th{border-color:#2e3836!important}\n"
	".code{background:#161c1b!important;color:#c9d4d0!important}\n"
	".good{color:#7fc8b0!important}.warn{color:#e0b45c!important}"
	".bad{color:#f0877a!important}\n"
	".note-good{background:#1b2c27!important}.note-warn{background:#2e2818!important}"
	".note-bad{background:#331f1c!important}\n"
	".blank{background:#2e2818!important;color:#e0b45c!important}\n"
	"}\n</style>\n";

static const struct tone {
	const char *name, *ink, *ground;
} tones[] = {
	[DOC_PLAIN] = {"good", "#2b6a58", "#eef5f2"},
	[DOC_GOOD] = {"good", "#2b6a58", "#eef5f2"},
	[DOC_WARN] = {"warn", "#8a6100", "#fdf6e6"},
	[DOC_BAD] = {"bad", "#b3261e", "#fdf0ee"},
};

static void words(struct render *r, const char *text)
{
	text_add_html(r->out, untrusted_str(text));
}

static void put(struct render *r, const char *html)
{
	str_puts(r->out, html);
}

static void span_words(struct render *r, const struct document_span *s)
{
	switch (s->style) {
	case DOC_STRONG:
		put(r, "<strong>");
		words(r, s->text);
		put(r, "</strong>");
		return;
	case DOC_DIM:
		put(r, "<span class=\"dim\" style=\"" DIM "\">");
		break;
	case DOC_CODE:
		put(r, "<span style=\"" MONO "font-size:13px\">");
		break;
	case DOC_BLANK:
		put(r, "<span class=\"blank\" style=\"background:#fdf6e6;color:#8a6100;"
		       "border:1px dashed #c79a3a;padding:0 6px\">to fill in: ");
		break;
	case DOC_GOOD:
	case DOC_WARN:
	case DOC_BAD:
		str_printf(r->out,
			"<span class=\"%s\" style=\"color:%s;font-weight:600\">",
			tones[s->style].name, tones[s->style].ink);
		break;
	default:
		words(r, s->text);
		return;
	}
	words(r, s->text);
	put(r, "</span>");
}

static void text(struct render *r, const struct document_text *t)
{
	for (const struct document_span *s = t->first; s; s = s->next) {
		if (s == t->first && s->foreign &&
			text_is_formula(untrusted_str(s->text)))
			put(r, "&#39;");
		if (s->link) {
			put(r, "<a class=\"link\" style=\"" SHELL
			       "text-decoration:none\" href=\"");
			words(r, s->link);
			put(r, "\">");
		}
		span_words(r, s);
		if (s->link)
			put(r, "</a>");
	}
}

static void more_rows(struct render *r, const struct document_block *b)
{
	if (b->more)
		str_printf(r->out,
			"<p class=\"dim\" style=\"margin:6px 0 0;font-size:13px;" DIM
			"\">and %zu more</p>\n",
			b->more);
}

static void heading(struct render *r, const struct document_block *b)
{
	if (b->level == 2)
		put(r, "<h2 class=\"line ink\" style=\"margin:34px 0 12px;padding:0 0 "
		       "7px;"
		       "border-bottom:1px solid " LINE ";font-size:17px;line-height:1.3;"
		       "font-weight:600;" INK "\">");
	else
		put(r, "<h3 class=\"ink\" style=\"margin:20px 0 8px;font-size:15px;"
		       "line-height:1.3;font-weight:600;" INK "\">");
	text(r, &b->text);
	put(r, b->level == 2 ? "</h2>\n" : "</h3>\n");
}

static void paragraph(struct render *r, const struct document_block *b)
{
	put(r, "<p style=\"margin:0 0 10px\">");
	text(r, &b->text);
	put(r, "</p>\n");
}

static void callout(struct render *r, const struct document_block *b)
{
	const struct tone *tone = &tones[b->tone <= DOC_BAD ? b->tone : DOC_PLAIN];

	if (!tone->name)
		tone = &tones[DOC_PLAIN];
	str_printf(r->out,
		"<table role=\"presentation\" width=\"100%%\" cellpadding=\"0\" "
		"cellspacing=\"0\" border=\"0\" style=\"margin:14px 0\"><tr>"
		"<td width=\"4\" bgcolor=\"%s\" style=\"width:4px;background:%s\"></td>"
		"<td class=\"note-%s\" bgcolor=\"%s\" style=\"background:%s;"
		"padding:11px 14px\">",
		tone->ink, tone->ink, tone->name, tone->ground, tone->ground);
	text(r, &b->text);
	put(r, "</td></tr></table>\n");
}

static void footer(struct render *r, const struct document_block *b)
{
	bool first = !r->before || r->before->kind != DOC_FOOTER;

	str_printf(r->out,
		"<p class=\"dim line\" style=\"margin:%s;font-size:12px;line-height:1.5;"
		"%s" DIM "\">",
		first ? "34px 0 0" : "6px 0 0",
		first ? "padding:12px 0 0;border-top:1px solid " LINE ";" : "");
	text(r, &b->text);
	put(r, "</p>\n");
}

static void table_open(struct render *r, bool data)
{
	str_printf(r->out,
		"<table%s width=\"100%%\" cellpadding=\"0\" cellspacing=\"0\" "
		"border=\"0\" style=\"margin:4px 0 10px;width:100%%;"
		"border-collapse:collapse\">\n",
		data ? "" : " role=\"presentation\"");
}

/* Rows of a short text and a long one beside it. */
static void pairs(struct render *r, const struct document_block *b, const char *key)
{
	table_open(r, false);
	for (const struct document_row *row = b->first; row; row = row->next) {
		str_printf(r->out,
			"<tr class=\"line\"><td class=\"dim\" valign=\"top\" "
			"style=\"padding:4px 14px 4px 0;white-space:nowrap;%s" DIM "\">",
			key);
		if (row->first)
			text(r, &row->first->text);
		put(r, "</td><td width=\"100%\" valign=\"top\" style=\"padding:4px 0;"
		       "word-break:break-word\">");
		if (row->first && row->first->next)
			text(r, &row->first->next->text);
		put(r, "</td></tr>\n");
	}
	put(r, "</table>\n");
	more_rows(r, b);
}

static void facts(struct render *r, const struct document_block *b)
{
	pairs(r, b, "");
}

static void timeline(struct render *r, const struct document_block *b)
{
	pairs(r, b, MONO "font-size:12px;line-height:1.75;");
}

static void table(struct render *r, const struct document_block *b)
{
	table_open(r, true);
	put(r, "<tr class=\"line\">");
	for (size_t c = 0; c < b->column_count; c++) {
		str_printf(r->out,
			"<th class=\"dim\" scope=\"col\" align=\"%s\" "
			"style=\"padding:6px %s 6px 0;font-size:12px;font-weight:600;"
			"border-bottom:1px solid " LINE ";text-align:%s;" DIM "\">",
			b->columns[c].right ? "right" : "left",
			c + 1 < b->column_count ? "14px" : "0",
			b->columns[c].right ? "right" : "left");
		words(r, b->columns[c].title);
		put(r, "</th>");
	}
	put(r, "</tr>\n");
	for (const struct document_row *row = b->first; row; row = row->next) {
		const struct document_cell *cell = row->first;

		put(r, "<tr class=\"line\">");
		for (size_t c = 0; c < b->column_count; c++) {
			str_printf(r->out,
				"<td valign=\"top\"%s style=\"padding:7px %s 7px 0;"
				"border-bottom:1px solid " LINE ";%s\">",
				b->columns[c].right ? " align=\"right\"" : "",
				c + 1 < b->column_count ? "14px" : "0",
				b->columns[c].right ? "text-align:right;"
						      "white-space:nowrap"
						    : "word-break:break-word");
			if (cell)
				text(r, &cell->text);
			put(r, "</td>");
			cell = cell ? cell->next : NULL;
		}
		put(r, "</tr>\n");
	}
	put(r, "</table>\n");
	more_rows(r, b);
}

static void list(struct render *r, const struct document_block *b)
{
	int number = 0;

	table_open(r, false);
	for (const struct document_row *row = b->first; row; row = row->next) {
		put(r, "<tr><td class=\"dim\" valign=\"top\" width=\"22\" "
		       "style=\"width:22px;padding:3px 0;" DIM "\">");
		if (row->mark == DOC_NUMBER)
			str_printf(r->out, "%d.", ++number);
		else
			put(r, row->mark == DOC_OPEN    ? "&#9744;"
				: row->mark == DOC_DONE ? "&#9745;"
							: "&#8226;");
		put(r, "</td><td valign=\"top\" style=\"padding:3px 0;"
		       "word-break:break-word\">");
		if (row->first)
			text(r, &row->first->text);
		put(r, "</td></tr>\n");
	}
	put(r, "</table>\n");
	more_rows(r, b);
}

static void code(struct render *r, const struct document_block *b)
{
	put(r, "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
	       "cellspacing=\"0\" border=\"0\" style=\"margin:4px 0 10px\"><tr>"
	       "<td class=\"code\" bgcolor=\"#f3f5f3\" style=\"padding:10px 14px;"
	       "background:#f3f5f3;" MONO "font-size:12px;line-height:1.5;" INK
	       "\"><pre style=\"margin:0;white-space:pre-wrap;word-break:break-all;" MONO
	       "\">");
	for (const struct document_row *row = b->first; row; row = row->next) {
		if (row->first && row->first->text.first)
			words(r, row->first->text.first->text);
		put(r, "\n");
	}
	put(r, "</pre></td></tr></table>\n");
	more_rows(r, b);
}

/* --- figures --- */

static void figure_title(struct render *r, const struct figure *f)
{
	char number[32];

	words(r, f->title);
	if (!isnan(f->limit))
		str_printf(r->out, " (limit %s)",
			figure_number(f->limit, number, sizeof number));
}

/* What a screen reader says, and a client that shows no pictures. */
static void figure_picture(struct render *r, const struct document_block *b)
{
	const struct figure *f = &b->figure;
	char number[32];

	str_printf(r->out,
		"<img src=\"cid:figure-%d@%s\" width=\"%d\" height=\"%d\" "
		"style=\"display:block;width:100%%;max-width:%dpx;height:auto;border:0\" "
		"alt=\"",
		b->figure_index, r->cid, FIGURE_WIDTH, figure_height(f), FIGURE_WIDTH);
	figure_title(r, f);
	put(r, ":");
	for (size_t i = 0; f->kind == FIGURE_BARS && i < f->count; i++) {
		put(r, i ? ", " : " ");
		if (f->labels) {
			words(r, f->labels[i]);
			put(r, " ");
		}
		put(r, isnan(f->values[i])
				? "-"
				: figure_number(f->values[i], number, sizeof number));
	}
	put(r, "\">\n");
}

/* Without pictures: bars are cells of a table, a line is drawn with characters. */
static void figure_bar(struct render *r, const struct figure *f, size_t i, double most)
{
	double v = f->values[i];
	int percent = v > 0 ? (int)lround(v / most * 100) : 0;
	bool over = !isnan(f->limit) && v > f->limit;
	char number[32];

	put(r, "<tr><td class=\"dim\" style=\"padding:2px 12px 2px 0;white-space:nowrap;"
	       "font-size:12px;" DIM "\">");
	if (f->labels)
		words(r, f->labels[i]);
	put(r, "</td><td width=\"100%\" style=\"padding:2px 0\">");
	if (percent)
		str_printf(r->out,
			"<table role=\"presentation\" width=\"%d%%\" cellpadding=\"0\" "
			"cellspacing=\"0\" border=\"0\"><tr><td height=\"12\" "
			"bgcolor=\"%s\" style=\"height:12px;line-height:12px;font-size:0;"
			"background:%s\">&nbsp;</td></tr></table>",
			percent, over ? "#c9604f" : "#5b9a86",
			over ? "#c9604f" : "#5b9a86");
	str_printf(r->out,
		"</td><td align=\"right\" style=\"padding:2px 0 2px 10px;font-size:12px;"
		"text-align:right\">%s</td></tr>\n",
		isnan(v) ? "-" : figure_number(v, number, sizeof number));
}

static void figure_drawn(struct render *r, const struct document_block *b)
{
	const struct figure *f = &b->figure;
	double least, most;
	struct str drawn;

	if (!figure_range(f, &least, &most) || most <= 0)
		most = 1;
	if (f->kind == FIGURE_BARS) {
		table_open(r, false);
		for (size_t i = 0; i < f->count; i++)
			figure_bar(r, f, i, most);
		put(r, "</table>\n");
		return;
	}
	str_init(&drawn, 1 << 14);
	render_figure(&drawn, f, 60, false);
	put(r, "<pre style=\"margin:0 0 10px;" MONO "\">");
	for (char *line = drawn.p, *end; line && *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		words(r, line);
		put(r, "\n");
	}
	put(r, "</pre>\n");
	str_release(&drawn);
}

static void figure(struct render *r, const struct document_block *b)
{
	put(r, "<p class=\"dim\" style=\"margin:10px 0 "
	       "4px;font-size:12px;font-weight:600;" DIM "\">");
	figure_title(r, &b->figure);
	put(r, "</p>\n");
	if (r->cid)
		figure_picture(r, b);
	else
		figure_drawn(r, b);
	more_rows(r, b);
}

static void (*const blocks[])(struct render *, const struct document_block *) = {
	[DOC_HEADING] = heading,
	[DOC_PARAGRAPH] = paragraph,
	[DOC_FACTS] = facts,
	[DOC_TABLE] = table,
	[DOC_LIST] = list,
	[DOC_TIMELINE] = timeline,
	[DOC_LINES] = code,
	[DOC_FIGURE] = figure,
	[DOC_CALLOUT] = callout,
	[DOC_FOOTER] = footer,
};

static void html_open(struct render *r)
{
	put(r, head);
	put(r, "<title>");
	words(r, r->doc->title);
	put(r, "</title>\n");
	put(r, sheet);
	put(r, "</head>\n<body style=\"margin:0;padding:0;background:#f3f5f3\">\n"
	       "<table class=\"page\" role=\"presentation\" width=\"100%\" "
	       "cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#f3f5f3\" "
	       "style=\"background:#f3f5f3;padding:24px 8px\"><tr><td align=\"center\">\n"
	       "<!--[if mso]><table role=\"presentation\" width=\"660\"><tr><td>"
	       "<![endif]-->\n"
	       "<table class=\"card\" role=\"presentation\" width=\"100%\" "
	       "cellpadding=\"0\" cellspacing=\"0\" border=\"0\" bgcolor=\"#ffffff\" "
	       "style=\"max-width:660px;background:#ffffff;border:1px solid " LINE ";"
	       "border-top:3px solid #2b6a58\"><tr>\n"
	       "<td class=\"pad ink\" align=\"left\" style=\"padding:30px 34px;" SANS
	       "font-size:14px;line-height:1.55;" INK "\">\n"
	       "<h1 class=\"ink\" style=\"margin:0 0 16px;font-size:22px;"
	       "line-height:1.25;font-weight:600;word-break:break-word;" INK "\">");
	words(r, r->doc->title);
	put(r, "</h1>\n");
}

static void html_block(struct render *r, const struct document_block *b)
{
	blocks[b->kind](r, b);
}

static void html_shut(struct render *r, const char *cut)
{
	if (cut) {
		put(r, "<p class=\"warn\" style=\"margin:20px 0 0;color:#8a6100\">");
		words(r, cut);
		put(r, "</p>\n");
	}
	put(r, "</td></tr></table>\n<!--[if mso]></td></tr></table><![endif]-->\n"
	       "</td></tr></table>\n</body>\n</html>\n");
}

bool document_to_html(
	const struct document *d, const struct document_html *how, struct str *out)
{
	static const struct form form = {html_open, html_block, html_shut};
	struct render r = {.doc = d,
		.out = out,
		.reserve = DOCUMENT_LEAST / 8,
		.cid = how->cid_domain};

	return render_run(&form, &r);
}
