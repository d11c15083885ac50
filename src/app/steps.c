/* The table of step kinds: those of ops, and those that need what only app has (sources,
 * the network, commands). Runs get it whole, so that a kind more is a row more. Main
 * thread. */
#include "steps.h"

const struct step_kind *const app_step_kinds[STEP_KIND_COUNT] = {
	[STEP_LOCAL] = &step_local,
	[STEP_HOST] = &step_host_app,
	[STEP_KUBECTL] = &step_kubectl,
	[STEP_SQL] = &step_elsewhere,
	[STEP_PROMQL] = &step_promql,
	[STEP_HTTP] = &step_http,
	[STEP_WAIT] = &step_wait,
	[STEP_ASK] = &step_ask,
	[STEP_NOTE] = &step_note_app,
	[STEP_OOGWAY] = &step_oogway,
};

struct app *steps_app(const struct run *run)
{
	return run_how(run)->app;
}

struct untrusted steps_words(const struct run_plan *plan)
{
	struct untrusted rest = plan->shown, line;

	if (untrusted_starts(rest, "until this is so, looked at every "))
		untrusted_line(&rest, &line);
	return rest;
}
