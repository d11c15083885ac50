/* Questions and menus. Both wait, take every key, and let none fall through: what was
 * typed before a question could be read does not answer it, and a menu swallows what
 * it does not know. The screen behind them is still. Main thread. */
#include "state.h"

#include "base/secret.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "base/utf8.h"
#include "keys.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

enum { GUARD_MS = 300, MENU_MOST = 40 };

static void leave(struct console *console)
{
	console->mode = MODE_NORMAL;
	screen_erase();
	console->layout_dirty = true;
	console_dirty(console);
}

/* --- questions --- */

bool console_ask(void *ctx, const struct question *question, struct err *err)
{
	struct console *console = ctx;

	if (console->mode == MODE_ASK)
		return err_set(err, ERR_BUSY, "answer the open question first");
	if (question->waits && console->mode != MODE_NORMAL)
		return err_set(err, ERR_BUSY, "something is being typed");
	if (console->mode == MODE_BARE || console->mode == MODE_LENT)
		return err_set(err, ERR_BUSY, "the terminal is lent");
	console->question = *question;
	str_copy(console->question_text, sizeof console->question_text, question->text);
	str_copy(console->question_word, sizeof console->question_word,
		question->word ? question->word : "");
	str_copy(console->question_choices, sizeof console->question_choices,
		question->choices ? question->choices : "");
	console->typed_word[0] = '\0';
	console->question_top = 0;
	console->question_seen = false;
	console->asked_at = time_mono_ms();
	console_bring_up(console);
	console->mode = MODE_ASK;
	console->bars_dirty = true;
	return true;
}

static void answer(struct console *console, bool yes)
{
	const struct question question = console->question;
	char why[NOTICE_TEXT];

	leave(console);
	/* What the question was about may have changed while it stood there. */
	if (yes && question.still && !question.still(question.ctx, why, sizeof why)) {
		console_notice(console, true, why);
		yes = false;
	} else if (!yes) {
		console_notice(console, false, "nothing was done");
	}
	console->question = (struct question){0};
	question.answer(question.ctx, yes);
}

static void told(struct console *console, bool given);

void console_ask_end(struct console *console)
{
	if (console->mode == MODE_ASK && console->question.typed)
		told(console, false);
	else if (console->mode == MODE_ASK)
		answer(console, false);
}

/* Of a question that is longer than the screen, until its end was seen. */
static bool scroll_key(struct console *console, int code)
{
	switch (code) {
	case 'j':
	case ' ':
	case KEYCODE_DOWN:
	case KEYCODE_PGDN:
		console->question_top++;
		break;
	case 'k':
	case KEYCODE_UP:
	case KEYCODE_PGUP:
		console->question_top -= console->question_top > 0;
		break;
	default:
		return false;
	}
	console->bars_dirty = true;
	return true;
}

/* The word, typed out; another one is no answer. */
static void word_key(struct console *console, int code)
{
	char *typed = console->typed_word;
	size_t n = strlen(typed);

	if (code == KEYCODE_ESC || code == 3 || code == 7) {
		answer(console, false);
	} else if (code == KEYCODE_ENTER && !strcmp(typed, console->question_word)) {
		answer(console, true);
	} else if (code == KEYCODE_ENTER && !n) {
		answer(console, false);
	} else if (code == KEYCODE_ENTER) {
		*typed = '\0';
	} else if (code == KEYCODE_BACKSPACE && n) {
		typed[n - 1] = '\0';
	} else if (code >= ' ' && code < 127 && n + 1 < QUESTION_WORD) {
		/* A name and a code have a blank between them. */
		typed[n] = (char)code;
		typed[n + 1] = '\0';
	}
	console->bars_dirty = true;
}

