/* How the place of the store is, for who asks: whether its disk takes anything, and what
 * lies beside it that was moved aside. Looks, and changes nothing. Main thread. */
#include "history_parts.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { LEAST_ROOM = 1 << 20 };

/* The folder that there is, of those it lies in. */
static void existing_folder(const char *path, char out[STORE_PATH])
{
	str_copy(out, STORE_PATH, path);
	do {
		char *slash = strrchr(out, '/');

		if (!slash)
			str_copy(out, STORE_PATH, ".");
		else
			slash[slash == out] = '\0';
	} while (access(out, F_OK) && strcmp(out, ".") != 0 && strcmp(out, "/") != 0);
}

bool history_room(const char *path, char *why, size_t size)
{
	char folder[STORE_PATH];
	struct statvfs fs;

	existing_folder(path, folder);
	*why = '\0';
	if (statvfs(folder, &fs))
		snprintf(why, size, "%.200s: %s", folder, strerror(errno));
	else if (fs.f_flag & ST_RDONLY)
		snprintf(why, size, "%.200s is on a read-only file system", folder);
	else if (access(folder, W_OK | X_OK))
		snprintf(why, size, "%.200s may not be written", folder);
	else if ((uint64_t)fs.f_bavail * fs.f_frsize < LEAST_ROOM)
		snprintf(why, size, "the disk of %.200s is full", folder);
	return !*why;
}

/* The newest by its name, which has the time in it. */
size_t history_aside(const char *path, char *newest, size_t size)
{
	char folder[STORE_PATH], prefix[300];
	const char *name = strrchr(path, '/');
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	existing_folder(path, folder);
	snprintf(prefix, sizeof prefix, "%s.corrupt-", name ? name + 1 : path);
	*newest = '\0';
	dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (!str_starts(entry->d_name, prefix) ||
			str_ends(entry->d_name, "-wal") ||
			str_ends(entry->d_name, "-shm"))
			continue;
		n++;
		if (strcmp(entry->d_name, newest) > 0)
			text_line(untrusted_str(entry->d_name), newest, size);
	}
	if (dir)
		closedir(dir);
	return n;
}
