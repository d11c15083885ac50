/* The busiest processes: one file of each process, CPU time against the last scan.
 * Names of commands are whatever a process calls itself, so the columns are counted
 * from the last ')' and the name leaves through text_line. Runs in a task: names of
 * users may be asked from a directory server. Its state is its own. */
#include "host_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_SCANNED = 65536, MAX_USERS = 256, COMM_MAX = 64, STAT_MAX = 1024 };
/* In less the clock tick, a hundredth of a second, says nothing: 0 % or far too much. */
enum { LEAST_MS = 500 };

struct seen {
	int pid;
	char state;
	unsigned char comm_n;
	char comm[COMM_MAX];
	uid_t uid;
	int threads;
	uint64_t start, ticks, pages;
	double cpu_percent;
};

struct past {
	int pid;
	uint64_t start, ticks;
};

struct user {
	uid_t uid;
	char name[32];
};

struct proc_table {
	DIR *dir;
	struct seen *now;
	size_t count, cap;
	struct past *past;
	size_t past_count, past_cap;
	int64_t past_at;
	bool scanned, cut;
	struct user users[MAX_USERS];
	size_t user_count;
};

void proc_table_free(struct proc_table *table)
{
	if (!table)
		return;
	if (table->dir)
		closedir(table->dir);
	mem_free(table->now);
	mem_free(table->past);
	mem_free(table);
}

/* pid (comm) state ppid … 14 utime 15 stime … 20 threads … 22 start … 24 rss */
static bool parse_process(struct scan text, struct seen *out)
{
	struct scan rest = text, comm = text, state;
	uint64_t user, system, threads;
	const char *shut = memrchr(text.at, ')', scan_size(text));
	const char *open = memchr(text.at, '(', scan_size(text));

	if (!open || !shut || shut < open)
		return false;
	comm.at = open + 1;
	comm.end = shut;
	rest.at = shut + 1;
	if (!scan_word(&rest, &state) || !scan_skip(&rest, 10) ||
		!scan_u64(&rest, &user) || !scan_u64(&rest, &system) ||
		!scan_skip(&rest, 4) || !scan_u64(&rest, &threads) ||
		!scan_skip(&rest, 1) || !scan_u64(&rest, &out->start) ||
		!scan_skip(&rest, 1) || !scan_u64(&rest, &out->pages))
		return false;
	if (user > UINT64_MAX / 4 || system > UINT64_MAX / 4)
		return false;
	out->state = *state.at >= 'A' && *state.at <= 'z' ? *state.at : '?';
	out->ticks = user + system;
	out->threads = threads > 4194304 ? 4194304 : (int)threads;
	out->comm_n =
		(unsigned char)(scan_size(comm) < COMM_MAX ? scan_size(comm) : COMM_MAX);
	memcpy(out->comm, comm.at, out->comm_n);
	return true;
}

static bool read_process(int dir, const char *name, struct seen *out)
{
	char path[32], text[STAT_MAX];
	struct stat st;
	ssize_t n;
	int fd;

	if (snprintf(path, sizeof path, "%s/stat", name) >= (int)sizeof path)
		return false;
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text);
	out->uid = fstat(fd, &st) ? (uid_t)-1 : st.st_uid;
	close(fd);
	return n > 0 && parse_process((struct scan){text, text + n}, out);
}

static bool is_pid(const char *name, int *out)
{
	struct scan word = {name, name + strlen(name)};
	uint64_t pid;

	if (!scan_u64(&word, &pid) || word.at != word.end || pid > INT32_MAX)
		return false;
	*out = (int)pid;
	return true;
}

static int by_pid(const void *a, const void *b)
{
	int x = ((const struct past *)a)->pid, y = ((const struct past *)b)->pid;

	return x < y ? -1 : x > y;
}

/* Share of one core since the last scan. A process that was not there then has begun
 * since, so all its time counts. */
static double cpu_since(const struct proc_table *table, const struct seen *p, int64_t now)
{
	struct past key = {.pid = p->pid}, *old = NULL;
	double ticks_per_s = (double)sysconf(_SC_CLK_TCK), base = 0;

	if (!table->scanned || now < table->past_at + LEAST_MS)
		return NAN;
	if (table->past_count)
		old = bsearch(&key, table->past, table->past_count, sizeof table->past[0],
			by_pid);
	if (!old && table->cut)
		return NAN;
	if (old && old->start == p->start) {
		if (p->ticks < old->ticks)
			return NAN;
		base = (double)old->ticks;
	}
	return ((double)p->ticks - base) / ticks_per_s * 100000 /
	       (double)(now - table->past_at);
}

static void scan_all(struct proc_table *table, int64_t now)
{
	struct dirent *entry;

	table->count = 0;
	rewinddir(table->dir);
	while (table->count < MAX_SCANNED && (entry = readdir(table->dir))) {
		struct seen *p;
		int pid;

		if (!is_pid(entry->d_name, &pid))
			continue;
		MEM_ROOM(table->now, table->count, table->cap);
		p = &table->now[table->count];
		if (!read_process(dirfd(table->dir), entry->d_name, p))
			continue;
		p->pid = pid;
		p->cpu_percent = cpu_since(table, p, now);
		table->count++;
	}
}

