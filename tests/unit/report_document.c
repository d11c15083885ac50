/* The forms of a report: what a block looks like, that nothing said in it can break
 * them, and that what does not fit is cut well formed and said. */
#include "base/str.h"
#include "report/document.h"
#include "report_check.h"
#include "report_example.h"
#include "report_hostile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum form { PLAIN, ASCII, NARROW, MARKDOWN, HTML, HTML_CID, FORMS };

static bool write_form(enum form form, const struct document *d, struct str *out)
{
	static const struct document_plain plain[] = {
		[PLAIN] = {.columns = 76},
		[ASCII] = {.columns = 72, .ascii = true},
		[NARROW] = {.columns = 40},
	};
	static const struct document_html html[] = {{0}, {.cid_domain = "x.example"}};

	if (form <= NARROW)
		return document_to_plain(d, &plain[form], out);
	if (form == MARKDOWN)
		return document_to_markdown(d, out);
	return document_to_html(d, &html[form - HTML], out);
}

static const char *problem(enum form form, const char *text)
{
	static const int columns[] = {[PLAIN] = 76, [ASCII] = 72, [NARROW] = 40};

	if (form <= NARROW)
		return plain_problem(text, columns[form]);
	return form == MARKDOWN ? markdown_problem(text) : html_problem(text);
}

static void assert_fine(enum form form, const struct str *out)
{
	const char *at = problem(form, str_text(out));

	if (at)
		print_error("form %d, byte %zu: %.200s\n", form, at - out->p, at);
	assert_null(at);
	for (size_t i = 0; form == ASCII && i < out->n; i++)
		assert_true((unsigned char)out->p[i] < 0x7f);
}

/* --- rows: one block, and its three forms --- */

static void one_heading(struct document *d)
{
	document_heading(d, 3, "Needs ");
	document_text(d, DOC_PLAIN, untrusted_str("#1 <you>"));
}

static void one_table(struct document *d)
{
	static const struct document_column columns[] = {{"Alert", false}, {"N", true}};

	document_table(d, columns, 2);
	document_row(d);
	document_cell(d);
	document_text(d, DOC_PLAIN, untrusted_str("a|b\n|c"));
	document_cell(d);
	document_say(d, DOC_STRONG, "%d", 7);
	document_row(d);
	document_cell(d);
	document_text(d, DOC_PLAIN, untrusted_str("=cmd|x"));
}

static void one_list(struct document *d)
{
	document_list(d);
	document_item(d, DOC_NUMBER);
	document_say(d, DOC_PLAIN, "first ");
	document_link(d, untrusted_str("https://x.example/(1)"), untrusted_str("[it]"));
	document_item(d, DOC_OPEN);
	document_blank(d, "owner");
}

static void one_timeline(struct document *d)
{
	document_timeline(d);
	document_event(d, "Tue 03:12", untrusted_str("https://x.example/g"));
	document_say(d, DOC_BAD, "Paged");
	document_event(d, "03:15", untrusted_str("javascript:alert(1)"));
	document_say(d, DOC_PLAIN, "Acked");
}

static void one_code(struct document *d)
{
	document_code(d, untrusted_str("``` <b>\n\n\tx"));
}

static void one_callout(struct document *d)
{
	document_callout(d, DOC_WARN, "Partial.");
	document_say(d, DOC_PLAIN,
		"one two three four five six seven eight nine ten eleven "
		"twelve thirteen");
}

static void one_figure(struct document *d)
{
	static const char *const labels[] = {"Mon", "Tue", "Wed"};
	static const double values[] = {2, 4, NAN};

	document_figure(d, &(struct figure){.kind = FIGURE_BARS,
				   .title = "Pages",
				   .labels = labels,
				   .values = values,
				   .count = 3,
				   .limit = 3});
}

