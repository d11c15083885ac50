/* The engine of a fan-out: who may begin, what each host has come to, and the records of
 * it. One question and one intent for all, then for each host an intent of its own before
 * a byte is sent to it. Hides batches, the canary and the share that may fail, and that a
 * slow disk makes hosts wait. Main thread. */
#include "ops/fanout.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "fan_compare.h"
#include "io/loop.h"
#include "remote_line.h"
#include "base/secret.h"
#include "ops/redact.h"
#include "sudo.h"
#include "tape.h"

#include <stdio.h>
#include <string.h>

enum { QUESTION_BYTES = 12 << 10, NAMES_SHOWN = 60, LINE_COLUMNS = 2000 };

const char *const fan_state_names[FAN_STATE_COUNT] = {
	[FAN_WAITING] = "waiting",
	[FAN_CONNECTING] = "connecting",
	[FAN_RUNNING] = "running",
	[FAN_DONE] = "done",
	[FAN_FAILED] = "failed",
	[FAN_LOST] = "lost",
	[FAN_UNREACHED] = "unreached",
	[FAN_REFUSED] = "refused",
	[FAN_STOPPED] = "stopped",
	[FAN_SKIPPED] = "skipped",
};

struct fan_work {
	struct fan *fan;
	size_t index;
	struct ssh_call *call;
	struct tape *tapes[2];
	struct redactor *clean[2]; /* of what goes into them */
	int open_tapes;
	bool begun, paused, failed; /* failed: it cannot be recorded */
	bool gaps[2]; /* it goes on although that stream cannot be recorded */
	bool wants_password;
	struct sudo sudo;
	struct ssh_end end;
};

struct fan {
	struct fan_how how;
	char *folder, *profile, *user, *pattern, *origin, *source, *shown, *book;
	char **bare; /* names without user and port, for policy */
	struct untrusted id;
	char **argv;
	size_t argc;
	struct str line;
	struct fan_wish wish;
	struct judgement judgement;
	enum audit_class class;
	char fan_id[ID_TEXT];
	struct fan_host *hosts;
	size_t count, next, active, batch_left;
	struct fan_group *groups;
	struct loop_timer *timer;
	struct err refusal;
	uint64_t seq;
	int64_t started_at;
	struct secret *password;  /* sudo's */
	char prompt[SUDO_PROMPT]; /* the same for all, so that what they print is */
	bool password_wrong, password_asked, password_refused;
	bool own_intent, begun, stopping, over, ended, canary_open;
};

/* --- made --- */

void fan_way(const struct ssh_target *target, struct str *out)
{
	if (target->by_program) {
		const struct ssh_hop *hop = &target->hops[0];

		str_printf(out, "%s@%s:%d by the installed ssh (%s)", hop->user,
			hop->name, hop->port, target->why ? target->why : "transport");
		return;
	}
	for (size_t i = target->count; i-- > 0;) {
		const struct ssh_hop *hop = &target->hops[i];

		if (i + 1 == target->count)
			str_printf(out, "%s@%s:%d", hop->user, hop->host, hop->port);
		else
			str_printf(out, "%s%s",
				i + 2 == target->count ? " through " : ", ", hop->name);
		if (hop->proxy)
			str_printf(out, " by %s", hop->proxy[0]);
	}
}

/* A host that cannot be reached by what is known is refused before anybody is asked. */
static void plan_host(struct fan *fan, struct fan_host *host, struct arena *arena)
{
	struct ssh_target target;
	struct str way;
	struct err err = {0};

	str_init(&way, 2000);
	arena_reset(arena);
	if (inventory_target(fan->how.inventory, host->name, arena, &target, &err)) {
		fan_way(&target, &way);
		host->by_program = target.by_program;
	} else {
		host->state = FAN_REFUSED;
		str_copy(host->why, sizeof host->why, err.text);
	}
	host->way = str_take(&way);
}

/* "web" of "ada@web:2222"; an address keeps its colons. */
static char *bare_name(const char *name)
{
	const char *at = strchr(name, '@');
	char *bare = mem_strdup(at ? at + 1 : name), *colon = strchr(bare, ':');

	if (colon && *bare != '[' && !strchr(colon + 1, ':'))
		*colon = '\0';
	return bare;
}

