/* The log lines of this host: followed from the journal (through journalctl) or from
 * the usual files, taken apart, and held in a ring of one block a line; and beside them
 * what sources gave (log_lines.c). Hides where lines come from. Main thread; reading is
 * in slices. */
#include "app/logs.h"

#include "log_lines.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "base/unit.h"
#include "io/loop.h"
#include "io/proc.h"
#include "io/tail.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_FILES = 24,
	FIRST_BYTES = 64 * 1024,
	JSON_LINE_MAX = 64 * 1024,
	LABEL_MAX = 80,
};

struct logs {
	struct app *app;
	struct log_row **ring; /* cap slots; row of seq s lies at s % cap */
	size_t cap, count;
	uint64_t newest;
	struct tail *tails[MAX_FILES];
	size_t tail_count;
	uint32_t behind; /* a bit for each of them whose end is not reached */
	struct loop_timer *later;
	struct untrusted unit_of_file; /* while a file is read */
	struct proc *journal;
	struct log_lines lines;
	struct log_row **view; /* both, by time; made when it is looked at */
	size_t view_count;
	bool view_old;
	char *files; /* the setting they were started with; NULL: not started */
	char origin[160];
};

/* What a Debian, Ubuntu or RHEL host keeps its own messages in. */
static const char *const usual_files[] = {"/var/log/syslog", "/var/log/messages",
	"/var/log/kern.log", "/var/log/auth.log", "/var/log/secure",
	"/var/log/daemon.log", "/var/log/cron.log", "/var/log/nginx/error.log",
	"/var/log/apache2/error.log", "/var/log/postgresql/*.log", "/var/log/redis/*.log",
	"/var/log/mysql/error.log", "/var/log/dpkg.log", NULL};

static void read_on(void *ctx);

struct logs *logs_new(struct app *app)
{
	struct logs *logs = mem_new(1, sizeof *logs);

	logs->app = app;
	logs->cap = (size_t)app_setting(app, SET_LOG_LINES);
	logs->ring = mem_new(logs->cap, sizeof *logs->ring);
	str_copy(logs->origin, sizeof logs->origin, app->demo ? "invented lines" : "");
	logs->later = loop_timer(app->loop, read_on, logs);
	log_lines_init(&logs->lines);
	return logs;
}

static void stop(struct logs *logs)
{
	proc_kill(logs->journal);
	logs->journal = NULL;
	logs->behind = 0;
	while (logs->tail_count)
		tail_free(logs->tails[--logs->tail_count]);
	logs->origin[0] = '\0';
	mem_free(logs->files);
	logs->files = NULL;
}

void logs_free(struct logs *logs)
{
	if (!logs)
		return;
	stop(logs);
	loop_timer_free(logs->later);
	for (size_t i = 0; i < logs->cap; i++)
		mem_free(logs->ring[i]);
	mem_free(logs->ring);
	log_lines_release(&logs->lines);
	mem_free(logs->view);
	mem_free(logs);
}

static void changed(struct logs *logs)
{
	logs->view_old = true;
	app_changed(logs->app, CHANGED_LOGS);
}

static struct untrusted pack(char **to, struct untrusted text, size_t max)
{
	size_t n;
	const void *raw;
	struct untrusted copy;

	raw = text_raw(untrusted_slice(text, 0, max), &n);
	memcpy(*to, raw, n);
	copy = untrusted_make(*to, n);
	*to += n;
	return copy;
}

void logs_add(struct logs *logs, const struct logline *line)
{
	size_t size = untrusted_size(untrusted_slice(line->host, 0, LABEL_MAX)) +
		      untrusted_size(untrusted_slice(line->unit, 0, LABEL_MAX)) +
		      untrusted_size(untrusted_slice(line->text, 0, LOGLINE_MAX_BYTES));
	struct log_row *row = mem_new(1, sizeof *row + size);
	size_t slot = ++logs->newest % logs->cap;
	char *to = (char *)(row + 1);

	row->seq = logs->newest;
	row->at = line->at ? line->at : logs->app->now;
	row->level = line->level;
	row->host = pack(&to, line->host, LABEL_MAX);
	row->unit = pack(&to, line->unit, LABEL_MAX);
	row->text = pack(&to, line->text, LOGLINE_MAX_BYTES);
	if (logs->ring[slot])
		mem_free(logs->ring[slot]);
	else
		logs->count++;
	logs->ring[slot] = row;
	changed(logs);
}

