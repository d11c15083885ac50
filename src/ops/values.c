/* Where a variable's value comes from (what was typed, the alert's label, the default)
 * and what it may be. Foreign text ends here: a value that is not of its type is refused
 * with a sentence, never repaired. Pure, but for its memory. */
#include "values.h"

#include "base/alloc.h"
#include "base/text.h"
#include "words.h"

#include <string.h>

enum { SHOWN = 60 };

void values_init(struct values *values, const struct runbook *book, size_t max_bytes)
{
	*values = (struct values){.book = book};
	arena_init(&values->arena, max_bytes);
	values->labels = mem_new(VALUES_MAX_LABELS, sizeof *values->labels);
	values->set = mem_new(book->var_count + 1, sizeof *values->set);
	values->answers = mem_new(book->step_count + 1, sizeof *values->answers);
}

void values_release(struct values *values)
{
	for (size_t i = 0; values->set && i < values->book->var_count; i++)
		untrusted_free(values->set[i]);
	for (size_t i = 0; values->answers && i < values->book->step_count; i++)
		untrusted_free(values->answers[i]);
	mem_free(values->set);
	mem_free(values->answers);
	mem_free(values->labels);
	arena_release(&values->arena);
}

void values_label(struct values *values, struct untrusted name, struct untrusted value)
{
	struct value_label *to;

	if (values->label_count == VALUES_MAX_LABELS)
		return;
	to = &values->labels[values->label_count];
	to->name = untrusted_copy(&values->arena, name);
	to->value = untrusted_copy(&values->arena, value);
	/* Half of a value is another value. */
	if (!values->arena.full)
		values->label_count++;
}

static bool label(
	const struct values *values, struct untrusted name, struct untrusted *out)
{
	for (size_t i = 0; i < values->label_count; i++) {
		if (!untrusted_eq(values->labels[i].name, name))
			continue;
		*out = values->labels[i].value;
		return true;
	}
	return false;
}

/* --- types --- */

/* "http://web-1:9100/metrics" names web-1; "[::1]:9100" names ::1. */
static struct untrusted host_of(struct untrusted value)
{
	ptrdiff_t at = untrusted_find(value, "://");
	struct untrusted rest =
		untrusted_slice(value, at < 0 ? 0 : (size_t)at + 3, SIZE_MAX);

	at = untrusted_find(rest, "/");
	if (at >= 0)
		rest = untrusted_slice(rest, 0, (size_t)at);
	if (untrusted_starts(rest, "[")) {
		at = untrusted_find(rest, "]");
		return at < 0 ? rest : untrusted_slice(rest, 1, (size_t)at - 1);
	}
	at = untrusted_find(rest, ":");
	if (at >= 0 &&
		untrusted_find(untrusted_slice(rest, (size_t)at + 1, SIZE_MAX), ":") < 0)
		rest = untrusted_slice(rest, 0, (size_t)at);
	return rest;
}

static bool all_digits(struct untrusted value)
{
	struct untrusted rest = value, word;

	return untrusted_size(value) < 20 && !untrusted_word(&rest, "0123456789", &word);
}

static bool is_choice(struct untrusted choices, struct untrusted value)
{
	struct untrusted word;

	while (untrusted_split(&choices, ",", &word))
		if (untrusted_eq(untrusted_trim(word), value))
			return true;
	return false;
}

static bool has_nul(struct untrusted value)
{
	struct untrusted rest = value;

	while (!untrusted_empty(rest)) {
		if (untrusted_eq(untrusted_slice(rest, 0, 1), untrusted_make("", 1)))
			return true;
		rest = untrusted_slice(rest, 1, SIZE_MAX);
	}
	return false;
}