static void add_hosts(struct fan *fan, const struct fan_wish *wish)
{
	struct arena arena;

	fan->hosts = mem_new(wish->host_count, sizeof *fan->hosts);
	fan->count = wish->host_count;
	fan->bare = mem_new(fan->count, sizeof *fan->bare);
	arena_init(&arena, INVENTORY_BYTES);
	for (size_t i = 0; i < fan->count; i++) {
		struct fan_host *host = &fan->hosts[i];

		fan->bare[i] = bare_name(wish->hosts[i]);

		host->key =
			(hash_keyed(fan->fan_id, ID_TEXT) & ~UINT64_C(0xffff)) + i + 1;
		host->name = mem_strdup(wish->hosts[i]);
		host->group = -1;
		host->work = mem_new(1, sizeof *host->work);
		host->work->fan = fan;
		host->work->index = i;
		for (int k = 0; k < 2; k++)
			str_init(&host->shown[k], FAN_SHOWN_BYTES);
		plan_host(fan, host, &arena);
	}
	arena_release(&arena);
}

/* Quoted where it needs it, for people. */
static void show_words(char *const *argv, struct str *out)
{
	for (; *argv; argv++) {
		struct untrusted word = untrusted_str(*argv);
		bool plain = **argv && !strpbrk(*argv, " \t\n'\"\\$`|&;<>()*?#!~[]{}");

		if (out->n)
			str_putc(out, ' ');
		if (!plain)
			str_putc(out, '\'');
		text_add_line(out, word, LINE_COLUMNS);
		if (!plain)
			str_putc(out, '\'');
	}
}

static bool take_argv(struct fan *fan, const struct fan_wish *wish, struct err *err)
{
	struct str shown;

	while (wish->argv[fan->argc])
		fan->argc++;
	if (fan->argc > AUDIT_MAX_ARGS)
		return err_set(err, ERR_LIMIT, "the command has more than %d words",
			AUDIT_MAX_ARGS);
	fan->argv = mem_new(fan->argc + 1, sizeof *fan->argv);
	for (size_t i = 0; i < fan->argc; i++)
		fan->argv[i] = mem_strdup(wish->argv[i]);
	str_init(&fan->line, 256 << 10);
	if (!remote_line_add(&fan->line, (const char *const *)fan->argv, err))
		return false;
	str_init(&shown, LINE_COLUMNS * 4);
	show_words(fan->argv, &shown);
	fan->shown = str_take(&shown);
	policy_judge((const char *const *)fan->argv, fan->argc, &fan->judgement);
	fan->class = policy_worse(fan->judgement.class, wish->least);
	return true;
}

static void on_timer(void *ctx);

struct fan *fan_new(
	const struct fan_how *how, const struct fan_wish *wish, struct err *err)
{
	struct fan *fan = mem_new(1, sizeof *fan);

	fan->how = *how;
	fan->wish = *wish;
	fan->folder = mem_strdup(how->folder);
	fan->profile = mem_strdup(how->profile);
	fan->user = mem_strdup(how->user);
	fan->pattern = mem_strdup(wish->pattern);
	fan->origin = mem_strdup(wish->origin);
	fan->source = wish->source ? mem_strdup(wish->source) : NULL;
	fan->book = wish->book ? mem_strdup(wish->book) : NULL;
	inventory_share(how->inventory);
	fan->id = untrusted_keep(wish->id, 1000);
	fan->wish.width = wish->width ? wish->width : FAN_WIDTH;
	fan->wish.timeout_ms = wish->timeout_ms ? wish->timeout_ms : FAN_TIMEOUT_MS;
	fan->wish.event = wish->event ? wish->event : "remote.run";
	fan->timer = loop_timer(how->loop, on_timer, fan);
	id_new(time_now_ms(), fan->fan_id);
	sudo_prompt(fan->prompt);
	if (!take_argv(fan, wish, err)) {
		fan_free(fan);
		return NULL;
	}
	add_hosts(fan, wish);
	return fan;
}

static void free_texts(struct fan *fan)
{
	char *const texts[] = {fan->folder, fan->profile, fan->user, fan->pattern,
		fan->origin, fan->source, fan->shown, fan->book};

	for (size_t i = 0; fan->bare && i < fan->count; i++)
		mem_free(fan->bare[i]);
	mem_free(fan->bare);
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		mem_free(texts[i]);
	for (size_t i = 0; fan->argv && i < fan->argc; i++)
		mem_free(fan->argv[i]);
	mem_free(fan->argv);
	str_release(&fan->line);
	untrusted_free(fan->id);
}

