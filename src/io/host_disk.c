/* Space of mounts and traffic of disks. A list of file systems that live on local
 * media decides what statvfs() may be called for: everything not on it (network,
 * FUSE, pseudo, images) could hang or says nothing. The list of mounts is read again
 * only when the kernel says that it has changed. */
#include "host_parts.h"

#include "base/str.h"
#include "base/text.h"

#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SECTOR_BYTES = 512 };

enum fs_kind {
	FS_DISK,
	FS_NAMED,  /* many mounts share the space of one source */
	FS_POOL,   /* the space is that of the source up to its first '/' */
	FS_ROOT,   /* only as the root of a container */
	FS_MEMORY, /* only where its being full hurts */
};

static const struct {
	const char *type;
	enum fs_kind kind;
} file_systems[] = {
	{"ext2", FS_DISK},
	{"ext3", FS_DISK},
	{"ext4", FS_DISK},
	{"xfs", FS_DISK},
	{"f2fs", FS_DISK},
	{"jfs", FS_DISK},
	{"vfat", FS_DISK},
	{"exfat", FS_DISK},
	{"ntfs3", FS_DISK},
	{"hfsplus", FS_DISK},
	{"nilfs2", FS_DISK},
	{"reiserfs", FS_DISK},
	{"btrfs", FS_NAMED},
	{"bcachefs", FS_NAMED},
	{"zfs", FS_POOL},
	{"overlay", FS_ROOT},
	{"tmpfs", FS_MEMORY},
};

static const char *const memory_mounts[] = {"/", "/run", "/tmp", "/dev/shm"};

/* Files that container engines mount from the host's disk. */
static const char *const engine_files[] = {
	"/etc/hosts",
	"/etc/hostname",
	"/etc/resolv.conf",
	"/dev/termination-log",
};

struct mount_line {
	struct scan device, root, path, type, source;
};

static bool parse_mount(struct scan line, struct mount_line *out)
{
	struct scan word;

	if (!scan_skip(&line, 2) || !scan_word(&line, &out->device) ||
		!scan_word(&line, &out->root) || !scan_word(&line, &out->path))
		return false;
	do {
		if (!scan_word(&line, &word))
			return false;
	} while (!scan_is(word, "-"));
	return scan_word(&line, &out->type) && scan_word(&line, &out->source);
}

static bool octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' && p[2] >= '0' &&
	       p[2] <= '7';
}

/* Takes back the escapes \040 \011 \012 \134; false when it is too long. */
static bool mount_path(struct scan word, char out[MOUNT_PATH])
{
	size_t n = 0;

	for (; word.at < word.end; word.at++) {
		char c = *word.at;

		if (c == '\\' && word.end - word.at > 3 && octal(word.at + 1)) {
			c = (char)((word.at[1] - '0') * 64 + (word.at[2] - '0') * 8 +
				   word.at[3] - '0');
			word.at += 3;
		}
		if (!c || n + 1 >= MOUNT_PATH)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return n > 0 && out[0] == '/';
}

static bool listed(const char *path, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(path, list[i]))
			return true;
	return false;
}

/* Whether it is shown, and what it shares its space with. */
static bool mount_key(const struct mount_line *line, const char *path, uint64_t *key)
{
	struct scan from = line->device;
	size_t i = 0, n = sizeof file_systems / sizeof file_systems[0];

	while (i < n && !scan_is(line->type, file_systems[i].type))
		i++;
	if (i == n || listed(path, engine_files, 4))
		return false;
	switch (file_systems[i].kind) {
	case FS_ROOT:
		if (strcmp(path, "/"))
			return false;
		break;
	case FS_MEMORY:
		if (!listed(path, memory_mounts, 4))
			return false;
		break;
	case FS_NAMED:
	case FS_POOL:
		from = line->source;
		for (const char *p = from.at; p < from.end; p++)
			if (*p == '/' && file_systems[i].kind == FS_POOL)
				from.end = p;
		break;
	case FS_DISK:
		break;
	}
	*key = untrusted_hash(scan_text(from));
	return true;
}

static void forget_mount(struct host *host, const char *path)
{
	for (size_t i = 0; i < host->mount_count; i++)
		if (!strcmp(host->mounts[i].path, path))
			host->mounts[i--] = host->mounts[--host->mount_count];
}

/* Of several mounts of one device: the whole before a part of it, then the shortest
 * path. */
static void keep_mount(struct host *host, const struct mount *mount)
{
	size_t i = 0;

	while (i < host->mount_count && host->mounts[i].key != mount->key)
		i++;
	if (i == MAX_MOUNTS)
		return;
	if (i < host->mount_count) {
		const struct mount *old = &host->mounts[i];

		if (old->whole != mount->whole ? old->whole
					       : strlen(old->path) <= strlen(mount->path))
			return;
	} else {
		host->mount_count++;
	}
	host->mounts[i] = *mount;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct mount *)a)->path, ((const struct mount *)b)->path);
}

