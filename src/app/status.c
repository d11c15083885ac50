/* The status files: one JSON object for each running console in the state folder, 0600,
 * replaced as a whole. A console writes its own in a task; `oogway status` reads them
 * and nothing else, so that it answers at once. Of several the console that was started
 * last counts; files of consoles that were killed, or are silent, do not. */
#include "app/status.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/overview.h"
#include "app/problems.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { AGAIN_MS = 30000, FILE_MAX = 4096, PATH_TEXT = 4300, FILES_MAX = 200 };

struct status_writer {
	struct task task;
	struct app *app;
	char path[PATH_TEXT];                /* set by the task when it first runs */
	char said[FILE_MAX], next[FILE_MAX]; /* what stands there; what the task writes */
	int64_t written_at;
	bool running, orphan;
};

/* --- the files --- */

/* What one of them says; valid: its console is believed to run. */
struct status_file {
	char path[PATH_TEXT], text[FILE_MAX];
	size_t n;
	int64_t started_at;
	bool valid;
};

static void host_name(char out[256])
{
	if (gethostname(out, 255))
		*out = '\0';
	out[255] = '\0';
}

/* Processes of other hosts cannot be looked for, those of this one can. */
static bool runs(struct json root)
{
	int64_t pid = 0;
	char host[256];

	host_name(host);
	if (!untrusted_is(json_text(json_get(root, "host")), host))
		return true;
	json_i64(json_get(root, "pid"), &pid);
	return pid > 0 && pid <= INT_MAX && (!kill((pid_t)pid, 0) || errno == EPERM);
}

static void judge(struct status_file *file)
{
	int64_t now = time_now_ms(), at;
	struct json_doc doc;
	struct json root;

	file->valid = false;
	file->started_at = 0;
	if (!json_parse(&doc, file->text, file->n, sizeof file->text, NULL))
		return;
	root = json_root(&doc);
	file->valid = json_time(json_get(root, "at"), &at) &&
		      json_time(json_get(root, "started_at"), &file->started_at) &&
		      now - at <= STATUS_STALE_MS && at - now <= STATUS_STALE_MS &&
		      runs(root);
	json_release(&doc);
}

static void read_file(struct status_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, file->text, sizeof file->text) : -1;

	if (fd >= 0)
		close(fd);
	file->n = n > 0 ? (size_t)n : 0;
	judge(file);
}

static void each_file(void (*take)(void *ctx, const struct status_file *file), void *ctx)
{
	char folder[4096];
	struct status_file file;
	struct dirent *entry;
	int left = FILES_MAX;
	DIR *dir =
		file_state_folder(folder, sizeof folder, NULL) ? opendir(folder) : NULL;

	while (dir && left && (entry = readdir(dir))) {
		if (!str_starts(entry->d_name, "status-") ||
			!str_ends(entry->d_name, ".json"))
			continue;
		snprintf(file.path, sizeof file.path, "%s/%.120s", folder, entry->d_name);
		read_file(&file);
		take(ctx, &file);
		left--;
	}
	if (dir)
		closedir(dir);
}

/* --- writing --- */

static void remove_dead(void *ctx, const struct status_file *file)
{
	(void)ctx;
	if (!file->valid)
		unlink(file->path);
}

static bool name_file(struct status_writer *w)
{
	char folder[4096], host[256], id[64];

	if (w->path[0])
		return true;
	if (!file_state_folder(folder, sizeof folder, NULL))
		return false;
	host_name(host);
	if (!text_to_id(untrusted_str(host), id, sizeof id))
		str_copy(id, sizeof id, "host");
	snprintf(w->path, sizeof w->path, "%s/status-%s-%ld.json", folder, id,
		(long)getpid());
	each_file(remove_dead, NULL);
	return true;
}

