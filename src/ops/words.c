/* Splitting of a step's command (POSIX 2.2, 2.3, without what needs a shell), and what is
 * run in the end. Hides the scanner and how values come into a script: as arguments of
 * `sh -uc 'host=$1; …' sh VALUE`, so that no value is ever read as text of a program. */
#include "words.h"

#include "base/str.h"
#include "base/text.h"

#include <string.h>

enum { SCRIPT_MAX = 64 << 10, PARTS_MAX = 4096 };

struct scan {
	struct words *out;
	const char *p;
	size_t n, at;
	char quote; /* 0, ' or " */
	bool in_word, bare, line_ended, assigns;
	size_t literal; /* begin of a run of bytes that stand for themselves, or NONE */
	struct err *err;
};

static const size_t NONE = (size_t)-1;

static void needs_shell(struct scan *s, const char *why)
{
	if (!s->out->shell)
		s->out->why = why;
	s->out->shell = true;
}

static void add_part(struct scan *s, bool is_ref, const char *p, size_t n)
{
	struct words *w = s->out;

	if (w->shell)
		return;
	if (w->part_count == PARTS_MAX) {
		needs_shell(s, "more pieces than are kept");
		return;
	}
	w->parts[w->part_count++] = (struct word_part){is_ref, untrusted_make(p, n)};
	w->list[w->count].count++;
}

static void end_literal(struct scan *s)
{
	if (s->literal != NONE)
		add_part(s, false, s->p + s->literal, s->at - s->literal);
	s->literal = NONE;
}

static void begin_word(struct scan *s)
{
	if (s->in_word)
		return;
	if (s->line_ended && s->out->count)
		needs_shell(s, "several commands");
	if (!s->out->shell && s->out->count == WORDS_MAX)
		needs_shell(s, "more words than are kept");
	if (!s->out->shell)
		s->out->list[s->out->count] = (struct word){s->out->part_count, 0};
	s->in_word = s->bare = true;
}

