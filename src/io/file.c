/* Our own folders and files: made 0700 and 0600 below the XDG directories, nothing
 * outside them; others' files, read whole with a maximum; and what a folder lies on.
 * Hides descriptors and half-written files. Any thread. */
#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
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

bool file_replace(const char *path, const void *bytes, size_t n, struct err *err)
{
	char folder[4096], part[4200];
	const char *slash = strrchr(path, '/');
	bool ok;
	int fd;

	snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
	if (!file_make_folder(folder, err))
		return false;
	snprintf(part, sizeof part, "%s.new", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ok = fd >= 0 && write(fd, bytes, n) == (ssize_t)n && !fsync(fd);
	if (fd >= 0)
		ok = !close(fd) && ok;
	if (ok && !rename(part, path))
		return true;
	err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(errno));
	unlink(part);
	return false;
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

bool file_read(const char *path, struct str *out, struct err *err)
{
	bool own = strcmp(path, "-") != 0;
	int fd = own ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : STDIN_FILENO;
	char part[16384];
	ssize_t n = -1;
	int why;

	if (fd >= 0)
		while ((n = read(fd, part, sizeof part)) > 0 || (n < 0 && errno == EINTR))
			if (n > 0 && !str_add(out, part, (size_t)n))
				break;
	why = errno;
	if (own && fd >= 0)
		close(fd);
	if (n < 0)
		return err_set(err, ERR_IO, "cannot read it: %s", strerror(why));
	return !out->cut ||
	       err_set(err, ERR_LIMIT, "it is larger than %zu KiB", out->max / 1024);
}

bool file_append(const char *path, const struct str *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	struct stat before;
	size_t done = 0;
	bool ok = fd >= 0 && !fstat(fd, &before);
	int why = errno;

	while (ok && done < text->n) {
		ssize_t n = write(fd, text->p + done, text->n - done);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EINTR)
			ok = false;
		why = errno;
	}
	if (ok && fsync(fd) && errno != EINVAL) {
		why = errno;
		ok = false;
	}
	if (!ok && done && S_ISREG(before.st_mode) && ftruncate(fd, before.st_size))
		why = errno;
	if (fd >= 0)
		close(fd);
	return ok || err_set(err, ERR_IO, "cannot write %s: %s", path, strerror(why));
}

uint64_t file_stamp(const char *path)
{
	struct stat st;
	uint64_t stamp;

	if (stat(path, &st))
		return 0;
	stamp = (uint64_t)st.st_mtim.tv_sec * 1000000000U + (uint64_t)st.st_mtim.tv_nsec;
	stamp = (stamp ^ (uint64_t)st.st_size << 32 ^ (uint64_t)st.st_ino) | 1;
	return stamp;
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