void fan_free(struct fan *fan)
{
	if (!fan)
		return;
	for (size_t i = 0; i < fan->count; i++) {
		struct fan_host *host = &fan->hosts[i];

		for (int k = 0; k < 2; k++) {
			tape_free(host->work->tapes[k]);
			redactor_free(host->work->clean[k]);
			host->work->clean[k] = NULL;
			str_release(&host->shown[k]);
			mem_free(host->files[k]);
		}
		mem_free(host->work);
		mem_free(host->name);
		mem_free(host->way);
	}
	free_texts(fan);
	secret_free(fan->password);
	inventory_free(fan->how.inventory);
	mem_free(fan->hosts);
	mem_free(fan->groups);
	loop_timer_free(fan->timer);
	mem_free(fan);
}

/* --- records --- */

static size_t add_args(const struct fan *fan, struct untrusted *args)
{
	for (size_t i = 0; i < fan->argc; i++)
		args[i] = untrusted_str(fan->argv[i]);
	return fan->argc;
}

static struct audit_record record_of(const struct fan *fan, const char *event)
{
	return (struct audit_record){.event = event,
		.class = fan->class,
		.origin = fan->origin,
		.profile = *fan->profile ? fan->profile : NULL,
		.source = fan->source,
		.id = fan->id};
}

static void pair_number(struct audit_pair *pair, const char *name, double number)
{
	*pair = (struct audit_pair){.name = name, .number = number, .is_number = true};
}

/* --- the end of all --- */

static bool is_final(const struct fan_host *host)
{
	return host->state > FAN_RUNNING;
}

static bool is_bad(const struct fan_host *host)
{
	return is_final(host) && host->state != FAN_DONE;
}

size_t fan_in_state(const struct fan *fan, enum fan_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < fan->count; i++)
		n += fan->hosts[i].state == state;
	return n;
}

const char *fan_summary(const struct fan *fan, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	for (int state = 0; state < FAN_STATE_COUNT && n < size; state++) {
		size_t count = fan_in_state(fan, (enum fan_state)state);

		if (count)
			n += (size_t)snprintf(out + n, size - n, "%s%zu %s",
				n ? ", " : "", count, fan_state_names[state]);
	}
	return out;
}

static void finish(struct fan *fan)
{
	struct audit_record record = record_of(fan, fan->wish.event);
	struct audit_pair pairs[3];
	char summary[200];

	if (fan->over)
		return;
	fan->over = true;
	if (fan->own_intent) {
		record.result = untrusted_str(fan_summary(fan, summary, sizeof summary));
		pair_number(&pairs[0], "hosts", (double)fan->count);
		pair_number(&pairs[1], "hosts_done", (double)fan_in_state(fan, FAN_DONE));
		pair_number(&pairs[2], "ms", (double)(time_now_ms() - fan->started_at));
		record.extra = pairs;
		record.extra_count = 3;
		gate_outcome(fan->how.door, fan->seq, &record);
	}
	fan->how.changed(fan->how.ctx);
	fan->how.ended(fan->how.ctx);
}

/* --- one host --- */

static void soon(struct fan *fan)
{
	if (!loop_timer_active(fan->timer))
		loop_timer_start(fan->timer, 0);
}

static void host_over(struct fan_host *host, enum fan_state state, const char *why)
{
	struct fan *fan = host->work->fan;

	host->state = state;
	host->ended_at = time_now_ms();
	if (why)
		str_copy(host->why, sizeof host->why, why);
	fan->active--;
	fan->how.changed(fan->how.ctx);
	soon(fan);
}

const char *fan_result(const struct fan_host *host, char *out, size_t size)
{
	if (host->signal[0])
		snprintf(out, size, "signal %s", host->signal);
	else if (host->state == FAN_DONE || (host->state == FAN_FAILED && !*host->why) ||
		 (host->state == FAN_STOPPED && host->exit_code >= 0))
		snprintf(out, size, "exit %d", host->exit_code);
	else
		snprintf(out, size, "%s", fan_state_names[host->state]);
	return out;
}

static size_t add_stream(struct fan_host *host, int k, const char *const names[4],
	struct audit_pair *pairs)
{
	struct tape *tape = host->work->tapes[k];
	const char *slash = strrchr(tape_path(tape), '/');
	size_t n = 0;

	tape_hash(tape, host->hashes[k]);
	host->cut[k] = tape_error(tape) != NULL;
	pair_number(&pairs[n++], names[0], (double)tape_bytes(tape));
	pairs[n++] = (struct audit_pair){
		.name = names[1], .value = untrusted_str(host->hashes[k])};
	if (!slash)
		return n;
	host->files[k] = mem_strdup(tape_path(tape));
	pairs[n++] =
		(struct audit_pair){.name = names[2], .value = untrusted_str(slash + 1)};
	return n;
}

