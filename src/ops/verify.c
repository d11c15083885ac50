/* Verification. Hides the one pass over all segments, and how the first bad record is
 * found when somebody without the key wrote a tail anew: each record is signed
 * (`sealed`) together with the hash of the one before it; one in a hundred is checked,
 * the last always, and only when one does not hold those before it are looked at. Any
 * thread. */
#include "ops/verify.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/text.h"
#include "record.h"
#include "trail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY = SIGN_KEY_DIGITS, RING = CHECKPOINT_EVERY + 1 };

/* A record that no signature was checked for yet. */
struct unproven {
	uint64_t seq;
	size_t at, n; /* in texts: what its signature signs */
	char sealed[SIGNATURE_DIGITS + 1];
};

struct check {
	struct verdict *out;
	int folder; /* of the chain */
	char key[KEY + 1];
	struct link link;
	struct unproven ring[RING];
	struct str texts;
	size_t ring_count;
	uint64_t *open; /* intents without outcome; sorted as they come */
	size_t open_count, open_cap;
	int64_t part; /* bytes behind the last newline of the last segment */
};

static bool __attribute__((format(printf, 3, 4)))
bad(struct check *c, uint64_t seq, const char *fmt, ...)
{
	va_list ap;

	if (c->out->bad)
		return false;
	va_start(ap, fmt);
	vsnprintf(c->out->why, sizeof c->out->why, fmt, ap);
	va_end(ap);
	c->out->bad = seq ? seq : 1;
	return false;
}

static void __attribute__((format(printf, 2, 3)))
note(struct check *c, const char *fmt, ...)
{
	va_list ap;

	if (c->out->note_count == VERIFY_MAX_NOTES)
		return;
	va_start(ap, fmt);
	vsnprintf(c->out->notes[c->out->note_count++], sizeof c->out->notes[0], fmt, ap);
	va_end(ap);
}

/* --- signatures --- */

static bool seal_holds(const struct check *c, const struct unproven *u)
{
	return signature_holds(
		c->key, untrusted_make(c->texts.p + u->at, u->n), u->sealed);
}

static bool keep(struct check *c, const struct record *r)
{
	struct unproven *u = &c->ring[c->ring_count];

	if (c->ring_count == RING)
		return bad(c, r->seq, "is no checkpoint, and none of %d before it is",
			CHECKPOINT_EVERY);
	u->seq = r->seq;
	u->at = c->texts.n;
	record_seal_text(r, &c->link, &c->texts);
	u->n = c->texts.n - u->at;
	memcpy(u->sealed, r->sealed, sizeof u->sealed);
	c->ring_count++;
	return true;
}

/* The newest of the unproven ones proves all: it signs the hash of what stands before
 * it. When it does not, the first that fails is where somebody began. */
static bool prove(struct check *c)
{
	if (!c->ring_count || seal_holds(c, &c->ring[c->ring_count - 1])) {
		c->ring_count = 0;
		str_reset(&c->texts);
		return true;
	}
	for (size_t i = 0; i < c->ring_count; i++)
		if (!seal_holds(c, &c->ring[i]))
			return bad(c, c->ring[i].seq,
				"was not written with the key of this chain");
	return true;
}

/* --- the audit's own records --- */

static bool check_segment(struct check *c, const struct record *r, unsigned number)
{
	char prev[SHA256_DIGITS + 1] = "", key[KEY + 1] = "";
	uint64_t said = 0;

	if (!record_is(r, "audit.segment"))
		return bad(
			c, r->seq, "begins file %06u.jsonl but does not say so", number);
	if (!record_count(r, "number", &said) || said != number ||
		!record_word(r, "chain", c->link.chain) ||
		!record_hex(r, "prev", SHA256_DIGITS, prev) ||
		!record_hex(r, "key", KEY, key) || strcmp(prev, c->link.hash))
		return bad(c, r->seq, "says that another file than %06u.jsonl begins",
			number);
	if (!*c->key)
		memcpy(c->key, key, sizeof c->key);
	if (strcmp(key, c->key))
		return bad(c, r->seq, "names another key than that of this chain");
	return true;
}

