/* The words behind a step's fence, by table: each with the kinds that take it and what
 * reads its value. What no row takes is a fault, as a word that is not understood may be
 * the one that says where, or when not. Pure. */
#include "step_info.h"

#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { WORD_TEXT = 60 };

#define EVERY_MS 10000

static const struct kind {
	const char *word;
	enum step_kind_id kind;
	bool bash;
} kinds[] = {
	{"sh", STEP_LOCAL, false},
	{"bash", STEP_LOCAL, true},
	{"kubectl", STEP_KUBECTL, false},
	{"sql", STEP_SQL, false},
	{"promql", STEP_PROMQL, false},
	{"http", STEP_HTTP, false},
	{"wait", STEP_WAIT, false},
	{"ask", STEP_ASK, false},
	{"note", STEP_NOTE, false},
	{"oogway", STEP_OOGWAY, false},
};

const char *step_kind_name(enum step_kind_id kind)
{
	static const char *const names[STEP_KIND_COUNT] = {
		[STEP_LOCAL] = "local",
		[STEP_HOST] = "host",
		[STEP_KUBECTL] = "kubectl",
		[STEP_SQL] = "sql",
		[STEP_PROMQL] = "promql",
		[STEP_HTTP] = "http",
		[STEP_WAIT] = "wait",
		[STEP_ASK] = "ask",
		[STEP_NOTE] = "note",
		[STEP_OOGWAY] = "oogway",
	};

	return names[kind];
}

bool step_info_kind(struct runbook_step *step, struct untrusted *info)
{
	struct untrusted word;

	if (!untrusted_word(info, " \t", &word))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (!untrusted_is(word, kinds[i].word))
			continue;
		step->kind = kinds[i].kind;
		step->bash = kinds[i].bash;
		step->timeout_ms = RUNBOOK_TIMEOUT_MS;
		step->every_ms = EVERY_MS;
		return true;
	}
	return false;
}

/* --- values --- */

static bool duration(struct untrusted value, int64_t *out)
{
	char text[40];

	text_line(value, text, sizeof text);
	return duration_parse(text, out) && *out > 0 && *out <= RUNBOOK_TIMEOUT_MOST_MS;
}

static bool take_risk(struct runbook_step *step, struct untrusted value)
{
	for (int i = AUDIT_READ; i < AUDIT_CLASS_COUNT; i++) {
		if (untrusted_is(value, audit_class_name((enum audit_class)i))) {
			step->risk = (enum audit_class)i;
			return true;
		}
	}
	return false;
}

static bool take_timeout(struct runbook_step *step, struct untrusted value)
{
	return duration(value, &step->timeout_ms);
}

static bool take_every(struct runbook_step *step, struct untrusted value)
{
	return duration(value, &step->every_ms) && step->every_ms >= 100;
}

static bool take_as(struct runbook_step *step, struct untrusted value)
{
	return runbook_name_ok(value, step->as);
}

static bool take_when(struct runbook_step *step, struct untrusted value)
{
	step->when = value;
	return untrusted_find(value, "=") > 0 && !untrusted_starts(value, "!");
}

static bool take_rollback(struct runbook_step *step, struct untrusted value)
{
	int64_t number = 0;

	step->rollback = true;
	if (untrusted_empty(value))
		return true;
	if (!untrusted_to_i64(value, &number) || number < 1 || number > RUNBOOK_MAX_STEPS)
		return false;
	step->undoes = (int)number;
	return true;
}

static bool take_choose(struct runbook_step *step, struct untrusted value)
{
	step->choose = value;
	return untrusted_find(value, ",") > 0;
}

static bool take_type(struct runbook_step *step, struct untrusted value)
{
	step->types = true;
	return untrusted_empty(value);
}

static bool take_expect(struct runbook_step *step, struct untrusted value)
{
	step->expect = untrusted_is(value, "some")   ? EXPECT_SOME
		       : untrusted_is(value, "none") ? EXPECT_NONE
						     : EXPECT_ANY;
	return step->expect != EXPECT_ANY || untrusted_is(value, "any");
}

static bool take_source(struct runbook_step *step, struct untrusted value)
{
	step->source = value;
	return !untrusted_empty(value);
}

/* A name as accounts have them: nothing that sudo could take for an option, or for the
 * number of one. */
static bool take_become(struct runbook_step *step, struct untrusted value)
{
	char id[64];

	step->become = value;
	return text_to_id(value, id, sizeof id) &&
	       ((*id >= 'a' && *id <= 'z') || *id == '_') && !strchr(id, ':');
}

static bool take_host(struct runbook_step *step, struct untrusted value)
{
	step->kind = STEP_HOST;
	step->on = value;
	return true;
}

static bool take_local(struct runbook_step *step, struct untrusted value)
{
	(void)step;
	return untrusted_empty(value);
}

#define KIND(id) (1u << STEP_##id)
#define COMMANDS (KIND(LOCAL) | KIND(HOST) | KIND(KUBECTL))
#define EVERY    (~0u)

static const struct row {
	const char *name;
	unsigned kinds;
	bool (*take)(struct runbook_step *step, struct untrusted value);
	const char *expected;
} rows[] = {
	{"risk", EVERY, take_risk, "a risk is read, change, destroy or shell"},
	{"timeout", EVERY, take_timeout, "a timeout is 1s to 24h"},
	{"host", KIND(LOCAL), take_host, "host, or host=HOSTS"},
	{"local", KIND(LOCAL), take_local, "local has no value"},
	{"as", EVERY, take_as, "as=NAME is a-z, 0-9 and _"},
	{"if", EVERY, take_when, "if=NAME=VALUE or if=NAME!=VALUE"},
	{"rollback", EVERY, take_rollback, "rollback, or rollback=STEP"},
	{"become", COMMANDS, take_become, "become=USER is an account's name"},
	{"every", KIND(WAIT), take_every, "every= is a duration from 100ms on"},
	{"choose", KIND(ASK), take_choose, "choose=A,B has two answers at least"},
	{"type", KIND(ASK), take_type, "type has no value"},
	{"expect", KIND(PROMQL) | KIND(WAIT), take_expect,
		"expect= is some, none or any"},
	{"source", KIND(PROMQL) | KIND(WAIT), take_source, "source=NAME of the rc"},
};

static const struct row *row_of(const struct runbook_step *step, struct untrusted name)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (untrusted_is(name, rows[i].name) && rows[i].kinds >> step->kind & 1)
			return &rows[i];
	return NULL;
}

bool step_info_word(struct runbook_step *step, struct untrusted *info, struct err *err)
{
	struct untrusted word;

	while (untrusted_word(info, " \t", &word)) {
		ptrdiff_t equals = untrusted_find(word, "=");
		size_t n = equals < 0 ? untrusted_size(word) : (size_t)equals;
		const struct row *row = row_of(step, untrusted_slice(word, 0, n));
		char text[WORD_TEXT];

		text_line(word, text, sizeof text);
		if (!row)
			return err_set(err, ERR_INPUT,
				"behind the kind of a step stand its place (host, "
				"local), "
				"risk= and timeout=, not %s",
				text);
		if (!row->take(step, untrusted_slice(word, n + 1, SIZE_MAX)))
			return err_set(err, ERR_INPUT, "%s, not %s", row->expected, text);
	}
	return true;
}
