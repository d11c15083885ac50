/* The user's editor: $VISUAL, $EDITOR, else vi. Its words are split at blanks, never by
 * a shell. */
#ifndef APP_EDITOR_H
#define APP_EDITOR_H

#include <stddef.h>

enum { EDITOR_WORDS = 16 };

/* argv for a file, NULL-ended; it borrows from text and path. */
void editor_argv(
	const char *path, char *text, size_t size, const char *argv[EDITOR_WORDS]);
/* The same for any program; how many words. */
size_t program_argv(const char *program, const char *path, char *text, size_t size,
	const char *argv[EDITOR_WORDS]);

#endif