static void write_file(struct task *task)
{
	struct status_writer *w = (struct status_writer *)task;
	char part[PATH_TEXT + 8];
	size_t n = strlen(w->next);
	int fd;

	if (!name_file(w))
		return;
	snprintf(part, sizeof part, "%s.part", w->path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (write(fd, w->next, n) == (ssize_t)n)
		rename(part, w->path);
	close(fd);
}

/* A console that ended says nothing any more. */
static void end(struct status_writer *w)
{
	if (w->path[0])
		unlink(w->path);
	mem_free(w);
}

static void written(struct task *task)
{
	struct status_writer *w = (struct status_writer *)task;

	w->running = false;
	if (w->orphan)
		end(w);
}

struct status_writer *status_writer_new(struct app *app)
{
	struct status_writer *w = mem_new(1, sizeof *w);

	w->app = app;
	w->task = (struct task){
		.work = write_file, .done = written, .class = TASK_BACKGROUND};
	return w;
}

void status_writer_free(struct status_writer *w)
{
	if (!w)
		return;
	w->orphan = true;
	if (!w->running)
		end(w);
}

/* Everything but the moment, so that it can be compared. */
static void describe(const struct app *app, struct str *out, int64_t at)
{
	struct problem_counts counts = problems_counts(app);
	char text[256], host[256];
	enum quiet quiet = alerts_quiet(app->alerts, text, sizeof text);
	struct loop_turn turn = loop_longest(app->loop);
	struct json_out o;

	host_name(host);
	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.status/1");
	json_put_time(&o, "at", at);
	json_put_time(&o, "started_at", app->started_at);
	json_put_i64(&o, "pid", (int64_t)getpid());
	json_put_str(&o, "host", host);
	json_put_str(&o, "profile", app->rc->profile);
	json_put_str(&o, "headline", overview_headline(app, text, sizeof text));
	json_put_bool(&o, "known", quiet != QUIET_UNKNOWN);
	json_put_bool(&o, "complete", counts.complete);
	json_put_i64(&o, "critical", (int64_t)counts.open[SEVERITY_CRITICAL]);
	json_put_i64(&o, "high", (int64_t)counts.open[SEVERITY_HIGH]);
	json_put_i64(&o, "warning", (int64_t)counts.open[SEVERITY_WARNING]);
	json_put_i64(&o, "acknowledged", (int64_t)counts.acknowledged);
	json_put_i64(&o, "anomalies", (int64_t)anomalies_open(app->anomalies));
	json_put_i64(&o, "longest_turn_us", at ? turn.wall_us : 0);
	json_put_i64(&o, "longest_turn_cpu_us", at ? turn.cpu_us : 0);
	json_shut(&o, '}');
	str_putc(out, '\n');
}

void status_writer_tick(struct status_writer *w, int64_t now)
{
	struct str text;

	if (w->running)
		return;
	str_init(&text, FILE_MAX - 1);
	describe(w->app, &text, 0);
	if (strcmp(str_text(&text), w->said) || now - w->written_at > AGAIN_MS) {
		str_copy(w->said, sizeof w->said, str_text(&text));
		str_reset(&text);
		describe(w->app, &text, now);
		str_copy(w->next, sizeof w->next, str_text(&text));
		w->written_at = now;
		w->running = true;
		task_submit(w->app->pool, &w->task);
	}
	str_release(&text);
}

/* --- reading --- */

static int64_t number(struct json root, const char *name)
{
	int64_t value = 0;

	json_i64(json_get(root, name), &value);
	return value;
}

/* tmux takes #[…] and # as its own: none of ours holds one. */
static void print_tmux(struct json root, struct str *out)
{
	static const struct {
		const char *name, *style;
		char letter;
	} parts[] = {{"critical", "#[fg=colour203,bold]", 'C'},
		{"high", "#[fg=colour208,bold]", 'H'},
		{"warning", "#[fg=colour221]", 'W'}, {"acknowledged", "#[default]", 'a'}};
	bool any = false;
	bool whole = json_bool(json_get(root, "complete"), true);

	if (!json_bool(json_get(root, "known"), false)) {
		str_puts(out, "#[fg=colour203,bold]UNKNOWN#[default]\n");
		return;
	}
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		int64_t n = number(root, parts[i].name);

		if (!n)
			continue;
		str_printf(out, "%s%s%c%lld#[default]", any ? " " : "", parts[i].style,
			parts[i].letter, (long long)n);
		any = true;
	}
	if (!whole)
		str_printf(out, "%s#[fg=colour221]partial#[default]", any ? " " : "");
	str_puts(out, any || !whole ? "\n" : "ok\n");
}

static enum status stale(struct err *err, const char *format, struct str *out)
{
	if (!strcmp(format, "tmux"))
		str_puts(out, "oogway off\n");
	err_set(err, ERR_MISSING,
		"no console is running here: start oogway, or ask with oogway --once");
	return STATUS_PARTIAL;
}

static void keep_newest(void *ctx, const struct status_file *file)
{
	struct status_file *best = ctx;

	if (file->valid && (!best->valid || file->started_at > best->started_at))
		*best = *file;
}

static enum status print(const struct status_file *file, const char *format,
	struct str *out, struct err *err)
{
	char line[300];
	struct json_doc doc;
	struct json root;
	bool known;

	if (!file->valid ||
		!json_parse(&doc, file->text, file->n, sizeof file->text, NULL))
		return stale(err, format, out);
	root = json_root(&doc);
	if (!strcmp(format, "json"))
		str_add(out, file->text, file->n);
	else if (!strcmp(format, "tmux"))
		print_tmux(root, out);
	else
		str_printf(out, "%s\n",
			text_line(json_text(json_get(root, "headline")), line,
				sizeof line));
	known = json_bool(json_get(root, "known"), false) &&
		json_bool(json_get(root, "complete"), true);
	json_release(&doc);
	return known ? STATUS_DONE : STATUS_PARTIAL;
}

enum status status_print(const char *format, struct str *out, struct err *err)
{
	struct status_file best = {.valid = false};

	if (strcmp(format, "text") && strcmp(format, "tmux") && strcmp(format, "json")) {
		err_set(err, ERR_USAGE, "--format is text, tmux or json, not %s", format);
		return STATUS_USAGE;
	}
	each_file(keep_newest, &best);
	return print(&best, format, out, err);
}
