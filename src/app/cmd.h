/* Functions behind the rows of app_commands (cmd.c). */
#ifndef APP_CMD_H
#define APP_CMD_H

#include "app/command.h"

struct run;

enum status cmd_list(struct call *call, struct err *err);
enum status cmd_oncall_show(struct call *call, struct err *err);
/* The schedule that the words from `from` on name; without such the selected one, or the
 * only one. NULL with a sentence. */
struct rota_row;
const struct rota_row *oncall_schedule(
	const struct call *call, size_t from, struct err *err);
/* "4h" from now on, "18:00" (the next one), or a date. */
bool cmd_until(const char *text, int64_t now, int64_t *out, struct err *err);
enum status cmd_act(struct call *call, struct err *err);
enum status cmd_change_add(struct call *call, struct err *err);
enum status cmd_role(struct call *call, struct err *err);
enum status cmd_incident_show(struct call *call, struct err *err);
enum status cmd_incident_raw(struct call *call, struct err *err);
enum status cmd_incident_similar(struct call *call, struct err *err);
enum status cmd_problem_join(struct call *call, struct err *err);
enum status cmd_problem_split(struct call *call, struct err *err);
enum status cmd_take(struct call *call, struct err *err);
enum status cmd_give(struct call *call, struct err *err);
enum status cmd_oncall_end(struct call *call, struct err *err);
enum status cmd_swap(struct call *call, struct err *err);
enum status cmd_undo(struct call *call, struct err *err);
enum status cmd_action_cancel(struct call *call, struct err *err);
enum status cmd_action_retry(struct call *call, struct err *err);
enum status cmd_handoff_print(struct call *call, struct err *err);
enum status cmd_handoff_send(struct call *call, struct err *err);
enum status cmd_handoff_accept(struct call *call, struct err *err);
enum status cmd_handoff_shift(struct call *call, struct err *err);
enum status cmd_handoff_to(struct call *call, struct err *err);
enum status cmd_followup_add(struct call *call, struct err *err);
enum status cmd_followup_close(struct call *call, struct err *err);
enum status cmd_postmortem(struct call *call, struct err *err);
enum status cmd_source_import(struct call *call, struct err *err);
enum status cmd_trend_list(struct call *call, struct err *err);
enum status cmd_trend_part(struct call *call, struct err *err);
enum status cmd_trend_show(struct call *call, struct err *err);
enum status cmd_trend_by(struct call *call, struct err *err);
enum status cmd_trend_days(struct call *call, struct err *err);
enum status cmd_trend_merge(struct call *call, struct err *err);
enum status cmd_trend_split(struct call *call, struct err *err);
enum status cmd_breakglass(struct call *call, struct err *err);
enum status cmd_audit_log(struct call *call, struct err *err);
enum status cmd_audit_show(struct call *call, struct err *err);
enum status cmd_audit_verify(struct call *call, struct err *err);
enum status cmd_audit_export(struct call *call, struct err *err);
enum status cmd_runbook_run(struct call *call, struct err *err);
enum status cmd_runbook_check(struct call *call, struct err *err);
enum status cmd_runbook_search(struct call *call, struct err *err);
enum status cmd_runbook_match(struct call *call, struct err *err);
enum status cmd_runbook_show(struct call *call, struct err *err);
enum status cmd_runbook_new(struct call *call, struct err *err);
enum status cmd_runbook_diff(struct call *call, struct err *err);
enum status cmd_runbook_trust(struct call *call, struct err *err);
enum status cmd_runbook_untrust(struct call *call, struct err *err);
enum status cmd_runbook_edit(struct call *call, struct err *err);
enum status cmd_run(struct call *call, struct err *err);
enum status cmd_tail(struct call *call, struct err *err);
enum status cmd_get(struct call *call, struct err *err);
enum status cmd_put(struct call *call, struct err *err);
enum status cmd_ssh(struct call *call, struct err *err);
enum status cmd_remote_stop(struct call *call, struct err *err);
enum status cmd_rca(struct call *call, struct err *err);
/* `detect [NOW_DAYS PAST_DAYS HOURS]`, when its words are not those of a file. */
enum status cmd_compare(struct call *call, struct err *err);
enum status cmd_pack_list(struct call *call, struct err *err);
enum status cmd_pack_show(struct call *call, struct err *err);
enum status cmd_detect(struct call *call, struct err *err);
enum status cmd_doctor(struct call *call, struct err *err);

/* A number that two sources have is refused, with both of them. */
bool act_one_thing(const struct app *app, const struct alert *alert, const char *wanted,
	struct err *err);
/* A script reads the folders of `set runbooks` first. */
bool runbook_books_ready(struct call *call, struct err *err);
struct runbook_row;
void runbook_print_changes(const struct runbook_row *row, struct str *out);
/* "NAME=VALUE" for a variable of its runbook. */
bool run_set_word(struct run *run, const char *word, struct err *err);

#endif
