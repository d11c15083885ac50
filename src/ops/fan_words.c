/* A command that somebody types for other machines, read as a step of a runbook would be:
 * quotes group, and what only a shell understands is given to /bin/sh over there as one
 * script, of class shell. Pure. */
#include "ops/fanout.h"

#include "words.h"

static bool no_value(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
	struct err *err)
{
	(void)ctx;
	(void)name;
	(void)shell;
	(void)out;
	return err_set(err, ERR_USAGE, "there are no variables here");
}

static bool not_ours(void *ctx, struct untrusted name)
{
	(void)ctx;
	(void)name;
	return false;
}

bool fan_words(
	const char *text, struct arena *arena, const char *const **argv, struct err *err)
{
	static const struct words_values values = {no_value, not_ours, NULL};
	struct words *words = arena_alloc(arena, sizeof *words);
	size_t argc;

	if (!words)
		return err_set(err, ERR_LIMIT, "the command is too long");
	return words_read(words, arena, untrusted_str(text), err) &&
	       words_argv(words, &values, "/bin/sh", arena, argv, &argc, err);
}