static void file_line(void *ctx, struct untrusted text)
{
	struct logs *logs = ctx;
	struct logline line;

	logline_parse(text, logs->app->now, &line);
	if (untrusted_empty(line.unit))
		line.unit = logs->unit_of_file;
	logs_add(logs, &line);
}

/* journalctl -o json: one object a line; MESSAGE is text, or bytes as numbers. */
static void journal_line(void *ctx, struct untrusted text)
{
	static const enum level priorities[] = {LEVEL_FATAL, LEVEL_FATAL, LEVEL_FATAL,
		LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_INFO, LEVEL_DEBUG};
	struct logs *logs = ctx;
	struct json_doc doc;
	struct json root;
	struct logline line = {0};
	int64_t number;
	size_t n;
	const void *raw = text_raw(text, &n);

	if (!json_parse(&doc, raw, n, JSON_LINE_MAX, NULL))
		return;
	root = json_root(&doc);
	if (json_i64(json_get(root, "__REALTIME_TIMESTAMP"), &number))
		line.at = number / 1000;
	if (json_i64(json_get(root, "PRIORITY"), &number) && number >= 0 && number < 8)
		line.level = priorities[number];
	line.host = json_text(json_get(root, "_HOSTNAME"));
	line.unit = json_text(json_get(root, "SYSLOG_IDENTIFIER"));
	if (untrusted_empty(line.unit))
		line.unit = json_text(json_get(root, "_COMM"));
	line.text = json_text(json_get(root, "MESSAGE"));
	if (untrusted_empty(line.text) && json_ok(json_get(root, "MESSAGE")))
		line.text = untrusted_str("(binary message)");
	logs_add(logs, &line);
	json_release(&doc);
}

static void start_files(struct logs *logs);

static void journal_end(void *ctx, int exit_code, const struct err *why)
{
	struct logs *logs = ctx;

	logs->journal = NULL;
	log_add(LOG_WARN,
		"journalctl ended (%s, exit %d): reading the usual files instead",
		why ? why->text : "by itself", exit_code);
	start_files(logs);
}

static bool journal_exists(void)
{
	glob_t found = {0};
	bool any = !glob("/var/log/journal/*/*.journal", 0, NULL, &found) ||
		   !glob("/run/log/journal/*/*.journal", GLOB_APPEND, NULL, &found);

	globfree(&found);
	return any;
}

static bool start_journal(struct logs *logs)
{
	static const char *const argv[] = {
		"journalctl", "-f", "-n", "300", "-o", "json", "--no-pager", NULL};
	struct err err;

	if (!journal_exists())
		return false;
	logs->journal = proc_start(logs->app->loop,
		&(struct proc_options){.argv = argv,
			.line = journal_line,
			.end = journal_end,
			.ctx = logs},
		&err);
	if (!logs->journal) {
		log_add(LOG_WARN, "%s", err.text);
		return false;
	}
	snprintf(logs->origin, sizeof logs->origin, "journal");
	return true;
}

static void add_file(struct logs *logs, const char *path)
{
	const char *base = strrchr(path, '/');
	char name[80];
	size_t n = strlen(logs->origin);

	if (logs->tail_count == MAX_FILES)
		return;
	logs->tails[logs->tail_count++] = tail_new(path, FIRST_BYTES);
	text_line(untrusted_str(base ? base + 1 : path), name, sizeof name);
	if (logs->tail_count == 1)
		str_copy(logs->origin, sizeof logs->origin, name);
	else
		snprintf(logs->origin + n, sizeof logs->origin - n, ", %s", name);
}

static void add_pattern(struct logs *logs, const char *pattern, bool wait)
{
	glob_t found = {0};

	if (!glob(pattern, 0, NULL, &found)) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			if (wait || !access(found.gl_pathv[i], R_OK))
				add_file(logs, found.gl_pathv[i]);
	} else if (wait) {
		add_file(logs, pattern);
	}
	globfree(&found);
}

static void start_files(struct logs *logs)
{
	for (size_t i = 0; usual_files[i]; i++)
		add_pattern(logs, usual_files[i], false);
}

