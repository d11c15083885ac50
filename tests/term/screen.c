/*
 * Screens as text: rendering with masks and attributes, and the readable difference
 * between two renderings. Pure: reads an emulator, writes strings.
 */
#include "screen.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *word;
	unsigned attr;
} attr_words[] = {
	{"bold", EMU_BOLD},
	{"underline", EMU_UNDERLINE},
	{"italic", EMU_ITALIC},
	{"blink", EMU_BLINK},
	{"reverse", EMU_REVERSE},
	{"strike", EMU_STRIKE},
};

static void colour_words(const char *name, int colour, char *out, size_t size)
{
	if (colour == EMU_COLOUR_DEFAULT)
		snprintf(out, size, "%s=default", name);
	else if (colour & EMU_COLOUR_RGB)
		snprintf(out, size, "%s=#%06x", name, colour & 0xffffff);
	else
		snprintf(out, size, "%s=%d", name, colour);
}

static void add_word(char *out, size_t size, const char *word)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", used ? " " : "", word);
}

void screen_attrs_words(const struct emu_cell *cell, char *out, size_t size)
{
	char colour[32];

	out[0] = '\0';
	for (size_t i = 0; i < COUNT(attr_words); i++)
		if (cell->attrs & attr_words[i].attr)
			add_word(out, size, attr_words[i].word);
	if (cell->fg != EMU_COLOUR_DEFAULT) {
		colour_words("fg", cell->fg, colour, sizeof colour);
		add_word(out, size, colour);
	}
	if (cell->bg != EMU_COLOUR_DEFAULT) {
		colour_words("bg", cell->bg, colour, sizeof colour);
		add_word(out, size, colour);
	}
}

int screen_attr_holds(const struct emu_cell *cell, const char *word)
{
	bool no = strncmp(word, "no-", 3) == 0;
	char colour[32];

	for (size_t i = 0; i < COUNT(attr_words); i++)
		if (strcmp(word + (no ? 3 : 0), attr_words[i].word) == 0)
			return no != !!(cell->attrs & attr_words[i].attr);
	if (strcmp(word, "plain") == 0)
		return cell->attrs == 0 && cell->fg == EMU_COLOUR_DEFAULT &&
		       cell->bg == EMU_COLOUR_DEFAULT;
	if (strncmp(word, "fg=", 3) != 0 && strncmp(word, "bg=", 3) != 0)
		return -1;
	colour_words(word[0] == 'f' ? "fg" : "bg", word[0] == 'f' ? cell->fg : cell->bg,
		colour, sizeof colour);
	return strcmp(word, colour) == 0;
}

/* Overwrites each match with as many ~ as it covers columns. */
static void mask_line(struct emu_line *line, const regex_t *regex)
{
	size_t at = 0;
	regmatch_t match;

	while (at <= line->bytes &&
		regexec(regex, line->text + at, 1, &match, at ? REG_NOTBOL : 0) == 0) {
		size_t from = at + (size_t)match.rm_so, to = at + (size_t)match.rm_eo;
		size_t width = (size_t)(line->column[to] - line->column[from]);

		if (to == from) {
			at = to + 1;
			continue;
		}
		memset(line->text + from, '~', width);
		for (size_t i = 0; i < width; i++)
			line->column[from + i] = line->column[from] + (int)i;
		memmove(line->text + from + width, line->text + to, line->bytes - to + 1);
		memmove(line->column + from + width, line->column + to,
			(line->bytes - to + 1) * sizeof *line->column);
		line->bytes -= to - from - width;
		at = from + width;
	}
}

static void render_rows(
	FILE *out, const struct emu *emu, const struct screen_masks *masks)
{
	int rows = emu_rows(emu);

	fprintf(out, "# %dx%d\n", emu_cols(emu), rows);
	for (int row = 0; row < rows; row++) {
		struct emu_line line;

		emu_line(emu, row, &line);
		for (int i = 0; masks && i < masks->count; i++)
			mask_line(&line, &masks->regex[i]);
		while (line.bytes > 0 && line.text[line.bytes - 1] == ' ')
			line.bytes--;
		fwrite(line.text, 1, line.bytes, out);
		fputc('\n', out);
		emu_line_release(&line);
	}
}

