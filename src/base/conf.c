/* The line language: splitting, blocks, includes, conditions, and every error with
 * its place. What a verb means is the caller's table; what a file may do is limited
 * (depth, reads, bytes, errors kept), so that a hostile one ends soon. Any thread. */
#include "base/conf.h"

#include "base/alloc.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct block {
	enum { BLOCK_IF, BLOCK_PROFILE } kind;
	bool active; /* lines inside count */
	bool outer;  /* what encloses it counts */
	bool had_else;
	int line;
};

const struct conf_verb conf_words[] = {
	{"include", 1, 2, "include [-q] FILE", NULL,
		"Reads FILE here. A relative name is relative to the folder of this "
		"file; ~/ is your home. With -q a missing file is no error."},
	{"if", 1, 3, "if NAME, if !NAME, or if NAME OPERATOR WORD", NULL,
		"The lines up to else or end count only when it holds: NAME alone, when "
		"its value is neither empty nor 0 nor off. An OPERATOR is ==, !=, <, <=, "
		"> or >=; it compares numbers as numbers, all else as text."},
	{"else", 0, 0, "else", NULL,
		"The lines up to end count when the if does not hold."},
	{"profile", 1, 1, "profile NAME", NULL,
		"The lines up to end count only when NAME is the chosen profile."},
	{"end", 0, 0, "end", NULL, "Ends an if or a profile."},
	{0},
};

enum { KEYS_TEXT = 240 };

struct reader {
	struct conf *conf;
	const char *file;
	int line;
	struct block blocks[CONF_MAX_DEPTH];
	size_t depth;
	size_t too_deep; /* blocks opened beyond that: refused, nothing inside counts */
};

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool starts_comment(const char *line, size_t i)
{
	return line[i] == '#' && (!line[i + 1] || blank(line[i + 1]));
}

/* Of NAME="…: where the quote stands; 0 when the word is anything else. */
static size_t value_opens(const char *word)
{
	size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789_.-");

	return n && word[n] == '=' && word[n + 1] == '"' ? n + 1 : 0;
}

/* The same of NAME="VALUE", which ends the word. */
static size_t value_quote(const char *word)
{
	size_t at = value_opens(word);
	const char *p = word + at + 1;

	if (!at)
		return 0;
	for (; *p && *p != '"'; p++)
		p += *p == '\\' && p[1];
	return *p && (!p[1] || blank(p[1])) ? at : 0;
}

/* One word from line[*i]; false with a message when a quote stays open. */
static bool split_word(const char *line, size_t *i, char **to, const char *end,
	struct conf_word *word, struct err *err)
{
	size_t at = *i, value = value_quote(line + at);
	bool open = line[at] == '"';

	word->column = (int)at + 1;
	word->text = *to;
	word->quoted = open;
	value = value ? at + value : 0;
	at += open;
	for (;; at++) {
		char c = line[at];

		if (open && !c)
			return err_set(err, ERR_INPUT, "%d: expected a closing \"",
				word->column);
		if (!open && (!c || blank(c)))
			break;
		if (open && c == '"') {
			at++;
			break;
		}
		if (value && at == value) {
			open = true;
			continue;
		}
		if (open && c == '\\' && (line[at + 1] == '"' || line[at + 1] == '\\'))
			c = line[++at];
		if (*to + 1 >= end)
			return err_set(err, ERR_LIMIT, "%d: line too long", word->column);
		*(*to)++ = c;
	}
	if (word->quoted && line[at] && !blank(line[at]))
		return err_set(err, ERR_INPUT,
			"%zu: expected a blank after the closing \"", at + 1);
	if (*to >= end)
		return err_set(err, ERR_LIMIT, "%d: line too long", word->column);
	*(*to)++ = '\0';
	*i = at;
	return true;
}

bool conf_split(const char *line, struct conf_line *out, char *text_out, size_t text_size,
	struct err *err)
{
	char *to = text_out, *end = text_out + text_size;
	size_t i = 0;

