#ifndef TERM_SCREEN_H
#define TERM_SCREEN_H

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>

#include "emu.h"

/* A whole screen as text: to print it, to keep it in a file, to compare it with one. */

#define SCREEN_MASKS_MAX 32

struct screen_masks {
	regex_t regex[SCREEN_MASKS_MAX];
	int count;
};

/* The form of a .screen file: "# COLSxROWS", the rows without trailing blanks and, when
 * asked for, "# attributes" and a line for each run of cells that is not plain. What a
 * mask matches is replaced by as many ~ as it has columns. free() the result. */
char *screen_render(const struct emu *emu, const struct screen_masks *masks, bool attrs);

/* For people: the screen in a frame, with row numbers and the cursor. */
void screen_print(FILE *out, const struct emu *emu);

/* Prints the lines that differ, each with what was expected and what is there. */
void screen_diff(FILE *out, const char *expected, const char *actual);

/* "bold reverse fg=4 bg=#102030", empty for a plain cell. */
void screen_attrs_words(const struct emu_cell *cell, char *out, size_t size);
/* Is word ("bold", "fg=4", "bg=default", "plain", "no-reverse") true of the cell? -1 and
 * nothing else when it is not such a word. */
int screen_attr_holds(const struct emu_cell *cell, const char *word);

#endif
