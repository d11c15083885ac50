/* Break-glass. It goes through the gate itself, so that it is on the disk before it lifts
 * anything; it lifts approvals and nothing else; it ends by itself. What was done behind
 * broken glass says so in its own record. Main thread. */
#include "breakglass.h"

#include "app/audits.h"
#include "app/runs.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "changes.h"
#include "cmd.h"
#include "notify.h"

#include <stdio.h>
#include <string.h>

enum { REASON = 300, WORDS = REASON + 120 };

#define LASTS_MS (30 * MINUTE_MS)

struct breakglass {
	struct app *app;
	int64_t until; /* 0: whole */
	bool asking;
	char reason[REASON], asked[REASON];
};

struct breakglass *breakglass_new(struct app *app)
{
	struct breakglass *glass = mem_new(1, sizeof *glass);

	glass->app = app;
	return glass;
}

void breakglass_free(struct breakglass *glass)
{
	mem_free(glass);
}

const char *breakglass_words(const struct breakglass *glass, int64_t *until)
{
	*until = glass->until;
	return glass->until ? glass->reason : NULL;
}

/* At once, whoever sleeps. */
static void tell(struct breakglass *glass)
{
	struct app *app = glass->app;
	char target[40], title[WORDS];
	const struct notice notice = {.severity = SEVERITY_CRITICAL,
		.event = "breakglass",
		.target = target,
		.title = title,
		.summary = glass->reason,
		.service = BREAKGLASS_SERVICE,
		.link = "",
		.sources = "oogway",
		.since = app->now,
		.urgent = true};

	snprintf(target, sizeof target, "breakglass/%lld", (long long)app->now);
	snprintf(title, sizeof title, "break-glass on %s: %s", app->host, glass->reason);
	notify_say(app->notify, &notice);
}

static void act(void *ctx, uint64_t seq)
{
	struct breakglass *glass = ctx;
	struct app *app = glass->app;
	const struct audit_record record = {.event = "breakglass.begin",
		.class = AUDIT_CHANGE,
		.result = untrusted_str("approvals are lifted for 30 minutes")};
	char words[WORDS];
	struct err err = {0};

	glass->asking = false;
	glass->until = app->now + LASTS_MS;
	str_copy(glass->reason, sizeof glass->reason, glass->asked);
	gate_outcome(runs_actions_door(app->runs), seq, &record);
	snprintf(words, sizeof words, "approvals lifted for 30 minutes (audit %llu): %s",
		(unsigned long long)seq, glass->reason);
	if (!changes_say(app->change_feeds, words, BREAKGLASS_SERVICE, &err))
		app_notice(app, true, "the handoff will not say it: %s", err.text);
	tell(glass);
	app_notice(app, true,
		"break-glass: approvals are lifted for 30 minutes; all stays recorded");
	app_changed(app, CHANGED_CONFIG);
}

static void refused(void *ctx, const struct err *why)
{
	struct breakglass *glass = ctx;

	glass->asking = false;
	if (why->kind != ERR_CANCELLED)
		app_notice(glass->app, true, "%s", why->text);
}

enum status breakglass_begin(
	struct breakglass *glass, const char *reason, const char *origin, struct err *err)
{
	struct untrusted args[1];
	char question[WORDS + 300];
	const struct gate_deed deed = {.record = {.event = "breakglass.begin",
					       .class = AUDIT_CHANGE,
					       .origin = origin,
					       .target = untrusted_str(glass->app->host),
					       .args = args,
					       .arg_count = 1},
		.question = question,
		.lifts = true,
		.act = act,
		.refused = refused,
		.ctx = glass};

	if (glass->asking) {
		err_set(err, ERR_BUSY, "answer the open question first");
		return STATUS_FAILED;
	}
	text_line(untrusted_str(reason), glass->asked, sizeof glass->asked);
	if (strlen(glass->asked) < 3) {
		err_set(err, ERR_USAGE, "break-glass needs a reason in words");
		return STATUS_USAGE;
	}
	args[0] = untrusted_str(glass->asked);
	snprintf(question, sizeof question,
		"Break the glass for 30 minutes?\n  %s\nApprovals are lifted. Questions, "
		"policy and recording are not. All who are notified hear of it now, and "
		"the handoff begins with it.",
		glass->asked);
	glass->asking = true;
	if (gate_open(runs_actions_door(glass->app->runs), &deed, err))
		return STATUS_PENDING;
	glass->asking = false;
	return STATUS_REFUSED;
}

bool breakglass_end(struct breakglass *glass, const char *origin)
{
	const struct audit_record record = {.event = "breakglass.end",
		.origin = origin,
		.target = untrusted_str(glass->app->host),
		.result = untrusted_str(glass->reason)};

	if (!glass->until)
		return false;
	glass->until = 0;
	gate_note(runs_actions_door(glass->app->runs), &record);
	app_notice(glass->app, false, "break-glass is over: approvals are needed again");
	app_changed(glass->app, CHANGED_CONFIG);
	return true;
}

void breakglass_tick(struct breakglass *glass, int64_t now)
{
	if (glass->until && now >= glass->until)
		breakglass_end(glass, "its time is over");
}

enum status cmd_breakglass(struct call *call, struct err *err)
{
	struct breakglass *glass = call->app->breakglass;
	enum status status;

	if (strcmp(call->rest, "off") != 0) {
		status = breakglass_begin(glass, call->rest, call->origin, err);
		return status == STATUS_PENDING ? STATUS_DONE : status;
	}
	if (breakglass_end(glass, call->origin))
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "the glass is whole");
	return STATUS_FAILED;
}