	out->count = 0;
	out->rest = NULL;
	while (blank(line[i]))
		i++;
	if (line[i] == '#')
		return true;
	for (;;) {
		while (blank(line[i]))
			i++;
		if (!line[i] || starts_comment(line, i))
			return true;
		if (line[i] == '-' && line[i + 1] == '-' &&
			(!line[i + 2] || blank(line[i + 2]))) {
			size_t n;

			for (i += 2; blank(line[i]);)
				i++;
			n = strlen(line + i);
			while (n && blank(line[i + n - 1]))
				n--;
			if (to + n + 1 > end)
				return err_set(
					err, ERR_LIMIT, "%zu: line too long", i + 1);
			memcpy(to, line + i, n);
			to[n] = '\0';
			out->rest = to;
			out->rest_column = (int)i + 1;
			return true;
		}
		if (out->count == CONF_MAX_WORDS)
			return err_set(err, ERR_LIMIT, "%zu: more than %d words", i + 1,
				CONF_MAX_WORDS);
		if (!split_word(line, &i, &to, end, &out->words[out->count], err))
			return false;
		out->count++;
	}
}

void conf_complain(struct conf *conf, struct conf_place place, const char *text)
{
	struct conf_error *e;

	conf->errors_total++;
	if (conf->error_count == CONF_MAX_ERRORS)
		return;
	MEM_ROOM(conf->errors, conf->error_count, conf->error_cap);
	e = &conf->errors[conf->error_count++];
	e->place = place;
	text_line(untrusted_str(text), e->text, sizeof e->text);
}

/* Is the word in the text, behind what leads to it? */
static bool says(const char *text, const char *lead, const char *word)
{
	size_t before = strlen(lead), n = strlen(word);

	for (const char *at = strstr(text, lead); n && at; at = strstr(at + 1, lead))
		if (!strncmp(at + before, word, n) &&
			(!at[before + n] || strchr(" ;,:", at[before + n])))
			return true;
	return false;
}

/* Sentences name the word that is wrong ("mouse is on or off, not maybe"): the last one
 * of the line that this sentence names, or what stands behind its '='. */
static int blamed(const struct conf_line *line, const char *text)
{
	static const char *const leads[] = {", not ", " called ", " "};

	for (size_t k = 0; k < sizeof leads / sizeof *leads; k++)
		for (size_t i = line->count - 1; i > 0; i--) {
			const char *word = line->words[i].text,
				   *value = strchr(word, '=');

			if (says(text, leads[k], word))
				return line->words[i].column;
			if (value && says(text, leads[k], value + 1))
				return line->words[i].column + (int)(value + 1 - word);
		}
	return line->words[0].column;
}

/* A message may begin with "COLUMN: ", which becomes the place's column. */
static void add_error(struct reader *r, int column, const char *text)
{
	char *after;
	long n = strtol(text, &after, 10);

	if (n > 0 && n <= CONF_MAX_LINE && str_starts(after, ": ")) {
		column = (int)n;
		text = after + 2;
	}
	conf_complain(r->conf, (struct conf_place){r->file, r->line, column}, text);
}

static void __attribute__((format(printf, 3, 4)))
complain(struct reader *r, int column, const char *fmt, ...)
{
	char text[360];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	add_error(r, column, text);
}

/* "expected: include [-q] FILE" */
static void expected(struct reader *r, const char *word)
{
	const struct conf_verb *w = conf_words;

	while (strcmp(w->name, word))
		w++;
	complain(r, 1, "expected: %s", w->usage);
}

const char *conf_nearest(
	const char *word, const char *const *names, size_t stride, char out[80])
{
	const char *best = NULL;
	size_t n = strlen(word);
	int least = n < 90 ? (int)n / 3 + 2 : 0; /* beyond, nothing is near */

	for (; *names; names = (const char *const *)((const char *)names + stride)) {
		int d = str_distance(word, *names);

		if (d < least) {
			least = d;
			best = *names;
		}
	}
	out[0] = '\0';
	if (best)
		snprintf(out, 80, "; did you mean %.50s?", best);
	return out;
}

