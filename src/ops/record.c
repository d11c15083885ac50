/* Records as lines. Hides the order of the members, what is left out
 * and what is redacted, and where the parts go that are known only
 * under the chain's lock. Any thread, but for making one: main. */
#include "record.h"

#include "actor.h"
#include "base/alloc.h"
#include "base/canonical.h"
#include "base/text.h"
#include "base/time.h"
#include "ops/redact.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	HASH_TAIL = SHA256_DIGITS + 11, /* ,"hash":"…"} */
	AUDIT_AT = 9,                   /* {"audit": */
	SEALED_NAME = 10,               /* ,"sealed": */
	SEALED = SEALED_NAME + SIGNATURE_DIGITS + 2,
};

const char *audit_kind_name(enum audit_kind kind)
{
	static const char *const names[AUDIT_KIND_COUNT] = {
		[AUDIT_INTENT] = "intent",
		[AUDIT_OUTCOME] = "outcome",
		[AUDIT_REFUSAL] = "refusal",
		[AUDIT_NOTE] = "note",
	};

	return names[kind];
}

const char *audit_class_name(enum audit_class class)
{
	static const char *const names[AUDIT_CLASS_COUNT] = {
		[AUDIT_UNCLASSED] = "",
		[AUDIT_READ] = "read",
		[AUDIT_CHANGE] = "change",
		[AUDIT_DESTROY] = "destroy",
		[AUDIT_SHELL] = "shell",
	};

	return names[class];
}

/* --- making --- */

static bool good_name(const char *name)
{
	return name && *name &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.")];
}

static bool refuse(const struct audit_record *record, bool ours, struct err *err)
{
	if (!good_name(record->event))
		return err_set(err, ERR_USAGE, "an audit record needs an event's name");
	if (!ours && str_starts(record->event, "audit."))
		return err_set(err, ERR_USAGE, "%s: events of that name are the audit's",
			record->event);
	if (record->arg_count > AUDIT_MAX_ARGS || record->extra_count > AUDIT_MAX_PAIRS)
		return err_set(err, ERR_LIMIT,
			"%s has too many words for one audit record: %zu, at most %d",
			record->event, record->arg_count, AUDIT_MAX_ARGS);
	for (size_t i = 0; i < record->extra_count; i++)
		if (!good_name(record->extra[i].name) ||
			(record->extra[i].is_number &&
				!isfinite(record->extra[i].number)))
			return err_set(err, ERR_USAGE, "%s: an audit pair has a bad name",
				record->event);
	return true;
}

static void name_member(struct str *out, const char *name)
{
	if (out->p[out->n - 1] != '{')
		str_putc(out, ',');
	str_printf(out, "\"%s\":", name);
}

static void put_text(struct str *out, const char *name, struct untrusted text)
{
	struct str clean;

	if (untrusted_empty(text))
		return;
	str_init(&clean, AUDIT_MAX_BYTES);
	redact_text(&clean, text);
	out->cut |= clean.cut;
	name_member(out, name);
	canonical_text(out, untrusted_make(clean.p, clean.n));
	str_release(&clean);
}

/* Words of ours, and all of the audit's own records, which its task makes: secrets are
 * known on main alone. */
static void put_own(struct str *out, const char *name, struct untrusted text)
{
	if (untrusted_empty(text))
		return;
	name_member(out, name);
	canonical_text(out, text);
}

static void put(struct str *out, const char *name, const char *text)
{
	put_own(out, name, untrusted_str(text));
}

static void put_args(struct str *out, const struct audit_record *record)
{
	struct str clean;

	if (!record->arg_count)
		return;
	str_init(&clean, AUDIT_MAX_BYTES);
	name_member(out, "args");
	str_putc(out, '[');
	for (size_t i = 0; i < record->arg_count; i++) {
		str_reset(&clean);
		redact_word(&clean, record->args, i);
		out->cut |= clean.cut;
		if (i)
			str_putc(out, ',');
		canonical_text(out, untrusted_make(clean.p, clean.n));
	}
	str_putc(out, ']');
	str_release(&clean);
}

