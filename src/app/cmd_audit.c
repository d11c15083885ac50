/* `oogway audit …`: the log as a list, one record in full, verification, the bytes for
 * a copy elsewhere. In a script it reads on main; in the console verification is a
 * task. Records are shown through base/text.h; only `export` gives them as they are,
 * and never to a terminal. */
#include "cmd.h"
#include "sinks.h"

#include "app/audits.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "io/task.h"
#include "ops/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status only_scripts(const struct call *call, struct err *err)
{
	err_set(err, ERR_USAGE, "%s prints for scripts; here :audit shows the log",
		call->command->name);
	return STATUS_USAGE;
}

enum status cmd_audit_log(struct call *call, struct err *err)
{
	if (!call->out)
		return only_scripts(call, err);
	if (!audits_load(call->app->audits, err))
		return STATUS_FAILED;
	return cmd_list(call, err);
}

/* --- one record --- */

enum { VALUE_COLUMNS = 400, SHOW_DEPTH = 4 };

static void show_value(struct str *out, struct json j, int indent)
{
	for (struct json e = json_first(j); json_item(e); e = json_next(e)) {
		double number;

		str_printf(out, "%*s", indent * 2, "");
		if (json_is_object(j)) {
			text_add_line(out, json_name(e), VALUE_COLUMNS);
			str_putc(out, ':');
		} else {
			str_putc(out, '-');
		}
		if (json_is_object(e) || json_is_array(e)) {
			str_puts(out, json_count(e) ? "\n" : " none\n");
			if (indent < SHOW_DEPTH)
				show_value(out, e, indent + 1);
			continue;
		}
		str_putc(out, ' ');
		if (json_is_text(e))
			text_add_line(out, json_text(e), VALUE_COLUMNS);
		else if (json_number(e, &number))
			str_printf(out, "%.17g", number);
		str_putc(out, '\n');
	}
}

struct showing {
	uint64_t seq;
	struct str *out;
	bool found;
};

static bool show_line(void *ctx, const char *chain, struct untrusted line)
{
	struct showing *s = ctx;
	struct json_doc doc;
	int64_t seq = 0;
	size_t n;
	const void *bytes = text_raw(line, &n);

	if (!json_parse(&doc, bytes, n, AUDIT_MAX_BYTES * 2, NULL))
		return true;
	json_i64(json_get(json_root(&doc), "audit.seq"), &seq);
	if ((uint64_t)seq == s->seq) {
		s->found = true;
		str_printf(s->out, "chain: %s\n", chain);
		show_value(s->out, json_get(json_root(&doc), "audit"), 0);
		str_puts(s->out, "hash: ");
		text_add_line(s->out, json_text(json_get(json_root(&doc), "hash")), 80);
		str_putc(s->out, '\n');
	}
	json_release(&doc);
	return !s->found && (uint64_t)seq < s->seq;
}

enum status cmd_audit_show(struct call *call, struct err *err)
{
	struct showing s = {.out = call->out};
	char folder[AUDIT_PATH], *end;

	if (!call->out)
		return only_scripts(call, err);
	s.seq = strtoull(call->argv[0], &end, 10);
	if (*end || !s.seq || call->argv[0][0] == '-') {
		err_set(err, ERR_USAGE, "a record has a number, such as 12, not %s",
			call->argv[0]);
		return STATUS_USAGE;
	}
	if (!audits_folder(call->app->audits, folder, err) ||
		!audit_each(folder, s.seq, show_line, &s, err))
		return STATUS_FAILED;
	if (s.found)
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "the audit has no record %s", call->argv[0]);
	return STATUS_FAILED;
}

/* --- the bytes --- */

struct exporting {
	struct str *out;
	uint64_t count;
};

static bool export_line(void *ctx, const char *chain, struct untrusted line)
{
	struct exporting *e = ctx;
	size_t n;
	const void *bytes = text_raw(line, &n);

	(void)chain;
	e->count++;
	return str_add(e->out, bytes, n) && str_putc(e->out, '\n');
}

enum status cmd_audit_export(struct call *call, struct err *err)
{
	struct exporting e = {.out = call->out};
	char folder[AUDIT_PATH];

	if (!call->out)
		return only_scripts(call, err);
	if (isatty(STDOUT_FILENO)) {
		err_set(err, ERR_REFUSED,
			"audit export writes records as they are, which a terminal "
			"could take for commands: send it to a file");
		return STATUS_REFUSED;
	}
	if (!audits_folder(call->app->audits, folder, err) ||
		!audit_each(folder, 0, export_line, &e, err))
		return STATUS_FAILED;
	if (!call->out->cut)
		return STATUS_DONE;
	err_set(err, ERR_LIMIT,
		"the audit is larger than one export: copy the files in %s", folder);
	return STATUS_PARTIAL;
}

