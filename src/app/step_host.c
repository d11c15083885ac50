/* A step on hosts: here when the host is this machine, else over SSH, on one or on many.
 * Its hosts are known and named before anybody is asked. What a single host prints is the
 * step's output; of several it is what they printed in groups, and each has files of its
 * own. Main thread. */
#include "steps.h"

#include "app/remote.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PATTERN = 2048, OUTPUT_BYTES = 4 << 20 };

/* --- what it would do --- */

static bool pattern_of(const struct planning *p, char *out, size_t size, struct err *err)
{
	bool filled = untrusted_find(p->step->on, "${") >= 0;
	struct untrusted text;

	if (!planning_host(p, &text, err))
		return false;
	text_line(text, out, size);
	/* A value is one host: it makes no pattern. */
	if (!filled && !untrusted_empty(p->step->on))
		return true;
	return host_name_good(out) ||
	       err_set(err, ERR_REFUSED, "%.80s is not the name of a host", out);
}

static bool is_one(const char *pattern)
{
	return host_name_good(pattern);
}

static void name_place(const struct planning *p, const char *pattern)
{
	struct run_plan *out = p->out;
	struct str names;

	if (out->host_count == 1) {
		snprintf(out->place, sizeof out->place, "%s", out->hosts[0]);
		return;
	}
	str_init(&names, 2048);
	for (size_t i = 0; i < out->host_count; i++)
		str_printf(&names, " %s", out->hosts[i]);
	if (!names.cut && names.n < sizeof out->place - 20)
		snprintf(out->place, sizeof out->place, "%zu hosts:%s", out->host_count,
			str_text(&names));
	else
		snprintf(out->place, sizeof out->place, "%zu hosts (%s), %s to %s",
			out->host_count, pattern, out->hosts[0],
			out->hosts[out->host_count - 1]);
	str_release(&names);
}

static bool keep_hosts(
	const struct planning *p, const struct host_list *list, struct err *err)
{
	const char **hosts = arena_alloc(p->arena, (list->count + 1) * sizeof *hosts);

	for (size_t i = 0; hosts && i < list->count; i++)
		hosts[i] = arena_strdup(p->arena, list->names[i]);
	p->out->hosts = hosts;
	p->out->host_count = list->count;
	return !p->arena->full ||
	       err_set(err, ERR_LIMIT, "these are more hosts than a step takes");
}

/* The question names the account there, which is not always the one here. */
static void add_login(struct run_plan *out, const char *user)
{
	if (!*out->login)
		str_copy(out->login, sizeof out->login, user);
	else if (strcmp(out->login, user))
		str_copy(out->login, sizeof out->login, "several accounts");
}

static bool plan_remote(const struct planning *p, const char *pattern, struct err *err)
{
	struct app *app = p->how->app;
	struct host_list list;
	struct arena scratch;
	struct inventory *inventory = remote_inventory(app->remote, err);
	bool ok;

	if (!inventory || !remote_hosts(app, inventory, pattern, &list, err))
		return false;
	ok = keep_hosts(p, &list, err);
	host_list_release(&list);
	arena_init(&scratch, INVENTORY_BYTES);
	for (size_t i = 0; ok && i < p->out->host_count; i++) {
		struct ssh_target target;

		arena_reset(&scratch);
		ok = inventory_target(
			inventory, p->out->hosts[i], &scratch, &target, err);
		if (ok)
			add_login(p->out, target.hops[target.count - 1].user);
	}
	arena_release(&scratch);
	if (!ok)
		return false;
	name_place(p, pattern);
	if (strlen(pattern) < sizeof p->out->confirm && !strchr(pattern, ' '))
		str_copy(p->out->confirm, sizeof p->out->confirm, pattern);
	else
		str_copy(p->out->confirm, sizeof p->out->confirm, "destroy");
	return planning_run(p, err);
}

static bool plan(const struct planning *p, struct err *err)
{
	const struct app *app = p->how->app;
	char pattern[PATTERN];

	if (p->look || !app || !app->remote)
		return step_host.plan(p, err);
	if (!pattern_of(p, pattern, sizeof pattern, err))
		return false;
	/* This machine, or an address that would mean this machine to whoever looked. */
	if (is_one(pattern) && (p->how->is_here(p->how->ctx, untrusted_str(pattern)) ||
				       !strncmp(pattern, "127.0.0.", 8) ||
				       !strncmp(pattern, "localhost", 9)))
		return step_host.plan(p, err);
	return plan_remote(p, pattern, err);
}