static void render_attrs(FILE *out, const struct emu *emu)
{
	int rows = emu_rows(emu), cols = emu_cols(emu);

	fputs("# attributes\n", out);
	for (int row = 0; row < rows; row++) {
		char words[160], run[160] = "";
		int from = 0;
		struct emu_cell cell;

		for (int col = 0; col <= cols; col++) {
			words[0] = '\0';
			if (col < cols) {
				emu_cell(emu, row, col, &cell);
				screen_attrs_words(&cell, words, sizeof words);
			}
			if (col < cols && strcmp(words, run) == 0)
				continue;
			if (run[0])
				fprintf(out, "%d: %d-%d %s\n", row + 1, from + 1, col,
					run);
			from = col;
			memcpy(run, words, sizeof run);
		}
	}
}

char *screen_render(const struct emu *emu, const struct screen_masks *masks, bool attrs)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	render_rows(out, emu, masks);
	if (attrs)
		render_attrs(out, emu);
	fclose(out);
	return text;
}

static bool blank(const struct emu_line *line)
{
	return strspn(line->text, " ") == line->bytes;
}

static void rule(FILE *out, int cols)
{
	fputs("       +", out);
	for (int i = 0; i < cols; i++)
		fputc('-', out);
	fputs("+\n", out);
}

void screen_print(FILE *out, const struct emu *emu)
{
	struct emu_state state;
	int rows = emu_rows(emu);

	emu_state(emu, &state);
	fprintf(out, "    the screen, %dx%d, %s screen, cursor %s at row %d column %d:\n",
		emu_cols(emu), rows, state.alt_screen ? "alternate" : "main",
		state.cursor_hidden ? "hidden" : "shown", state.row + 1, state.col + 1);
	rule(out, emu_cols(emu));
	for (int row = 0, blanks = 0; row < rows; row++) {
		struct emu_line line;

		emu_line(emu, row, &line);
		blanks = blank(&line) ? blanks + 1 : 0;
		if (!blanks)
			fprintf(out, "    %3d|%s|\n", row + 1, line.text);
		else if (blanks == 1)
			fprintf(out, "    %3d|\n", row + 1); /* one stands for all */
		emu_line_release(&line);
	}
	rule(out, emu_cols(emu));
}

/* Marks under two lines the bytes' columns that differ; UTF-8 continuation bytes take
 * none, so the marks stand right except after wide characters. */
static void marks(FILE *out, const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
	size_t i = 0, j = 0;

	fputs("          ", out);
	while (i < a_bytes || j < b_bytes) {
		size_t in = 1, jn = 1;

		while (i + in < a_bytes && (a[i + in] & 0xc0) == 0x80)
			in++;
		while (j + jn < b_bytes && (b[j + jn] & 0xc0) == 0x80)
			jn++;
		fputc(i < a_bytes && j < b_bytes && in == jn &&
					memcmp(a + i, b + j, in) == 0
				? ' '
				: '^',
			out);
		i += in;
		j += jn;
	}
	fputc('\n', out);
}

void screen_diff(FILE *out, const char *expected, const char *actual)
{
	for (int number = 0; *expected || *actual; number++) {
		size_t e = strcspn(expected, "\n"), a = strcspn(actual, "\n");

		if (e != a || memcmp(expected, actual, e) != 0) {
			fprintf(out, "    %3d - |%.*s|\n", number, (int)e, expected);
			fprintf(out, "    %3d + |%.*s|\n", number, (int)a, actual);
			marks(out, expected, e, actual, a);
		}
		expected += e + (expected[e] == '\n');
		actual += a + (actual[a] == '\n');
	}
}
