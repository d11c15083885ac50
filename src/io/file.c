/* Our own folders: made 0700 below the XDG
 * directories, nothing outside them; and what they lie on. Any thread. */
#include "io/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

bool file_make_folder(const char *path, struct err *err)
{
	char part[4096];

	for (size_t i = 1; path[i - 1]; i++) {
		if (path[i] && path[i] != '/')
			continue;
		if (i >= sizeof part)
			return err_set(err, ERR_LIMIT, "path too long: %s", path);
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) && errno != EEXIST)
			return err_set(err, ERR_IO, "cannot make the folder %s: %s", part,
				strerror(errno));
		if (!path[i])
			break;
	}
	return true;
}

bool file_state_folder(char *out, size_t size, struct err *err)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n;

	if (state && *state == '/')
		n = snprintf(out, size, "%s/oogway", state);
	else if (home && *home == '/')
		n = snprintf(out, size, "%s/.local/state/oogway", home);
	else
		return err_set(err, ERR_MISSING,
			"neither XDG_STATE_HOME nor HOME is set: nothing is kept");
	if (n < 0 || (size_t)n >= size)
		return err_set(
			err, ERR_LIMIT, "the path of the state folder is too long");
	return file_make_folder(out, err);
}

int64_t file_system_type(const char *folder)
{
	struct statfs fs;

	return statfs(folder, &fs) ? -1 : (int64_t)(uint32_t)fs.f_type;
}

const char *file_network(int64_t type)
{
	static const struct {
		int64_t magic;
		const char *name;
	} networks[] = {
		{0x6969, "NFS"},
		{0xff534d42, "CIFS"},
		{0xfe534d42, "SMB2"},
		{0x517b, "SMB"},
		{0x65735546, "FUSE"},
		{0x01021997, "9p"},
		{0x5346414f, "AFS"},
		{0x00c36400, "Ceph"},
	};

	for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
		if (networks[i].magic == type)
			return networks[i].name;
	return NULL;
}