/* --- doing it --- */

static void on_bytes(void *ctx, size_t host, bool is_error, struct untrusted bytes)
{
	(void)host;
	run_prints(ctx, is_error, bytes);
}

static void on_changed(void *ctx)
{
	const struct run_how *how = run_how(ctx);

	how->changed(how->ctx);
}

static void end_one(struct run *run, const struct fan_host *host)
{
	char result[80];
	struct err why;

	if (host->state == FAN_DONE ||
		(host->state == FAN_FAILED && !*host->why && !host->signal[0])) {
		run_over(run, host->exit_code, NULL, NULL);
		return;
	}
	fan_result(host, result, sizeof result);
	err_set(&why,
		host->state == FAN_REFUSED   ? ERR_REFUSED
		: host->state == FAN_STOPPED ? ERR_TIMEOUT
					     : ERR_NET,
		"%s", *host->why ? host->why : result);
	run_over(run, host->exit_code >= 0 ? host->exit_code : -1, result, &why);
}

static void end_many(struct run *run, struct fan *fan)
{
	bool all = fan_in_state(fan, FAN_DONE) == fan_count(fan);
	char summary[80];
	struct err why;
	struct str out;

	str_init(&out, OUTPUT_BYTES);
	fan_print(fan, &out);
	run_prints(run, false, untrusted_make(out.p, out.n));
	str_release(&out);
	fan_summary(fan, summary, sizeof summary);
	err_set(&why, ERR_IO, "%s", summary);
	run_over(run, all ? 0 : 1, summary, all ? NULL : &why);
}

static void on_ended(void *ctx)
{
	struct run *run = ctx;
	struct fan *fan = remote_step_fan(steps_app(run)->remote, run);

	*run_own(run) = NULL;
	if (fan_password_wrong(fan))
		run_forget_password(run);
	if (fan_count(fan) == 1)
		end_one(run, fan_host(fan, 0));
	else
		end_many(run, fan);
	remote_step_over(steps_app(run)->remote, run);
}

static void got_password(
	struct run *run, const struct secret *password, const struct err *err)
{
	struct fan *fan = remote_step_fan(steps_app(run)->remote, run);

	if (fan)
		fan_password(fan, password, err);
}

static void on_password(void *ctx, const char *host)
{
	run_want_password(ctx, host, got_password);
}

static bool still(void *ctx, char *why, size_t size)
{
	const struct run_how *how = run_how(ctx);

	return how->still(how->ctx, why, size);
}

static void start(struct run *run, const struct run_plan *plan)
{
	const struct fan_how how = {.still = still,
		.bytes = plan->host_count == 1 ? on_bytes : NULL,
		.password = on_password,
		.changed = on_changed,
		.ended = on_ended,
		.ctx = run};
	struct untrusted id;
	const char *source = run_about(run, &id);
	const struct fan_wish wish = {.pattern = plan->confirm,
		.hosts = plan->hosts,
		.host_count = plan->host_count,
		.argv = plan->argv,
		.origin = run_is_alone(run) ? run_origin(run) : "runbook",
		.book = run_how(run)->name,
		.source = *source ? source : NULL,
		.id = id,
		.least = plan->class,
		.most_failed = 100,
		.timeout_ms = plan->timeout_ms};
	struct err err = {0};
	struct fan *fan;

	if (!plan->host_count) {
		step_host.start(run, plan);
		return;
	}
	fan = remote_step(steps_app(run)->remote, run, &how, &wish, &err);
	if (fan)
		fan_begin(fan, run_result(run, (size_t)run_active(run))->intent);
	else
		run_over(run, -1, NULL, &err);
}

static void stop(struct run *run)
{
	struct fan *fan = remote_step_fan(steps_app(run)->remote, run);

	if (fan)
		fan_stop(fan);
	else
		step_host.stop(run);
}

static void drop(struct run *run)
{
	struct fan *fan = remote_step_fan(steps_app(run)->remote, run);

	if (fan)
		fan_end(fan);
	else
		step_host.drop(run);
}

static void hold(struct run *run, bool on)
{
	if (!remote_step_fan(steps_app(run)->remote, run))
		step_host.pause(run, on);
}

const struct step_kind step_host_app = {.name = "host",
	.begins = "run",
	.event = "run.host",
	.plan = plan,
	.start = start,
	.stop = stop,
	.drop = drop,
	.pause = hold};