/* What is typed and hidden, and whom it is for. */
static void told(struct console *console, bool given)
{
	const struct question question = console->question;
	struct secret *secret =
		given ? secret_new(console->typed_secret, console->typed_n) : NULL;

	secret_wipe(console->typed_secret, sizeof console->typed_secret);
	console->typed_n = 0;
	leave(console);
	console->question = (struct question){0};
	question.typed(question.ctx, secret);
	secret_free(secret);
}

static void secret_key(struct console *console, int code)
{
	char *typed = console->typed_secret, utf8[4];
	size_t *n = &console->typed_n, size;

	if (code == KEYCODE_ESC || code == 3 || code == 7) {
		told(console, false);
		return;
	}
	if (code == KEYCODE_ENTER) {
		told(console, true);
		return;
	}
	if (code == KEYCODE_BACKSPACE && *n) {
		do
			(*n)--;
		while (*n && ((unsigned char)typed[*n] & 0xc0) == 0x80);
	} else if (code == 21) { /* C-u */
		*n = 0;
	} else if (code >= ' ' && code != 127 && code < KEYCODE_ENTER) {
		size = utf8_encode((uint32_t)code, utf8);
		if (*n + size < sizeof console->typed_secret) {
			memcpy(typed + *n, utf8, size);
			*n += size;
		}
	}
	console->bars_dirty = true;
}

/* The words of an answer go to whoever asked; nothing is asked any more. */
static void reply(struct console *console, const char *words)
{
	const struct question question = console->question;
	char kept[QUESTION_WORD];

	str_copy(kept, sizeof kept, words);
	leave(console);
	console->question = (struct question){0};
	question.reply(question.ctx, kept);
}

/* The i-th of "a,b"; "" behind the last. */
static const char *choice(const char *choices, int i, char out[QUESTION_WORD])
{
	struct untrusted rest = untrusted_str(choices), one;

	*out = '\0';
	while (untrusted_split(&rest, ",", &one))
		if (!i--) {
			text_line(untrusted_trim(one), out, QUESTION_WORD);
			break;
		}
	return out;
}

/* Chosen by its number, or typed. */
static void reply_key(struct console *console, int code)
{
	const char *choices = console->question_choices;
	char *typed = console->typed_word, one[QUESTION_WORD];
	size_t n = strlen(typed);

	if (code == KEYCODE_ESC || code == 3 || code == 7) {
		answer(console, false);
	} else if (*choices) {
		if (code >= '1' && code <= '9' && *choice(choices, code - '1', one))
			reply(console, one);
	} else if (code == KEYCODE_ENTER && n) {
		reply(console, typed);
	} else if (code == KEYCODE_BACKSPACE && n) {
		typed[n - 1] = '\0';
	} else if (code >= ' ' && code < 127 && n + 1 < QUESTION_WORD) {
		typed[n] = (char)code;
		typed[n + 1] = '\0';
	}
	console->bars_dirty = true;
}

static void ask_key(struct console *console, int code)
{
	int64_t now = time_mono_ms();
	bool ahead = now - console->asked_at < GUARD_MS;

	if (console->question.typed) {
		/* What was typed ahead was not meant for whoever asks. */
		if (ahead && code != KEYCODE_ESC)
			console->asked_at = now;
		else
			secret_key(console, code);
		return;
	}
	if (!console->question_seen && scroll_key(console, code))
		return;
	if (console->question.reply) {
		if (ahead && code != KEYCODE_ESC)
			console->asked_at = now;
		else if (console->question_seen || code == KEYCODE_ESC)
			reply_key(console, code);
		return;
	}
	if (*console->question_word) {
		if (ahead && code != KEYCODE_ESC)
			console->asked_at = now;
		else if (console->question_seen || code == KEYCODE_ESC)
			word_key(console, code);
		return;
	}
	switch (code) {
	case 'y':
	case 'Y':
		if (!console->question_seen)
			return;
		/* Typed ahead of the question, or a key that was held down since: it
		 * cannot have been meant for it. */
		if (ahead)
			console->asked_at = now;
		else
			answer(console, true);
		return;
	case 'n':
	case 'N':
	case 'q':
	case KEYCODE_ENTER:
	case KEYCODE_ESC:
	case 3: /* C-c */
	case 7: /* C-g */
		answer(console, false);
		return;
	default:
		return;
	}
}

