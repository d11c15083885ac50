/* The terminal: opening, capabilities, flushing frames, and giving it back whatever
 * happens. With canvas and keys the only home of ncurses. Main thread. */
#ifndef UI_SCREEN_H
#define UI_SCREEN_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum graphics { GRAPHICS_UTF8, GRAPHICS_ASCII };
enum frame_ack { ACK_AUTO, ACK_ON, ACK_OFF };

struct screen_options {
	bool mouse;
	bool sync_output;
	enum frame_ack frame_ack;
	bool ascii; /* force ASCII graphics */
};

bool screen_open(const struct screen_options *options, struct err *err);
void screen_close(void);
bool screen_is_open(void);
void screen_apply(const struct screen_options *options);
/* Gives the terminal back and takes it again (suspend, bare mode, $EDITOR). */
void screen_leave(void);
void screen_enter(void);
/* Stops the process as Ctrl-Z does; returns when it goes on. */
void screen_suspend(void);

int screen_rows(void);
int screen_cols(void);
/* Reads the new size; true when it changed. */
bool screen_resize(void);
enum graphics screen_graphics(void);
int screen_colors(void);
/* What had to be assumed about the terminal ("unknown terminal foo: using vt100"),
 * or "". */
const char *screen_remark(void);

/* Puts what was drawn on the terminal: one doupdate. */
void screen_flush(void);
/* Everything is drawn anew at the next flush. */
void screen_repaint(void);
/* Forgets what is in the cells (layout changed). */
void screen_erase(void);
/* False while a frame acknowledgement is awaited. */
bool screen_ready(void);
/* The acknowledgement came. */
void screen_acked(void);
/* Called once a second: gives up waiting after 3 s. */
void screen_tick(void);
/* Measured round trip of the last acknowledged frame, -1 when unknown. */
int64_t screen_round_trip_ms(void);
/* It is like an xterm: private modes and strings (OSC) do not show. */
bool screen_knows_modes(void);
/* The window's title, a clean line; NULL: the one it had, as also when the terminal is
 * given back. */
void screen_title(const char *title);
/* Bytes for the terminal beside the cells (OSC 52, bell): never foreign text. */
void screen_write(const void *bytes, size_t n);
/* The same while the terminal is given back (bare mode). */
void screen_print(const void *bytes, size_t n);
void screen_cursor(int y, int x, bool visible);

#endif