/* Words that a shell takes for its own where a command begins. */
static bool reserved(struct untrusted word)
{
	static const char *const words[] = {"!", "{", "}", "[[", "if", "for", "while",
		"until", "case", "function", ".", "source", "eval", "exec", "cd",
		"export", "set", "unset", "alias", "trap", "umask", "ulimit", "wait",
		"read", "select"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (untrusted_is(word, words[i]))
			return true;
	return false;
}

static void end_word(struct scan *s)
{
	struct words *w = s->out;

	if (!s->in_word)
		return;
	end_literal(s);
	s->in_word = false;
	if (w->shell)
		return;
	if (!w->count && s->assigns)
		needs_shell(s, "an assignment");
	else if (!w->count && s->bare && w->list[0].count == 1 && !w->parts[0].is_ref &&
		 reserved(w->parts[0].text))
		needs_shell(s, "a word of the shell");
	else
		w->count++;
}

static void literal(struct scan *s)
{
	begin_word(s);
	if (s->literal == NONE)
		s->literal = s->at;
	s->at++;
}

static size_t name_size(const char *p, size_t n)
{
	size_t i = 0, dot = 0;

	if (!n || *p < 'a' || *p > 'z')
		return 0;
	for (; i < n && i < WORDS_REF_NAME; i++) {
		bool upper = p[i] >= 'A' && p[i] <= 'Z';

		if (p[i] == '.' && !dot)
			dot = i;
		else if (!(p[i] >= 'a' && p[i] <= 'z') && !(p[i] >= '0' && p[i] <= '9') &&
			 p[i] != '_' && !(upper && dot))
			break;
	}
	return i < WORDS_REF_NAME && !(dot && dot == i - 1) ? i : 0;
}

/* At "${name}": takes it. */
static bool reference(struct scan *s)
{
	struct words *w = s->out;
	const char *p = s->p + s->at;
	size_t left = s->n - s->at, n;

	if (left < 4 || p[1] != '{')
		return false;
	n = name_size(p + 2, left - 3);
	if (!n || p[2 + n] != '}')
		return false;
	if (w->ref_count == WORDS_MAX_REFS)
		return err_set(s->err, ERR_LIMIT, "a step has at most %d variables",
			WORDS_MAX_REFS);
	if (s->quote != '\'') {
		begin_word(s);
		end_literal(s);
		add_part(s, true, p + 2, n);
	}
	w->refs[w->ref_count++] =
		(struct words_ref){untrusted_make(p + 2, n), s->quote == '\''};
	if (s->quote == '\'')
		return false;
	s->at += n + 3;
	return true;
}

static void in_single(struct scan *s)
{
	if (s->p[s->at] == '\'') {
		end_literal(s);
		s->quote = 0;
		s->at++;
		return;
	}
	if (s->p[s->at] == '$')
		reference(s);
	literal(s);
}

static void in_double(struct scan *s)
{
	char c = s->p[s->at], next = s->at + 1 < s->n ? s->p[s->at + 1] : '\0';

	if (c == '"') {
		end_literal(s);
		s->quote = 0;
		s->at++;
	} else if (c == '\\' && next && strchr("$`\"\\\n", next)) {
		end_literal(s);
		s->at++;
		if (next == '\n')
			s->at++;
		else
			literal(s);
	} else if (c == '$' && reference(s)) {
		return;
	} else {
		if (c == '$' || c == '`')
			needs_shell(s, "an expansion");
		literal(s);
	}
}

static void backslash(struct scan *s)
{
	size_t next = s->at + 1;

	if (next + 1 < s->n && s->p[next] == '\r' && s->p[next + 1] == '\n')
		next++;
	if (next < s->n && s->p[next] == '\n') {
		end_literal(s);
		s->at = next + 1;
		return;
	}
	begin_word(s);
	end_literal(s);
	s->bare = false;
	s->at++;
	if (s->at < s->n)
		literal(s);
	else
		needs_shell(s, "a backslash at the end");
}

/* Not in quotes. */
static void plain(struct scan *s)
{
	char c = s->p[s->at];

	if (c == '\n' || c == ' ' || c == '\t' || c == '\r') {
		end_word(s);
		s->line_ended |= c == '\n' && s->out->count;
		s->at++;
	} else if (c == '\\') {
		backslash(s);
	} else if (c == '\'' || c == '"') {
		begin_word(s);
		end_literal(s);
		s->bare = false;
		s->quote = c;
		s->at++;
	} else if (c == '#' && !s->in_word) {
		while (s->at < s->n && s->p[s->at] != '\n')
			s->at++;
	} else if (c == '$' && reference(s)) {
		return;
	} else if (strchr("|&;<>()", c)) {
		end_word(s);
		needs_shell(s, c == '|'               ? "a pipe"
			       : c == '<' || c == '>' ? "a redirection"
						      : "several commands");
		s->at++;
	} else {
		if (c == '$' || c == '`')
			needs_shell(s, "an expansion");
		else if (strchr("*?[", c) || (c == '~' && !s->in_word))
			needs_shell(s, "a pattern");
		s->assigns |= c == '=' && !s->out->count && s->bare && s->in_word;
		literal(s);
	}
}

bool words_read(
	struct words *out, struct arena *arena, struct untrusted block, struct err *err)
{
	struct scan s = {.out = out, .literal = NONE, .err = err};
	struct err none = {0};

	*out = (struct words){.block = block};
	*err = none;
	s.p = text_raw(block, &s.n);
	out->parts = arena_alloc(arena, PARTS_MAX * sizeof *out->parts);
	if (!out->parts)
		return err_set(err, ERR_LIMIT, "the step is too long");
	if (memchr(s.p ? s.p : "", '\0', s.n))
		return err_set(err, ERR_INPUT, "a NUL byte stands in the command");
	while (s.at < s.n && !err->kind) {
		if (s.quote == '\'')
			in_single(&s);
		else if (s.quote == '"')
			in_double(&s);
		else
			plain(&s);
	}
	end_word(&s);
	if (err->kind)
		return false;
	if (s.quote)
		return err_set(err, ERR_INPUT, "a %s quote has no end",
			s.quote == '"' ? "double" : "single");
	if (!out->shell && !out->count)
		return err_set(err, ERR_INPUT, "there is no command in it");
	return true;
}

/* --- what is run --- */

static bool fits(const struct str *text, struct err *err)
{
	return text->cut ? err_set(err, ERR_LIMIT,
				   "with its values the command is over %d KiB",
				   SCRIPT_MAX >> 10)
			 : true;
}

static bool add_bytes(struct str *to, struct untrusted text)
{
	size_t n;
	const char *p = text_raw(text, &n);

	return str_add(to, p, n);
}

static bool one_word(const struct words *w, const struct word *word,
	const struct words_values *values, struct str *to, struct err *err)
{
	for (size_t i = word->first; i < word->first + word->count; i++) {
		struct untrusted text = w->parts[i].text;
		char name[WORDS_REF_NAME + 8];

		if (w->parts[i].is_ref &&
			!values->value(values->ctx, text, false, &text, err))
			return false;
		if (w->parts[i].is_ref && !to->n && untrusted_starts(text, "-"))
			return err_set(err, ERR_REFUSED,
				"%s begins with -, which the command would take for an "
				"option",
				text_line(w->parts[i].text, name, sizeof name));
		add_bytes(to, text);
	}
	return fits(to, err);
}

static bool plain_argv(const struct words *w, const struct words_values *values,
	struct arena *arena, const char **argv, struct err *err)
{
	struct str text;
	bool ok = true;

	str_init(&text, SCRIPT_MAX);
	for (size_t i = 0; ok && i < w->count; i++) {
		str_reset(&text);
		ok = one_word(w, &w->list[i], values, &text, err);
		argv[i] = arena_strndup(arena, str_text(&text), text.n);
		if (ok && !argv[i])
			ok = err_set(err, ERR_LIMIT, "the command is too long");
	}
	str_release(&text);
	return ok;
}

/* Where the script has the name for the first time. */
static bool first_of(const struct words *w, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (untrusted_eq(w->refs[k].name, w->refs[i].name))
			return false;
	return true;
}

/* A shell knows no dots in names. */
static void add_name(struct str *to, struct untrusted name)
{
	ptrdiff_t dot = untrusted_find(name, ".");

	if (dot < 0) {
		add_bytes(to, name);
		return;
	}
	add_bytes(to, untrusted_slice(name, 0, (size_t)dot));
	str_puts(to, "__");
	add_bytes(to, untrusted_slice(name, (size_t)dot + 1, SIZE_MAX));
}

/* The script with something else in place of each variable of ours. */
static bool rewrite(const struct words *w, const struct words_values *values, bool show,
	struct str *to, struct err *err)
{
	struct untrusted rest = w->block;

	for (size_t i = 0; i < w->ref_count; i++) {
		struct untrusted name = w->refs[i].name, value = name;
		size_t at = untrusted_offset(w->block, name);
		size_t done = untrusted_offset(w->block, rest);

		if (!values->ours(values->ctx, name))
			continue;
		if (show && !values->value(values->ctx, name, true, &value, err))
			return false;
		add_bytes(to, untrusted_slice(rest, 0, at - (show ? 2 : 0) - done));
		if (show)
			add_bytes(to, value);
		else
			add_name(to, name);
		rest = untrusted_slice(
			w->block, at + untrusted_size(name) + (show ? 1 : 0), SIZE_MAX);
	}
	add_bytes(to, rest);
	return fits(to, err);
}

static bool script_argv(const struct words *w, const struct words_values *values,
	const char *shell, struct arena *arena, const char **argv, size_t *argc,
	struct err *err)
{
	struct str text;
	size_t n = 4;
	bool ok = true;

	str_init(&text, SCRIPT_MAX);
	for (size_t i = 0; ok && i < w->ref_count; i++) {
		struct untrusted value;
		size_t size;
		const char *p;

		if (!first_of(w, i) || !values->ours(values->ctx, w->refs[i].name))
			continue;
		ok = values->value(values->ctx, w->refs[i].name, true, &value, err);
		if (!ok)
			break;
		add_name(&text, w->refs[i].name);
		str_printf(&text, "=${%zu}; ", n - 3);
		p = text_raw(value, &size);
		argv[n++] = arena_strndup(arena, p, size);
	}
	ok = ok && rewrite(w, values, false, &text, err);
	argv[0] = shell;
	argv[1] = "-uc";
	argv[2] = arena_strndup(arena, str_text(&text), text.n);
	argv[3] = "sh";
	*argc = n;
	str_release(&text);
	return ok && argv[2] ? true
			     : ok && err_set(err, ERR_LIMIT, "the command is too long");
}

static bool none_verbatim(
	const struct words *w, const struct words_values *values, struct err *err)
{
	char name[WORDS_REF_NAME + 8];

	for (size_t i = 0; i < w->ref_count; i++)
		if (w->refs[i].verbatim && values->ours(values->ctx, w->refs[i].name))
			return err_set(err, ERR_INPUT,
				"${%s} stands in single quotes, where nothing is put in: "
				"use double quotes",
				text_line(w->refs[i].name, name, sizeof name));
	return true;
}

bool words_argv(const struct words *words, const struct words_values *values,
	const char *shell, struct arena *arena, const char *const **argv, size_t *argc,
	struct err *err)
{
	size_t most = words->shell ? 4 + words->ref_count : words->count;
	const char **out = arena_alloc(arena, (most + 1) * sizeof *out);

	if (!out)
		return err_set(err, ERR_LIMIT, "the command is too long");
	if (!none_verbatim(words, values, err))
		return false;
	*argc = words->count;
	if (words->shell ? !script_argv(words, values, shell, arena, out, argc, err)
			 : !plain_argv(words, values, arena, out, err))
		return false;
	for (size_t i = 0; i < *argc; i++)
		if (!out[i])
			return err_set(err, ERR_LIMIT, "the command is too long");
	*argv = out;
	return true;
}

static bool quotes_itself(const char *word)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._:/@+=%,-{}";

	return *word && !word[strspn(word, safe)];
}

