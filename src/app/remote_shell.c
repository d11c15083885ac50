/* A terminal on another machine: asked about, its intent on the disk, then the call is
 * made while the console still answers questions of its login; only when the shell runs
 * over there does it get the terminal. All of its output is recorded. Main thread. */
#include "remote_parts.h"

#include "app/runs.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "ops/cast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDER = 4096 };

struct shell {
	struct remote *remote;
	char host[INVENTORY_NAME], bare[INVENTORY_NAME], profile[256], origin[40];
	char way[600], question[1600];
	struct arena arena; /* of the target */
	struct ssh_target target;
	struct ssh_call *call;
	struct cast *cast;
	struct cast_filter filter;
	struct ssh_end end;
	uint64_t seq;
	int64_t started_at;
	bool gap; /* it goes on although it cannot be recorded */
	bool lent, paused_by_disk, paused_by_terminal, is_recorded;
	struct err failed; /* it cannot be recorded, or there is no terminal */
};

static void shell_free(struct shell *shell)
{
	cast_free(shell->cast);
	arena_release(&shell->arena);
	mem_free(shell);
}

static struct audit_record record_of(const struct shell *shell)
{
	return (struct audit_record){.event = "remote.shell",
		.class = AUDIT_SHELL,
		.origin = shell->origin,
		.profile = *shell->profile ? shell->profile : NULL,
		.target = untrusted_str(shell->host)};
}

static struct app *app_of(const struct shell *shell)
{
	return remote_app(shell->remote);
}

/* --- its end --- */

static const char *result_of(const struct shell *shell, char *out, size_t size)
{
	const struct ssh_end *end = &shell->end;

	if (end->kind == SSH_EXITED)
		snprintf(out, size, "exit %d", end->exit_code);
	else if (end->kind == SSH_SIGNALED)
		snprintf(out, size, "signal %s", end->signal);
	else
		snprintf(out, size, "%s", end->kind == SSH_LOST ? "lost" : "not begun");
	return out;
}

static void recorded(void *ctx)
{
	struct shell *shell = ctx;
	struct audit_record record = record_of(shell);
	struct audit_pair pairs[5];
	const char *slash = strrchr(cast_path(shell->cast), '/');
	const char *why = shell->failed.kind    ? shell->failed.text
			  : shell->end.err.kind ? shell->end.err.text
						: NULL;
	char hash[SHA256_DIGITS + 1], result[40];

	record.result = untrusted_str(result_of(shell, result, sizeof result));
	record.error = untrusted_str(why);
	pairs[0] = (struct audit_pair){.name = "ms",
		.number = (double)(time_now_ms() - shell->started_at),
		.is_number = true};
	pairs[1] = (struct audit_pair){.name = "out_bytes",
		.number = (double)cast_bytes(shell->cast),
		.is_number = true};
	pairs[2] = (struct audit_pair){.name = "cast_sha256",
		.value = untrusted_str(cast_hash(shell->cast, hash))};
	pairs[3] = (struct audit_pair){
		.name = "cast_file", .value = untrusted_str(slash ? slash + 1 : "")};
	record.extra = pairs;
	record.extra_count = 4;
	if (cast_error(shell->cast))
		pairs[record.extra_count++] = (struct audit_pair){.name = "cast_gap",
			.value = untrusted_str(cast_error(shell->cast)->text)};
	if (!shell->is_recorded)
		gate_outcome(runs_door(app_of(shell)->runs), shell->seq, &record);
	app_notice(app_of(shell), why != NULL, "%.80s: %s%s%s", shell->host, result,
		why ? ": " : "", why ? why : "");
	remote_shell_over(shell->remote);
	shell_free(shell);
}

static void on_end(void *ctx, const struct ssh_end *end)
{
	struct shell *shell = ctx;
	const struct front *front = &app_of(shell)->front;

	shell->call = NULL;
	shell->end = *end;
	if (shell->lent && front->take_back)
		front->take_back(front->ctx);
	shell->lent = false;
	cast_end(shell->cast, recorded);
}

/* --- both ways --- */

static void settle_pause(struct shell *shell)
{
	if (shell->call)
		ssh_call_pause(
			shell->call, shell->paused_by_disk || shell->paused_by_terminal);
}

static bool goes_on(struct shell *shell)
{
	shell->gap = shell->gap || gate_goes_on(runs_door(app_of(shell)->runs),
					   cast_error(shell->cast));
	return shell->gap;
}

static void on_written(void *ctx)
{
	struct shell *shell = ctx;

	shell->paused_by_disk = false;
	if (cast_error(shell->cast) && !shell->failed.kind && !goes_on(shell)) {
		/* Strict: what cannot be recorded does not go on. */
		shell->failed = *cast_error(shell->cast);
		err_prefix(&shell->failed, "ended, as it cannot be recorded: ");
		if (shell->call)
			ssh_call_stop(shell->call);
	}
	settle_pause(shell);
}

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct shell *shell = ctx;
	const struct front *front = &app_of(shell)->front;
	struct str out;

	(void)is_error;
	str_init(&out, untrusted_size(bytes) + 64);
	shell->paused_by_disk = !cast_output(shell->cast, bytes);
	cast_filter(&shell->filter, bytes, &out);
	if (shell->lent && out.n && front->put)
		shell->paused_by_terminal = !front->put(front->ctx, out.p, out.n);
	str_release(&out);
	settle_pause(shell);
}

static void typed(void *ctx, const void *bytes, size_t n)
{
	struct shell *shell = ctx;

	if (shell->call)
		ssh_call_write(shell->call, bytes, n);
}