static enum fan_state state_of(const struct fan_host *host, const struct ssh_end *end)
{
	if (host->work->failed)
		return FAN_FAILED;
	if (end->stopped || end->timed_out)
		return end->kind == SSH_LOST ? FAN_LOST : FAN_STOPPED;
	switch (end->kind) {
	case SSH_EXITED:
		return end->exit_code ? FAN_FAILED : FAN_DONE;
	case SSH_SIGNALED:
		return FAN_FAILED;
	case SSH_LOST:
		return FAN_LOST;
	default:
		return end->err.kind == ERR_REFUSED || end->err.kind == ERR_AUTH
			       ? FAN_REFUSED
			       : FAN_UNREACHED;
	}
}

/* It goes on without its recording, and that was counted once. */
static bool gap(struct fan_host *host, int stream)
{
	struct fan_work *work = host->work;

	work->gaps[stream] =
		work->gaps[stream] ||
		gate_goes_on(work->fan->how.door, tape_error(work->tapes[stream]));
	return work->gaps[stream];
}

/* All that it printed is on the disk. */
static void host_recorded(struct fan_host *host)
{
	static const char *const names[2][4] = {
		{"out_bytes", "out_sha256", "out_file", "out_gap"},
		{"err_bytes", "err_sha256", "err_file", "err_gap"}};
	struct fan *fan = host->work->fan;
	const struct ssh_end *end = &host->work->end;
	struct audit_record record = record_of(fan, "remote.host");
	struct audit_pair pairs[12];
	enum fan_state state;
	char result[60];
	size_t n = 0;

	for (int k = 0; k < 2; k++)
		if (tape_error(host->work->tapes[k]) && !host->work->failed &&
			!gap(host, k)) {
			host->work->failed = true;
			str_copy(host->why, sizeof host->why,
				tape_error(host->work->tapes[k])->text);
		}
	state = state_of(host, end);
	host->state = state;
	pair_number(&pairs[n++], "ms", (double)(time_now_ms() - host->started_at));
	for (int k = 0; k < 2; k++) {
		n += add_stream(host, k, names[k], pairs + n);
		if (host->work->gaps[k])
			pairs[n++] = (struct audit_pair){.name = names[k][3],
				.value = untrusted_str(
					tape_error(host->work->tapes[k])->text)};
	}
	if (host->work->sudo.typed)
		pairs[n++] = (struct audit_pair){
			.name = "sudo", .value = untrusted_str("password typed")};
	record.target = untrusted_str(host->name);
	record.result = untrusted_str(fan_result(host, result, sizeof result));
	record.error = untrusted_str(host->why);
	record.extra = pairs;
	record.extra_count = n;
	gate_outcome(fan->how.door, host->intent, &record);
	for (int k = 0; k < 2; k++) {
		tape_free(host->work->tapes[k]);
		redactor_free(host->work->clean[k]);
		host->work->clean[k] = NULL;
		host->work->tapes[k] = NULL;
	}
	host_over(host, state, NULL);
}

static void tape_ended(void *ctx)
{
	struct fan_host *host = ctx;

	if (!--host->work->open_tapes && !host->work->fan->ended)
		host_recorded(host);
}

static void tape_written(void *ctx)
{
	struct fan_host *host = ctx;
	struct fan_work *work = host->work;

	for (int k = 0; k < 2; k++) {
		if (work->failed || !tape_error(work->tapes[k]) || gap(host, k))
			continue;
		/* Strict: what cannot be recorded does not go on. */
		work->failed = true;
		snprintf(host->why, sizeof host->why,
			"ended, as it cannot be recorded: %s",
			tape_error(work->tapes[k])->text);
		if (work->call)
			ssh_call_stop(work->call);
	}
	if (work->call && work->paused) {
		work->paused = false;
		ssh_call_pause(work->call, false);
	}
}

/* Without secrets: into its file, below it, and to who follows. */
static void keep(struct fan_host *host, bool is_error, const struct str *clean)
{
	const struct untrusted bytes = untrusted_make(clean->p, clean->n);
	struct fan_work *work = host->work;

	if (!clean->n)
		return;
	host->bytes[is_error] += untrusted_size(bytes);
	if (work->fan->how.bytes)
		work->fan->how.bytes(work->fan->how.ctx, work->index, is_error, bytes);
	host->dropped[is_error] |= tape_show_newest(bytes, &host->shown[is_error]);
	if (!tape_add(work->tapes[is_error], bytes) && !work->paused && work->call) {
		work->paused = true;
		ssh_call_pause(work->call, true);
	}
	if (host->bytes[0] + host->bytes[1] > FAN_OUTPUT_MOST && !work->failed &&
		work->call) {
		work->failed = true;
		snprintf(host->why, sizeof host->why,
			"ended, as it printed more than 2 GiB");
		ssh_call_stop(work->call);
	}
}

