/* `runbook search`, `match` and `show`: which books there are, for words that somebody
 * types or for an alert that may not fire now, and what stands in one. Each prints lines,
 * or one object with --json; what was not found is exit 1. Main thread. */
#include "cmd.h"

#include "app/runbook_match.h"
#include "base/json.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { FOUND_MOST = 20 };

static void put_name(struct str *out, const struct runbook_row *row)
{
	char name[256];

	str_printf(out, "%-26s ", runbook_name(row, name, sizeof name));
	text_add_line(out, row->title, 60);
}

static void json_book(struct json_out *o, const struct runbook_row *row, const char *why)
{
	char name[256];

	json_put_str(o, "name", runbook_name(row, name, sizeof name));
	json_put_text(o, "title", row->title);
	json_put_str(o, "path", row->path);
	json_put_str(o, "why", why);
}

static bool prints(const struct call *call, const char *instead, struct err *err)
{
	return call->out || err_set(err, ERR_USAGE, "%s prints for scripts; here %s",
				    call->command->name, instead);
}

/* --- search --- */

static void json_found(struct call *call, const struct runbook_found *found, size_t count)
{
	struct json_out o;

	json_begin(&o, call->out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.runbook-search/1");
	json_put_str(&o, "words", call->rest);
	json_open(&o, "runbooks", '[');
	for (size_t i = 0; i < count; i++) {
		json_open(&o, NULL, '{');
		json_book(&o, found[i].row, found[i].why);
		json_put_double(&o, "score", found[i].score);
		json_shut(&o, '}');
	}
	json_shut(&o, ']');
	json_shut(&o, '}');
	str_putc(call->out, '\n');
}

enum status cmd_runbook_search(struct call *call, struct err *err)
{
	struct runbook_found found[FOUND_MOST];
	size_t count;

	if (!prints(call, "/ in :runbooks searches", err))
		return STATUS_USAGE;
	if (!runbook_books_ready(call, err))
		return STATUS_FAILED;
	count = runbook_search(call->app, untrusted_str(call->rest), found, FOUND_MOST);
	if (call->json)
		json_found(call, found, count);
	for (size_t i = 0; i < count && !call->json; i++) {
		put_name(call->out, found[i].row);
		str_printf(call->out, "  (%s)\n", found[i].why);
	}
	if (count)
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "no runbook holds any of these words");
	return STATUS_FAILED;
}

/* --- match --- */

static const char *const kinds[] = {[MATCH_PROPOSED] = "proposed",
	[MATCH_CHOSEN] = "chosen",
	[MATCH_URL] = "url",
	[MATCH_NAMED] = "named",
	[MATCH_FOUND] = "found"};

static void json_matches(struct call *call, const struct runbook_matches *all)
{
	struct json_out o;

	json_begin(&o, call->out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.runbook-match/1");
	json_put_str(&o, "alert", call->argv[0]);
	json_put_bool(&o, "none", all->none);
	json_open(&o, "runbooks", '[');
	for (size_t i = 0; i < all->count; i++) {
		json_open(&o, NULL, '{');
		json_book(&o, all->list[i].row, all->list[i].why);
		json_put_str(&o, "by", kinds[all->list[i].kind]);
		json_put_bool(&o, "sure", all->list[i].sure);
		json_shut(&o, '}');
	}
	json_shut(&o, ']');
	json_shut(&o, '}');
	str_putc(call->out, '\n');
}

static void print_matches(struct call *call, const struct runbook_matches *all)
{
	if (all->none && all->count)
		str_puts(call->out, "none is about this; the nearest:\n");
	for (size_t i = 0; i < all->count; i++) {
		str_printf(call->out, "%zu ", i + 1);
		put_name(call->out, all->list[i].row);
		str_printf(call->out, "  (%s)\n", all->list[i].why);
	}
}

/* NAME [SUMMARY...] */
enum status cmd_runbook_match(struct call *call, struct err *err)
{
	struct runbook_matches all;
	struct str summary;

	if (!prints(call, "an alert's page lists them", err))
		return STATUS_USAGE;
	if (!runbook_books_ready(call, err))
		return STATUS_FAILED;
	str_init(&summary, 4000);
	for (size_t i = 1; i < call->argc; i++)
		str_printf(&summary, "%s%s", i > 1 ? " " : "", call->argv[i]);
	runbook_matches_text(call->app, untrusted_str(call->argv[0]),
		untrusted_make(summary.p, summary.n), &all);
	str_release(&summary);
	if (call->json)
		json_matches(call, &all);
	else
		print_matches(call, &all);
	if (!all.none)
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "no runbook is about %s",
		*call->argv[0] ? call->argv[0] : "this");
	return STATUS_FAILED;
}

