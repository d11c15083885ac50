/* One line of editable text: a prompt. Main thread. */
#ifndef UI_EDIT_H
#define UI_EDIT_H

#include "canvas.h"

#include <stdbool.h>
#include <stddef.h>

enum { EDIT_MAX = 1000, EDIT_HISTORY = 200 };

struct edit {
	char text[EDIT_MAX];
	size_t n, at; /* bytes, cursor in bytes */
};

struct edit_history {
	char *lines[EDIT_HISTORY]; /* oldest first */
	size_t count;
	size_t at; /* while walking: index, count when on the new line */
	char kept[EDIT_MAX];
};

void edit_set(struct edit *edit, const char *text);
/* A character typed or pasted; controls are ignored. */
void edit_insert(struct edit *edit, int code);
/* Cursor and deletion keys (also C-a C-e C-u C-w C-k); false when not one of them. */
bool edit_key(struct edit *edit, int code);
/* Draws in row 0 of c, scrolled so that the cursor is seen; returns its column. */
int edit_draw(const struct edit *edit, const struct canvas *c, int row, int col);

void history_add(struct edit_history *history, const char *line);
/* direction -1: older. Lines that begin with what was typed. */
void history_walk(struct edit_history *history, struct edit *edit, int direction);
void history_reset(struct edit_history *history);
void history_release(struct edit_history *history);

#endif