static bool check_gap(struct check *c, const struct record *r)
{
	static const struct {
		const char *what, *text;
	} kinds[] = {{"cut", "records %llu to %llu had been cut off"},
		{"rewritten", "records %llu to %llu had been written anew"},
		{"damaged", "records %llu to %llu had been damaged"},
		{"head", "the signed end had been removed (records %llu to %llu)"}};
	unsigned long long seq = r->seq;
	uint64_t from = 0, to = 0;

	record_count(r, "from", &from);
	record_count(r, "to", &to);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		char text[120];

		if (!record_word(r, "what", kinds[i].what))
			continue;
		snprintf(text, sizeof text, kinds[i].text, (unsigned long long)from,
			(unsigned long long)to);
		return bad(c, r->seq, "tells of a gap: %s", text);
	}
	if (record_word(r, "what", "unsigned"))
		note(c,
			"records %llu to %llu were not signed when they were written (a "
			"kill, a power cut, or another hand)",
			(unsigned long long)from, (unsigned long long)to);
	else if (record_word(r, "what", "torn"))
		note(c, "record %llu: an unfinished line before it was set aside", seq);
	else
		return bad(c, r->seq, "tells of a gap of an unknown kind");
	return true;
}

/* --- intents and outcomes --- */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void track(struct check *c, const struct record *r)
{
	uint64_t *found;

	if (untrusted_is(r->kind, "\"intent\"")) {
		MEM_ROOM(c->open, c->open_count, c->open_cap);
		c->open[c->open_count++] = r->seq;
	} else if (r->ref && c->open_count && untrusted_is(r->kind, "\"outcome\"")) {
		found = bsearch(
			&r->ref, c->open, c->open_count, sizeof *c->open, by_number);
		if (!found)
			return;
		memmove(found, found + 1,
			(size_t)(c->open + c->open_count - found - 1) * sizeof *found);
		c->open_count--;
	}
}

/* --- one record, one file --- */

static bool check_order(struct check *c, const struct record *r)
{
	unsigned long long last = c->link.seq, seq = r->seq;

	if (seq == last + 1)
		return true;
	if (seq == last + 2)
		return bad(c, last + 1, "is missing: %llu stands in its place", seq);
	if (seq > last)
		return bad(c, last + 1, "is missing, and all up to %llu", seq - 1);
	return bad(c, last + 1, "is missing: %llu stands there once more", seq);
}

static bool check_line(
	struct check *c, struct untrusted line, unsigned number, bool first)
{
	struct record r;
	const char *why;

	if (!record_read(line, &r, &why))
		return bad(c, c->link.seq + 1, "is damaged: %s", why);
	if (!check_order(c, &r))
		return false;
	if (!record_holds(&r, c->link.hash))
		return bad(c, r.seq,
			"is not what was written: it does not fit its hash and the "
			"record before it");
	if (first ? !check_segment(c, &r, number) : record_is(&r, "audit.segment"))
		return bad(c, r.seq, "says that a file begins, in the middle of one");
	if (!keep(c, &r))
		return false;
	if (record_seals(&r) && !prove(c))
		return false;
	if (record_is(&r, "audit.gap") && !check_gap(c, &r))
		return false;
	track(c, &r);
	c->link.seq = c->out->count = r.seq;
	memcpy(c->link.hash, r.hash, sizeof c->link.hash);
	return true;
}

static int open_file(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/* False when it could not be read; damage is in the verdict. */
static bool check_file(struct check *c, unsigned number, bool last, struct err *err)
{
	char name[32];
	struct untrusted line;
	struct lines lines;
	bool first = true, whole = true;
	int fd, error;

	segment_name(number, name);
	fd = open_file(c->folder, name);
	if (fd < 0 && errno == ENOENT) {
		bad(c, c->link.seq + 1, "is missing: the file %s is gone", name);
		return true;
	}
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot read %s of the audit: %s", name,
			strerror(errno));
	lines_init(&lines, fd, 0);
	while (!c->out->bad && lines_next(&lines, &line, &whole)) {
		if (whole) {
			check_line(c, line, number, first);
			first = false;
		} else if (!last || !lines.over) {
			bad(c, c->link.seq + 1, "is cut short, in %s", name);
		} else {
			c->part = (int64_t)untrusted_size(line);
		}
	}
	if (first && !c->part && !c->out->bad && !last)
		bad(c, c->link.seq + 1, "is missing: the file %s is empty", name);
	error = lines.error;
	lines_release(&lines);
	close(fd);
	return !error || err_set(err, ERR_IO, "cannot read %s of the audit: %s", name,
				 strerror(error));
}