static void put(void *ctx, const void *bytes, size_t n)
{
	ssh_call_write(ctx, bytes, n);
}

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct fan_host *host = ctx;
	struct fan_work *work = host->work;
	enum sudo_wants wants = sudo_hears(&work->sudo, is_error, bytes);
	struct str clean;

	if (wants == SUDO_PASSWORD && work->call && work->fan->password)
		sudo_type(work->fan->password, put, work->call);
	if (wants != SUDO_NOTHING && work->call)
		ssh_call_close_input(work->call);
	str_init(&clean, SIZE_MAX / 2);
	redactor_add(host->work->clean[is_error], bytes, &clean);
	keep(host, is_error, &clean);
	str_release(&clean);
}

/* What was held back, as it could have become a secret. */
static void keep_rest(struct fan_host *host)
{
	for (int k = 0; k < 2; k++) {
		struct str clean;

		str_init(&clean, SIZE_MAX / 2);
		redactor_end(host->work->clean[k], &clean);
		keep(host, k, &clean);
		str_release(&clean);
	}
}

static void on_state(void *ctx, enum ssh_state state)
{
	struct fan_host *host = ctx;
	struct fan *fan = host->work->fan;

	host->stage = state;
	host->state = state == SSH_RUNNING ? FAN_RUNNING : FAN_CONNECTING;
	fan->how.changed(fan->how.ctx);
}

static void host_ended(struct fan_host *host)
{
	const struct ssh_end *end = &host->work->end;
	struct fan_work *work = host->work;

	host->exit_code = end->kind == SSH_EXITED ? end->exit_code : -1;
	if (end->kind == SSH_SIGNALED)
		str_copy(host->signal, sizeof host->signal, end->signal);
	if (end->err.kind && !*host->why)
		str_copy(host->why, sizeof host->why, end->err.text);
	keep_rest(host);
	work->open_tapes = 2;
	for (int k = 0; k < 2; k++)
		tape_end(work->tapes[k], tape_ended);
}

static void want_password(struct fan_host *host);

static void on_end(void *ctx, const struct ssh_end *end)
{
	struct fan_host *host = ctx;
	struct fan_work *work = host->work;
	struct fan *fan = work->fan;

	work->call = NULL;
	work->end = *end;
	fan->password_wrong |= work->sudo.wrong;
	if (end->kind == SSH_EXITED && !end->stopped && !end->timed_out &&
		fan->how.password && !fan->stopping && !fan->ended &&
		sudo_refused(&work->sudo, end->exit_code))
		want_password(host);
	else
		host_ended(host);
}

static void open_tapes(struct fan_host *host)
{
	static const char *const ends[2] = {"out", "err"};
	struct fan *fan = host->work->fan;
	char path[TAPE_PATH];

	for (int k = 0; k < 2; k++) {
		const struct tape_how how = {fan->how.pool, path, tape_written, host};

		snprintf(path, sizeof path, "%s/%s-%04zu.%s", fan->folder, fan->fan_id,
			host->work->index + 1, ends[k]);
		host->work->tapes[k] = tape_new(&how);
		host->work->clean[k] = redactor_new();
	}
}

static void call_host(struct fan_host *host, const char *line, bool with_password)
{
	struct fan *fan = host->work->fan;
	struct ssh_call_options options = {.line = line,
		.group = fan->hosts[0].key,
		.writes = with_password,
		.timeout_ms = fan->wish.timeout_ms,
		.state = on_state,
		.bytes = on_bytes,
		.end = on_end,
		.ctx = host};
	struct arena arena;
	struct err err = {0};

	arena_init(&arena, INVENTORY_BYTES);
	if (inventory_target(
		    fan->how.inventory, host->name, &arena, &options.target, &err))
		host->work->call = ssh_call_start(fan->how.net, &options);
	else
		on_end(host, &(struct ssh_end){.kind = SSH_FAILED, .err = err});
	arena_release(&arena);
}

/* Its intent is on the disk. */
static void host_act(void *ctx, uint64_t seq)
{
	struct fan_host *host = ctx;

	host->intent = seq;
	open_tapes(host);
	sudo_begin(&host->work->sudo, NULL);
	call_host(host, str_text(&host->work->fan->line), false);
}

/* --- sudo's password --- */