/* --- verification --- */

/* Lives until its task is done, also in a console that has ended. */
struct verifying {
	struct task task;
	struct app *app;
	char folder[AUDIT_PATH];
	char *copy; /* --against, or NULL */
	struct str out;
	struct err err;
	bool good;
	uint64_t records;
	char line[300]; /* the last bad one, for a notice */
};

static void __attribute__((format(printf, 3, 4)))
say(struct verifying *v, bool good, const char *fmt, ...)
{
	char line[sizeof v->line];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	str_printf(&v->out, "%s  %s\n", good ? "ok " : "BAD", line);
	if (!good)
		str_copy(v->line, sizeof v->line, line);
	v->good &= good;
}

static void say_chain(struct verifying *v, const struct verdict *verdict)
{
	v->records += verdict->count;
	for (size_t i = 0; i < verdict->note_count; i++)
		str_printf(&v->out, "     %s\n", verdict->notes[i]);
	if (verdict->open_intents)
		str_printf(&v->out, "     %llu intent%s without an outcome\n",
			(unsigned long long)verdict->open_intents,
			verdict->open_intents == 1 ? "" : "s");
	if (verdict->bad)
		say(v, false, "chain %s: record %llu %s", verdict->chain,
			(unsigned long long)verdict->bad, verdict->why);
	else
		say(v, true, "chain %s: %llu records, the last is %s", verdict->chain,
			(unsigned long long)verdict->count,
			verdict->count ? verdict->hash : "none");
}

static bool compare_copy(struct verifying *v)
{
	struct against against;

	if (!verify_against(v->folder, v->copy, &against, &v->err))
		return false;
	if (against.bad)
		say(v, false, "record %llu %s", (unsigned long long)against.bad,
			against.why);
	else
		say(v, true, "%llu records are as in the copy",
			(unsigned long long)against.compared);
	return true;
}

static void verify_work(struct task *task)
{
	struct verifying *v = (struct verifying *)task;
	char chains[VERIFY_MAX_CHAINS][ID_TEXT];
	size_t n = verify_chains(v->folder, chains, VERIFY_MAX_CHAINS);

	v->good = true;
	if (!n)
		say(v, true, "nothing was done from here yet: there is no chain");
	for (size_t i = 0; i < n && !v->err.kind; i++) {
		struct verdict verdict;

		if (verify_chain(v->folder, chains[i], &verdict, &v->err))
			say_chain(v, &verdict);
	}
	if (v->copy && !v->err.kind)
		compare_copy(v);
}

static void verify_free(struct verifying *v)
{
	str_release(&v->out);
	mem_free(v->copy);
	mem_free(v);
}

static void verify_done(struct task *task)
{
	struct verifying *v = (struct verifying *)task;

	if (v->err.kind)
		app_notice(v->app, true, "audit verify: %s", v->err.text);
	else if (!v->good)
		app_notice(v->app, true, "audit: %s", v->line);
	else if (!task_cancelled(task))
		app_notice(v->app, false, "audit: whole, %llu records",
			(unsigned long long)v->records);
	verify_free(v);
}

/* A sink of the rc by its name, or a file. */
static const char *copy_of(const struct app *app, const char *word)
{
	const char *file = sinks_file(app, word);

	return file ? file : word;
}

static bool read_words(struct verifying *v, const struct call *call, struct err *err)
{
	if (call->argc && (call->argc != 2 || strcmp(call->argv[0], "--against") != 0))
		return err_set(
			err, ERR_USAGE, "expected: audit verify %s", call->command->args);
	if (call->argc)
		v->copy = mem_strdup(copy_of(call->app, call->argv[1]));
	return audits_folder(call->app->audits, v->folder, err);
}

enum status cmd_audit_verify(struct call *call, struct err *err)
{
	struct verifying *v = mem_new(1, sizeof *v);
	enum status status = STATUS_FAILED;

	v->app = call->app;
	str_init(&v->out, 1 << 16);
	if (!read_words(v, call, err)) {
		status = err->kind == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	} else if (!call->out) {
		v->task = (struct task){.work = verify_work,
			.done = verify_done,
			.class = TASK_BACKGROUND};
		task_submit(call->app->pool, &v->task);
		app_notice(call->app, false, "audit: verifying");
		return STATUS_DONE;
	} else {
		verify_work(&v->task);
		str_add(call->out, str_text(&v->out), v->out.n);
		if (v->err.kind)
			*err = v->err;
		else if (v->good)
			status = STATUS_DONE;
		else
			err_set(err, ERR_INPUT, "the audit is not whole");
	}
	verify_free(v);
	return status;
}
