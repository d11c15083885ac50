/* What steps printed and sessions showed is kept for a while only; the audit keeps its
 * SHA-256 for ever, and a record tells what went. Only plain files with the names that
 * oogway gives, in the folder of runs. Main thread; looking and removing is a task. */
#include "prune.h"

#include "app/runs.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/str.h"
#include "base/time.h"
#include "io/file.h"
#include "io/task.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FOLDER_TEXT = 4096 };

#define FIRST_MS (10 * SECOND_MS)
#define AGAIN_MS DAY_MS

struct sweep {
	struct task task;
	struct prune *prune; /* NULL: nobody waits */
	char folder[FOLDER_TEXT];
	int64_t before_at;
	size_t gone;
	double bytes;
};

struct prune {
	struct app *app;
	struct sweep *sweep;
	int64_t next_at;
};

struct prune *prune_new(struct app *app)
{
	struct prune *prune = mem_new(1, sizeof *prune);

	prune->app = app;
	prune->next_at = app->now + FIRST_MS;
	return prune;
}

void prune_end(struct prune *prune)
{
	if (prune->sweep)
		prune->sweep->prune = NULL;
	prune->sweep = NULL;
	prune->next_at = INT64_MAX;
}

void prune_free(struct prune *prune)
{
	mem_free(prune);
}

/* UUID.out, .err, .cast: what others put there stays. */
static bool ours(const char *name)
{
	size_t n = strspn(name, "0123456789abcdef-");

	return n == ID_TEXT - 1 &&
	       (!strcmp(name + n, ".out") || !strcmp(name + n, ".err") ||
		       !strcmp(name + n, ".cast"));
}

static void work(struct task *task)
{
	struct sweep *s = (struct sweep *)task;
	int fd = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	struct stat st;

	while (dir && !task_cancelled(task) && (entry = readdir(dir))) {
		if (!ours(entry->d_name) ||
			fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
			!S_ISREG(st.st_mode) ||
			(int64_t)st.st_mtime * 1000 >= s->before_at ||
			unlinkat(fd, entry->d_name, 0))
			continue;
		s->gone++;
		s->bytes += (double)st.st_size;
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
}

static void tell(struct prune *prune, const struct sweep *s)
{
	char before[TIME_TEXT];
	const struct audit_pair pairs[] = {
		{.name = "before",
			.value = untrusted_str(time_rfc3339(s->before_at, before))},
		{.name = "bytes", .number = s->bytes, .is_number = true},
		{.name = "files", .number = (double)s->gone, .is_number = true},
	};
	const struct audit_record record = {.event = "recordings.removed",
		.origin = "retention.recordings",
		.result = untrusted_str("done"),
		.extra = pairs,
		.extra_count = sizeof pairs / sizeof pairs[0]};

	if (s->gone)
		gate_note(runs_door(prune->app->runs), &record);
}

static void done(struct task *task)
{
	struct sweep *s = (struct sweep *)task;

	if (s->prune) {
		s->prune->sweep = NULL;
		tell(s->prune, s);
	}
	mem_free(s);
}

void prune_tick(struct prune *prune, int64_t now)
{
	const struct app *app = prune->app;
	char state[FOLDER_TEXT - 8];
	struct sweep *s;

	if (now < prune->next_at || prune->sweep || !app->live || app->demo ||
		app->readonly || app->past)
		return;
	prune->next_at = now + AGAIN_MS;
	if (!file_state_folder(state, sizeof state, NULL))
		return;
	s = mem_new(1, sizeof *s);
	s->task = (struct task){.work = work, .done = done, .class = TASK_BACKGROUND};
	s->prune = prune;
	s->before_at = now - app_setting(app, SET_RETENTION_RECORDINGS);
	snprintf(s->folder, sizeof s->folder, "%s/runs", state);
	prune->sweep = s;
	task_submit(app->pool, &s->task);
}