static void call_with_password(struct fan_host *host)
{
	struct fan *fan = host->work->fan;
	const char **argv = mem_new(fan->argc + SUDO_MORE_WORDS + 1, sizeof *argv);
	struct str line;
	struct err err = {0};

	host->work->wants_password = false;
	str_init(&line, 256 << 10);
	sudo_begin(&host->work->sudo, fan->prompt);
	if (sudo_argv(&host->work->sudo, (const char *const *)fan->argv, argv) &&
		remote_line_add(&line, argv, &err)) {
		call_host(host, str_text(&line), true);
	} else {
		str_copy(host->why, sizeof host->why, err.text);
		host_ended(host);
	}
	str_release(&line);
	mem_free(argv);
}

void fan_password(struct fan *fan, const struct secret *password, const struct err *why)
{
	if (password && !fan->password)
		fan->password = secret_dup(password);
	fan->password_refused |= !password;
	for (size_t i = 0; i < fan->count && !fan->ended; i++) {
		struct fan_host *host = &fan->hosts[i];

		if (!host->work->wants_password)
			continue;
		if (password && !fan->stopping) {
			call_with_password(host);
			continue;
		}
		host->work->wants_password = false;
		str_copy(host->why, sizeof host->why,
			why ? why->text : "sudo wants a password");
		host_ended(host);
	}
}

bool fan_password_wrong(const struct fan *fan)
{
	return fan->password_wrong;
}

/* It is asked for once, for all hosts of the fan. */
static void want_password(struct fan_host *host)
{
	struct fan *fan = host->work->fan;

	host->state = FAN_CONNECTING;
	host->stage = SSH_ASKING;
	host->work->wants_password = true;
	fan->how.changed(fan->how.ctx);
	if (fan->password) {
		call_with_password(host);
	} else if (!fan->password_asked) {
		fan->password_asked = true;
		fan->how.password(fan->how.ctx, host->name);
	} else if (fan->password_refused) {
		fan_password(fan, NULL, NULL);
	}
}

static void host_refused(void *ctx, const struct err *why)
{
	host_over(ctx, FAN_REFUSED, why->text);
}

static bool host_still(void *ctx, char *why, size_t size)
{
	const struct fan_host *host = ctx;
	const struct fan *fan = host->work->fan;

	if (fan->ended || fan->stopping) {
		snprintf(why, size, "stopped before it was begun");
		return false;
	}
	return fan->how.still(fan->how.ctx, why, size);
}

static void begin_host(struct fan_host *host)
{
	struct fan *fan = host->work->fan;
	struct untrusted args[AUDIT_MAX_ARGS];
	struct audit_pair pairs[2];
	struct gate_deed deed = {.record = record_of(fan, "remote.host"),
		.still = host_still,
		.act = host_act,
		.refused = host_refused,
		.ctx = host};
	struct err err = {0};

	fan->active++;
	host->state = FAN_CONNECTING;
	host->started_at = time_now_ms();
	deed.record.target = untrusted_str(host->name);
	deed.record.args = args;
	deed.record.arg_count = add_args(fan, args);
	pairs[0] = (struct audit_pair){.name = "way", .value = untrusted_str(host->way)};
	pair_number(&pairs[1], "run", (double)fan->seq);
	deed.record.extra = pairs;
	deed.record.extra_count = 2;
	deed.book = fan->book;
	deed.hosts = (const char *const *)fan->bare + host->work->index;
	deed.host_count = 1;
	/* All of them were approved at once. */
	deed.lifts = true;
	if (!gate_open(fan->how.door, &deed, &err))
		host_refused(host, &err);
}

/* --- who may begin --- */

static bool too_many_failed(const struct fan *fan)
{
	size_t bad = 0;

	for (size_t i = 0; i < fan->count; i++)
		bad += is_bad(&fan->hosts[i]) && fan->hosts[i].started_at;
	return bad && bad * 100 > fan->count * (size_t)fan->wish.most_failed;
}

static void skip_rest(struct fan *fan, const char *why)
{
	for (; fan->next < fan->count; fan->next++) {
		struct fan_host *host = &fan->hosts[fan->next];

		if (host->state != FAN_WAITING)
			continue;
		host->state = FAN_SKIPPED;
		str_copy(host->why, sizeof host->why, why);
	}
}

static bool canary_failed(struct fan *fan)
{
	if (!fan->canary_open || fan->active || !fan->next)
		return false;
	fan->canary_open = false;
	for (size_t i = 0; i < fan->next; i++)
		if (is_bad(&fan->hosts[i]) && fan->hosts[i].started_at)
			return true;
	return false;
}