static void start_listed(struct logs *logs, const char *list)
{
	while (*list) {
		size_t n = strcspn(list, ",");
		char path[4096];

		while (n && *list == ' ')
			list++, n--;
		snprintf(path, sizeof path, "%.*s", (int)n, list);
		if (*path)
			add_pattern(logs, path, true);
		list += n + (list[n] == ',');
	}
}

void logs_start(struct logs *logs)
{
	const char *files = settings_text(&logs->app->rc->settings, SET_LOG_FILES);

	logs->files = mem_strdup(files);
	if (strcmp(files, "auto"))
		start_listed(logs, files);
	else if (!start_journal(logs))
		start_files(logs);
	if (!logs->origin[0])
		str_copy(logs->origin, sizeof logs->origin, "no logs found");
	logs_tick(logs, logs->app->now);
}

static void resize(struct logs *logs)
{
	size_t cap = (size_t)app_setting(logs->app, SET_LOG_LINES), keep;
	struct log_row **ring;

	if (cap == logs->cap)
		return;
	log_lines_trim(&logs->lines, cap);
	ring = mem_new(cap, sizeof *ring);
	keep = logs->count < cap ? logs->count : cap;
	for (size_t i = 0; i < logs->count; i++) {
		uint64_t seq = logs->newest - i;
		struct log_row *row = logs->ring[seq % logs->cap];

		if (i < keep)
			ring[seq % cap] = row;
		else
			mem_free(row);
	}
	mem_free(logs->ring);
	logs->ring = ring;
	logs->cap = cap;
	logs->count = keep;
	changed(logs);
}

void logs_settle(struct logs *logs)
{
	const char *files = settings_text(&logs->app->rc->settings, SET_LOG_FILES);

	resize(logs);
	if (!logs->files || !strcmp(logs->files, files))
		return;
	stop(logs);
	logs_start(logs);
	app_changed(logs->app, CHANGED_LOGS);
}

