/* What is typed behind `source add` becomes a line of the rc: checked by the rc's own
 * reader, with paths that do not depend on where it was typed. A secret among the words
 * is refused before anything is done with it: the list of processes and the shell's
 * history show it to others. Main thread. */
#include "enrol_line.h"

#include "base/alloc.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char *const secret_keys[] = {"token", "password", "passwd", "pass", "secret",
	"key", "api-key", "apikey", "api_key", "auth", "authorization", "bearer",
	"credential", NULL};
static const char *const path_keys[] = {
	"token-file", "ca-file", "cert-file", "key-file", "unix", NULL};

static const char head[] =
	"# Written by `source add` and `source remove`; read behind the oogway.rc beside "
	"it.\n";

/* Behind the "=" of a word that begins with the key, else NULL. */
static const char *value_of(const char *word, const char *key)
{
	size_t n = strlen(key);

	return !strncasecmp(word, key, n) && word[n] == '=' ? word + n + 1 : NULL;
}

static bool is_variable(const char *name)
{
	const char *p = name;

	while (isalnum((unsigned char)*p) || *p == '_')
		p++;
	return p > name && !*p && !isdigit((unsigned char)*name);
}

bool enrol_word_check(const char *word, struct err *err)
{
	const char *env = value_of(word, "token-env"), *url = value_of(word, "url");
	bool tells = false;

	for (size_t i = 0; secret_keys[i]; i++)
		tells |= value_of(word, secret_keys[i]) != NULL;
	if (url)
		tells |= strchr(url, '@') || strchr(url, '?');
	if (tells)
		return err_set(err, ERR_REFUSED,
			"no secret here: give token-file=FILE (chmod 600), "
			"token-env=NAME "
			"or token-command=COMMAND. A command line is seen by others and "
			"kept by shells: take this secret back where it was made");
	if (env && !is_variable(env))
		return err_set(err, ERR_REFUSED,
			"token-env takes the name of a variable, such as PD_TOKEN, not "
			"the secret");
	return true;
}

static bool is_one_of(const char *word, const char *const *keys)
{
	for (size_t i = 0; keys[i]; i++)
		if (value_of(word, keys[i]))
			return true;
	return false;
}

/* Relative to where it was typed; "~/" stays. */
static void add_path(struct str *out, const char *word)
{
	const char *path = strchr(word, '=') + 1;
	char here[4096];
	struct str full;

	str_init(&full, CONF_MAX_LINE);
	str_printf(&full, "%.*s", (int)(path - word), word);
	if (*path && *path != '/' && !str_starts(path, "~/") && getcwd(here, sizeof here))
		str_printf(&full, "%s/", here);
	str_puts(&full, path);
	conf_quote(out, str_text(&full));
	str_release(&full);
}

/* True when it was one of the choices. */
static bool take_choice(struct enrol_line *line, const char *word)
{
	for (int i = 0; i < CHOOSE_COUNT; i++) {
		const char *value = value_of(word, source_choices[i]);

		if (!value)
			continue;
		mem_free(line->words[i]);
		line->choices.words[i] = line->words[i] = mem_strdup(value);
		return true;
	}
	return false;
}

static bool check_taken(const struct rc *rc, const char *name, struct err *err)
{
	for (size_t i = 0; i < rc->source_count; i++)
		if (!strcmp(rc->sources[i].name, name))
			return err_set(err, ERR_USAGE,
				"there is a source %s already, in %s:%d", name,
				rc->sources[i].place.file, rc->sources[i].place.line);
	return !strcmp(name, "host")
		       ? err_set(err, ERR_USAGE, "host is this host: choose another name")
		       : true;
}

/* What the kind needs before it is worth asking. */
static bool check_source(const struct enrol_line *line, struct err *err)
{
	const struct rc_source *s = &line->rc->sources[0];
	struct str filter;
	bool ok = true;

	if (s->kind->service && !s->token_file && !s->token_env && !s->token_command)
		return err_set(err, ERR_USAGE,
			"%s needs a secret: token-file=FILE (chmod 600), token-env=NAME "
			"or token-command=COMMAND",
			s->kind->name);
	str_init(&filter, CONF_MAX_LINE);
	for (int i = 0; ok && i < CHOOSE_COUNT; i++)
		/* Names with blanks are looked up where there is a survey. */
		if (line->words[i] && (!s->kind->survey || i == CHOOSE_URGENCIES))
			ok = source_choose(s->kind, (enum source_choice)i, line->words[i],
				&filter, err);
	str_release(&filter);
	if (ok && s->no_past && s->kind->survey &&
		(line->words[CHOOSE_SERVICES] || line->words[CHOOSE_TEAMS]))
		return err_set(err, ERR_USAGE,
			"with since=none nothing is looked up: give ids, "
			"filter=service=ID");
	return ok;
}