static const struct {
	void (*say)(struct document *d);
	const char *plain, *markdown, *html; /* html: a part of it */
} rows[] = {
	{one_heading, "Needs #1 <you>\n--------------\n", "### Needs \\#1 \\<you>\n",
		"\">Needs #1 &lt;you&gt;</h3>"},
	{one_table, "Alert    N\n-------  -\na|b |c   7\n'=cmd|x\n",
		"| Alert | N |\n|---|---:|\n| a\\|b \\|c | **7** |\n| '\\=cmd\\|x |  |\n",
		"<strong>7</strong>"},
	{one_list, " 1. first [it] [1]\n[ ] [__ owner __]\n",
		"1. first [\\[it\\]](https://x.example/%281%29)\n"
		"- [ ] **\\[to fill in: owner\\]**\n",
		"href=\"https://x.example/(1)\">[it]</a>"},
	{one_timeline, "Tue 03:12 [1]  Paged\n03:15          Acked\n",
		"| Time | What |\n|---|---|\n| [Tue 03:12](https://x.example/g) | "
		"**Paged** |\n| 03:15 | Acked |\n",
		">Paged</span>"},
	{one_code, "    ``` <b>\n\n     x\n", "````\n``` <b>\n\n x\n````\n",
		"``` &lt;b&gt;\n\n x\n</pre>"},
	{one_callout,
		"| Partial. one two three four five six seven eight nine ten eleven\n"
		"| twelve thirteen\n",
		"> **Partial.** one two three four five six seven eight nine ten eleven "
		"twelve thirteen\n",
		"<strong>Partial.</strong> one"},
	{one_figure,
		"Pages (limit 3)\nMon  ########################### 2\n"
		"Tue  ####################################################### 4 !\n"
		"Wed  -\n",
		"**Pages** (limit 3)\n\n```\nMon  "
		"\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
		"\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
		"\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88"
		"\xe2\x96\x88\xe2\x96\x88\xe2\x96\x88\xe2\x96\x8c 2\n",
		"bgcolor=\"#c9604f\""},
};

static void blocks_in_each_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const char *const wanted[FORMS] = {[ASCII] = rows[i].plain,
			[MARKDOWN] = rows[i].markdown,
			[HTML] = rows[i].html};
		struct document d;

		document_init(&d, untrusted_str("T"), 1 << 16);
		rows[i].say(&d);
		for (enum form form = PLAIN; form < FORMS; form++) {
			struct str out;

			str_init(&out, 1 << 16);
			assert_true(write_form(form, &d, &out));
			assert_fine(form, &out);
			if (wanted[form] && !strstr(out.p, wanted[form]))
				print_error("row %zu, form %d:\n%s", i, form, out.p);
			if (wanted[form])
				assert_non_null(strstr(out.p, wanted[form]));
			str_release(&out);
		}
		document_release(&d);
	}
}

static void example_in_each_form(void **state)
{
	struct document d;

	(void)state;
	example(&d);
	assert_false(d.full);
	for (enum form form = PLAIN; form < FORMS; form++) {
		struct str out;

		str_init(&out, 100 << 10);
		assert_true(write_form(form, &d, &out));
		assert_fine(form, &out);
		assert_non_null(strstr(out.p, "Needs you now"));
		assert_non_null(strstr(out.p, "console.example/i/Q1ABC"));
		assert_null(strstr(out.p, "left out"));
		/* Whoever runs the test by hand sees the mail. */
		if (getenv("SHOW"))
			print_message("%s\n", out.p);
		str_release(&out);
	}
	document_release(&d);
}

static void hostile_in_each_form(void **state)
{
	struct document d;

	(void)state;
	hostile_document(&d);
	assert_false(d.full);
	for (enum form form = PLAIN; form < FORMS; form++) {
		struct str out;

		str_init(&out, 4 << 20);
		assert_true(write_form(form, &d, &out));
		assert_fine(form, &out);
		/* Words of others that a spreadsheet would run. */
		assert_non_null(strstr(out.p, form == MARKDOWN ? "| '\\=cmd\\|"
					      : form >= HTML   ? ">&#39;=cmd|"
							       : "\n'=cmd|"));
		assert_null(strstr(out.p, "overflow"));
		str_release(&out);
	}
	document_release(&d);
}

/* Every size of room: what is written is well formed, and says that it is cut. */
static void cut_anywhere(void **state)
{
	struct document d;

	(void)state;
	hostile_document(&d);
	for (enum form form = PLAIN; form < FORMS; form++)
		for (size_t room = DOCUMENT_LEAST; room < 20000; room += 571) {
			struct str out;

			str_init(&out, room);
			assert_false(write_form(form, &d, &out));
			assert_true(out.n <= room);
			assert_fine(form, &out);
			assert_non_null(strstr(out.p, "the rest is"));
			str_release(&out);
		}
	document_release(&d);
}

