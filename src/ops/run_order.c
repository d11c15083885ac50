/* Which step comes next: what is needless, what was skipped, and behind a failure the
 * rollbacks of what was begun, the newest first. Hides what an if= compares. Main
 * thread. */
#include "run_parts.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 60 };

/* --- conditions --- */

/* "step.3.state" is how it went; all else is a value. */
static bool state_value(const struct run *run, struct untrusted name,
	struct untrusted *out, struct err *err)
{
	struct untrusted rest = untrusted_slice(name, 5, SIZE_MAX), number;
	enum run_state state;
	int64_t step = 0;

	untrusted_split(&rest, ".", &number);
	if (!untrusted_to_i64(number, &step) || step < 1 ||
		(size_t)step > run->book.step_count)
		return err_set(err, ERR_INPUT, "an if= names a step that is not there");
	state = run->results[step - 1].state;
	*out = untrusted_str(run_state_names[state]);
	if (state == RUN_NOT_YET || state == RUN_RUNNING || state == RUN_ASKING)
		return err_set(err, ERR_MISSING,
			"whether it is needed says step %lld, which is not over",
			(long long)step);
	return true;
}

static bool side(
	struct run *run, struct untrusted name, struct untrusted *out, struct err *err)
{
	ptrdiff_t dot = untrusted_find(name, ".state");

	if (untrusted_starts(name, "step.") && dot > 0 &&
		(size_t)dot + strlen(".state") == untrusted_size(name))
		return state_value(run, name, out, err);
	return values_get(&run->values, name, false, out, err);
}

bool run_needless(struct run *run, size_t step, struct err *err)
{
	struct untrusted when, name, wanted, got;
	char shown[SHOWN];
	ptrdiff_t equals;
	bool not, holds;

	*err = (struct err){0};
	if (step >= run->book.step_count || untrusted_empty(run->book.steps[step].when))
		return false;
	when = run->book.steps[step].when;
	equals = untrusted_find(when, "=");
	name = untrusted_slice(when, 0, (size_t)equals);
	wanted = untrusted_slice(when, (size_t)equals + 1, SIZE_MAX);
	not = equals > 0 &&
	      untrusted_is(untrusted_slice(when, (size_t)equals - 1, 1), "!");
	if (not )
		name = untrusted_slice(when, 0, (size_t)equals - 1);
	if (!side(run, name, &got, err))
		return false;
	holds = untrusted_eq(got, wanted) != not ;
	if (!holds)
		err_set(err, ERR_USAGE, "not needed, as it is for %s only",
			text_line(when, shown, sizeof shown));
	return !holds;
}

/* --- what comes next --- */

static bool settled(const struct run *run, size_t step)
{
	return run->results[step].state == RUN_DONE ||
	       run->results[step].state == RUN_SKIPPED;
}

static bool went_wrong(enum run_state state)
{
	return state == RUN_FAILED || state == RUN_STOPPED || state == RUN_UNKNOWN;
}

int run_next(struct run *run)
{
	struct err err;

	for (size_t i = 0; i < run->book.step_count; i++)
		if (!settled(run, i) && !run->book.steps[i].rollback &&
			!run_needless(run, i, &err))
			return (int)i;
	return -1;
}

int run_rollback(const struct run *run, size_t *failed)
{
	const struct runbook *book = &run->book;
	int next = -1;
	size_t of_next = 0;

	for (*failed = 0; *failed < book->step_count; ++*failed)
		if (!book->steps[*failed].rollback &&
			went_wrong(run->results[*failed].state))
			break;
	if (*failed == book->step_count)
		return -1;
	for (size_t i = 0; i < book->step_count; i++) {
		size_t of = runbook_undoes(book, i);
		enum run_state state;

		if (of == SIZE_MAX || settled(run, i))
			continue;
		state = run->results[of].state;
		if (state != RUN_DONE && !went_wrong(state))
			continue;
		if (next < 0 || of >= of_next) {
			next = (int)i;
			of_next = of;
		}
	}
	return next;
}

/* --- skipping --- */

static void record_skip(struct run *run, size_t step, const char *origin)
{
	char number[24];
	struct audit_pair pairs[] = {
		{.name = "book", .value = untrusted_str(run->how.name)},
		{.name = "book_sha256", .value = untrusted_str(run->text_hash)},
		{.name = "step"},
	};
	struct audit_record record = {.event = "run.skip",
		.origin = origin,
		.profile = *run->how.profile ? run->how.profile : NULL,
		.source = run->source,
		.id = run->incident,
		.result = untrusted_str("skipped"),
		.extra = pairs,
		.extra_count = sizeof pairs / sizeof pairs[0]};

	snprintf(number, sizeof number, "%zu", step + 1);
	pairs[2].value = untrusted_str(number);
	gate_note(run->how.door, &record);
}

bool run_skip(struct run *run, size_t step, const char *origin, struct err *err)
{
	if (run->active == (int)step)
		return err_set(err, ERR_BUSY, "step %zu is not over yet", step + 1);
	if (step >= run->book.step_count)
		return err_set(err, ERR_USAGE, "%s has %zu steps", run->how.name,
			run->book.step_count);
	run->results[step].state = RUN_SKIPPED;
	record_skip(run, step, origin);
	run->how.changed(run->how.ctx);
	return true;
}
