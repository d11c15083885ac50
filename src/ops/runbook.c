/* Runbooks taken apart, line by line, in one pass and without a copy: front matter,
 * headings, fenced blocks. What is not understood becomes a fault, never a guess, as a
 * step that is run by mistake cannot be taken back. Hides the little of YAML that front
 * matter has: `key: value`, `[a, b]` and `- name: {key: value}`. Any thread. */
#include "ops/runbook.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/text.h"
#include "step_info.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[VAR_TYPE_COUNT] = {
	[VAR_TEXT] = "text",
	[VAR_HOST] = "host",
	[VAR_INT] = "int",
	[VAR_URL] = "url",
	[VAR_PATH] = "path",
	[VAR_NAME] = "name",
};

const char *var_type_name(enum var_type type)
{
	return type_names[type];
}

static void fault(struct runbook *book, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void fault(struct runbook *book, int line, const char *fmt, ...)
{
	struct runbook_fault *f;
	va_list ap;

	if (book->fault_count == RUNBOOK_MAX_FAULTS)
		return;
	MEM_ROOM(book->faults, book->fault_count, book->fault_cap);
	f = &book->faults[book->fault_count++];
	f->line = line;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

/* --- front matter --- */

static struct untrusted unquoted(struct untrusted text)
{
	size_t n = untrusted_size(text);

	if (n >= 2 && untrusted_starts(text, "\"") &&
		untrusted_is(untrusted_slice(text, n - 1, 1), "\""))
		return untrusted_slice(text, 1, n - 2);
	return text;
}

/* "[A, B]" is a list, "A" is one too. */
static struct untrusted inside_brackets(struct untrusted list)
{
	size_t n = untrusted_size(list);

	if (!untrusted_starts(list, "[") ||
		!untrusted_is(untrusted_slice(list, n - 1, 1), "]"))
		return list;
	return untrusted_trim(untrusted_slice(list, 1, n - 2));
}

bool runbook_name_ok(struct untrusted name, char out[RUNBOOK_NAME])
{
	if (!text_to_id(name, out, RUNBOOK_NAME) || *out < 'a' || *out > 'z')
		return false;
	for (const char *p = out; *p; p++)
		if (*p != '_' && (*p < 'a' || *p > 'z') && (*p < '0' || *p > '9'))
			return false;
	/* Kept for what a dot becomes in a script (words.c). */
	return !strstr(out, "__");
}

static bool var_type(struct runbook_var *var, struct untrusted word)
{
	for (int i = 0; i < VAR_TYPE_COUNT; i++) {
		if (untrusted_is(word, type_names[i])) {
			var->type = (enum var_type)i;
			return true;
		}
	}
	return false;
}

/* Up to a comma that is in no brackets and no quotes. */
static bool next_member(struct untrusted *rest, struct untrusted *member)
{
	size_t n = untrusted_size(*rest), depth = 0, at;
	bool quoted = false;

	if (!n)
		return false;
	for (at = 0; at < n; at++) {
		struct untrusted c = untrusted_slice(*rest, at, 1);

		if (untrusted_is(c, "\""))
			quoted = !quoted;
		else if (!quoted && untrusted_is(c, "["))
			depth++;
		else if (!quoted && depth && untrusted_is(c, "]"))
			depth--;
		else if (!quoted && !depth && untrusted_is(c, ","))
			break;
	}
	*member = untrusted_trim(untrusted_slice(*rest, 0, at));
	*rest = untrusted_slice(*rest, at + 1, SIZE_MAX);
	return true;
}

static bool key_value(
	struct untrusted line, struct untrusted *key, struct untrusted *value)
{
	ptrdiff_t colon = untrusted_find(line, ":");

	if (colon <= 0)
		return false;
	*key = untrusted_trim(untrusted_slice(line, 0, (size_t)colon));
	*value = untrusted_trim(untrusted_slice(line, (size_t)colon + 1, SIZE_MAX));
	return true;
}

static void var_member(
	struct runbook *book, struct runbook_var *var, struct untrusted member)
{
	struct untrusted key, value;
	char word[40];

	if (untrusted_empty(member))
		return;
	if (!key_value(member, &key, &value))
		fault(book, var->line, "%s: expected key: value, not %s", var->name,
			text_line(member, word, sizeof word));
	else if (untrusted_is(key, "from"))
		var->from = unquoted(value);
	else if (untrusted_is(key, "default"))
		var->fallback = unquoted(value);
	else if (untrusted_is(key, "choices"))
		var->choices = inside_brackets(value);
	else if (untrusted_is(key, "secret"))
		var->secret = untrusted_is(value, "true");
	else if (!untrusted_is(key, "type"))
		fault(book, var->line, "%s: a variable has no %s", var->name,
			text_line(key, word, sizeof word));
	else if (!var_type(var, value))
		fault(book, var->line,
			"%s: a type is text, host, int, url, path or name, not %s",
			var->name, text_line(value, word, sizeof word));
}

/* "- NAME: {from: LABEL, type: TYPE}" or "- NAME". */
static void var_line(struct runbook *book, struct untrusted line, int number)
{
	struct runbook_var var = {.line = number};
	struct untrusted name = untrusted_trim(untrusted_slice(line, 1, SIZE_MAX));
	struct untrusted rest = UNTRUSTED_NONE, member;
	size_t n;
	char word[60];

	key_value(name, &name, &rest);
	n = untrusted_size(rest);
	if (untrusted_starts(rest, "{") &&
		untrusted_is(untrusted_slice(rest, n - 1, 1), "}"))
		rest = untrusted_slice(rest, 1, n - 2);
	if (!runbook_name_ok(name, var.name)) {
		fault(book, number,
			"a variable's name is a-z, 0-9 and _, at most %d long, not %s",
			RUNBOOK_NAME - 1, text_line(name, word, sizeof word));
		return;
	}
	if (runbook_var(book, name)) {
		fault(book, number, "%s is there twice", var.name);
		return;
	}
	if (book->var_count == RUNBOOK_MAX_VARS) {
		fault(book, number, "more than %d variables", RUNBOOK_MAX_VARS);
		return;
	}
	while (next_member(&rest, &member))
		var_member(book, &var, member);
	MEM_ROOM(book->vars, book->var_count, book->var_cap);
	book->vars[book->var_count++] = var;
}

static void front_line(struct runbook *book, struct untrusted line)
{
	const struct {
		const char *key;
		struct untrusted *to;
	} keys[] = {
		{"title", &book->title},
		{"owner", &book->owner},
		{"risk", &book->risk},
		{"matches", &book->matches},
		{"labels", &book->labels},
		{"keywords", &book->keywords},
	};
	struct untrusted key, value;

	if (!key_value(line, &key, &value))
		return;
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (untrusted_is(key, keys[i].key))
			*keys[i].to = unquoted(value);
}

static void front_matter(struct runbook *book, struct untrusted rest)
{
	struct untrusted line, start = rest;
	bool vars = false;
	int number = 1;

	if (!untrusted_line(&rest, &line) || !untrusted_is(untrusted_trim(line), "---"))
		return;
	while (untrusted_line(&rest, &line)) {
		struct untrusted words = untrusted_trim(line);

		number++;
		if (untrusted_is(words, "---")) {
			book->body = rest;
			book->body_line = number + 1;
			book->matches = inside_brackets(book->matches);
			book->keywords = inside_brackets(book->keywords);
			return;
		}
		if (vars && untrusted_starts(words, "-")) {
			var_line(book, words, number);
			continue;
		}
		vars = untrusted_starts(line, "vars:") ||
		       untrusted_starts(line, "variables:");
		front_line(book, line);
	}
	/* It has no end: a rule across the page, and all of it is the page. */
	mem_free(book->vars);
	mem_free(book->faults);
	*book = (struct runbook){.text = book->text, .body = start, .body_line = 1};
	fault(book, 1, "the front matter that begins here has no end (---)");
}

/* --- steps --- */

size_t runbook_fence(struct untrusted line, struct untrusted open, struct untrusted *info)
{
	struct untrusted words = untrusted_trim(line), mark;
	const char *kind = untrusted_starts(words, "```")   ? "`"
			   : untrusted_starts(words, "~~~") ? "~"
							    : NULL;
	size_t n = 0;

	*info = UNTRUSTED_NONE;
	if (!kind)
		return 0;
	while (untrusted_is(untrusted_slice(words, n, 1), kind))
		n++;
	mark = untrusted_slice(words, 0, n);
	*info = untrusted_trim(untrusted_slice(words, n, SIZE_MAX));
	if (untrusted_empty(open))
		/* `code` in a line of text may begin with three. */
		return *kind == '`' && untrusted_find(*info, "`") >= 0 ? 0 : n;
	/* What ends it is as long as what began it, and alone. */
	if (!untrusted_starts(open, kind) ||
		untrusted_size(mark) < untrusted_size(open) || !untrusted_empty(*info))
		return 0;
	return n;
}

/* False: the block is text. */
static bool step_begin(
	struct runbook *book, struct runbook_step *step, struct untrusted info)
{
	struct err err = {0};

	if (!step_info_kind(step, &info))
		return false;
	while (!step_info_word(step, &info, &err)) {
		fault(book, step->line, "%s", err.text);
		step->broken = true;
	}
	return true;
}

/* A name is given once, and by nobody else. */
static void check_name(struct runbook *book, struct runbook_step *step)
{
	struct untrusted name = untrusted_str(step->as);

	if (!*step->as)
		return;
	if (!runbook_var(book, name) && !runbook_gives(book, name))
		return;
	fault(book, step->line, "%s has a value already: as= gives a name of its own",
		step->as);
	step->broken = true;
}

static void step_end(struct runbook *book, struct runbook_step step)
{
	if (book->step_count == RUNBOOK_MAX_STEPS) {
		fault(book, step.line, "more than %d steps", RUNBOOK_MAX_STEPS);
		return;
	}
	if (untrusted_size(step.text) > RUNBOOK_BLOCK_BYTES) {
		fault(book, step.line, "a step has at most %d bytes",
			RUNBOOK_BLOCK_BYTES);
		step.text = UNTRUSTED_NONE;
		step.broken = true;
	} else if (untrusted_empty(untrusted_trim(step.text))) {
		fault(book, step.line, "the step is empty");
		step.broken = true;
	}
	check_name(book, &step);
	MEM_ROOM(book->steps, book->step_count, book->step_cap);
	book->steps[book->step_count++] = step;
	if (step.rollback && runbook_undoes(book, book->step_count - 1) == SIZE_MAX)
		fault(book, step.line, "there is no step before it to take back");
}

static struct untrusted heading(struct untrusted line)
{
	size_t n = 0;

	while (n < 6 && untrusted_is(untrusted_slice(line, n, 1), "#"))
		n++;
	if (!n || !untrusted_is(untrusted_slice(line, n, 1), " "))
		return UNTRUSTED_NONE;
	return untrusted_trim(untrusted_slice(line, n, SIZE_MAX));
}

/* A block that is open while its lines are read. */
struct block {
	struct untrusted open; /* its fence; empty: none is open */
	size_t from;           /* of what is in it, in the body */
	bool is_step;
	struct runbook_step step;
};

static void block_line(struct runbook *book, struct block *b, struct untrusted line)
{
	size_t at = untrusted_offset(book->body, line);
	struct untrusted info;

	if (!runbook_fence(line, b->open, &info))
		return;
	b->step.text = untrusted_slice(book->body, b->from, at - b->from);
	if (b->is_step)
		step_end(book, b->step);
	b->open = UNTRUSTED_NONE;
}

static void read_body(struct runbook *book)
{
	struct untrusted rest = book->body, line, info, title = UNTRUSTED_NONE, words;
	struct block b = {0};
	int number = book->body_line - 1;

	while (untrusted_line(&rest, &line)) {
		size_t next = untrusted_size(book->body) - untrusted_size(rest), n;

		number++;
		if (!untrusted_empty(b.open)) {
			block_line(book, &b, line);
			continue;
		}
		n = runbook_fence(line, UNTRUSTED_NONE, &info);
		if (n) {
			b = (struct block){
				.open = untrusted_slice(untrusted_trim(line), 0, n),
				.from = next,
				.step = {.line = number, .title = title}};
			b.is_step = step_begin(book, &b.step, info);
			continue;
		}
		words = heading(line);
		if (untrusted_empty(words))
			continue;
		title = words;
		if (untrusted_empty(book->title) && untrusted_starts(line, "# "))
			book->title = words;
	}
	if (!untrusted_empty(b.open))
		fault(book, b.step.line, "the block that begins here has no end");
}

void runbook_parse(struct runbook *book, struct untrusted text)
{
	*book = (struct runbook){.text = text, .body_line = 1};
	if (untrusted_size(text) > RUNBOOK_MAX_BYTES)
		book->text = untrusted_slice(text, 0, RUNBOOK_MAX_BYTES);
	book->body = book->text;
	front_matter(book, book->text);
	if (untrusted_size(text) > RUNBOOK_MAX_BYTES)
		fault(book, 1, "a runbook has at most %d KiB; what is behind is not read",
			RUNBOOK_MAX_BYTES >> 10);
	read_body(book);
}

void runbook_prose(struct runbook *book, struct untrusted text)
{
	*book = (struct runbook){.text = text, .body = text, .body_line = 1};
}

void runbook_unread(struct runbook *book, const char *why)
{
	fault(book, 1, "%s", why);
}

void runbook_release(struct runbook *book)
{
	mem_free(book->vars);
	mem_free(book->steps);
	mem_free(book->faults);
	*book = (struct runbook){0};
}

size_t runbook_undoes(const struct runbook *book, size_t step)
{
	const struct runbook_step *s = &book->steps[step];
	size_t wanted = (size_t)s->undoes - 1;

	if (!s->rollback)
		return SIZE_MAX;
	if (s->undoes)
		return wanted < step && !book->steps[wanted].rollback ? wanted : SIZE_MAX;
	while (step-- > 0)
		if (!book->steps[step].rollback)
			return step;
	return SIZE_MAX;
}

bool runbook_gives(const struct runbook *book, struct untrusted name)
{
	for (size_t i = 0; i < book->step_count; i++)
		if (*book->steps[i].as && untrusted_is(name, book->steps[i].as))
			return true;
	return false;
}

const struct runbook_var *runbook_var(const struct runbook *book, struct untrusted name)
{
	for (size_t i = 0; i < book->var_count; i++)
		if (untrusted_is(name, book->vars[i].name))
			return &book->vars[i];
	return NULL;
}