/* As many as there is room for, of the batch that is open. */
static void begin_more(struct fan *fan)
{
	while (fan->next < fan->count && fan->active < fan->wish.width) {
		struct fan_host *host = &fan->hosts[fan->next];

		if (host->state != FAN_WAITING) {
			fan->next++;
			continue;
		}
		if (!fan->batch_left) {
			if (fan->active)
				return;
			fan->batch_left = fan->canary_open   ? 1
					  : fan->wish.serial ? fan->wish.serial
							     : SIZE_MAX;
		}
		fan->batch_left--;
		fan->next++;
		begin_host(host);
		if (fan->canary_open)
			return;
	}
}

static void on_timer(void *ctx)
{
	struct fan *fan = ctx;

	if (!fan->begun || fan->over || fan->ended)
		return;
	if (fan->stopping)
		skip_rest(fan, "stopped before it was begun");
	else if (canary_failed(fan))
		skip_rest(fan, "not begun, as the first one failed");
	else if (too_many_failed(fan))
		skip_rest(fan, "not begun, as too many failed");
	if (!fan->canary_open || !fan->active)
		begin_more(fan);
	mem_free(fan->groups);
	fan_group_hosts(fan->hosts, fan->count, &fan->groups);
	if (fan->next == fan->count && !fan->active)
		finish(fan);
}

void fan_begin(struct fan *fan, uint64_t seq)
{
	fan->seq = seq;
	fan->begun = true;
	fan->started_at = time_now_ms();
	fan->canary_open = fan->wish.canary;
	soon(fan);
}

bool fan_stop(struct fan *fan)
{
	if (!fan->begun || fan->over)
		return false;
	fan->stopping = true;
	for (size_t i = 0; i < fan->count; i++)
		if (fan->hosts[i].work->call)
			ssh_call_stop(fan->hosts[i].work->call);
	fan_password(fan, NULL,
		&(struct err){ERR_CANCELLED, "stopped: sudo waited for a "
					     "password, and ran nothing"});
	soon(fan);
	return true;
}

/* --- the question --- */

static void act(void *ctx, uint64_t seq)
{
	struct fan *fan = ctx;

	fan->own_intent = true;
	fan_begin(fan, seq);
}

static void refused(void *ctx, const struct err *why)
{
	struct fan *fan = ctx;

	fan->refusal = *why;
	fan->over = true;
	fan->how.changed(fan->how.ctx);
	fan->how.ended(fan->how.ctx);
}

static bool still(void *ctx, char *why, size_t size)
{
	const struct fan *fan = ctx;

	if (fan->ended) {
		snprintf(why, size, "oogway ended before it was run");
		return false;
	}
	return fan->how.still(fan->how.ctx, why, size);
}

static void add_names(const struct fan *fan, struct str *out, size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < fan->count && n < most; i++)
		if (fan->hosts[i].state == FAN_WAITING)
			str_printf(out, "%s%s", n++ ? " " : "", fan->hosts[i].name);
}

static void add_refused(const struct fan *fan, struct str *out)
{
	size_t n = fan_in_state(fan, FAN_REFUSED), shown = 0;

	for (size_t i = 0; i < fan->count && shown < 3; i++)
		if (fan->hosts[i].state == FAN_REFUSED) {
			str_printf(out, "  Not: %s\n", fan->hosts[i].why);
			shown++;
		}
	if (n > shown)
		str_printf(out, "  Not: %zu more\n", n - shown);
}

/* The first of those that another program goes to, with why. */
static void add_programs(const struct fan *fan, struct str *out)
{
	size_t n = 0;
	const struct fan_host *first = NULL;

	for (size_t i = fan->count; i-- > 0;)
		if (fan->hosts[i].state == FAN_WAITING && fan->hosts[i].by_program) {
			first = &fan->hosts[i];
			n++;
		}
	if (n == 1)
		str_printf(out, "  %s\n", first->way);
	else if (n)
		str_printf(out, "  %s, and %zu more by it\n", first->way, n - 1);
}

