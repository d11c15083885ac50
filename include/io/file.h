/* Folders and files of oogway's own: 0700 and 0600, below the XDG directories. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* $XDG_STATE_HOME/oogway, made when it is missing. */
bool file_state_folder(char *out, size_t size, struct err *err);
/* Writes a file anew, 0600, so that it is the old one or the new one at any moment;
 * makes its folder. For tasks: it waits for the disk. */
bool file_replace(const char *path, const void *bytes, size_t n, struct err *err);
/* Makes a folder and its parents, 0700. */
bool file_make_folder(const char *path, struct err *err);

#endif
