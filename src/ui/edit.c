/* Line editing on UTF-8, and the history of what was typed. Knows
 * keys by their codes and draws through a canvas; what the line
 * means is its owner's. Main thread. */
#include "edit.h"

#include "app/keyseq.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"

#include <string.h>

void edit_set(struct edit *edit, const char *text)
{
	str_copy(edit->text, sizeof edit->text, text);
	edit->n = edit->at = strlen(edit->text);
}

void edit_insert(struct edit *edit, int code)
{
	char utf8[4];
	size_t n;

	if (code < 0x20 || code >= KEY_BASE || !utf8_printable((uint32_t)code))
		return;
	n = utf8_encode((uint32_t)code, utf8);
	if (edit->n + n + 1 > sizeof edit->text)
		return;
	memmove(edit->text + edit->at + n, edit->text + edit->at, edit->n - edit->at + 1);
	memcpy(edit->text + edit->at, utf8, n);
	edit->n += n;
	edit->at += n;
}

static size_t before(const struct edit *edit, size_t at)
{
	while (at && ((unsigned char)edit->text[--at] & 0xc0) == 0x80)
		;
	return at;
}

static size_t after(const struct edit *edit, size_t at)
{
	if (at < edit->n)
		at++;
	while (at < edit->n && ((unsigned char)edit->text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

static void cut(struct edit *edit, size_t from, size_t to)
{
	memmove(edit->text + from, edit->text + to, edit->n - to + 1);
	edit->n -= to - from;
	edit->at = from;
}

static size_t word_start(const struct edit *edit)
{
	size_t at = edit->at;

	while (at && edit->text[at - 1] == ' ')
		at--;
	while (at && edit->text[at - 1] != ' ')
		at--;
	return at;
}

bool edit_key(struct edit *edit, int code)
{
	switch (code) {
	case KEYCODE_LEFT:
	case 2:
		edit->at = before(edit, edit->at);
		return true;
	case KEYCODE_RIGHT:
	case 6:
		edit->at = after(edit, edit->at);
		return true;
	case KEYCODE_HOME:
	case 1:
		edit->at = 0;
		return true;
	case KEYCODE_END:
	case 5:
		edit->at = edit->n;
		return true;
	case KEYCODE_BACKSPACE:
		if (edit->at)
			cut(edit, before(edit, edit->at), edit->at);
		return true;
	case KEYCODE_DELETE:
	case 4:
		if (edit->at < edit->n)
			cut(edit, edit->at, after(edit, edit->at));
		return true;
	case 21:
		cut(edit, 0, edit->at);
		return true;
	case 11:
		cut(edit, edit->at, edit->n);
		return true;
	case 23:
		cut(edit, word_start(edit), edit->at);
		return true;
	default:
		return false;
	}
}

int edit_draw(const struct edit *edit, const struct canvas *c, int row, int col)
{
	int room = c->cols - col - 1;
	size_t from = 0;

	if (room < 1)
		return col;
	while (text_width(untrusted_make(edit->text + from, edit->at - from), room + 1) >
		room)
		from = after(edit, from);
	canvas_blank(c, row, col, c->cols - col, ROLE_QUESTION);
	canvas_text(c, row, col, room + 1, ROLE_QUESTION,
		untrusted_make(edit->text + from, edit->n - from));
	return col + text_width(untrusted_make(edit->text + from, edit->at - from), room);
}

void history_add(struct edit_history *history, const char *line)
{
	if (!*line ||
		(history->count && !strcmp(history->lines[history->count - 1], line)))
		return;
	if (history->count == EDIT_HISTORY) {
		mem_free(history->lines[0]);
		memmove(history->lines, history->lines + 1,
			(EDIT_HISTORY - 1) * sizeof *history->lines);
		history->count--;
	}
	history->lines[history->count++] = mem_strdup(line);
}

void history_reset(struct edit_history *history)
{
	history->at = history->count;
	history->kept[0] = '\0';
}

void history_walk(struct edit_history *history, struct edit *edit, int direction)
{
	size_t i = history->at;

	if (history->at == history->count)
		str_copy(history->kept, sizeof history->kept, edit->text);
	for (;;) {
		if (direction < 0 && !i)
			return;
		if (direction > 0 && i >= history->count)
			return;
		i = direction < 0 ? i - 1 : i + 1;
		if (i == history->count) {
			edit_set(edit, history->kept);
			break;
		}
		if (str_starts(history->lines[i], history->kept)) {
			edit_set(edit, history->lines[i]);
			break;
		}
	}
	history->at = i;
}

void history_release(struct edit_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		mem_free(history->lines[i]);
	history->count = 0;
}
