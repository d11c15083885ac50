/* Judging an argv by the table. Everything here errs to the worse side: an option that is
 * not in the table, a value that looks like an option, a program elsewhere than in the
 * system's folders make a change of it. Pure. */
#include "ops/policy.h"

#include "base/str.h"
#include "base/text.h"
#include "policy_table.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_ = 40, WRAPS_MAX = 8 };

static void judge(const char *const *argv, size_t argc, int depth, struct judgement *out);

enum audit_class policy_worse(enum audit_class a, enum audit_class b)
{
	return a > b ? a : b;
}

static void worsen(struct judgement *out, enum audit_class class, const char *why)
{
	if (class <= out->class)
		return;
	out->class = class;
	text_line(untrusted_str(why), out->why, sizeof out->why);
}

/* Its word in a list; the pieces are separated by blanks. NULL: it is not there. */
static const char *in_list(const char *list, const char *word, size_t n)
{
	while (list && *list) {
		size_t size = strcspn(list, " ");

		if (size == n && !strncmp(list, word, n))
			return list;
		/* One that takes a value is listed with its '='. */
		if (size == n + 1 && list[n] == '=' && !strncmp(list, word, n))
			return list;
		list += size;
		list += strspn(list, " ");
	}
	return NULL;
}

static const struct policy_program *program_find(const char *path)
{
	static const char *const folders[] = {"/bin/", "/usr/bin/", "/sbin/",
		"/usr/sbin/", "/usr/local/bin/", "/usr/local/sbin/"};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	bool known = !slash;

	for (size_t i = 0; slash && i < sizeof folders / sizeof folders[0]; i++)
		known |= strlen(folders[i]) == (size_t)(name - path) &&
			 !strncmp(folders[i], path, (size_t)(name - path));
	for (const struct policy_program *p = policy_programs; known && p->names; p++)
		if (*name && in_list(p->names, name, strlen(name)))
			return p;
	return NULL;
}

/* "-5", "-1h": a value although it begins with a dash. */
static bool number_like(const char *word)
{
	size_t n = *word == '-' ? strspn(word + 1, "0123456789.") : 0;

	return n && (!word[1 + n] || (strchr("smhdwkMG", word[1 + n]) && !word[2 + n]));
}

/* A call taken apart: its operands, and whether all options are known. */
struct call_ {
	const struct policy_program *program;
	const char *const *argv;
	size_t argc, at;
	const char *operands[64];
	size_t count;
	struct judgement *out;
};

static void unknown(struct call_ *c, const char *option)
{
	char text[POLICY_WHY - 24];

	/* Of what runs another, the program may be elsewhere than it seems. */
	enum audit_class class =
		c->program->flags & POLICY_WRAPS ? AUDIT_SHELL : AUDIT_CHANGE;

	text_line(untrusted_str(option), text, sizeof text);
	if (c->out->class < class) {
		c->out->class = class;
		snprintf(c->out->why, sizeof c->out->why, "unknown option %s", text);
	}
}

/* The value of an option is the next word. */
static void take_value(struct call_ *c, const char *option)
{
	if (c->at + 1 >= c->argc)
		return;
	c->at++;
	if (*c->argv[c->at] == '-' && c->argv[c->at][1] && !number_like(c->argv[c->at]))
		unknown(c, option);
}

static void before_verb(struct call_ *c, bool valued, const char *option)
{
	if (c->program->flags & POLICY_VERB_FIRST && !c->count && !valued)
		unknown(c, option);
}

static bool take_long(struct call_ *c, const char *word, size_t dashes)
{
	const char *name = word + dashes, *entry;
	size_t n = strcspn(name, "=");
	bool valued;

	entry = in_list(c->program->longs, name, n);
	if (!entry)
		return false;
	valued = entry[n] == '=';
	before_verb(c, valued, word);
	if (valued && !name[n])
		take_value(c, word);
	return true;
}

static bool take_shorts(struct call_ *c, const char *word)
{
	for (const char *p = word + 1; *p; p++) {
		const char *entry = *p == ':' ? NULL : strchr(c->program->shorts, *p);

		if (!entry)
			return false;
		before_verb(c, entry[1] == ':', word);
		if (entry[1] != ':')
			continue;
		if (!p[1])
			take_value(c, word);
		return true;
	}
	return true;
}

/* curl's two that write only where their value says so. */
static bool harmless_curl(struct call_ *c)
{
	const char *word = c->argv[c->at];
	const char *value = c->at + 1 < c->argc ? c->argv[c->at + 1] : NULL;
	bool out = !strcmp(word, "-o") || !strcmp(word, "--output");
	bool form = !strcmp(word, "-w") || !strcmp(word, "--write-out");

	if (!value || (!out && !form) || !(c->program->flags & POLICY_HTTP))
		return false;
	if ((out && strcmp(value, "/dev/null")) ||
		(form && (*value == '@' || strstr(value, "%output{"))))
		return false;
	c->at++;
	return true;
}

static void take_option(struct call_ *c)
{
	const char *word = c->argv[c->at];
	size_t n = strcspn(word, "=");
	bool known;

	if (in_list(c->program->destroys, word, n)) {
		worsen(c->out, AUDIT_DESTROY, word);
		return;
	}
	if (!c->program->shorts || harmless_curl(c))
		return;
	if (word[1] == '-')
		known = take_long(c, word, 2);
	else
		known = (c->program->flags & POLICY_LONG1 && word[2] &&
				take_long(c, word, 1)) ||
			(!(c->program->flags & POLICY_LONG1 && word[2]) &&
				take_shorts(c, word));
	if (!known)
		unknown(c, word);
}