static bool compare(const char *value, const char *op, const char *word, bool *out)
{
	char *end_a, *end_b;
	double a = strtod(value, &end_a), b = strtod(word, &end_b);
	bool numbers = *value && *word && !*end_a && !*end_b && a == a && b == b;
	int order = numbers ? (a > b) - (a < b) : strcmp(value, word);

	if (!strcmp(op, "=="))
		*out = !order;
	else if (!strcmp(op, "!="))
		*out = order;
	else if (!strcmp(op, "<"))
		*out = order < 0;
	else if (!strcmp(op, "<="))
		*out = order <= 0;
	else if (!strcmp(op, ">"))
		*out = order > 0;
	else if (!strcmp(op, ">="))
		*out = order >= 0;
	else
		return false;
	return true;
}

static bool condition(struct reader *r, const struct conf_line *line)
{
	const char *name = line->count > 1 ? line->words[1].text : "", *value;
	bool negate = name[0] == '!', result = false;

	if ((line->count != 2 && line->count != 4) || (line->count == 4 && negate)) {
		expected(r, "if");
		return false;
	}
	name += negate;
	value = r->conf->lookup ? r->conf->lookup(r->conf->ctx, name) : NULL;
	if (!value) {
		if (!str_starts(name, "env."))
			complain(r, line->words[1].column,
				"nothing is called %s here; see `if` in oogway.rc(5)",
				name);
		value = "";
	}
	if (line->count == 2)
		return (*value && strcmp(value, "0") && strcmp(value, "off")) != negate;
	if (!compare(value, line->words[2].text, line->words[3].text, &result))
		complain(r, line->words[2].column,
			"expected ==, !=, <, <=, > or >=, not %s", line->words[2].text);
	return result;
}

static bool active(const struct reader *r)
{
	return !r->too_deep && (!r->depth || r->blocks[r->depth - 1].active);
}

static void open_block(struct reader *r, int kind, bool holds)
{
	bool outer = active(r);

	if (r->depth == CONF_MAX_DEPTH) {
		complain(r, 1, "blocks nested deeper than %d", CONF_MAX_DEPTH);
		r->too_deep++;
		return;
	}
	r->blocks[r->depth++] = (struct block){
		.kind = kind,
		.active = outer && holds,
		.outer = outer,
		.line = r->line,
	};
}

static void remember_profile(struct conf *conf, const char *name)
{
	conf->profile_found |= conf->profile && !strcmp(conf->profile, name);
	for (size_t i = 0; i < conf->profile_count; i++)
		if (!strcmp(conf->profiles[i], name))
			return;
	if (conf->profile_count == CONF_MAX_PROFILES)
		return;
	MEM_ROOM(conf->profiles, conf->profile_count, conf->profile_cap);
	conf->profiles[conf->profile_count++] = mem_strdup(name);
}

/* Block words; true when the line was one. */
static bool run_block(struct reader *r, const struct conf_line *line)
{
	const char *verb = line->words[0].text;
	struct block *top = r->depth ? &r->blocks[r->depth - 1] : NULL;

	if (!strcmp(verb, "if")) {
		open_block(r, BLOCK_IF, active(r) && condition(r, line));
	} else if (!strcmp(verb, "profile")) {
		if (line->count != 2) {
			expected(r, "profile");
			open_block(r, BLOCK_PROFILE, false);
			return true;
		}
		remember_profile(r->conf, line->words[1].text);
		open_block(r, BLOCK_PROFILE,
			r->conf->profile &&
				!strcmp(r->conf->profile, line->words[1].text));
	} else if (!strcmp(verb, "else")) {
		if (r->too_deep)
			return true;
		if (!top || top->kind != BLOCK_IF || top->had_else)
			complain(r, 1, "else without an if");
		else {
			top->active = top->outer && !top->active;
			top->had_else = true;
		}
	} else if (!strcmp(verb, "end")) {
		if (r->too_deep)
			r->too_deep--;
		else if (!top)
			complain(r, 1, "end without an if or profile");
		else
			r->depth--;
	} else {
		return false;
	}
	return true;
}

enum { NOT_PLAIN = -1 }; /* beside the numbers of errno */

static const char *why_not(int number)
{
	return number == NOT_PLAIN ? "it is not a plain file" : strerror(number);
}