/* --- show --- */

static void json_step(struct json_out *o, const struct runbook_step *step)
{
	json_open(o, NULL, '{');
	json_put_text(o, "title", step->title);
	json_put_str(o, "kind", step_kind_name(step->kind));
	json_put_str(o, "risk", audit_class_name(step->risk));
	json_put_i64(o, "line", step->line);
	json_put_bool(o, "broken", step->broken);
	json_put_text(o, "text", step->text);
	json_shut(o, '}');
}

static void json_show(struct call *call, const struct runbook_row *row)
{
	const struct runbook *book = &row->book;
	const struct rc *rc = call->app->rc;
	struct json_out o;
	char name[256];

	json_begin(&o, call->out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.runbook-text/1");
	json_put_str(&o, "name", runbook_name(row, name, sizeof name));
	json_put_text(&o, "title", row->title);
	json_put_str(&o, "path", row->path);
	json_put_text(&o, "owner", book->owner);
	json_put_text(&o, "risk", book->risk);
	json_put_bool(&o, "trusted", row->trusted);
	json_open(&o, "triggers", '[');
	for (size_t i = 0; i < rc->trigger_count; i++)
		if (runbooks_named(call->app->runbooks, rc->triggers[i].runbook) == row)
			json_put_str(&o, NULL, rc->triggers[i].name);
	json_shut(&o, ']');
	json_open(&o, "variables", '[');
	for (size_t i = 0; i < book->var_count; i++)
		json_put_str(&o, NULL, book->vars[i].name);
	json_shut(&o, ']');
	json_open(&o, "steps", '[');
	for (size_t i = 0; i < book->step_count; i++)
		json_step(&o, &book->steps[i]);
	json_shut(&o, ']');
	json_put_text(&o, "text", row->text);
	json_shut(&o, '}');
	str_putc(call->out, '\n');
}

/* Beside the text, which is what somebody may want to keep. */
static void print_trigger(const struct call *call, const struct runbook_row *row,
	const struct rc_trigger *trigger)
{
	if (runbooks_named(call->app->runbooks, trigger->runbook) == row && call->told)
		str_printf(call->told, "trigger %s %s it%s\n", trigger->name,
			trigger->runs ? "runs" : "proposes",
			trigger->runs && !row->trusted
				? ", but it is not trusted as it is now"
				: "");
}

enum status cmd_runbook_show(struct call *call, struct err *err)
{
	const struct runbook_row *row;
	struct untrusted rest, line;

	if (!prints(call, ":runbook NAME opens it", err))
		return STATUS_USAGE;
	if (!runbook_books_ready(call, err))
		return STATUS_FAILED;
	row = runbooks_named(call->app->runbooks, call->argv[0]);
	if (!row) {
		err_set(err, ERR_MISSING, "no runbook is called %s: runbook list",
			call->argv[0]);
		return STATUS_FAILED;
	}
	if (call->json) {
		json_show(call, row);
		return STATUS_DONE;
	}
	for (size_t i = 0; i < call->app->rc->trigger_count; i++)
		print_trigger(call, row, &call->app->rc->triggers[i]);
	rest = row->text;
	while (untrusted_line(&rest, &line)) {
		text_add_line(call->out, line, SIZE_MAX / 2);
		str_putc(call->out, '\n');
	}
	return STATUS_DONE;
}
