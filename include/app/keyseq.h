/* Names of keys, as in `bind CONTEXT KEYS …`: "a", "G", "<Enter>", "<C-x>", "<F1>",
 * and chords of up to four: "g g", "<C-x> g". */
#ifndef APP_KEYSEQ_H
#define APP_KEYSEQ_H

#include "base/err.h"

#include <stddef.h>

enum {
	KEYSEQ_MAX = 4,
	KEY_BASE = 0x200000, /* above Unicode: keys without a character */
};

enum key_code {
	KEY_NONE_ = KEY_BASE,
	KEYCODE_ENTER,
	KEYCODE_ESC,
	KEYCODE_TAB,
	KEYCODE_BACKTAB,
	KEYCODE_BACKSPACE,
	KEYCODE_DELETE,
	KEYCODE_INSERT,
	KEYCODE_UP,
	KEYCODE_DOWN,
	KEYCODE_LEFT,
	KEYCODE_RIGHT,
	KEYCODE_HOME,
	KEYCODE_END,
	KEYCODE_PGUP,
	KEYCODE_PGDN,
	KEYCODE_F1, /* F1 to F12 follow each other */
	KEYCODE_F12 = KEYCODE_F1 + 11,
	/* Not bindable: what the terminal says. */
	KEYCODE_RESIZE,
	KEYCODE_PASTE_BEGIN,
	KEYCODE_PASTE_END,
	KEYCODE_FRAME_ACK,
	KEYCODE_MOUSE,
	KEYCODE_UNKNOWN,
};

/* A key is a Unicode character, a control code (1 to 26 for C-a to C-z), or one of
 * the above. Returns the number of keys, 0 with *err when a name is wrong. */
size_t keyseq_parse(const char *text, int keys[KEYSEQ_MAX], struct err *err);
bool keyseq_check(const char *text, struct err *err);
/* "<Enter>", "<C-x>", "a". */
const char *keyseq_name(int key, char out[16]);

/* i-th of the names that stand in <…>, NULL at the end. */
const char *keyseq_named(size_t i);

/* Contexts in which keys are bound. */
struct keyseq_context {
	const char *name, *help;
};
extern const struct keyseq_context keyseq_contexts[]; /* ends with a NULL name */
bool keyseq_context(const char *name, struct err *err);

#endif