/* A file that includes itself, or one that includes it. */
static bool read_already(const struct conf *conf, const char *path)
{
	struct conf_stamp stamp;

	if (!conf_stamp(path, &stamp))
		return false;
	for (int i = 0; i < conf->depth; i++)
		if (conf_stamp_same(&stamp, &conf->files[conf->reading[i]].stamp))
			return true;
	return false;
}

static void run_include(struct reader *r, const struct conf_line *line)
{
	bool quiet = line->count > 1 && !strcmp(line->words[1].text, "-q");
	size_t at = quiet ? 2 : 1;
	const char *path, *slash, *home = getenv("HOME");
	struct str full;

	if (line->count != at + 1) {
		expected(r, "include");
		return;
	}
	path = line->words[at].text;
	slash = strrchr(r->file, '/');
	str_init(&full, 4096);
	if (str_starts(path, "~/") && home)
		str_printf(&full, "%s/%s", home, path + 2);
	else if (path[0] != '/' && slash)
		str_printf(&full, "%.*s/%s", (int)(slash - r->file), r->file, path);
	else
		str_puts(&full, path);
	if (read_already(r->conf, str_text(&full)))
		complain(r, line->words[at].column, "%s is being read already: left out",
			path);
	else if (r->conf->depth >= CONF_MAX_DEPTH)
		complain(r, line->words[at].column, "includes nested deeper than %d (%s)",
			CONF_MAX_DEPTH, path);
	else if (path[0] != '/' && path[0] != '~' && !slash)
		complain(r, line->words[at].column,
			"a relative file needs an including file; give a full path");
	else if (r->conf->reads >= CONF_MAX_READS)
		complain(r, line->words[at].column, "more than %d files to read",
			CONF_MAX_READS);
	else if (!conf_read_file(r->conf, str_text(&full), true) && errno &&
		 !(quiet && (errno == ENOENT || errno == ENOTDIR)))
		complain(r, line->words[at].column, "cannot read %s: %s", str_text(&full),
			why_not(errno));
	str_release(&full);
}

static void run_verb(struct reader *r, const struct conf_line *line)
{
	const struct conf_verb *verb = r->conf->verbs;
	struct err err = {0};
	char near[80];
	size_t words = line->count - 1;

	for (; verb->name; verb++)
		if (!strcmp(verb->name, line->words[0].text))
			break;
	if (!verb->name) {
		/* A hint costs time, and a hostile file has a million wrong lines. */
		near[0] = '\0';
		if (r->conf->error_count < CONF_MAX_ERRORS)
			conf_nearest(line->words[0].text, &r->conf->verbs->name,
				sizeof *verb, near);
		complain(r, line->words[0].column, "unknown word %s%s",
			line->words[0].text, near);
		return;
	}
	if (words < verb->min || (verb->max && words > verb->max)) {
		complain(r, line->words[0].column, "expected: %s", verb->usage);
		return;
	}
	if (!verb->run(r->conf, line, &err))
		add_error(r, blamed(line, err.text), err.text);
}

static void run_line(struct reader *r, const char *text)
{
	char words[CONF_MAX_LINE + CONF_MAX_WORDS];
	struct conf_line line;
	struct err err = {0};

	line.place = (struct conf_place){r->file, r->line, 1};
	if (!conf_split(text, &line, words, sizeof words, &err)) {
		add_error(r, 1, err.text);
		return;
	}
	if (!line.count) {
		if (line.rest)
			complain(r, 1, "expected a word before --");
		return;
	}
	if (run_block(r, &line) || !active(r))
		return;
	if (!strcmp(line.words[0].text, "include"))
		run_include(r, &line);
	else
		run_verb(r, &line);
}

static struct conf_file *keep_file(struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->file_count; i++)
		if (!strcmp(conf->files[i].name, name))
			return &conf->files[i];
	MEM_ROOM(conf->files, conf->file_count, conf->file_cap);
	conf->files[conf->file_count] = (struct conf_file){.name = mem_strdup(name)};
	return &conf->files[conf->file_count++];
}

/* Joins lines that end with '\' into one; returns where the next one starts. */
static const char *take_line(
	struct reader *r, const char *p, const char *end, struct str *line, int *lines)
{
	bool bad = false;

