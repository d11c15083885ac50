/* `run HOSTS -- COMMAND`: words into a wish. What stands behind the two dashes is an argv
 * when a script gives it, and read as a runbook's step is when it is typed: quotes group,
 * and what only a shell understands becomes a script, of class shell. Main thread. */
#include "cmd.h"

#include "app/remote.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { PATTERN_BYTES = 4096, WORDS_BYTES = 1 << 20 };

struct options {
	struct remote_wish wish;
	char pattern[PATTERN_BYTES];
	size_t dashes; /* index of "--", or the number of words */
};

static bool number(const char *value, int64_t most, int64_t *out)
{
	return value && untrusted_to_i64(untrusted_str(value), out) && *out > 0 &&
	       *out <= most;
}

/* How many words it was; 0: it is no option of ours. */
static size_t take_option(
	struct options *o, const char *word, const char *value, struct err *err)
{
	int64_t n = 0;

	if (!strcmp(word, "--canary")) {
		o->wish.canary = true;
		return 1;
	}
	if (!strcmp(word, "--serial") && number(value, INVENTORY_MAX_HOSTS, &n))
		o->wish.serial = (size_t)n;
	else if (!strcmp(word, "--width") && number(value, FAN_WIDTH, &n))
		o->wish.width = (size_t)n;
	else if (!strcmp(word, "--max-fail") && value &&
		 untrusted_to_i64(untrusted_str(value), &n) && n >= 0 && n <= 100)
		o->wish.most_failed = (int)n;
	else if (!strcmp(word, "--timeout") && value && duration_parse(value, &n) &&
		 n > 0 && n <= DAY_MS)
		o->wish.timeout_ms = n;
	else {
		err_set(err, ERR_USAGE,
			"expected: --serial N, --canary, --max-fail PERCENT, --width N "
			"(at most %d) or --timeout 30s, not %.40s",
			FAN_WIDTH, word);
		return 0;
	}
	return 2;
}

static bool read_words(const struct call *call, struct options *o, struct err *err)
{
	size_t n = 0;

	*o = (struct options){.wish = {.most_failed = 100}, .dashes = call->argc};
	for (size_t i = 0; i < call->argc; i++) {
		const char *word = call->argv[i];

		if (!strcmp(word, "--")) {
			o->dashes = i;
			break;
		}
		if (!strncmp(word, "--", 2)) {
			size_t took = take_option(o, word, call->argv[i + 1], err);

			if (!took)
				return false;
			i += took - 1;
			continue;
		}
		n += (size_t)snprintf(o->pattern + n,
			n < sizeof o->pattern ? sizeof o->pattern - n : 0, "%s%s",
			n ? " " : "", word);
		if (n >= sizeof o->pattern)
			return err_set(err, ERR_LIMIT, "the hosts are too many words");
	}
	return n > 0 || err_set(err, ERR_USAGE, "which hosts? expected: run %s",
				call->command->args);
}

enum status cmd_run(struct call *call, struct err *err)
{
	struct options o;
	struct arena arena;
	bool ok = true;

	if (!read_words(call, &o, err))
		return STATUS_USAGE;
	arena_init(&arena, WORDS_BYTES);
	o.wish.pattern = o.pattern;
	o.wish.origin = call->origin;
	o.wish.alerts = call->targets;
	o.wish.alert_count = call->target_count;
	if (call->behind)
		ok = fan_words(call->behind, &arena, &o.wish.argv, err);
	else if (o.dashes + 1 < call->argc)
		o.wish.argv = call->argv + o.dashes + 1;
	if (ok && (!o.wish.argv || !*o.wish.argv))
		ok = err_set(err, ERR_USAGE, "which command? expected: run %s",
			call->command->args);
	ok = ok && remote_run(call->app->remote, &o.wish, err);
	arena_release(&arena);
	if (!ok)
		return err->kind == ERR_BUSY ? STATUS_FAILED : STATUS_USAGE;
	return call->out ? STATUS_PENDING : STATUS_DONE;
}

/* The last word is the file; those before it are the hosts. */
enum status cmd_tail(struct call *call, struct err *err)
{
	const char *file = call->argv[call->argc - 1];
	const char *argv[] = {"tail", "-n", "20", "-F", "--", file, NULL};
	struct options o = {.wish = {.most_failed = 100}};
	size_t n = 0;

	for (size_t i = 0; i + 1 < call->argc && n < sizeof o.pattern; i++)
		n += (size_t)snprintf(o.pattern + n, sizeof o.pattern - n, "%s%s",
			n ? " " : "", call->argv[i]);
	if (n >= sizeof o.pattern || !*file) {
		err_set(err, ERR_USAGE, "expected: tail HOSTS FILE");
		return STATUS_USAGE;
	}
	o.wish.pattern = o.pattern;
	o.wish.argv = argv;
	o.wish.origin = call->origin;
	o.wish.alerts = call->targets;
	o.wish.alert_count = call->target_count;
	o.wish.follows = true;
	o.wish.timeout_ms = DAY_MS;
	return remote_run(call->app->remote, &o.wish, err) ? STATUS_DONE : STATUS_FAILED;
}

static enum status copy(struct call *call, bool gets, struct err *err)
{
	if (!remote_copy(call->app->remote, gets, call->argv[0], call->argv[1],
		    call->origin, err))
		return STATUS_FAILED;
	return call->out ? STATUS_PENDING : STATUS_DONE;
}

enum status cmd_get(struct call *call, struct err *err)
{
	return copy(call, true, err);
}

enum status cmd_put(struct call *call, struct err *err)
{
	return copy(call, false, err);
}

enum status cmd_ssh(struct call *call, struct err *err)
{
	if (remote_shell(call->app->remote, call->argv[0], call->origin, err))
		return STATUS_DONE;
	return err->kind == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
}

enum status cmd_remote_stop(struct call *call, struct err *err)
{
	if (remote_stop(call->app->remote))
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "nothing runs on other machines");
	return STATUS_FAILED;
}
