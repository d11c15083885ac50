/* Fatal signals: the terminal is given back, a report is written to
 * folder/crash-<time>.txt (0600, NULL: none), then the signal does what it does. */
#ifndef UI_GUARD_H
#define UI_GUARD_H

void guard_signals(const char *folder);
/* From now on the program ends within so many ms, with that status, whatever a slow disk
 * still does: all that is kept survives that. 0 takes it back. The terminal must be
 * given back. */
void guard_quit(int ms, int status);

#endif
