/* Files of the source tree that are built into the program: keymaps, themes and the
 * starter runbooks. Made by the Makefile. */
#ifndef APP_EMBEDDED_H
#define APP_EMBEDDED_H

#include <stddef.h>

struct embedded {
	const char *name; /* "themes/dark.rc" */
	const char *text;
	size_t size;
};

extern const struct embedded embedded_files[]; /* ends with a NULL name */
const struct embedded *embedded_find(const char *name);

#endif
