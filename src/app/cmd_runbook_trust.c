/* `runbook diff`, `runbook trust` and `runbook untrust`: what has changed in a book since
 * it last ran, and whether it may run by itself as it is now. Main thread. */
#include "cmd.h"

#include "model/diff.h"
#include "app/runbook_versions.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>

static const struct runbook_row *named(struct call *call, struct err *err)
{
	const struct runbook_row *row;

	if (!runbook_books_ready(call, err))
		return NULL;
	row = runbooks_named(call->app->runbooks, call->argv[0]);
	if (!row)
		err_set(err, ERR_MISSING, "no runbook is called %s: runbook list",
			call->argv[0]);
	return row;
}

void runbook_print_changes(const struct runbook_row *row, struct str *out)
{
	static const char marks[] = {
		[DIFF_SAME] = ' ', [DIFF_OLD] = '-', [DIFF_NEW] = '+'};
	struct diff diff;

	runbook_changes(row, &diff);
	for (size_t i = 0; i < diff.count; i++) {
		if (diff.lines[i].gap)
			str_puts(out, "...\n");
		str_putc(out, marks[diff.lines[i].kind]);
		text_add_line(out, diff.lines[i].text, SIZE_MAX / 2);
		str_putc(out, '\n');
	}
	diff_release(&diff);
}

enum status cmd_runbook_diff(struct call *call, struct err *err)
{
	const struct runbook_row *row = named(call, err);

	if (!row)
		return STATUS_FAILED;
	if (!call->out) {
		err_set(err, ERR_USAGE,
			"its page shows what has changed; runbook diff prints it for "
			"scripts");
		return STATUS_USAGE;
	}
	runbook_print_changes(row, call->out);
	if (!row->changed && call->told)
		str_puts(call->told, "nothing has changed since its last run, or it "
				     "never ran\n");
	return STATUS_DONE;
}

static enum status trust(struct call *call, bool on, struct err *err)
{
	const struct runbook_row *row = named(call, err);

	if (!row || !runbook_trust(call->app, row, on, err))
		return STATUS_FAILED;
	if (!call->out)
		app_notice(call->app, false, "%s: %s", call->argv[0],
			on ? "trusted as it is now" : "not trusted");
	else
		str_printf(call->out, "%s: %s\n", call->argv[0],
			on ? "trusted as it is now" : "not trusted");
	return STATUS_DONE;
}

enum status cmd_runbook_trust(struct call *call, struct err *err)
{
	return trust(call, true, err);
}

enum status cmd_runbook_untrust(struct call *call, struct err *err)
{
	return trust(call, false, err);
}
