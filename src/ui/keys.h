/* Keys from the terminal, as codes of app/keyseq.h. Main thread. */
#ifndef UI_KEYS_H
#define UI_KEYS_H

#include <stdbool.h>

struct key_event {
	int code;
	int mouse_y, mouse_x;
	bool wheel_up, wheel_down;
};

/* Tells ncurses the sequences it does not know; after screen_open(). */
void keys_init(void);
/* False when there is nothing more to read now. */
bool keys_next(struct key_event *out);

#endif
