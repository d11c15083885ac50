/* Folders and files of oogway's own: 0700 and 0600, below the XDG directories. */
#ifndef IO_FILE_H
#define IO_FILE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* $XDG_STATE_HOME/oogway, made when it is missing. */
bool file_state_folder(char *out, size_t size, struct err *err);
/* Makes a folder and its parents, 0700. */
bool file_make_folder(const char *path, struct err *err);
/* f_type of statfs(2), -1 when it is not known. */
int64_t file_system_type(const char *folder);
/* "NFS" and the like for a file system on which locks between hosts do not hold, else
 * NULL. */
const char *file_network(int64_t type);

#endif