/* Options and operands; of a wrapper only up to what it runs. */
static void take_apart(struct call_ *c)
{
	bool options = true;

	for (c->at = 1; c->at < c->argc; c->at++) {
		const char *word = c->argv[c->at];

		if (options && !strcmp(word, "--")) {
			options = false;
			continue;
		}
		if (options && *word == '-' && word[1]) {
			take_option(c);
			continue;
		}
		if (c->program->flags & POLICY_WRAPS)
			return;
		if (c->count == sizeof c->operands / sizeof *c->operands)
			continue;
		c->operands[c->count++] = word;
	}
}

/* One of the alternatives "rollout status|get"; how many operands it takes, or -1. */
static int verb_match(const struct call_ *c, const char *words, size_t size)
{
	int used = 0;

	while (size) {
		size_t n = 0;

		if (*words == '$')
			return (size_t)used == c->count ? used : -1;
		while (n < size && words[n] != ' ' && words[n] != '$')
			n++;
		if ((size_t)used >= c->count || strlen(c->operands[used]) != n ||
			strncmp(c->operands[used], words, n))
			return -1;
		used++;
		n += n < size && words[n] == ' ';
		words += n;
		size -= n;
	}
	return used;
}

static const struct policy_verb *verb_find(const struct call_ *c, int *used)
{
	for (const struct policy_verb *v = c->program->verbs; v && v->words; v++) {
		const char *at = v->words;

		for (;;) {
			size_t n = strcspn(at, "|");

			*used = verb_match(c, at, n);
			if (*used >= 0)
				return v;
			if (!at[n])
				break;
			at += n + 1;
		}
	}
	*used = 0;
	return NULL;
}

static void judge_operands(struct call_ *c, size_t from)
{
	unsigned flags = c->program->flags;

	for (size_t i = from; i < c->count; i++) {
		const char *word = c->operands[i];
		bool plus = flags & POLICY_PLUS && *word == '+';

		if ((flags & POLICY_BARE && !plus) ||
			(flags & POLICY_EQUALS && strchr(word, '=')) ||
			(flags & POLICY_HTTP && !str_starts(word, "http://") &&
				!str_starts(word, "https://")))
			worsen(c->out, AUDIT_CHANGE, word);
	}
}

static void judge_call(struct call_ *c, int depth)
{
	const struct policy_verb *verb;
	int used;

	take_apart(c);
	if (c->program->flags & POLICY_WRAPS) {
		size_t skip = c->program->flags & POLICY_SKIPS ? 1 : 0;

		c->out->sudo |= c->program->flags & POLICY_ROOT;
		if (c->at + skip < c->argc)
			judge(c->argv + c->at + skip, c->argc - c->at - skip, depth + 1,
				c->out);
		else
			worsen(c->out, AUDIT_SHELL, c->argv[0]);
		return;
	}
	verb = verb_find(c, &used);
	if (verb && verb->class != AUDIT_READ)
		worsen(c->out, verb->class,
			c->count && *c->program->verbs->words ? c->operands[0]
							      : c->argv[0]);
	judge_operands(c, (size_t)used);
}

/* --- find, whose options are a language --- */

static const char find_reads[] =
	"name= iname= path= ipath= regex= iregex= type= xtype= size= mtime= mmin= atime= "
	"amin= ctime= cmin= newer= anewer= cnewer= user= group= uid= gid= perm= links= "
	"inum= samefile= fstype= maxdepth= mindepth= printf= xdev mount depth empty "
	"readable writable executable true false print print0 ls prune quit follow not a "
	"o "
	"and or daystart nouser nogroup noleaf";

static size_t find_run(
	const char *const *argv, size_t argc, size_t at, int depth, struct judgement *out)
{
	size_t n = 0;

	while (at + n < argc && strcmp(argv[at + n], ";") && strcmp(argv[at + n], "+"))
		n++;
	if (n)
		judge(argv + at, n, depth + 1, out);
	return at + n;
}

static void judge_find(
	const char *const *argv, size_t argc, int depth, struct judgement *out)
{
	for (size_t i = 1; i < argc; i++) {
		const char *word = argv[i], *entry;

		if (*word != '-' || !word[1] || number_like(word))
			continue;
		if (!strcmp(word, "-delete")) {
			worsen(out, AUDIT_DESTROY, word);
		} else if (!strcmp(word, "-exec") || !strcmp(word, "-execdir")) {
			i = find_run(argv, argc, i + 1, depth, out);
		} else if (!strcmp(word, "-L") || !strcmp(word, "-H") ||
			   !strcmp(word, "-P")) {
			continue;
		} else {
			entry = in_list(find_reads, word + 1, strlen(word + 1));
			if (!entry)
				worsen(out, AUDIT_CHANGE, word);
			else if (entry[strlen(word + 1)] == '=')
				i++;
		}
	}
}

static void judge(const char *const *argv, size_t argc, int depth, struct judgement *out)
{
	struct call_ c = {.argv = argv, .argc = argc, .out = out};

	if (depth > WRAPS_MAX) {
		worsen(out, AUDIT_SHELL, argv[0]);
		return;
	}
	if (!strcmp(argv[0], "find") || !strcmp(argv[0], "/usr/bin/find")) {
		judge_find(argv, argc, depth, out);
		return;
	}
	c.program = program_find(argv[0]);
	if (c.program) {
		judge_call(&c, depth);
		return;
	}
	if (out->class < AUDIT_CHANGE)
		snprintf(out->why, sizeof out->why, "a program that is not known");
	out->class = policy_worse(out->class, AUDIT_CHANGE);
}

void policy_judge(const char *const *argv, size_t argc, struct judgement *out)
{
	*out = (struct judgement){.class = AUDIT_READ};
	if (argc)
		judge(argv, argc, 0, out);
	else
		worsen(out, AUDIT_SHELL, "no command");
}
