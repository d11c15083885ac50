#ifndef TERM_EMU_H
#define TERM_EMU_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A terminal without a window: bytes in, a screen that can be read out. A thin shell
 * around libvterm which adds what a test needs and libvterm does not tell: every private
 * mode that is on, 38:2::r:g:b colours (libvterm 0.1.4 shifts them), columns of bytes.
 * No I/O here; answers to queries and key presses leave through the reply function.
 */
struct emu;

/* Rows and columns count from 0 in this header. */
typedef void emu_reply_fn(const char *bytes, size_t size, void *user);

enum emu_attr {
	EMU_BOLD = 1,
	EMU_UNDERLINE = 2,
	EMU_ITALIC = 4,
	EMU_BLINK = 8,
	EMU_REVERSE = 16,
	EMU_STRIKE = 32,
};

#define EMU_COLOUR_DEFAULT (-1)      /* the terminal's own foreground or background */
#define EMU_COLOUR_RGB     0x1000000 /* | 0xrrggbb; below 256: an index */

struct emu_cell {
	char text[32]; /* UTF-8 with its combining marks; " " when blank; "" in the right
	                  half of a wide character */
	int width;     /* 1, 2, or 0 for the right half of a wide character */
	int fg, bg;
	unsigned attrs; /* enum emu_attr */
};

/* A row as text, with the column of each byte: column[bytes] is the full width. */
struct emu_line {
	char *text;
	size_t bytes;
	int *column;
};

struct emu_state {
	int row, col;
	bool cursor_hidden;
	bool alt_screen;
	bool pen_set; /* colours or attributes on: the shell's prompt would have them */
	bool keypad_app;
	int keyboard_depth; /* kitty keyboard protocol levels pushed and not popped */
	bool modify_keys;   /* xterm modifyOtherKeys */
	long bells;
	char title[128];
};

/* Sizes are at least 1x1. Aborts when out of memory, like every function here. */
struct emu *emu_new(int cols, int rows, emu_reply_fn *reply, void *user);
void emu_free(struct emu *emu);
void emu_feed(struct emu *emu, const char *bytes, size_t size);
void emu_resize(struct emu *emu, int cols, int rows);

int emu_cols(const struct emu *emu);
int emu_rows(const struct emu *emu);
void emu_cell(const struct emu *emu, int row, int col, struct emu_cell *out);
/* Untrimmed: as wide as the screen. Free with emu_line_release. */
void emu_line(const struct emu *emu, int row, struct emu_line *out);
void emu_line_release(struct emu_line *line);
/* All rows, each without its trailing blanks and ended by a newline; free() it. */
char *emu_text(const struct emu *emu);
/* First place of text, which never spans rows, from row `from` on; col and cols may be
 * NULL. */
bool emu_find(
	const struct emu *emu, const char *text, int from, int *row, int *col, int *cols);

void emu_state(const struct emu *emu, struct emu_state *out);
/* Is DEC private mode `number` (25, 1049, 2004 …) on? */
bool emu_mode(const struct emu *emu, int number);
/* A list such as "alternate screen, mouse 1002" of what a program must undo before it
 * leaves; empty when the terminal is as a shell wants it. */
void emu_leftovers(const struct emu *emu, char *out, size_t size);

/*
 * Press keys: plain UTF-8 text, and names in angle brackets: <Enter> <Esc> <Tab> <S-Tab>
 * <Space> <BS> <Up> <F1> <C-x> <M-x> <C-Left> <lt> … The bytes depend on the modes that
 * the program has set, as in a real terminal. False and a sentence for an unknown name.
 */
bool emu_keys(struct emu *emu, const char *keys, char *why, size_t why_size);
/* Bracketed when the program asked for it; newlines become carriage returns. */
void emu_paste(struct emu *emu, const char *text);
void emu_mouse(struct emu *emu, int row, int col, int button);

#endif