	*lines = 0;
	str_reset(line);
	while (p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((eol ? eol : end) - p);
		bool joins;

		(*lines)++;
		if (n && p[n - 1] == '\r')
			n--;
		joins = n && p[n - 1] == '\\' && eol;
		if (!bad && memchr(p, '\0', n)) {
			complain(r, 1, "a NUL byte in the line");
			bad = true;
		} else {
			str_add(line, p, joins ? n - 1 : n);
		}
		p = eol ? eol + 1 : end;
		if (!joins)
			break;
	}
	if (bad)
		str_reset(line);
	return p;
}

bool conf_read_text(struct conf *conf, const char *name, const char *text, size_t n)
{
	const struct conf_file *file = keep_file(conf, name);
	struct reader r = {.conf = conf, .file = file->name};
	size_t before = conf->errors_total;
	const char *p = text, *end = text + n;
	struct str line;

	str_init(&line, CONF_MAX_LINE);
	conf->reading[conf->depth++] = (size_t)(file - conf->files);
	conf->reads++;
	for (r.line = 1; p < end;) {
		int lines;

		p = take_line(&r, p, end, &line, &lines);
		if (line.cut)
			complain(&r, 1, "a line longer than %d bytes", CONF_MAX_LINE);
		else
			run_line(&r, str_text(&line));
		r.line += lines;
	}
	while (r.depth) {
		r.line = r.blocks[--r.depth].line;
		complain(&r, 1, "no end for the %s here",
			r.blocks[r.depth].kind == BLOCK_IF ? "if" : "profile");
	}
	conf->depth--;
	str_release(&line);
	return conf->errors_total == before;
}

/* --- files --- */

static struct conf_stamp stamp_of(const struct stat *st)
{
	return (struct conf_stamp){
		st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec,
		st->st_size, st->st_ino};
}

bool conf_stamp(const char *path, struct conf_stamp *out)
{
	struct stat st;

	*out = (struct conf_stamp){0};
	if (stat(path, &st))
		return false;
	*out = stamp_of(&st);
	return true;
}

bool conf_stamp_same(const struct conf_stamp *a, const struct conf_stamp *b)
{
	return a->changed_ns == b->changed_ns && a->bytes == b->bytes &&
	       a->inode == b->inode;
}

void conf_note(struct conf *conf, const char *path)
{
	struct conf_file *file = keep_file(conf, path);

	conf_stamp(path, &file->stamp);
}

bool conf_had(const struct conf *conf, const char *path)
{
	for (size_t i = 0; i < conf->file_count; i++)
		if (!strcmp(conf->files[i].name, path))
			return conf->files[i].stamp.inode != 0;
	return false;
}

static bool is_null(const struct stat *st)
{
	struct stat null;

	return S_ISCHR(st->st_mode) && !stat("/dev/null", &null) &&
	       st->st_rdev == null.st_rdev;
}

/* 0, or why not. A FIFO would be waited for: it is opened without that. */
static int read_all(
	const char *path, struct str *text, struct conf_file *file, bool *torn)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), why = 0;
	struct conf_stamp after;
	struct stat st;
	char part[4096];
	ssize_t n;

	file->stamp = (struct conf_stamp){0};
	if (fd < 0)
		return errno;
	if (fstat(fd, &st))
		why = errno;
	else if (S_ISDIR(st.st_mode))
		why = EISDIR;
	else if (!S_ISREG(st.st_mode) && !is_null(&st))
		why = NOT_PLAIN;
	while (!why && (n = read(fd, part, sizeof part)) != 0) {
		if (n < 0)
			why = errno;
		else if (!str_add(text, part, (size_t)n))
			break;
	}
	close(fd);
	if (why)
		return why;
	file->stamp = stamp_of(&st);
	conf_stamp(path, &after);
	*torn = *torn || !conf_stamp_same(&file->stamp, &after);
	return 0;
}