static void remember(struct proc_table *table, int64_t now)
{
	if (table->scanned && now >= table->past_at && now < table->past_at + LEAST_MS)
		return;
	table->past_count = 0;
	for (size_t i = 0; i < table->count; i++) {
		const struct seen *p = &table->now[i];

		MEM_ROOM(table->past, table->past_count, table->past_cap);
		table->past[table->past_count++] =
			(struct past){p->pid, p->start, p->ticks};
	}
	if (table->past_count)
		qsort(table->past, table->past_count, sizeof table->past[0], by_pid);
	table->past_at = now;
	table->scanned = true;
	table->cut = table->count == MAX_SCANNED;
}

/* NaN counts as nothing. */
static bool busier(const struct seen *a, const struct seen *b)
{
	double x = isnan(a->cpu_percent) ? 0 : a->cpu_percent;
	double y = isnan(b->cpu_percent) ? 0 : b->cpu_percent;

	if (x != y)
		return x > y;
	return a->pages != b->pages ? a->pages > b->pages : a->pid < b->pid;
}

static bool larger(const struct seen *a, const struct seen *b)
{
	return a->pages != b->pages ? a->pages > b->pages : a->pid < b->pid;
}

/* Puts the first `max` by `before` into top[]; returns their number. */
static size_t best_of(const struct proc_table *table, const struct seen **top, size_t max,
	bool (*before)(const struct seen *, const struct seen *))
{
	size_t n = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct seen *p = &table->now[i];
		size_t at = n;

		while (at > 0 && before(p, top[at - 1]))
			at--;
		if (at == max)
			continue;
		if (n < max)
			n++;
		memmove(top + at + 1, top + at, (n - at - 1) * sizeof top[0]);
		top[at] = p;
	}
	return n;
}

static size_t choose(const struct proc_table *table, const struct seen **top, size_t max)
{
	const struct seen *memory[HOST_MAX_PROCS];
	size_t by_memory = best_of(table, memory, max / 4, larger);
	size_t n = best_of(table, top, max, busier), wanted = 0;

	/* Those large ones that CPU alone did not choose take the last places. */
	for (size_t i = 0; i < by_memory; i++) {
		size_t k = 0;

		while (k < n && top[k] != memory[i])
			k++;
		if (k == n)
			memory[wanted++] = memory[i];
	}
	for (size_t i = 0; i < wanted; i++) {
		size_t at = n - wanted + i;

		top[at] = memory[i];
		for (; at > 0 && busier(top[at], top[at - 1]); at--) {
			const struct seen *swap = top[at];

			top[at] = top[at - 1];
			top[at - 1] = swap;
		}
	}
	return n;
}

static const char *user_name(struct proc_table *table, uid_t uid, char number[32])
{
	struct passwd entry, *found = NULL;
	char buf[4096];
	struct user *user;

	for (size_t i = 0; i < table->user_count; i++)
		if (table->users[i].uid == uid)
			return table->users[i].name;
	snprintf(number, 32, "%lu", (unsigned long)uid);
	if (table->user_count == MAX_USERS)
		return number;
	user = &table->users[table->user_count++];
	user->uid = uid;
	str_copy(user->name, sizeof user->name, number);
	if (!getpwuid_r(uid, &entry, buf, sizeof buf, &found) && found)
		text_line(untrusted_str(found->pw_name), user->name, sizeof user->name);
	return user->name;
}

static bool table_open(struct host *host)
{
	char path[ROOT_MAX + 16];

	if (!host->procs)
		host->procs = mem_new(1, sizeof *host->procs);
	if (!host->procs->dir) {
		snprintf(path, sizeof path, "%s/proc", host->root);
		host->procs->dir = opendir(path);
	}
	return host->procs->dir != NULL;
}

size_t host_scan_procs(struct host *host, int64_t now, struct host_proc *out, size_t max)
{
	const struct seen *top[HOST_MAX_PROCS];
	struct proc_table *table;
	char number[32];
	size_t n;

	if (!table_open(host))
		return 0;
	table = host->procs;
	scan_all(table, now);
	n = choose(table, top, max < HOST_MAX_PROCS ? max : HOST_MAX_PROCS);
	for (size_t i = 0; i < n; i++) {
		const struct seen *p = top[i];
		struct host_proc *to = &out[i];

		*to = (struct host_proc){
			.pid = p->pid,
			.state = p->state,
			.threads = p->threads,
			.cpu_percent = p->cpu_percent,
			.rss_bytes = (double)p->pages * (double)sysconf(_SC_PAGESIZE),
		};
		text_line(untrusted_make(p->comm, p->comm_n), to->name, sizeof to->name);
		str_copy(to->user, sizeof to->user, user_name(table, p->uid, number));
	}
	remember(table, now);
	return n;
}