static void add_quoted(struct str *to, const char *word)
{
	if (quotes_itself(word)) {
		str_puts(to, word);
		return;
	}
	str_putc(to, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			str_puts(to, "'\\'");
		str_putc(to, *word);
	}
	str_putc(to, '\'');
}

bool words_show(const struct words *words, const struct words_values *values,
	struct arena *arena, struct untrusted *out, struct err *err)
{
	const char *const *argv;
	size_t argc;
	struct str text;
	bool ok;

	str_init(&text, 2 * SCRIPT_MAX);
	if (words->shell) {
		ok = rewrite(words, values, true, &text, err);
	} else {
		ok = words_argv(words, values, "", arena, &argv, &argc, err);
		for (size_t i = 0; ok && i < argc; i++) {
			if (i)
				str_putc(&text, ' ');
			add_quoted(&text, argv[i]);
		}
	}
	if (ok)
		*out = untrusted_trim(
			untrusted_copy(arena, untrusted_make(str_text(&text), text.n)));
	str_release(&text);
	return ok;
}

bool words_plain(struct untrusted value, const char *also)
{
	size_t n;
	const char *p = text_raw(value, &n);

	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		/* There a shell would read a home folder. */
		if (c == '~' && (!i || p[i - 1] == '=' || p[i - 1] == ':'))
			return false;
		if (!c || (!letter && !(c >= '0' && c <= '9') &&
				  !strchr("._:/@+=~-", c) && !strchr(also, c)))
			return false;
	}
	return true;
}