bool enrol_line_read(struct enrol_line *line, const struct app *app, size_t argc,
	const char *const *argv, struct err *err)
{
	*line = (struct enrol_line){0};
	str_init(&line->text, CONF_MAX_LINE);
	str_puts(&line->text, "source");
	for (size_t i = 0; i < argc; i++)
		if (!enrol_word_check(argv[i], err))
			return false;
	for (size_t i = 0; i < argc; i++) {
		if (i > 1 && take_choice(line, argv[i]))
			continue;
		if (strpbrk(argv[i], "\n\r"))
			return err_set(err, ERR_USAGE, "a word holds a line's end");
		str_putc(&line->text, ' ');
		if (i > 1 && is_one_of(argv[i], path_keys))
			add_path(&line->text, argv[i]);
		else
			conf_quote(&line->text, argv[i]);
	}
	if (line->text.cut)
		return err_set(err, ERR_LIMIT, "too many words for one line");
	line->rc = rc_try(app->rc, app->rc->sources_path, str_text(&line->text), err);
	if (!line->rc)
		return false;
	if (!line->rc->source_count)
		return err_set(
			err, ERR_USAGE, "expected: source add NAME KIND [KEY=VALUE …]");
	return check_taken(app->rc, line->rc->sources[0].name, err) &&
	       check_source(line, err);
}

void enrol_line_release(struct enrol_line *line)
{
	for (int i = 0; i < CHOOSE_COUNT; i++)
		mem_free(line->words[i]);
	str_release(&line->text);
	rc_free(line->rc);
	*line = (struct enrol_line){0};
}

/* --- the file --- */

/* The words of the line but for the filter, which the trial has made anew. */
static void add_line(struct str *out, const char *line, const char *filter)
{
	struct conf_line words;
	char text[CONF_MAX_LINE + CONF_MAX_WORDS];
	struct str word;

	if (!filter || !conf_split(line, &words, text, sizeof text, NULL)) {
		str_printf(out, "%s\n", line);
		return;
	}
	for (size_t i = 0; i < words.count; i++) {
		if (value_of(words.words[i].text, "filter"))
			continue;
		if (i)
			str_putc(out, ' ');
		conf_quote(out, words.words[i].text);
	}
	str_init(&word, CONF_MAX_LINE);
	str_printf(&word, "filter=%s", filter);
	str_putc(out, ' ');
	conf_quote(out, str_text(&word));
	str_release(&word);
	str_putc(out, '\n');
}

void enrol_file_add(struct str *out, const char *text, const char *profile,
	const char *line, const char *filter)
{
	size_t n = strlen(text);

	str_puts(out, n ? text : head);
	if (n && text[n - 1] != '\n')
		str_putc(out, '\n');
	if (*profile) {
		str_puts(out, "profile ");
		conf_quote(out, profile);
		str_putc(out, '\n');
	}
	add_line(out, line, filter);
	if (*profile)
		str_puts(out, "end\n");
}

static size_t line_length(const char *at)
{
	const char *end = strchr(at, '\n');

	return end ? (size_t)(end - at) + 1 : strlen(at);
}

/* With the lines that a backslash joins to it. */
static const char *behind(const char *at)
{
	size_t n;

	do {
		n = line_length(at);
		at += n;
	} while (n > 1 && *at && at[-1] == '\n' && at[-2] == '\\');
	return at;
}

void enrol_file_remove(struct str *out, const char *text, int at)
{
	const char *line = text, *before = NULL, *next;

	for (int i = 1; i < at && *line; i++) {
		before = line;
		line += line_length(line);
	}
	next = behind(line);
	if (before && str_starts(before, "profile ") && str_starts(next, "end\n")) {
		line = before;
		next += strlen("end\n");
	}
	str_add(out, text, (size_t)(line - text));
	str_puts(out, next);
}