static void resized(void *ctx, int columns, int rows)
{
	struct shell *shell = ctx;

	cast_resize(shell->cast, columns, rows);
	if (shell->call)
		ssh_call_resize(shell->call, columns, rows);
}

static void drained(void *ctx)
{
	struct shell *shell = ctx;

	shell->paused_by_terminal = false;
	settle_pause(shell);
}

static void gone(void *ctx)
{
	struct shell *shell = ctx;
	const struct front *front = &app_of(shell)->front;

	if (shell->lent && front->take_back)
		front->take_back(front->ctx);
	shell->lent = false;
	if (shell->call)
		ssh_call_stop(shell->call);
}

static void on_state(void *ctx, enum ssh_state state)
{
	struct shell *shell = ctx;
	const struct front *front = &app_of(shell)->front;
	const struct terminal_session session = {typed, resized, drained, gone, shell};

	if (state != SSH_RUNNING)
		return;
	if (front->lend(front->ctx, &session, &shell->failed))
		shell->lent = true;
	else
		ssh_call_stop(shell->call);
}

/* --- its beginning --- */

static void act(void *ctx, uint64_t seq)
{
	struct shell *shell = ctx;
	struct app *app = app_of(shell);
	const char *term = getenv("TERM");
	char folder[FOLDER - 60], path[FOLDER], id[ID_TEXT];
	struct ssh_call_options options = {.target = shell->target,
		.term = term && *term ? term : "xterm",
		.columns = 80,
		.rows = 24,
		.writes = true,
		.state = on_state,
		.bytes = on_bytes,
		.end = on_end,
		.ctx = shell};
	struct err err = {0};

	shell->seq = seq;
	shell->started_at = time_now_ms();
	if (app->front.size)
		app->front.size(app->front.ctx, &options.columns, &options.rows);
	if (!file_state_folder(folder, sizeof folder, &err))
		*folder = '\0';
	snprintf(path, sizeof path, "%s/runs/%s.cast", folder, id_new(time_now_ms(), id));
	shell->cast = cast_new(&(struct cast_how){.pool = app->pool,
		.path = path,
		.title = shell->host,
		.term = options.term,
		.columns = options.columns,
		.rows = options.rows,
		.written = on_written,
		.ctx = shell});
	shell->call = ssh_call_start(remote_net(shell->remote), &options);
	app_notice(app, false,
		"connecting to %.80s; ~. at the beginning of a line ends it",
		shell->host);
}

static void refused(void *ctx, const struct err *why)
{
	struct shell *shell = ctx;

	if (why->kind != ERR_CANCELLED)
		app_notice(app_of(shell), true, "%s", why->text);
	remote_shell_over(shell->remote);
	shell_free(shell);
}

static bool still(void *ctx, char *why, size_t size)
{
	const struct shell *shell = ctx;

	if (!strcmp(app_of(shell)->rc->profile, shell->profile))
		return true;
	snprintf(why, size, "the profile has changed since it was asked for");
	return false;
}

static void bare_name(const char *name, char out[INVENTORY_NAME])
{
	const char *at = strchr(name, '@');
	char *colon;

	str_copy(out, INVENTORY_NAME, at ? at + 1 : name);
	colon = strchr(out, ':');
	if (colon && !strchr(colon + 1, ':'))
		*colon = '\0';
}

bool remote_shell_open(struct remote *remote, struct inventory *inventory,
	const char *host, const char *origin, struct err *err)
{
	struct app *app = remote_app(remote);
	struct shell *shell = mem_new(1, sizeof *shell);
	const char *hosts[1] = {shell->bare};
	struct audit_pair pair;
	struct gate_deed deed = {.question = shell->question,
		.hosts = hosts,
		.host_count = 1,
		.still = still,
		.act = act,
		.refused = refused,
		.ctx = shell};
	struct str way;

	shell->remote = remote;
	arena_init(&shell->arena, INVENTORY_BYTES);
	str_copy(shell->host, sizeof shell->host, host);
	bare_name(host, shell->bare);
	str_copy(shell->profile, sizeof shell->profile, app->rc->profile);
	str_copy(shell->origin, sizeof shell->origin, origin);
	if (!app->front.lend)
		err_set(err, ERR_REFUSED, "there is no terminal here to lend");
	if (!app->front.lend ||
		!inventory_target(inventory, host, &shell->arena, &shell->target, err)) {
		shell_free(shell);
		return false;
	}
	str_init(&way, sizeof shell->way);
	fan_way(&shell->target, &way);
	str_copy(shell->way, sizeof shell->way, str_text(&way));
	str_release(&way);
	snprintf(shell->question, sizeof shell->question,
		"%s%sopen a terminal on %s?\n  %s\nClass shell. What it shows is "
		"recorded, what is typed is not.",
		shell->profile, *shell->profile ? ": " : "", shell->host, shell->way);
	deed.record = record_of(shell);
	pair = (struct audit_pair){.name = "way", .value = untrusted_str(shell->way)};
	deed.record.extra = &pair;
	deed.record.extra_count = 1;
	remote_shell_begun(remote, shell);
	if (gate_open(runs_door(app->runs), &deed, err))
		return true;
	remote_shell_over(remote);
	shell_free(shell);
	return false;
}

/* oogway ends. */
void remote_shell_end(struct shell *shell)
{
	struct audit_record record = record_of(shell);

	if (!shell->seq)
		return;
	record.result = untrusted_str("stopped");
	record.error = untrusted_str("oogway ended while it ran");
	gate_outcome(runs_door(app_of(shell)->runs), shell->seq, &record);
	shell->is_recorded = true;
}

void remote_shell_free(struct shell *shell)
{
	if (shell)
		shell_free(shell);
}
