/* Folders and files of oogway's own: 0700 and 0600, below the XDG directories. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* $XDG_STATE_HOME/oogway, made when it is missing. */
bool file_state_folder(char *out, size_t size, struct err *err);
/* Writes a file anew, 0600, so that it is the old one or the new one at any moment;
 * makes its folder. For tasks: it waits for the disk. */
bool file_replace(const char *path, const void *bytes, size_t n, struct err *err);
/* Makes a folder and its parents, 0700. */
bool file_make_folder(const char *path, struct err *err);
/* All of a file, a pipe too, or of the standard input when path is "-". What is larger
 * than out's maximum is an error. Waits: for one-shot commands and tasks. */
bool file_read(const char *path, struct str *out, struct err *err);
/* Adds the text at the end of a file, made 0600 when it is missing: all of it or, when
 * the disk is full, nothing. */
bool file_append(const char *path, const struct str *text, struct err *err);
/* Another number when the file was written to or is another one; 0: there is none. It
 * looks at the folder's entry only: for files that lie on this machine. */
uint64_t file_stamp(const char *path);
/* f_type of statfs(2), -1 when it is not known. */
int64_t file_system_type(const char *folder);
/* "NFS" and the like for a file system on which locks between hosts do not hold, else
 * NULL. */
const char *file_network(int64_t type);

#endif