/* --- the end --- */

static void check_head(struct check *c, const struct head *head)
{
	unsigned long long missing = head->seq - c->link.seq;

	if (head->seq > c->link.seq && missing > 1)
		bad(c, c->link.seq + 1, "is missing: %llu records were cut off the end",
			missing);
	else if (head->seq > c->link.seq)
		bad(c, head->seq,
			c->part ? "is cut short: it was whole once"
				: "is missing: it was cut off the end");
	else if (head->seq == c->link.seq && strcmp(head->hash, c->link.hash))
		bad(c, head->seq, "is another than the one signed as the last");
}

static void check_end(struct check *c)
{
	struct head head;
	bool there = head_load(c->folder, &head);

	if (!c->link.seq && !there)
		return;
	if (!prove(c))
		return;
	if (!there || strcmp(head.chain, c->link.chain) ||
		(*c->key && !head_holds(&head, c->key)))
		bad(c, c->link.seq,
			"is the last, but the file `head`, which should say "
			"so, is missing or not signed with the key");
	else
		check_head(c, &head);
	if (c->part && !c->out->bad)
		note(c,
			"%lld bytes of an unfinished line stand at the end: the next "
			"write sets them aside",
			(long long)c->part);
}

/* The key on this machine, if it is there: then the chain must be signed with it, not
 * with one that it names itself. */
static void load_key(struct check *c, const char *folder, const char *chain)
{
	char path[AUDIT_PATH + ID_TEXT + 8];
	struct secret *seed;
	struct signer *signer;

	snprintf(path, sizeof path, "%s/%s/key", folder, chain);
	seed = secret_from_file(path, NULL);
	signer = seed ? signer_new(seed, NULL) : NULL;
	if (signer)
		memcpy(c->key, signer_public(signer), sizeof c->key);
	else
		note(c, "the key is not here: signatures are checked against the one "
			"that the chain names");
	signer_free(signer);
	secret_free(seed);
}

static int open_chain_folder(const char *folder, const char *chain, struct err *err)
{
	char path[AUDIT_PATH + ID_TEXT + 8], shown[160];
	int fd;

	snprintf(path, sizeof path, "%s/%s", folder, chain);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err_set(err, ERR_IO, "cannot open the audit in %s: %s",
			text_line(untrusted_str(path), shown, sizeof shown),
			strerror(errno));
	return fd;
}

size_t verify_chains(const char *folder, char out[][ID_TEXT], size_t max)
{
	return chains_list(folder, out, max);
}

bool verify_chain(
	const char *folder, const char *chain, struct verdict *out, struct err *err)
{
	struct check *c = mem_new(1, sizeof *c);
	unsigned last = 0;
	bool ok = true;

	memset(out, 0, sizeof *out);
	c->out = out;
	str_init(&c->texts, (size_t)RING * (RECORD_LINE_MAX + 256));
	c->link = (struct link){.hash = RECORD_FIRST_PREV};
	str_copy(c->link.chain, sizeof c->link.chain, chain);
	str_copy(out->chain, sizeof out->chain, chain);
	c->folder = open_chain_folder(folder, chain, err);
	if (c->folder < 0) {
		mem_free(c);
		return false;
	}
	load_key(c, folder, chain);
	if (!segments_last(c->folder, &last))
		ok = err_set(err, ERR_IO, "cannot read the audit: %s", strerror(errno));
	for (unsigned i = 1; ok && i <= last && !out->bad; i++)
		ok = check_file(c, i, i == last, err);
	if (ok && !out->bad)
		check_end(c);
	memcpy(out->hash, c->link.hash, sizeof out->hash);
	out->open_intents = c->open_count;
	close(c->folder);
	str_release(&c->texts);
	mem_free(c->open);
	mem_free(c);
	return ok;
}

/* --- all lines --- */