/* The first reading of several files is put in order by time. */
static int by_time(const void *a, const void *b)
{
	const struct log_row *x = *(struct log_row *const *)a;
	const struct log_row *y = *(struct log_row *const *)b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static void sort_first(struct logs *logs)
{
	struct log_row **rows = mem_new(logs->count, sizeof(struct log_row *));
	size_t n = logs->count;

	for (size_t i = 0; i < n; i++)
		rows[i] = logs->ring[(logs->newest - n + 1 + i) % logs->cap];
	qsort(rows, n, sizeof(struct log_row *), by_time);
	for (size_t i = 0; i < n; i++) {
		uint64_t seq = logs->newest - n + 1 + i;

		rows[i]->seq = seq;
		logs->ring[seq % logs->cap] = rows[i];
	}
	mem_free(rows);
}

/* A slice of one file; true when there is more of it. */
static bool read_one(struct logs *logs, struct tail *tail)
{
	const char *slash = strrchr(tail_path(tail), '/');
	uint64_t skipped;
	char size[UNIT_TEXT];
	bool more;

	logs->unit_of_file = untrusted_str(slash ? slash + 1 : tail_path(tail));
	tail_read(tail, &more, file_line, logs);
	skipped = tail_skipped(tail);
	if (skipped)
		app_notice(logs->app, true,
			"%.200s grows faster than it can be shown: %s of it left out",
			tail_path(tail), unit_text(UNIT_BYTES, (double)skipped, size));
	return more;
}

/* What was left of a flood, in this turn and the next ones. */
static void read_on(void *ctx)
{
	struct logs *logs = ctx;
	int64_t until = loop_slice_end(logs->app->loop);
	bool more = false;

	for (size_t i = 0; i < logs->tail_count; i++) {
		if (!(logs->behind & 1u << i))
			continue;
		if (time_mono_us() < until && !read_one(logs, logs->tails[i]))
			logs->behind &= ~(1u << i);
		more |= (logs->behind & 1u << i) != 0;
	}
	if (more)
		loop_timer_start(logs->later, 0);
}

void logs_tick(struct logs *logs, int64_t now)
{
	bool first = !logs->newest;

	(void)now;
	for (size_t i = 0; i < logs->tail_count; i++)
		if (!(logs->behind & 1u << i) && read_one(logs, logs->tails[i]))
			logs->behind |= 1u << i;
	if (first && logs->count) {
		sort_first(logs);
		logs->view_old = true;
	}
	if (logs->behind && !loop_timer_active(logs->later))
		loop_timer_start(logs->later, 0);
}

/* --- both together --- */

static struct log_row *ring_row(const struct logs *logs, size_t i)
{
	return logs->ring[(logs->newest - logs->count + 1 + i) % logs->cap];
}

/* This host's lines are in order of arrival, near enough to time. */
static void view_make(struct logs *logs)
{
	const struct log_lines *lines = &logs->lines;
	size_t a = 0, b = 0, n = 0;

	logs->view_old = false;
	mem_free(logs->view);
	logs->view = mem_new(logs->count + lines->count + 1, sizeof(struct log_row *));
	while (a < logs->count || b < lines->count) {
		struct log_row *own = a < logs->count ? ring_row(logs, a) : NULL;

		if (b == lines->count || (own && own->at <= lines->rows[b]->at)) {
			logs->view[n++] = own;
			a++;
		} else {
			logs->view[n++] = lines->rows[b++];
		}
	}
	logs->view_count = n;
}

size_t logs_count(struct logs *logs)
{
	return logs->count + logs->lines.count;
}

const struct log_row *logs_at(struct logs *logs, size_t i)
{
	if (!logs->lines.count)
		return ring_row(logs, i);
	if (logs->view_old)
		view_make(logs);
	return logs->view[i];
}

void logs_take(struct logs *logs, int source, const struct batch *batch)
{
	if (log_lines_take(&logs->lines, source, batch, logs->cap))
		changed(logs);
}

void logs_forget(struct logs *logs, int source)
{
	log_lines_forget(&logs->lines, source);
	changed(logs);
}

int64_t logs_since(const struct logs *logs)
{
	return logs->count ? ring_row(logs, 0)->at : 0;
}

bool logs_asked(const struct logs *logs)
{
	const struct rc *rc = logs->app->rc;

	for (size_t i = 0; i < rc->source_count; i++)
		if (rc->sources[i].kind->logs)
			return true;
	return false;
}

static bool lacks(
	const struct logs *logs, const struct source_row *row, char *out, size_t size)
{
	const struct lines_of *of = &logs->lines.of[row->number];
	const struct app *app = logs->app;
	enum source_health health = source_health(row, app->now);
	char why[200], since[TIME_TEXT];

	if (health == HEALTH_BAD || health == HEALTH_STALE)
		snprintf(out, size, "%s: %s", row->name,
			source_trouble(row, why, sizeof why));
	else if (!of->told)
		snprintf(out, size, "%s has not answered yet", row->name);
	else if (!of->whole && of->from > window_from(app))
		snprintf(out, size, "%s: no lines before %s are read%s%s", row->name,
			time_stamp(of->from, app->now, since),
			row->status.partial ? "; it " : "",
			row->status.partial ? row->status.warning : "");
	else if (row->status.partial)
		snprintf(out, size, "%s: %s", row->name, row->status.warning);
	else
		return false;
	return true;
}

const char *logs_lack(const struct logs *logs, char *out, size_t size)
{
	*out = '\0';
	for (size_t i = 1; i < sources_count(logs->app->sources); i++) {
		const struct source_row *row = sources_at(logs->app->sources, i);

		if (row->rc && row->rc->kind->logs && lacks(logs, row, out, size))
			break;
	}
	return out;
}

const struct log_row *logs_find(const struct logs *logs, uint64_t seq)
{
	if (seq > LOG_LINES_FIRST)
		return log_lines_find(&logs->lines, seq);
	if (!seq || seq > logs->newest || seq + logs->count <= logs->newest)
		return NULL;
	return logs->ring[seq % logs->cap];
}

const char *logs_origin(const struct logs *logs)
{
	return logs->origin;
}

const char *logs_trouble(const struct logs *logs, char *out, size_t size)
{
	const struct tail *first = NULL;
	size_t bad = 0;
	char path[160], more[40] = "";

	*out = '\0';
	for (size_t i = 0; i < logs->tail_count; i++)
		if (tail_trouble(logs->tails[i]) && !bad++)
			first = logs->tails[i];
	if (!bad)
		return out;
	text_line(untrusted_str(tail_path(first)), path, sizeof path);
	if (bad > 1)
		snprintf(more, sizeof more, " (and %zu more)", bad - 1);
	snprintf(out, size, "cannot read %s%s: %s", path, more,
		strerror(tail_trouble(first)));
	return out;
}
