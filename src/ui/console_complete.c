/* Completion on the screen: Tab puts in what all words share, then each of them in
 * turn; the words stand on the line above the prompt. What the words are is said in
 * app/complete.c. Main thread. */
#include "state.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static const char *const *pane_names(void)
{
	static const char *names[PANE_NUMBERED + 1];

	for (int i = 0; i < PANE_NUMBERED; i++)
		names[i] = pane_classes[i]->name;
	return names;
}

static void find_words(struct console *console, struct completion *out)
{
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;
	struct completion_place place = {.commands = console->commands,
		.panes = pane_names(),
		.listing = list ? list->listing : NULL,
		.target = list ? list->selected : console_target(console, pane)};
	char line[EDIT_MAX];

	snprintf(line, sizeof line, "%.*s", (int)console->edit.at, console->edit.text);
	complete_line(console->app, &place, line, out);
}

/* Puts n bytes of a word in place of what lies between its begin and the cursor. */
static void put_word(struct console *console, const char *word, size_t n)
{
	struct edit *edit = &console->edit;
	char tail[EDIT_MAX], line[EDIT_MAX];
	size_t from = console->completion->from;

	str_copy(tail, sizeof tail, edit->text + edit->at);
	snprintf(line, sizeof line, "%.*s%.*s", (int)from, edit->text, (int)n, word);
	from = strlen(line);
	str_copy(line + from, sizeof line - from, tail);
	edit_set(edit, line);
	edit->at = from;
}

void complete_step(struct console *console, int by)
{
	struct completion *c = console->completion;
	size_t common, typed;

	if (!c) {
		c = console->completion = mem_new(1, sizeof *c);
		find_words(console, c);
		console->completion_at = c->count;
		typed = console->edit.at - c->from;
		common = completion_common(c);
		if (common > typed || c->count == 1) {
			put_word(console, c->words[0], common);
			/* What follows is another word. */
			if (c->count == 1)
				complete_drop(console);
			return;
		}
	}
	if (!c->count)
		return;
	if (console->completion_at == c->count)
		console->completion_at = by > 0 ? 0 : c->count - 1;
	else
		console->completion_at =
			(console->completion_at + c->count + (size_t)by) % c->count;
	put_word(console, c->words[console->completion_at],
		strlen(c->words[console->completion_at]));
}

void complete_drop(struct console *console)
{
	mem_free(console->completion);
	console->completion = NULL;
}

/* Bytes of it without the blank or the " = " that follows it on the line. */
static size_t shown(const char *word)
{
	size_t n = strlen(word);

	if (str_ends(word, " = "))
		n -= strlen(" = ");
	while (n && word[n - 1] == ' ')
		n--;
	return n;
}

/* Width of a word on the line with its note, the gap after it included. */
static int word_width(const struct completion *c, size_t i)
{
	const char *note = c->notes[i];

	return text_width(untrusted_make(c->words[i], shown(c->words[i])), INT_MAX) + 2 +
	       (*note ? text_width(untrusted_str(note), INT_MAX) + 1 : 0);
}

/* The first word to draw, so that the chosen one is seen. */
static size_t first_word(const struct completion *c, size_t at, int room)
{
	size_t from = 0;
	int width = 0;

	for (size_t i = 0; i < c->count && i <= at; i++) {
		width += word_width(c, i);
		while (width > room && from < i)
			width -= word_width(c, from++);
	}
	return from;
}

static void draw_words(
	struct console *console, const struct canvas *c, const struct completion *words)
{
	size_t at = console->completion ? console->completion_at : words->count;
	size_t from = at < words->count ? first_word(words, at, c->cols - 6) : 0;
	int col = 1;

	if (from)
		col += canvas_put(c, 0, col, ROLE_DIM, canvas_glyph(GLYPH_MORE)) + 1;
	for (size_t i = from; i < words->count; i++) {
		const char *word = words->words[i], *note = words->notes[i];
		struct untrusted text = untrusted_make(word, shown(word));
		int width = text_width(text, INT_MAX), all = word_width(words, i);

		/* The first has room, if need be without the end of its note. */
		if (col + all + 1 > c->cols && i > from) {
			canvas_put(c, 0, col, ROLE_DIM, canvas_glyph(GLYPH_MORE));
			break;
		}
		canvas_text(c, 0, col, width,
			i == at ? ROLE_SELECTED
			: *note ? ROLE_TEXT
				: ROLE_DIM,
			text);
		if (*note)
			canvas_text(c, 0, col + width + 1, all - width - 3, ROLE_DIM,
				untrusted_str(note));
		col += all;
	}
}

/* A command that is whole says what it does, unless words for it are chosen from. */
static bool draw_command(struct console *console, const struct canvas *c)
{
	const char *rest;
	void *ctx;
	const struct command *command =
		commands_find(console->commands, console->edit.text, &ctx, &rest);

	if (!command)
		return false;
	/* What it does is seen when it is shown. */
	canvas_printf(c, 0, 1, ROLE_DIM, "%s%s%s  %s", command->name,
		*command->args ? " " : "", command->args,
		preview_shown(console) ? "shown already; Esc takes it back"
				       : command->help);
	return true;
}

void complete_draw(struct console *console, const struct canvas *c)
{
	struct completion *words = mem_new(1, sizeof *words);
	bool whole = console->edit.at && console->edit.text[console->edit.at - 1] != ' ';

	canvas_blank(c, 0, 0, c->cols, ROLE_BAR);
	find_words(console, words);
	if (console->completion && console->completion->count)
		draw_words(console, c, console->completion);
	else if (words->count < 2 && whole && draw_command(console, c))
		;
	else if (words->count && console->edit.n)
		draw_words(console, c, words);
	else
		draw_command(console, c);
	mem_free(words);
}
