/* The one door of every command line: aliases, lines of the rc language, commands.
 * Hides how a name is found and who may not run it (read-only, past, scripts). Main
 * thread. What runs a command never looks at who called it. */
#include "app/command.h"

#include "app/listing.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/conf.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { ALIAS_DEPTH = 8, COMMANDS_MAX = 500 };

const char *const status_words[STATUS_COUNT] = {
	[STATUS_DONE] = "done",
	[STATUS_FAILED] = "failed",
	[STATUS_USAGE] = "usage",
	[STATUS_PARTIAL] = "partial or stale",
	[STATUS_REFUSED] = "refused",
	[STATUS_PENDING] = "pending",
};

void commands_add(struct commands *commands, const struct command *rows, void *ctx)
{
	if (commands->count < COMMAND_TABLES)
		commands->tables[commands->count++] = (struct command_table){rows, ctx};
}

/* Length of the command's name at the start of the line, 0 when it is another. */
static size_t name_length(const char *name, const char *line)
{
	size_t i = 0, k = 0;

	while (name[i]) {
		if (name[i] == ' ') {
			if (line[k] != ' ')
				return 0;
			while (line[k] == ' ')
				k++;
			i++;
		} else if (name[i++] != line[k++]) {
			return 0;
		}
	}
	return !line[k] || line[k] == ' ' ? k : 0;
}

const struct command *commands_find(
	const struct commands *commands, const char *line, void **ctx, const char **rest)
{
	const struct command *best = NULL;
	size_t longest = 0;

	while (*line == ' ')
		line++;
	for (size_t t = 0; t < commands->count; t++) {
		for (const struct command *c = commands->tables[t].rows; c->name; c++) {
			size_t n = name_length(c->name, line);

			if (n <= longest)
				continue;
			longest = n;
			best = c;
			*ctx = commands->tables[t].ctx;
		}
	}
	if (best) {
		*rest = line + longest;
		*rest += strspn(*rest, " ");
	}
	return best;
}

const struct command *commands_at(const struct commands *commands, size_t i)
{
	for (size_t t = 0; t < commands->count; t++)
		for (const struct command *c = commands->tables[t].rows; c->name; c++)
			if (!i--)
				return c;
	return NULL;
}

/* Of those that can be run there: for a script, what works in the console is no help. */
static void nearest(
	const struct commands *commands, const char *word, bool script, char out[80])
{
	const char *names[COMMANDS_MAX + 1];
	const struct command *c;
	size_t n = 0;

	for (size_t i = 0; n < COMMANDS_MAX && (c = commands_at(commands, i)); i++)
		if (!script || c->flags & COMMAND_SCRIPT)
			names[n++] = c->name;
	names[n] = NULL;
	conf_nearest(word, names, sizeof *names, out);
}

/* Replaces an alias at the start of the line; false when there is none. */
static bool expand_alias(const struct rc *rc, char line[COMMAND_LINE_MAX])
{
	char word[80], old[COMMAND_LINE_MAX];
	size_t n = strcspn(line, " ");

	snprintf(word, sizeof word, "%.*s", (int)n, line);
	for (size_t i = rc->alias_count; i-- > 0;) {
		if (strcmp(rc->aliases[i].name, word))
			continue;
		str_copy(old, sizeof old, line + n);
		snprintf(line, COMMAND_LINE_MAX, "%s", rc->aliases[i].command);
		n = strlen(line);
		str_copy(line + n, COMMAND_LINE_MAX - n, old);
		return true;
	}
	return false;
}

/* "alert" of "alert list". */
static bool begins_one(const struct commands *commands, const char *word)
{
	const struct command *c;
	size_t n = strlen(word);

	for (size_t i = 0; (c = commands_at(commands, i)); i++)
		if (!strncmp(c->name, word, n) && c->name[n] == ' ')
			return true;
	return false;
}

/* "audit log, audit show or audit verify": those a script may run; "" when none. */
static const char *verbs(const struct commands *commands, const char *noun, char out[200])
{
	const struct command *c;
	size_t n = strlen(noun), used = 0;

	*out = '\0';
	for (size_t i = 0; used < 200 && (c = commands_at(commands, i)); i++)
		if (c->flags & COMMAND_SCRIPT && !strncmp(c->name, noun, n) &&
			c->name[n] == ' ')
			used += (size_t)snprintf(out + used, 200 - used, "%s%s",
				used ? ", " : "", c->name);
	return out;
}