static void parse_mounts(struct host *host, struct scan text)
{
	struct mount_line parsed;
	struct scan line;

	host->mount_count = 0;
	while (scan_line(&text, &line)) {
		struct mount mount = {0};

		if (!parse_mount(line, &parsed) || !mount_path(parsed.path, mount.path))
			continue;
		forget_mount(host, mount.path); /* what lies below is hidden now */
		mount.whole = scan_is(parsed.root, "/");
		if (mount_key(&parsed, mount.path, &mount.key))
			keep_mount(host, &mount);
	}
	if (host->mount_count)
		qsort(host->mounts, host->mount_count, sizeof host->mounts[0], by_path);
	for (size_t i = 0; i < host->mount_count; i++) {
		struct mount *m = &host->mounts[i];

		metric_name(m->names[0], "disk ", untrusted_str(m->path), "");
		metric_name(m->names[1], "disk ", untrusted_str(m->path), " inodes");
	}
}

/* A change of the mounts makes the file ready for POLLPRI; the files of a test never
 * are, so these are always read. */
static bool mounts_changed(struct host *host)
{
	struct pollfd poll_fd = {.fd = host->files[FILE_MOUNTS].fd, .events = POLLPRI};

	if (!host->mounts_known || host->root[0] || poll_fd.fd < 0)
		return true;
	return poll(&poll_fd, 1, 0) > 0;
}

static void add_space(struct host *host, const struct mount *mount, struct sink *sink)
{
	char path[ROOT_MAX + MOUNT_PATH];
	struct statvfs s;
	double used;

	snprintf(path, sizeof path, "%s%s", host->root, mount->path);
	if (host->statvfs(path, &s) || !s.f_blocks)
		return;
	used = (double)s.f_blocks - (double)s.f_bfree;
	sink_add(sink, MOUNT_USED, mount->names[0],
		percent_of(used, used + (double)s.f_bavail));
	if (s.f_files)
		sink_add(sink, MOUNT_INODES, mount->names[1],
			percent_of((double)s.f_files - (double)s.f_ffree,
				(double)s.f_files));
}

void host_read_mounts(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text;

	if (mounts_changed(host)) {
		host->mounts_known = host_text(host, FILE_MOUNTS, now, &text);
		if (!host->mounts_known)
			return;
		parse_mounts(host, text);
	}
	for (size_t i = 0; i < host->mount_count; i++)
		add_space(host, &host->mounts[i], sink);
}

/* --- traffic --- */

/* Disks that a driver made have a device behind them; partitions, loop, device
 * mapper, RAID and RAM disks have none. */
static bool physical(const struct host *host, struct untrusted name)
{
	char id[HOST_NAME], path[ROOT_MAX + HOST_NAME + 32];

	if (!text_to_id(name, id, sizeof id) || id[0] == '.')
		return false;
	snprintf(path, sizeof path, "%s/sys/block/%s/device", host->root, id);
	return !access(path, F_OK);
}

static void name_disk(const struct host *host, struct device *disk, struct untrusted name)
{
	static const char *const removable[] = {"sr", "fd", "loop", "ram", "zram"};

	disk->shown = physical(host, name);
	for (size_t i = 0; i < sizeof removable / sizeof removable[0]; i++)
		if (untrusted_starts(name, removable[i]))
			disk->shown = false;
	metric_name(disk->names[0], "", name, " read");
	metric_name(disk->names[1], "", name, " write");
	metric_name(disk->names[2], "", name, " busy");
}

/* major minor name reads merged sectors ms writes merged sectors ms pending busy-ms */
static bool parse_disk(struct scan line, struct scan *name, uint64_t out[3])
{
	return scan_skip(&line, 2) && scan_word(&line, name) && scan_skip(&line, 2) &&
	       scan_u64(&line, &out[0]) && scan_skip(&line, 3) &&
	       scan_u64(&line, &out[1]) && scan_skip(&line, 2) &&
	       scan_u64(&line, &out[2]);
}

void host_read_disks(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text, line, name;
	uint64_t values[3];

	if (!host_text(host, FILE_DISKS, now, &text))
		return;
	while (scan_line(&text, &line)) {
		struct device *disk;
		double busy;
		bool fresh;

		if (!parse_disk(line, &name, values))
			continue;
		disk = device_find(&host->disks, scan_text(name), &fresh);
		if (!disk)
			continue;
		disk->seen = true;
		if (fresh)
			name_disk(host, disk, scan_text(name));
		if (!disk->shown)
			continue;
		for (int i = 0; i < 2; i++)
			sink_add(sink, (enum metric_id)(DISK_READ + i), disk->names[i],
				counter_rate(&disk->counters[i], values[i], now) *
					SECTOR_BYTES);
		busy = counter_rate(&disk->counters[2], values[2], now) / 10;
		sink_add(sink, DISK_BUSY, disk->names[2], busy > 100 ? 100 : busy);
	}
	device_sweep(&host->disks);
}