static const char *misfit(const struct runbook_var *var, struct untrusted value)
{
	switch (var->type) {
	case VAR_INT:
		return all_digits(value) ? NULL : "is no whole number";
	case VAR_URL:
		return !untrusted_starts(value, "http://") &&
				       !untrusted_starts(value, "https://")
			       ? "begins with neither http:// nor https://"
		       : words_plain(value, "?&%") ? NULL
						   : "holds what no address has";
	case VAR_PATH:
		return !untrusted_starts(value, "/") ? "does not begin with /"
		       : words_plain(value, "")
			       ? NULL
			       : "holds more than letters, digits and ._:/@+=~-";
	case VAR_HOST:
	case VAR_NAME:
		return words_plain(value, "")
			       ? NULL
			       : "holds more than letters, digits and ._:/@+=~-";
	default:
		return NULL;
	}
}

/* *value is cut to what the type means. */
static bool take(const struct runbook_var *var, struct untrusted *value, struct err *err)
{
	char shown[SHOWN];
	const char *why;

	if (var->type == VAR_HOST)
		*value = host_of(*value);
	text_line(*value, shown, sizeof shown);
	if (untrusted_empty(*value))
		return err_set(err, ERR_USAGE, "%s would be empty", var->name);
	if (untrusted_size(*value) > RUNBOOK_VALUE_BYTES)
		return err_set(err, ERR_LIMIT, "%s has at most %d bytes", var->name,
			RUNBOOK_VALUE_BYTES);
	if (has_nul(*value))
		return err_set(err, ERR_USAGE, "%s holds a NUL byte", var->name);
	why = misfit(var, *value);
	if (!why && var->type != VAR_TEXT && untrusted_starts(*value, "-"))
		why = "begins with -";
	if (why)
		return err_set(err, ERR_REFUSED, "%s is a %s, and %s %s", var->name,
			var_type_name(var->type), shown, why);
	if (!untrusted_empty(var->choices) && !is_choice(var->choices, *value))
		return err_set(err, ERR_USAGE,
			"%s is not %s: its choices are in the "
			"front matter",
			var->name, shown);
	return true;
}

/* Of an ask: what other steps give is what they print, and nothing else. */
static bool set_answer(
	struct values *values, struct untrusted name, struct untrusted value)
{
	const struct runbook *book = values->book;

	for (size_t i = 0; i < book->step_count; i++) {
		if (book->steps[i].kind != STEP_ASK || !*book->steps[i].as ||
			!untrusted_is(name, book->steps[i].as))
			continue;
		untrusted_free(values->answers[i]);
		values->answers[i] = untrusted_keep(value, RUNBOOK_VALUE_BYTES);
		return true;
	}
	return false;
}

bool values_given(const struct values *values, size_t step, struct untrusted *out)
{
	*out = values->answers[step];
	return !untrusted_empty(*out);
}

bool values_set(struct values *values, struct untrusted name, struct untrusted value,
	struct err *err)
{
	const struct runbook_var *var = runbook_var(values->book, name);
	char shown[SHOWN];
	size_t i;

	if (!var && set_answer(values, name, value))
		return true;
	if (!var)
		return err_set(err, ERR_USAGE, "the runbook has no variable %s",
			text_line(name, shown, sizeof shown));
	if (var->secret)
		return err_set(err, ERR_REFUSED,
			"%s is secret: it would stand in a command line, where every "
			"user "
			"of the machine sees it",
			var->name);
	if (!take(var, &value, err))
		return false;
	i = (size_t)(var - values->book->vars);
	untrusted_free(values->set[i]);
	values->set[i] = untrusted_keep(value, RUNBOOK_VALUE_BYTES);
	return true;
}

/* --- reading --- */

static struct untrusted stand_in(enum var_type type)
{
	static const char *const texts[VAR_TYPE_COUNT] = {
		[VAR_TEXT] = "text",
		[VAR_HOST] = "host",
		[VAR_INT] = "1",
		[VAR_URL] = "http://host/",
		[VAR_PATH] = "/path",
		[VAR_NAME] = "name",
	};

	return untrusted_str(texts[type]);
}

