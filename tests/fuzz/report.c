/* Foreign words in every kind of block of a report, through each of its forms: tags stay
 * closed, tables keep their cells, lines keep their width, also when the form is cut. */
#include "../unit/report_check.h"
#include "base/str.h"
#include "report/document.h"
#include "report/message.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct untrusted piece(struct untrusted *rest)
{
	struct untrusted out = UNTRUSTED_NONE;

	untrusted_split(rest, "\xfe", &out);
	return out;
}

static void say(struct document *d, struct untrusted *rest, unsigned style)
{
	document_text(d, (enum document_style)(style % 8), piece(rest));
	document_link(d, piece(rest), piece(rest));
}

static void build(struct document *d, struct untrusted rest, unsigned kind)
{
	static const struct document_column columns[] = {{"A", false}, {"B", true}};
	static const double values[] = {1, NAN, 3};
	static const char *const labels[] = {"a", "b", "c"};

	document_init(d, piece(&rest), 1 << 20);
	for (int i = 0; i < 12 && !untrusted_empty(rest); i++, kind = kind * 5 + 1) {
		switch (kind % 8) {
		case 0:
			document_heading(d, 2, "");
			break;
		case 1:
			document_callout(d, DOC_WARN, "x");
			break;
		case 2:
			document_table(d, columns, 2);
			document_row(d);
			document_cell(d);
			say(d, &rest, kind);
			document_cell(d);
			break;
		case 3:
			document_timeline(d);
			document_event(d, "t", piece(&rest));
			break;
		case 4:
			document_code(d, piece(&rest));
			break;
		case 5:
			document_list(d);
			document_item(d, (enum document_mark)(kind / 8 % 4));
			break;
		case 6:
			document_figure(d, &(struct figure){.title = "t",
						   .labels = labels,
						   .values = values,
						   .count = 3,
						   .limit = NAN});
			break;
		default:
			document_paragraph(d);
		}
		say(d, &rest, kind / 8);
	}
}

static void check(const char *problem)
{
	if (problem)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct message_address to[] = {{{0}, "a@b.example"}};
	struct document d;
	struct str out;
	struct err err;
	int columns;
	bool ascii;

	if (size < 3 || size > 20000)
		return 0;
	build(&d, untrusted_make(data + 3, size - 3), data[0]);
	columns = 40 + data[1] % 60;
	ascii = data[1] & 128;
	str_init(&out, DOCUMENT_LEAST + (size_t)data[2] * 300);
	document_to_plain(&d, &(struct document_plain){columns, ascii}, &out);
	check(plain_problem(str_text(&out), columns));
	str_reset(&out);
	document_to_markdown(&d, &out);
	check(markdown_problem(str_text(&out)));
	str_reset(&out);
	document_to_html(&d, &(struct document_html){0}, &out);
	check(html_problem(str_text(&out)));
	str_release(&out);
	str_init(&out, 1 << 20);
	if (!message_write(
		    &(struct message){.from = {untrusted_make(data, size), "a@b.example"},
			    .to = to,
			    .to_count = 1,
			    .subject = untrusted_make(data, size),
			    .id = "x@y",
			    .text = "t"},
		    &out, &err))
		abort();
	check(strstr(out.p, "\r\nTo: a@b.example\r\nSubject: ") ? NULL : out.p);
	str_release(&out);
	document_release(&d);
	return 0;
}
