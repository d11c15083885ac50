/* The bytes of the terminal on their way to ncurses, which gets only whole sequences: it
 * would wait for the rest of one, and all else with it. Main thread. */
#ifndef UI_INPUT_H
#define UI_INPUT_H

#include <stdbool.h>
#include <stdio.h>

/* What ncurses reads; owned by this module, closed by input_close(). NULL: no room for
 * another file. */
FILE *input_open(void);
void input_close(void);

/* Reads what is there, a few hundred bytes at most, and hands on what is whole. False
 * when there was not a byte. */
bool input_take(void);
/* Whether the begin of a sequence is held back: after escape-time it is no begin. */
bool input_held(void);
/* Hands that on too. */
void input_release(void);

#endif
