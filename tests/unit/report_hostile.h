/* Titles as an attacker would write them, and a document that holds each of them in each
 * kind of place. For the tests of the forms and of the mail. */
#ifndef TESTS_UNIT_REPORT_HOSTILE_H
#define TESTS_UNIT_REPORT_HOSTILE_H

#include "report/document.h"

#include <string.h>

static const char *const hostile[] = {
	"<script>alert(1)</script>",
	"\"><img src=x onerror=alert(1)>",
	"' onmouseover='alert(1)",
	"</td></tr></table><h1>Resolved</h1>",
	"</pre></style><style>*{display:none}",
	"<!-- ",
	"]]> &lt;b&gt; &#60;b&#62; &amp",
	"=cmd|'/C calc'!A0",
	"@SUM(1+1)*cmd|' /C calc'!A0",
	"-2+3+cmd|' /C calc'!A0",
	"subject\r\nBcc: everybody@evil.example\r\n\r\n<b>body</b>",
	"=?UTF-8?B?PHNjcmlwdD4=?= \r\n\tX-Evil: 1",
	"a | b || c \\| d | `e | f` |",
	"x\n|---|---|\n| owned | owned |",
	"# heading\n---\n- item\n1. item\n> quote",
	"[click](javascript:alert(1)) ![i](http://evil.example/x.png)",
	"http://evil.example/?a=1 www.evil.example <http://evil.example>",
	"```\nfence\n~~~~ `````` ```` ",
	"**bold** __bold__ ~~gone~~ *x* _y_ $z$ <b>",
	"\x1b]0;title\x07\x1b[2J\x1b[31mred\x9b"
	"31m",
	"user \xe2\x80\xae\xe2\x81\xa6moc.live\xe2\x80\x8b\xef\xbb\xbf",
	"\xff\xfe\xc0\x80 not UTF-8 \xed\xa0\x80",
	"    indented code",
	".\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n.",
	"From the start of a line\nFrom again",
	"wwww....----====::::////&&&&####!!!!",
};

enum { HOSTILES = sizeof hostile / sizeof *hostile };

static void hostile_table(struct document *d)
{
	static const struct document_column columns[] = {
		{"First <b>|`", false}, {"Second", true}, {"Third", false}};

	document_table(d, columns, 3);
	for (size_t i = 0; i < HOSTILES; i++) {
		document_row(d);
		document_cell(d);
		document_text(d, DOC_PLAIN, untrusted_str(hostile[i]));
		document_cell(d);
		document_text(d, DOC_CODE, untrusted_str(hostile[i]));
		document_cell(d);
		document_link(d, untrusted_str("https://ok.example/a|b)\"'><x"),
			untrusted_str(hostile[i]));
		document_cell(d); /* one too many */
		document_text(d, DOC_PLAIN, untrusted_str("overflow"));
	}
}

static void hostile_rows(struct document *d)
{
	document_facts(d);
	for (size_t i = 0; i < HOSTILES; i++) {
		document_fact(d, hostile[i]);
		document_text(d, DOC_BAD, untrusted_str(hostile[i]));
	}
	document_timeline(d);
	for (size_t i = 0; i < HOSTILES; i++) {
		document_event(d, hostile[i], untrusted_str("javascript:alert(1)"));
		document_text(d, DOC_STRONG, untrusted_str(hostile[i]));
	}
	document_list(d);
	for (size_t i = 0; i < HOSTILES; i++) {
		document_item(d, (enum document_mark)(i % 4));
		document_text(d, (enum document_style)(i % 8), untrusted_str(hostile[i]));
	}
}

static void hostile_document(struct document *d)
{
	static const double values[] = {1, -1, 0, 1e308, 3};
	static const char *const labels[] = {"<b>", "\x1b[2J", "|", "\xff", "="};
	struct str big;

	document_init(d, untrusted_str("<b>\r\nBcc: x@evil.example\x1b[2J"), 8 << 20);
	for (size_t i = 0; i < HOSTILES; i++) {
		document_heading(d, 2 + (int)(i % 2), hostile[i]);
		document_paragraph(d);
		document_text(d, DOC_PLAIN, untrusted_str(hostile[i]));
		document_callout(d, (enum document_style)(i % 8), hostile[i]);
		document_text(d, DOC_PLAIN, untrusted_str(hostile[i]));
		document_code(d, untrusted_str(hostile[i]));
		document_paragraph(d);
		document_blank(d, hostile[i]);
		document_footer(d);
		document_text(d, DOC_DIM, untrusted_str(hostile[i]));
	}
	hostile_table(d);
	hostile_rows(d);
	document_figure(d, &(struct figure){.kind = FIGURE_BARS,
				   .title = "</title>|<script>",
				   .unit = "<b>",
				   .labels = labels,
				   .values = values,
				   .count = 5,
				   .limit = 2});
	document_figure(d, &(struct figure){.kind = FIGURE_LINE,
				   .title = "`````|",
				   .unit = "\x1b[2J",
				   .labels = labels,
				   .values = values,
				   .count = 5,
				   .limit = -1e308});
	str_init(&big, 1 << 20);
	while (str_puts(&big, "<b>1 MB|`"))
		;
	document_paragraph(d);
	document_text(d, DOC_PLAIN, untrusted_make(big.p, big.n));
	str_release(&big);
}

#endif