static enum status unknown(
	const struct commands *commands, const char *line, bool script, struct err *err)
{
	char word[100], near[80], all[200];
	size_t n = strcspn(line, " ");

	snprintf(word, sizeof word, "%.*s", (int)n, line);
	if (begins_one(commands, word)) {
		n += strspn(line + n, " ");
		n += strcspn(line + n, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, line);
	}
	nearest(commands, word, script, near);
	/* "alrt list" is near to "alert list", "alrt" is near to nothing. */
	if (!*near && line[n]) {
		char two[100];

		n += strspn(line + n, " ");
		n += strcspn(line + n, " ");
		snprintf(two, sizeof two, "%.*s", (int)n, line);
		nearest(commands, two, script, near);
	}
	if (script && !line[strcspn(line, " ")] && *verbs(commands, line, all))
		err_set(err, ERR_USAGE, "%s needs a verb: %s", word, all);
	else
		err_set(err, ERR_USAGE, "no command is called %s%s", word, near);
	return STATUS_USAGE;
}

static enum status refuse(const struct call *call, const struct run_options *options,
	size_t words, struct err *err)
{
	const struct command *c = call->command;
	const struct app *app = call->app;
	char all[200];

	if (options->script && !(c->flags & COMMAND_SCRIPT)) {
		err_set(err, ERR_USAGE, "%s works only in the console%s%s", c->name,
			*verbs(call->commands, c->name, all) ? "; scripts have " : "",
			all);
		return STATUS_USAGE;
	}
	if (words < c->min || words > c->max) {
		err_set(err, ERR_USAGE, "expected: %s %s", c->name, c->args);
		return STATUS_USAGE;
	}
	if ((c->flags & COMMAND_ACTS) && (app->readonly || app->past || app->demo)) {
		err_set(err, ERR_REFUSED, "%s: oogway is %s", c->name,
			app->demo       ? "playing its demo"
			: app->readonly ? "read-only"
					: "looking at the past");
		return STATUS_REFUSED;
	}
	if ((c->flags & COMMAND_ACTS) && !(c->flags & COMMAND_NO_ROW) && options->moved) {
		err_set(err, ERR_REFUSED,
			"%s: the row that was selected has just gone; look again",
			c->name);
		return STATUS_REFUSED;
	}
	return STATUS_DONE;
}

static size_t words_in(const char *name)
{
	size_t n = 1;

	for (; *name; name++)
		n += *name == ' ';
	return n;
}

struct split {
	struct conf_line line;
	char text[COMMAND_LINE_MAX + CONF_MAX_WORDS];
	const char *argv[CONF_MAX_WORDS + 1];
	size_t argc;
};

/* The words behind the command's name. */
static bool split(struct split *out, const struct call *call,
	const struct run_options *options, struct err *err)
{
	size_t skip = words_in(call->command->name);

	out->argc = out->line.count = 0;
	if (options->words && options->word_count > skip + CONF_MAX_WORDS)
		return err_set(
			err, ERR_LIMIT, "a command has at most %d words", CONF_MAX_WORDS);
	if (options->words && options->word_count >= skip) {
		while (out->argc + skip < options->word_count &&
			out->argc < CONF_MAX_WORDS) {
			out->argv[out->argc] = options->words[skip + out->argc];
			out->argc++;
		}
	} else if (*call->rest && !conf_split(call->rest, &out->line, out->text,
					  sizeof out->text, err)) {
		/* A pattern or an expression need not be made of words. */
		if (call->command->max != SIZE_MAX)
			return false;
		err->kind = ERR_NONE;
	} else {
		for (; out->argc < out->line.count; out->argc++)
			out->argv[out->argc] = out->line.words[out->argc].text;
	}
	out->argv[out->argc] = NULL;
	return true;
}

static enum status run(const struct command *c, struct call *call,
	const struct run_options *options, struct err *err)
{
	struct split words;
	enum status status;

	if (!split(&words, call, options, err))
		return STATUS_USAGE;
	status = refuse(call, options, words.argc, err);
	if (status)
		return status;
	call->argc = words.argc;
	call->argv = words.argv;
	call->behind = options->words || !words.line.count ? NULL : words.line.rest;
	status = c->run(call, err);
	if (status == STATUS_DONE && call->commands->ran)
		call->commands->ran(call->commands->ran_ctx, c, call->rest);
	return status;
}