static bool var_value(struct values *values, const struct runbook_var *var,
	struct untrusted *out, struct err *err)
{
	size_t i = (size_t)(var - values->book->vars);
	bool from = !untrusted_empty(var->from) && label(values, var->from, out);

	if (var->secret)
		return err_set(err, ERR_REFUSED,
			"%s is secret, and a command line shows it to every user of the "
			"machine",
			var->name);
	if (!untrusted_empty(values->set[i])) {
		*out = values->set[i];
		return true;
	}
	if (from)
		return take(var, out, err);
	*out = var->fallback;
	if (untrusted_empty(*out) && values->host && !strcmp(var->name, "host"))
		*out = untrusted_str(values->host);
	if (!untrusted_empty(*out))
		return take(var, out, err);
	if (!values->stand_in)
		return err_set(err, ERR_MISSING,
			"%s has no value: `step set %s=VALUE` gives it one", var->name,
			var->name);
	*out = stand_in(var->type);
	return true;
}

/* What the step that gives the name has printed. */
static bool given_value(struct values *values, struct untrusted name,
	struct untrusted *out, struct err *err)
{
	const struct runbook *book = values->book;
	size_t i = 0;

	while (!untrusted_is(name, book->steps[i].as))
		i++;
	if (values->stand_in) {
		*out = stand_in(VAR_TEXT);
		return true;
	}
	if (values->output(values->ctx, i, out, NULL))
		return true;
	return err_set(err, ERR_MISSING, "%s has no value: step %zu gives it one",
		book->steps[i].as, i + 1);
}

static bool other_value(struct values *values, struct untrusted name,
	struct untrusted *out, struct err *err)
{
	char shown[SHOWN];
	int64_t step = 0;

	text_line(name, shown, sizeof shown);
	if (runbook_gives(values->book, name))
		return given_value(values, name, out, err);
	if (untrusted_starts(name, "step.") &&
		untrusted_to_i64(untrusted_slice(name, 5, SIZE_MAX), &step) && step > 0) {
		if (!values->stand_in)
			return values->output(values->ctx, (size_t)step - 1, out, err);
	} else if (!untrusted_starts(name, "alert.")) {
		return err_set(err, ERR_INPUT, "no variable is called %s", shown);
	} else if (label(values, untrusted_slice(name, 6, SIZE_MAX), out)) {
		return has_nul(*out) || untrusted_empty(*out)
			       ? err_set(err, ERR_REFUSED, "%s is empty or holds a NUL",
					 shown)
			       : true;
	} else if (!values->stand_in) {
		return err_set(err, ERR_MISSING, "the alert has no label for %s", shown);
	}
	*out = stand_in(VAR_TEXT);
	return true;
}

bool values_get(struct values *values, struct untrusted name, bool shell,
	struct untrusted *out, struct err *err)
{
	const struct runbook_var *var = runbook_var(values->book, name);
	char shown[SHOWN];

	if (var ? !var_value(values, var, out, err)
		: !other_value(values, name, out, err))
		return false;
	if (shell && !words_plain(*out, var && var->type == VAR_URL ? "?&%" : ""))
		return err_set(err, ERR_REFUSED,
			"nothing was done: a shell would run it, and %s holds more than "
			"letters, digits and ._:/@+=~-",
			text_line(name, shown, sizeof shown));
	if (shell && untrusted_starts(*out, "-"))
		return err_set(err, ERR_REFUSED,
			"%s begins with -, which a command would take for an option",
			text_line(name, shown, sizeof shown));
	return true;
}

bool values_typed(const struct values *values, struct untrusted name)
{
	const struct runbook_var *var = runbook_var(values->book, name);

	return var && !untrusted_empty(values->set[var - values->book->vars]);
}

bool values_has(const struct values *values, struct untrusted name)
{
	return runbook_var(values->book, name) || runbook_gives(values->book, name) ||
	       untrusted_starts(name, "alert.") || untrusted_starts(name, "step.");
}