static void full_tree(void **state)
{
	(void)state;
	for (size_t room = 64; room < 20000; room += 777) {
		struct document d;

		document_init(&d, untrusted_str("T"), room);
		for (int i = 0; i < 100; i++) {
			one_table(&d);
			one_figure(&d);
			one_code(&d);
		}
		assert_true(d.full);
		for (enum form form = PLAIN; form < FORMS; form++) {
			struct str out;

			str_init(&out, 1 << 20);
			assert_true(write_form(form, &d, &out));
			assert_fine(form, &out);
			assert_non_null(strstr(out.p, "There was more"));
			str_release(&out);
		}
		document_release(&d);
	}
}

static void many_rows(void **state)
{
	static const struct document_column columns[] = {{"A", false}};
	struct document d;

	(void)state;
	document_init(&d, untrusted_str("T"), 8 << 20);
	document_table(&d, columns, 1);
	for (int i = 0; i < DOCUMENT_MAX_ROWS + 25; i++) {
		document_row(&d);
		document_cell(&d);
		document_say(&d, DOC_PLAIN, "row-%d;", i);
	}
	for (enum form form = PLAIN; form < FORMS; form++) {
		struct str out;

		str_init(&out, 4 << 20);
		assert_true(write_form(form, &d, &out));
		assert_non_null(strstr(out.p, "row-999;"));
		assert_null(strstr(out.p, "row-1000;"));
		assert_non_null(strstr(out.p, "and 25 more"));
		str_release(&out);
	}
	document_release(&d);
}

/* Words without a place to stand, and rows of another block. */
static void out_of_place(void **state)
{
	struct document d;
	struct str out;

	(void)state;
	document_init(&d, UNTRUSTED_NONE, 1 << 16);
	document_say(&d, DOC_PLAIN, "lost");
	document_row(&d);
	document_cell(&d);
	document_list(&d);
	document_say(&d, DOC_PLAIN, "lost");
	document_fact(&d, "lost");
	document_event(&d, "lost", UNTRUSTED_NONE);
	str_init(&out, 1 << 16);
	assert_true(write_form(MARKDOWN, &d, &out));
	assert_string_equal(str_text(&out), "# \n\n");
	str_release(&out);
	document_release(&d);
}

/* --- figures --- */

static void numbers(void **state)
{
	static const struct {
		double value;
		const char *text;
	} wanted[] = {{0, "0"}, {7, "7"}, {0.25, "0.25"}, {123.4, "123"}, {9999, "9999"},
		{12345, "12.3k"}, {2.5e6, "2.5M"}, {-15000, "-15k"}, {1e15, "1000T"}};
	char text[32];

	(void)state;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		assert_string_equal(figure_number(wanted[i].value, text, sizeof text),
			wanted[i].text);
}

static void pictures(void **state)
{
	static const double odd[] = {NAN, 0, -5, 1e15, 1e-9, 3};
	static const char *const labels[] = {"<b>", "\x1b[2J", "\xff", "", "x", "Mon 16"};

	(void)state;
	for (size_t count = 0; count <= 6; count++)
		for (int kind = 0; kind < 2; kind++) {
			struct figure f = {.kind = kind ? FIGURE_LINE : FIGURE_BARS,
				.title = "T",
				.labels = labels,
				.values = odd,
				.count = count,
				.limit = count % 2 ? NAN : 2};
			struct err err = {0};
			struct str png;

			str_init(&png, 1 << 20);
			if (figure_png(&f, &png, &err)) {
				assert_memory_equal(png.p, "\x89PNG\r\n\x1a\n", 8);
				assert_true(png.n > 500);
			} else {
				assert_non_null(strstr(err.text, "install libcairo2"));
			}
			str_release(&png);
		}
}

static void picture_too_large(void **state)
{
	static const double values[] = {1, 2};
	struct figure f = {.title = "T", .values = values, .count = 2, .limit = NAN};
	struct err err = {0};
	struct str png;

	(void)state;
	str_init(&png, 100);
	assert_false(figure_png(&f, &png, &err));
	assert_non_null(strstr(err.text, "cairo"));
	str_release(&png);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_in_each_form),
		cmocka_unit_test(example_in_each_form),
		cmocka_unit_test(hostile_in_each_form),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(full_tree),
		cmocka_unit_test(many_rows),
		cmocka_unit_test(out_of_place),
		cmocka_unit_test(numbers),
		cmocka_unit_test(pictures),
		cmocka_unit_test(picture_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