static enum status run_on_rows(const struct command *c, struct call *call,
	const struct run_options *options, struct err *err)
{
	uint64_t *ids = NULL;
	enum status status;

	if (options->find_targets && (c->flags & (COMMAND_ACTS | COMMAND_ROWS)))
		call->target_count = options->find_targets(options->targets_ctx, &ids);
	call->targets = ids;
	status = run(c, call, options, err);
	mem_free(ids);
	return status;
}

/* `set x` and `set x?` show the value and the place that set it. */
static bool shown_setting(struct app *app, const char *line,
	const struct run_options *options, enum status *status, struct err *err)
{
	const struct settings *s = &app->rc->settings;
	char name[64];
	struct str text;
	size_t n;
	int i;

	if (!str_starts(line, "set ") || strchr(line, '='))
		return false;
	n = strcspn(line + 4, " ?");
	if (line[4 + n] && line[5 + n])
		return false;
	snprintf(name, sizeof name, "%.*s", (int)n, line + 4);
	i = settings_seek(s, name, err);
	*status = i < 0 ? STATUS_USAGE : STATUS_DONE;
	if (i < 0)
		return true;
	str_init(&text, 512);
	settings_describe(s, i, &text);
	if (options->out)
		str_printf(options->out, "%s\n", str_text(&text));
	else
		app_notice(app, false, "%s", str_text(&text));
	str_release(&text);
	return true;
}
/* A line of the rc language, and what of it the running state holds itself. */
static bool take_line(struct app *app, const char *line, struct err *err)
{
	int64_t readonly = app_setting(app, SET_READONLY);

	if (!rc_line(app->rc, line, err))
		return false;
	app_settle_settings(app);
	if (app_setting(app, SET_READONLY) != readonly)
		app->readonly = !readonly;
	app_changed(app, CHANGED_CONFIG);
	return true;
}

enum status command_run(struct app *app, const struct commands *commands,
	const char *text, const struct run_options *options, struct err *err)
{
	enum status status;
	char line[COMMAND_LINE_MAX], word[40];
	struct call call = {.app = app,
		.commands = commands,
		.out = options->out,
		.told = options->told,
		.json = options->json,
		.origin = options->origin ? options->origin : "script",
		.target = options->target};
	const struct command *c;
	struct run_options as_typed = *options;

	text += strspn(text, " ");
	if (!str_copy(line, sizeof line, text)) {
		err_set(err, ERR_LIMIT, "a command line has at most %d bytes",
			COMMAND_LINE_MAX - 1);
		return STATUS_USAGE;
	}
	for (int i = 0; i < ALIAS_DEPTH && expand_alias(app->rc, line); i++)
		as_typed.words = NULL;
	snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
	c = commands_find(commands, line, &call.ctx, &call.rest);
	if (c) {
		call.command = c;
		return run_on_rows(c, &call, &as_typed, err);
	}
	if (shown_setting(app, line, options, &status, err))
		return status;
	if (!rc_is_verb(word) || options->script)
		return unknown(commands, line, options->script, err);
	if (!rc_is_live(word)) {
		err_set(err, ERR_USAGE,
			"%s belongs in the rc, which is read anew when it changes", word);
		return STATUS_USAGE;
	}
	return take_line(app, line, err) ? STATUS_DONE : STATUS_USAGE;
}

/* An alias may stand for another, or for the rest of a line. */
static void check_line(const struct commands *commands, struct rc *rc, const char *text,
	struct conf_place place)
{
	char line[COMMAND_LINE_MAX], word[40];
	const char *rest;
	struct err err;
	void *ctx;

	str_copy(line, sizeof line, text);
	for (int i = 0; i < ALIAS_DEPTH && expand_alias(rc, line); i++)
		continue;
	snprintf(word, sizeof word, "%.*s", (int)strcspn(line, " "), line);
	if (commands_find(commands, line, &ctx, &rest) || rc_is_verb(word) ||
		(!line[strlen(word)] && begins_one(commands, word)))
		return;
	unknown(commands, line, false, &err);
	conf_complain(&rc->conf, place, err.text);
}

void commands_check_rc(const struct commands *commands, struct rc *rc)
{
	for (size_t i = 0; i < rc->bind_count; i++)
		if (rc->binds[i].command)
			check_line(
				commands, rc, rc->binds[i].command, rc->binds[i].place);
	for (size_t i = 0; i < rc->alias_count; i++)
		check_line(commands, rc, rc->aliases[i].command, rc->aliases[i].place);
}