/* Bytes of the text that fit in `width` columns, broken at a blank where there is one. */
static size_t line_bytes(const char *text, int width)
{
	size_t n = strlen(text), at = 0, blank = 0;

	while (at < n && text[at] != '\n') {
		size_t next = at + 1;

		while (next < n && ((unsigned char)text[next] & 0xc0) == 0x80)
			next++;
		if (text_width(untrusted_make(text, next), width + 1) > width)
			return blank ? blank : at ? at : next;
		if (text[at] == ' ')
			blank = at;
		at = next;
	}
	return at;
}

/* Counts its lines, and draws those from `top` on when there is a canvas. */
static int question_lines(const char *text, const struct canvas *c, int top, int width)
{
	int lines = 0;

	while (*text) {
		size_t n = line_bytes(text, width);

		if (c && lines >= top && lines - top < c->rows)
			canvas_text(c, lines - top, 1, width, ROLE_QUESTION,
				untrusted_make(text, n));
		lines++;
		text += n;
		/* What follows a newline may be indented. */
		if (*text == '\n')
			text++;
		else
			text += strspn(text, " ");
	}
	return lines;
}

/* "1 canary  2 all   Esc gives none". */
static void reply_line(const char *choices, char *out, size_t size)
{
	char one[QUESTION_WORD];
	size_t n = 0;

	*out = '\0';
	for (int i = 0; i < 9 && *choice(choices, i, one) && n < size - 1; i++) {
		snprintf(out + n, size - n, " %d %s ", i + 1, one);
		n = strlen(out);
	}
	snprintf(out + n, size - n, "  Esc gives none");
}

/* What is said of the keys, below the question. */
static void answer_line(const struct console *console, char *out, size_t size)
{
	if (console->question.typed && console->question.echo)
		snprintf(out, size, " type it and Enter; Esc is none: %.*s",
			(int)console->typed_n, console->typed_secret);
	else if (console->question.typed)
		snprintf(out, size,
			" type it and Enter; it is not shown; Esc is none: %.*s",
			(int)(console->typed_n < 40 ? console->typed_n : 40),
			"****************************************");
	else if (!console->question_seen)
		snprintf(out, size,
			" j shows the rest, then y   n no, also Enter and Esc");
	else if (console->question.reply && *console->question_choices)
		reply_line(console->question_choices, out, size);
	else if (console->question.reply)
		snprintf(out, size, " type the answer and Enter; Esc gives none: %s",
			console->typed_word);
	else if (*console->question_word)
		snprintf(out, size, " type %s and Enter; Esc is no: %s",
			console->question_word, console->typed_word);
	else
		snprintf(out, size, " y yes   n no, also Enter and Esc");
}

static void draw_question(struct console *console, const struct canvas *screen)
{
	int width = screen->cols - 2;
	int lines = question_lines(console->question_text, NULL, 0, width), rows = lines;
	char keys[2 * QUESTION_WORD + 80];
	struct canvas box, text;

	if (rows > screen->rows - 1)
		rows = screen->rows - 1;
	if (console->question_top > lines - rows)
		console->question_top = lines - rows;
	/* Nobody says yes to what was never on the screen. */
	console->question_seen |= console->question_top + rows >= lines;
	box = canvas_part(screen, screen->rows - rows - 1, 0, rows + 1, screen->cols);
	for (int i = 0; i <= rows; i++)
		canvas_blank(&box, i, 0, box.cols, ROLE_QUESTION);
	text = canvas_part(&box, 0, 0, rows, box.cols);
	question_lines(console->question_text, &text, console->question_top, width);
	answer_line(console, keys, sizeof keys);
	canvas_put(&box, rows, 0, ROLE_QUESTION, keys);
	screen_cursor(box.y + rows,
		console->question.typed ||
				((*console->question_word ||
					 (console->question.reply &&
						 !*console->question_choices)) &&
					console->question_seen)
			? text_width(untrusted_str(keys), screen->cols - 1)
			: 0,
		true);
}