static int by_name(const void *a, const void *b)
{
	const struct audit_pair *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static bool put_extra(struct str *out, const struct audit_record *record, bool ours)
{
	const struct audit_pair *pairs[AUDIT_MAX_PAIRS];
	size_t n = record->extra_count;

	if (!n)
		return true;
	for (size_t i = 0; i < n; i++)
		pairs[i] = &record->extra[i];
	qsort(pairs, n, sizeof pairs[0], by_name);
	name_member(out, "extra");
	str_putc(out, '{');
	for (size_t i = 0; i < n; i++) {
		if (i && !strcmp(pairs[i]->name, pairs[i - 1]->name))
			return false;
		if (pairs[i]->is_number) {
			name_member(out, pairs[i]->name);
			canonical_number(out, pairs[i]->number);
		} else if (ours) {
			put_own(out, pairs[i]->name, pairs[i]->value);
		} else {
			put_text(out, pairs[i]->name, pairs[i]->value);
		}
	}
	str_putc(out, '}');
	return true;
}

static void put_number(struct str *out, const char *name, uint64_t value)
{
	name_member(out, name);
	canonical_number(out, (double)value);
}

/* Up to where `sealed` and `seq` go in; members in the order of their names. */
static bool put_first(
	struct str *out, const struct audit_record *record, bool ours, int64_t at)
{
	char when[TIME_TEXT], host[256] = "";
	bool ok;

	str_puts(out, "{\"audit\":{\"actor\":");
	actor_add(out, record->pager_user);
	put_text(out, "approval", record->approval);
	put_args(out, record);
	put(out, "at", time_rfc3339(at, when));
	put(out, "class", audit_class_name(record->class));
	put(out, "decision", record->decision);
	put_text(out, "error", record->error);
	put(out, "event", record->event);
	ok = put_extra(out, record, ours);
	gethostname(host, sizeof host - 1);
	put(out, "host", host);
	put_text(out, "id", record->id);
	put(out, "kind", audit_kind_name(record->kind));
	put(out, "origin", record->origin);
	put(out, "profile", record->profile);
	if (record->ref)
		put_number(out, "ref", record->ref);
	put_text(out, "result", record->result);
	return ok;
}

bool draft_make(struct draft *draft, const struct audit_record *record, bool ours,
	int64_t at, struct err *err)
{
	struct str out;
	size_t hole;
	bool ok;

	if (!refuse(record, ours, err))
		return false;
	str_init(&out, AUDIT_MAX_BYTES);
	ok = put_first(&out, record, ours, at);
	hole = out.n;
	put(&out, "source", record->source);
	put_text(&out, "target", record->target);
	str_puts(&out, "}}");
	if (!ok || out.cut) {
		err_set(err, ok ? ERR_LIMIT : ERR_USAGE,
			ok ? "%s is too large for one audit record (%d KiB)"
			   : "%s: two pairs of an audit record have one name",
			record->event, AUDIT_MAX_BYTES / 1024);
		str_release(&out);
		return false;
	}
	*draft = (struct draft){.n = out.n, .hole = hole};
	draft->text = str_take(&out);
	return true;
}

void draft_free(struct draft *draft)
{
	mem_free(draft->text);
	*draft = (struct draft){0};
}

static void make_hash(
	struct untrusted line, const char *prev, char out[SHA256_DIGITS + 1])
{
	const struct untrusted parts[] = {untrusted_make(prev, SHA256_DIGITS),
		untrusted_str("\n"), line, untrusted_str("}")};

	sha256_text(parts, sizeof parts / sizeof parts[0], out);
}

/* The first part is the line up to the member `sealed`, the second what follows it. */
static void seal_text(struct str *out, const struct link *before, struct untrusted first,
	struct untrusted second)
{
	const void *p;
	size_t n;

	str_printf(out, "oogway audit 1\n%s\n%s\n", before->chain, before->hash);
	p = text_raw(first, &n);
	str_add(out, p, n);
	p = text_raw(second, &n);
	str_add(out, p, n);
	str_putc(out, '}');
}

/* From ,"seq": to the last bracket but one. */
static void put_second(struct str *out, const struct draft *draft, uint64_t seq)
{
	str_puts(out, ",\"seq\":");
	canonical_number(out, (double)seq);
	str_add(out, draft->text + draft->hole, draft->n - draft->hole - 1);
}

bool record_add(struct str *out, const struct draft *draft, struct link *link,
	const struct signer *signer, struct err *err)
{
	char signature[SIGNATURE_DIGITS + 1], hash[SHA256_DIGITS + 1];
	struct record check;
	const char *why;
	struct str text, seal;
	size_t from = out->n;

	str_init(&text, RECORD_LINE_MAX + 512);
	put_second(&text, draft, link->seq + 1);
	str_init(&seal, RECORD_LINE_MAX + 512);
	seal_text(&seal, link, untrusted_make(draft->text, draft->hole),
		untrusted_make(text.p, text.n));
	signer_sign(signer, untrusted_make(seal.p, seal.n), signature);
	str_release(&seal);
	str_add(out, draft->text, draft->hole);
	str_printf(out, ",\"sealed\":\"%s\"", signature);
	str_add(out, text.p, text.n);
	str_release(&text);
	make_hash(untrusted_make(out->p + from, out->n - from), link->hash, hash);
	str_printf(out, ",\"hash\":\"%s\"}", hash);
	if (out->cut ||
		!record_read(untrusted_make(out->p + from, out->n - from), &check, &why))
		return err_set(err, ERR_INPUT,
			"the audit record cannot be written: it would not be canonical");
	str_putc(out, '\n');
	link->seq++;
	memcpy(link->hash, hash, sizeof link->hash);
	return true;
}

/* --- reading --- */

/* The line is canonical and begins with the member `audit`, which must be followed by
 * `hash` alone: a value that ends where that begins, and not before. */
static bool read_tail(struct record *r)
{
	size_t n = untrusted_size(r->line);
	struct untrusted tail;

	if (n <= HASH_TAIL + AUDIT_AT)
		return false;
	tail = untrusted_slice(r->line, n - HASH_TAIL, SIZE_MAX);
	return untrusted_starts(tail, ",\"hash\":") &&
	       canonical_hex(untrusted_slice(tail, 8, SHA256_DIGITS + 2), SHA256_DIGITS,
		       r->hash) &&
	       canonical_member(r->line, "audit", &r->audit) &&
	       untrusted_size(r->audit) + AUDIT_AT + HASH_TAIL == n;
}

bool record_read(struct untrusted line, struct record *out, const char **why)
{
	struct record r = {.line = line};
	struct untrusted ref = UNTRUSTED_NONE, sealed = UNTRUSTED_NONE,
			 seq = UNTRUSTED_NONE;
	const struct canonical_want wants[] = {{"event", &r.event}, {"extra", &r.extra},
		{"kind", &r.kind}, {"ref", &ref}, {"sealed", &sealed}, {"seq", &seq}};

	*why = "it is not one line of canonical JSON";
	if (!untrusted_size(line) || canonical_read(line, NULL) != untrusted_size(line))
		return false;
	*why = "it is no audit record";
	if (!untrusted_starts(line, "{\"audit\":{") || !read_tail(&r))
		return false;
	canonical_members(r.audit, wants, sizeof wants / sizeof wants[0]);
	*why = "a member that every record has is missing or wrong";
	if (!canonical_count(seq, &r.seq) || !r.seq ||
		!canonical_hex(sealed, SIGNATURE_DIGITS, r.sealed) ||
		untrusted_offset(line, sealed) < AUDIT_AT + SEALED_NAME ||
		untrusted_empty(r.event) || untrusted_empty(r.kind) ||
		(!untrusted_empty(ref) && !canonical_count(ref, &r.ref)))
		return false;
	r.sealed_at = untrusted_offset(line, sealed) - SEALED_NAME;
	*out = r;
	return true;
}

bool record_holds(const struct record *record, const char *prev)
{
	char hash[SHA256_DIGITS + 1];

	make_hash(untrusted_slice(
			  record->line, 0, untrusted_size(record->line) - HASH_TAIL),
		prev, hash);
	return !strcmp(hash, record->hash);
}

void record_seal_text(
	const struct record *record, const struct link *before, struct str *out)
{
	size_t end = untrusted_size(record->line) - HASH_TAIL,
	       next = record->sealed_at + SEALED;

	seal_text(out, before, untrusted_slice(record->line, 0, record->sealed_at),
		untrusted_slice(record->line, next, end - next));
}

static bool is_text(struct untrusted value, const char *text)
{
	size_t n = strlen(text);

	return untrusted_size(value) == n + 2 &&
	       untrusted_is(untrusted_slice(value, 1, n), text);
}

bool record_is(const struct record *record, const char *event)
{
	return is_text(record->event, event);
}

bool record_seals(const struct record *record)
{
	return record_is(record, "audit.checkpoint") ||
	       record_is(record, "audit.segment");
}

bool record_count(const struct record *record, const char *name, uint64_t *out)
{
	struct untrusted value;

	return canonical_member(record->extra, name, &value) &&
	       canonical_count(value, out);
}

bool record_hex(const struct record *record, const char *name, size_t n, char *out)
{
	struct untrusted value;

	return canonical_member(record->extra, name, &value) &&
	       canonical_hex(value, n, out);
}

bool record_word(const struct record *record, const char *name, const char *value)
{
	struct untrusted found;

	return canonical_member(record->extra, name, &found) && is_text(found, value);
}

bool record_text(const struct record *record, const char *name, struct untrusted *value)
{
	size_t n;

	if (!canonical_member(record->extra, name, value))
		return false;
	n = untrusted_size(*value);
	if (n < 2 || !untrusted_starts(*value, "\""))
		return false;
	*value = untrusted_slice(*value, 1, n - 2);
	return true;
}