bool conf_read_file(struct conf *conf, const char *path, bool quiet)
{
	struct conf_file *file = keep_file(conf, path);
	struct reader r = {.conf = conf, .file = file->name};
	struct err err = {0};
	struct str text;
	bool ok;
	int why;

	str_init(&text, CONF_MAX_BYTES);
	why = read_all(path, &text, file, &conf->torn);
	if (why) {
		if (!quiet)
			complain(&r, 0, "cannot read it: %s", why_not(why));
		str_release(&text);
		errno = why;
		return false;
	}
	if (conf->accept &&
		!conf->accept(conf->ctx, path, untrusted_make(text.p, text.n), &err)) {
		complain(&r, 0, "%s", err.text);
		str_release(&text);
		errno = 0;
		return false;
	}
	ok = conf_read_text(conf, path, str_text(&text), text.n);
	if (text.cut) {
		complain(&r, 0, "larger than %d KiB; the rest was not read",
			CONF_MAX_BYTES / 1024);
		ok = false;
	}
	str_release(&text);
	errno = 0;
	return ok;
}

void conf_release(struct conf *conf)
{
	for (size_t i = 0; i < conf->file_count; i++)
		mem_free(conf->files[i].name);
	for (size_t i = 0; i < conf->profile_count; i++)
		mem_free(conf->profiles[i]);
	mem_free(conf->files);
	mem_free(conf->profiles);
	mem_free(conf->errors);
	*conf = (struct conf){0};
}

const char *conf_value(const struct conf_line *line, size_t from, const char *key)
{
	size_t n = strlen(key);

	for (size_t i = from; i < line->count; i++) {
		const char *word = line->words[i].text;

		if (!strncmp(word, key, n) && word[n] == '=')
			return word + n + 1;
	}
	return NULL;
}

/* "; it is one of url, every, timeout" */
static const char *all_of(const char *const *keys, char out[KEYS_TEXT])
{
	struct str s;

	str_init(&s, KEYS_TEXT);
	for (size_t i = 0; keys[i]; i++)
		str_printf(&s, "%s%s", i ? ", " : "; it is one of ", keys[i]);
	text_line(untrusted_str(str_text(&s)), out, KEYS_TEXT);
	str_release(&s);
	return out;
}

bool conf_check_keys(const struct conf_line *line, size_t from, const char *const *keys,
	struct err *err)
{
	for (size_t i = from; i < line->count; i++) {
		const char *word = line->words[i].text, *eq = strchr(word, '=');
		char key[64], near[80], all[KEYS_TEXT];
		size_t k = 0;

		if (!eq)
			return err_set(err, ERR_INPUT, "%d: expected key=value, not %s",
				line->words[i].column, word);
		snprintf(key, sizeof key, "%.*s", (int)(eq - word), word);
		while (keys[k] && strcmp(keys[k], key))
			k++;
		if (!keys[k])
			return err_set(err, ERR_INPUT, "%d: unknown key %s%s",
				line->words[i].column, key,
				*conf_nearest(key, keys, sizeof *keys, near)
					? near
					: all_of(keys, all));
	}
	return true;
}

void conf_quote(struct str *out, const char *word)
{
	/* Bare at the end of a line, a trailing backslash would join the next one. */
	bool plain = *word && word[0] != '"' && word[0] != '#' && strcmp(word, "--") &&
		     !strpbrk(word, " \t\r") && !str_ends(word, "\\") &&
		     !value_opens(word);

	if (plain) {
		str_puts(out, word);
		return;
	}
	str_putc(out, '"');
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			str_putc(out, '\\');
		str_putc(out, *word);
	}
	str_putc(out, '"');
}

/* From 1; 0: no file. */
static size_t file_number(const struct conf *conf, const char *name)
{
	size_t i = conf->file_count;

	while (i && strcmp(conf->files[i - 1].name, name) != 0)
		i--;
	return i;
}

void conf_sort_errors(struct conf *conf)
{
	for (size_t i = 1; i < conf->error_count; i++) {
		struct conf_error e = conf->errors[i];
		size_t file = file_number(conf, e.place.file), k = i;

		for (; k; k--) {
			const struct conf_place *p = &conf->errors[k - 1].place;
			size_t other = file_number(conf, p->file);

			if (other < file || (other == file && p->line <= e.place.line))
				break;
			conf->errors[k] = conf->errors[k - 1];
		}
		conf->errors[k] = e;
	}
}