/* --- menus --- */

bool console_menu(struct console *console, const char *context, struct err *err)
{
	if (!keyseq_context(context, err))
		return false;
	str_copy(console->menu, sizeof console->menu, context);
	console_bring_up(console);
	console->mode = MODE_MENU;
	console->bars_dirty = true;
	return true;
}

static void menu_key(struct console *console, int code)
{
	const char *const contexts[] = {console->menu, NULL};
	const struct binding *binding = NULL;
	char line[COMMAND_LINE_MAX];

	if (code == KEYCODE_ESC || code == 3 || code == 7) {
		leave(console);
		return;
	}
	if (keymap_find(&console->keymap, contexts, &code, 1, &binding) != KEY_MATCH)
		return;
	str_copy(line, sizeof line, binding->command);
	leave(console);
	console_run(console, line);
}

struct menu_line {
	char keys[64];
	const char *words;
};

static size_t menu_lines(
	const struct console *console, struct menu_line *out, int *keys_width)
{
	size_t n = 0;

	*keys_width = 1;
	for (size_t i = 0; i < console->keymap.count && n < MENU_MOST; i++) {
		const struct binding *b = &console->keymap.list[i];
		int width;

		if (strcmp(b->context, console->menu))
			continue;
		binding_keys(b, out[n].keys);
		out[n].words = b->note ? b->note : b->command;
		width = text_width(untrusted_str(out[n++].keys), 64);
		if (width > *keys_width)
			*keys_width = width;
	}
	return n;
}

static void draw_menu(struct console *console, const struct canvas *screen)
{
	struct menu_line list[MENU_MOST];
	int keys_width, word_width = 8;
	size_t n = menu_lines(console, list, &keys_width);
	int columns, rows, cell;
	struct canvas box;

	for (size_t i = 0; i < n; i++) {
		int width = text_width(untrusted_str(list[i].words), 60);

		if (width > word_width)
			word_width = width;
	}
	cell = keys_width + 1 + word_width + 3;
	columns = screen->cols / cell > 0 ? screen->cols / cell : 1;
	rows = ((int)n + columns - 1) / columns;
	if (rows > screen->rows - 2)
		rows = screen->rows - 2;
	box = canvas_part(screen, screen->rows - rows - 1, 0, rows + 1, screen->cols);
	for (int i = 0; i <= rows; i++)
		canvas_blank(&box, i, 0, box.cols, ROLE_BAR);
	for (int i = 0; i < (int)n && i / columns < rows; i++) {
		int row = i / columns, col = 1 + i % columns * cell;

		canvas_put(&box, row, col, ROLE_KEY, list[i].keys);
		canvas_text(&box, row, col + keys_width + 1, cell - keys_width - 2,
			ROLE_BAR, untrusted_str(list[i].words));
	}
	canvas_put(&box, rows, 1, ROLE_KEY, "Esc");
	canvas_put(&box, rows, 5, ROLE_BAR, "closes; other keys do nothing here");
	screen_cursor(screen->rows - 1, screen->cols - 1, false);
}

/* --- both --- */

bool console_waits(const struct console *console)
{
	return console->mode == MODE_ASK || console->mode == MODE_MENU;
}

void console_wait_key(struct console *console, int code)
{
	if (console->mode == MODE_ASK)
		ask_key(console, code);
	else
		menu_key(console, code);
}

void console_wait_draw(struct console *console)
{
	struct canvas screen = canvas_screen();

	if (console->mode == MODE_ASK)
		draw_question(console, &screen);
	else
		draw_menu(console, &screen);
}
