/* The status file: one JSON object in the state folder, 0600, replaced as a whole. The
 * running console writes it in a task; `oogway status` reads it and nothing else, so
 * that it answers at once. */
#include "app/status.h"

#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/overview.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { AGAIN_MS = 30000, FILE_MAX = 4096 };

struct status_writer {
	struct task task;
	struct app *app;
	char path[4200];
	char said[FILE_MAX], next[FILE_MAX]; /* what stands there; what the task writes */
	int64_t written_at;
	bool running, orphan;
};

static bool file_path(char *out, size_t size)
{
	char folder[4096];

	if (!file_state_folder(folder, sizeof folder, NULL))
		return false;
	snprintf(out, size, "%s/status.json", folder);
	return true;
}

static void write_file(struct task *task)
{
	struct status_writer *w = (struct status_writer *)task;
	char part[4300];
	size_t n = strlen(w->next);
	int fd;

	snprintf(part, sizeof part, "%s.part", w->path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	if (write(fd, w->next, n) == (ssize_t)n)
		rename(part, w->path);
	close(fd);
}

static void written(struct task *task)
{
	struct status_writer *w = (struct status_writer *)task;

	w->running = false;
	if (w->orphan)
		mem_free(w);
}

struct status_writer *status_writer_new(struct app *app)
{
	struct status_writer *w = mem_new(1, sizeof *w);

	w->app = app;
	w->task = (struct task){
		.work = write_file, .done = written, .class = TASK_BACKGROUND};
	if (!file_path(w->path, sizeof w->path))
		w->path[0] = '\0';
	return w;
}

void status_writer_free(struct status_writer *w)
{
	if (!w)
		return;
	/* A console that ended says nothing any more. */
	if (w->path[0])
		unlink(w->path);
	w->orphan = true;
	if (!w->running)
		mem_free(w);
}

/* Everything but the moment, so that it can be compared. */
static void describe(const struct app *app, struct str *out, int64_t at)
{
	struct alert_counts counts = alerts_counts(app->alerts);
	char text[256];
	enum quiet quiet = alerts_quiet(app->alerts, text, sizeof text);
	struct loop_turn turn = loop_longest(app->loop);
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.status/1");
	json_put_time(&o, "at", at);
	json_put_str(&o, "profile", app->rc->profile);
	json_put_str(&o, "headline", overview_headline(app, text, sizeof text));
	json_put_bool(&o, "known", quiet != QUIET_UNKNOWN);
	json_put_bool(&o, "complete", counts.complete);
	json_put_i64(&o, "critical", (int64_t)counts.firing[SEVERITY_CRITICAL]);
	json_put_i64(&o, "high", (int64_t)counts.firing[SEVERITY_HIGH]);
	json_put_i64(&o, "warning", (int64_t)counts.firing[SEVERITY_WARNING]);
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

	if (w->running || !w->path[0])
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
	str_puts(out, any ? "\n" : "ok\n");
}

static enum status stale(struct err *err, const char *format, struct str *out)
{
	if (!strcmp(format, "tmux"))
		str_puts(out, "oogway off\n");
	err_set(err, ERR_MISSING,
		"no console is running here: start oogway, or ask with oogway --once");
	return STATUS_PARTIAL;
}

enum status status_print(const char *format, struct str *out, struct err *err)
{
	char path[4200], text[FILE_MAX], line[300];
	struct json_doc doc;
	struct json root;
	ssize_t n = -1;
	int64_t at;
	bool known;
	int fd;

	if (strcmp(format, "text") && strcmp(format, "tmux") && strcmp(format, "json")) {
		err_set(err, ERR_USAGE, "--format is text, tmux or json, not %s", format);
		return STATUS_USAGE;
	}
	fd = file_path(path, sizeof path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		n = read(fd, text, sizeof text);
		close(fd);
	}
	if (n <= 0 || !json_parse(&doc, text, (size_t)n, sizeof text, NULL))
		return stale(err, format, out);
	root = json_root(&doc);
	if (!json_time(json_get(root, "at"), &at) ||
		time_now_ms() - at > STATUS_STALE_MS) {
		json_release(&doc);
		return stale(err, format, out);
	}
	if (!strcmp(format, "json"))
		str_add(out, text, (size_t)n);
	else if (!strcmp(format, "tmux"))
		print_tmux(root, out);
	else
		str_printf(out, "%s\n",
			text_line(json_text(json_get(root, "headline")), line,
				sizeof line));
	known = json_bool(json_get(root, "known"), false);
	json_release(&doc);
	return known ? STATUS_DONE : STATUS_PARTIAL;
}