uint64_t audit_newest(const char *folder, char chain[ID_TEXT])
{
	char chains[VERIFY_MAX_CHAINS][ID_TEXT];
	size_t n = chains_list(folder, chains, VERIFY_MAX_CHAINS);
	struct head head = {0};
	int fd;

	*chain = '\0';
	if (!n)
		return 0;
	memcpy(chain, chains[n - 1], ID_TEXT);
	fd = open_chain_folder(folder, chain, NULL);
	if (fd < 0)
		return 0;
	if (!head_load(fd, &head))
		head.seq = 0;
	close(fd);
	return head.seq;
}

/* The last segment that begins with a record not behind `from`. */
static unsigned segment_of(int chain_folder, unsigned last, uint64_t from)
{
	for (; last > 1; last--) {
		char name[32];
		struct untrusted line;
		struct record r;
		struct lines lines;
		const char *why;
		bool whole, before;
		int fd;

		segment_name(last, name);
		fd = open_file(chain_folder, name);
		if (fd < 0)
			continue;
		lines_init(&lines, fd, 0);
		before = lines_next(&lines, &line, &whole) &&
			 record_read(line, &r, &why) && r.seq <= from;
		lines_release(&lines);
		close(fd);
		if (before)
			return last;
	}
	return 1;
}

static bool each_line(int chain_folder, const char *chain, uint64_t from,
	bool (*one)(void *ctx, const char *chain, struct untrusted line), void *ctx)
{
	unsigned last = 0;
	bool more = segments_last(chain_folder, &last);

	for (unsigned i = from ? segment_of(chain_folder, last, from) : 1;
		more && i <= last; i++) {
		char name[32];
		struct untrusted line;
		struct record r;
		struct lines lines;
		const char *why;
		bool whole;
		int fd;

		segment_name(i, name);
		fd = open_file(chain_folder, name);
		if (fd < 0)
			continue;
		lines_init(&lines, fd, 0);
		while (more && lines_next(&lines, &line, &whole))
			if (whole &&
				(!from || (record_read(line, &r, &why) && r.seq >= from)))
				more = one(ctx, chain, line);
		lines_release(&lines);
		close(fd);
	}
	return more;
}

bool audit_each(const char *folder, uint64_t from,
	bool (*one)(void *ctx, const char *chain, struct untrusted line), void *ctx,
	struct err *err)
{
	char chains[VERIFY_MAX_CHAINS][ID_TEXT];
	size_t n = chains_list(folder, chains, VERIFY_MAX_CHAINS);

	for (size_t i = from && n ? n - 1 : 0; i < n; i++) {
		int fd = open_chain_folder(folder, chains[i], err);
		bool more;

		if (fd < 0)
			return false;
		more = each_line(fd, chains[i], from, one, ctx);
		close(fd);
		if (!more)
			break;
	}
	return true;
}

/* --- against a copy --- */

/* What the copy says of one record. */
struct claim {
	uint64_t seq;
	char hash[SHA256_DIGITS + 1];
	char chain[ID_TEXT]; /* "" when the line does not say */
};

struct copy {
	struct claim *claims; /* in the order of chain and number */
	size_t count, cap;
	size_t next; /* to be compared */
	struct against *out;
};

static int by_place(const void *a, const void *b)
{
	const struct claim *x = a, *y = b;
	int order = strcmp(x->chain, y->chain);

	return order ? order : (x->seq > y->seq) - (x->seq < y->seq);
}

/* A syslog server puts words before it, an incident's note has some behind it. */
static struct untrusted without_keepers_words(struct untrusted line)
{
	static const char *const begins[] = {"{\"audit\":", "{\"chain\":"};
	ptrdiff_t at = -1;
	size_t n;

	for (size_t i = 0; at < 0 && i < sizeof begins / sizeof begins[0]; i++)
		at = untrusted_find(line, begins[i]);
	if (at < 0)
		return line;
	line = untrusted_slice(line, (size_t)at, SIZE_MAX);
	n = untrusted_size(line);
	while (n && !untrusted_is(untrusted_slice(line, n - 1, 1), "}"))
		n--;
	return untrusted_slice(line, 0, n);
}

/* A record's line, or a head's. A record does not name its chain, but the first of a
 * file does, and those that follow are of the same. */