static void question(const struct fan *fan, struct str *out)
{
	size_t count = fan_in_state(fan, FAN_WAITING);
	const struct judgement *j = &fan->judgement;
	char limit[TIME_TEXT];

	if (*fan->profile)
		str_printf(out, "%s: ", fan->profile);
	str_printf(out, "run as %s%s on %zu host%s (%s)?\n  %s\n  ", fan->user,
		j->sudo ? ", with sudo," : "", count, count == 1 ? "" : "s", fan->pattern,
		fan->shown);
	add_names(fan, out, NAMES_SHOWN);
	if (count > NAMES_SHOWN)
		str_printf(out, " and %zu more", count - NAMES_SHOWN);
	str_putc(out, '\n');
	add_programs(fan, out);
	add_refused(fan, out);
	str_printf(out, "Class %s%s%s%s.", audit_class_name(fan->class),
		*j->why ? " (" : "", j->why, *j->why ? ")" : "");
	if (fan->wish.canary)
		str_puts(out, " The first one alone, then the others.");
	if (fan->wish.serial)
		str_printf(out, " %zu at a time.", fan->wish.serial);
	if (fan->wish.most_failed < 100)
		str_printf(out, " No more when over %d %% fail.", fan->wish.most_failed);
	str_printf(out, " Ended after %s. Recorded with what they print.",
		duration_text(fan->wish.timeout_ms, limit));
}

static bool too_long(const struct fan *fan, const struct str *question,
	const struct str *names, struct err *err)
{
	if (!fan_in_state(fan, FAN_WAITING))
		return err_set(err, ERR_REFUSED, "no host is left: %s",
			fan->count ? fan->hosts[0].why : fan->pattern);
	if (question->cut || strlen(fan->shown) >= LINE_COLUMNS)
		return err_set(err, ERR_LIMIT,
			"the command is too long to be shown whole, so it is not asked "
			"about: nothing was done");
	return !names->cut || err_set(err, ERR_LIMIT,
				      "these are more hosts than one record can name: "
				      "nothing was done");
}

bool fan_ask(struct fan *fan, struct err *err)
{
	struct untrusted args[AUDIT_MAX_ARGS];
	struct audit_pair pair;
	struct gate_deed deed = {.record = record_of(fan, fan->wish.event),
		.still = still,
		.act = act,
		.refused = refused,
		.ctx = fan};
	struct str text, names;
	bool ok;

	str_init(&text, QUESTION_BYTES);
	str_init(&names, FAN_TARGET_BYTES);
	question(fan, &text);
	add_names(fan, &names, SIZE_MAX);
	deed.record.target = untrusted_make(names.p, names.n);
	deed.record.args = args;
	deed.record.arg_count = add_args(fan, args);
	pair = (struct audit_pair){
		.name = "pattern", .value = untrusted_str(fan->pattern)};
	deed.record.extra = &pair;
	deed.record.extra_count = 1;
	deed.question = str_text(&text);
	deed.book = fan->book;
	deed.hosts = (const char *const *)fan->bare;
	deed.host_count = fan->count;
	/* What cannot be brought back is not done by a key. */
	if (fan->class == AUDIT_DESTROY)
		deed.word = strlen(fan->pattern) < 60 && !strchr(fan->pattern, ' ')
				    ? fan->pattern
				    : "destroy";
	ok = too_long(fan, &text, &names, err) && gate_open(fan->how.door, &deed, err);
	str_release(&text);
	str_release(&names);
	return ok;
}

bool fan_give_up(struct fan *fan, const struct err *why)
{
	fan->refusal = *why;
	fan->over = true;
	return false;
}

/* --- the end --- */

void fan_end(struct fan *fan)
{
	fan->ended = true;
	for (size_t i = 0; i < fan->count && fan->begun && !fan->over; i++) {
		struct fan_host *host = &fan->hosts[i];
		struct audit_record record = record_of(fan, "remote.host");

		if (!host->intent || is_final(host))
			continue;
		record.target = untrusted_str(host->name);
		record.result = untrusted_str("stopped");
		record.error = untrusted_str("oogway ended while it ran");
		gate_outcome(fan->how.door, host->intent, &record);
	}
	if (fan->own_intent && !fan->over) {
		struct audit_record record = record_of(fan, fan->wish.event);

		record.result = untrusted_str("stopped");
		record.error = untrusted_str("oogway ended while it ran");
		gate_outcome(fan->how.door, fan->seq, &record);
	}
}

/* --- looking --- */

size_t fan_count(const struct fan *fan)
{
	return fan->count;
}

const struct fan_host *fan_host(const struct fan *fan, size_t i)
{
	return &fan->hosts[i];
}

bool fan_is_over(const struct fan *fan)
{
	return fan->over;
}

const struct err *fan_refusal(const struct fan *fan)
{
	return &fan->refusal;
}

const char *fan_command(const struct fan *fan)
{
	return fan->shown;
}

int64_t fan_started_at(const struct fan *fan)
{
	return fan->started_at;
}

const struct fan_group *fan_compare(struct fan *fan, size_t *count)
{
	mem_free(fan->groups);
	*count = fan_group_hosts(fan->hosts, fan->count, &fan->groups);
	return fan->groups;
}