static bool read_claim(struct untrusted line, char chain[ID_TEXT], struct claim *out)
{
	struct untrusted value;
	struct record r;
	struct head head;
	const char *why;

	line = without_keepers_words(line);
	memset(out, 0, sizeof *out);
	if (record_read(line, &r, &why)) {
		out->seq = r.seq;
		memcpy(out->hash, r.hash, sizeof out->hash);
		if (record_is(&r, "audit.segment") && record_text(&r, "chain", &value) &&
			!text_to_id(value, chain, ID_TEXT))
			return false;
		memcpy(out->chain, chain, ID_TEXT);
		return true;
	}
	if (!head_read(line, &head))
		return false;
	out->seq = head.seq;
	memcpy(out->hash, head.hash, sizeof out->hash);
	memcpy(out->chain, head.chain, sizeof out->chain);
	return true;
}

static bool read_copy(struct copy *copy, const char *file, struct err *err)
{
	char shown[160], chain[ID_TEXT] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	unsigned long number = 0;
	struct untrusted line;
	struct lines lines;
	bool whole, ok = true;

	text_line(untrusted_str(file), shown, sizeof shown);
	if (fd < 0)
		return err_set(err, ERR_IO, "cannot open %s: %s", shown, strerror(errno));
	lines_init(&lines, fd, 0);
	while (ok && lines_next(&lines, &line, &whole)) {
		number++;
		if (untrusted_empty(untrusted_trim(line)))
			continue;
		MEM_ROOM(copy->claims, copy->count, copy->cap);
		ok = read_claim(line, chain, &copy->claims[copy->count++]);
	}
	if (lines.error)
		ok = err_set(
			err, ERR_IO, "cannot read %s: %s", shown, strerror(lines.error));
	else if (!ok)
		err_set(err, ERR_INPUT,
			"%s, line %lu: neither a record of an audit nor a head", shown,
			number);
	else if (!copy->count)
		ok = err_set(err, ERR_INPUT, "%s holds no record to compare with", shown);
	lines_release(&lines);
	close(fd);
	return ok;
}

static void differs(struct copy *copy, const char *why)
{
	copy->out->bad = copy->claims[copy->next].seq;
	str_copy(copy->out->why, sizeof copy->out->why, why);
}

/* Both run in the same order. */
static bool compare(void *ctx, const char *chain, struct untrusted line)
{
	struct copy *copy = ctx;
	struct claim here = {0};
	struct record r;
	const char *why;

	if (!record_read(line, &r, &why))
		return true;
	here.seq = r.seq;
	str_copy(here.chain, sizeof here.chain, chain);
	for (; copy->next < copy->count; copy->next++) {
		const struct claim *claim = &copy->claims[copy->next];
		int order = by_place(claim, &here);

		if (order > 0)
			return true;
		copy->out->compared++;
		if (!order && !strcmp(claim->hash, r.hash))
			continue;
		differs(copy, order ? "is in the copy and not here"
				    : "is another here than in the copy: the history was "
				      "written anew");
		return false;
	}
	return false;
}

/* Lines that do not say of which chain they are: of the newest here. */
static void name_chains(struct copy *copy, const char *folder)
{
	char chains[VERIFY_MAX_CHAINS][ID_TEXT];
	size_t n = chains_list(folder, chains, VERIFY_MAX_CHAINS);

	for (size_t i = 0; n && i < copy->count; i++)
		if (!*copy->claims[i].chain)
			memcpy(copy->claims[i].chain, chains[n - 1], ID_TEXT);
}

bool verify_against(
	const char *folder, const char *file, struct against *out, struct err *err)
{
	struct copy copy = {.out = out};
	bool ok;

	memset(out, 0, sizeof *out);
	ok = read_copy(&copy, file, err);
	if (ok) {
		name_chains(&copy, folder);
		qsort(copy.claims, copy.count, sizeof *copy.claims, by_place);
		ok = audit_each(folder, 0, compare, &copy, err);
	}
	if (ok && !out->bad && copy.next < copy.count)
		differs(&copy, "is in the copy and not here: the end was cut off");
	mem_free(copy.claims);
	return ok;
}
