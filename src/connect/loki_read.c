/* Loki's answers taken apart: streams with their labels, categorised or not, lines with
 * times in nanoseconds; and its refusals, which are plain text. Nothing in them is
 * trusted: not the times, not the order, not how many labels there are. Any thread. */
#include "loki.h"

#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "labels.h"

#include <string.h>

enum { LABEL_MAX = 200, WALK_MAX = 64, NS_PER_MS = 1000000 };

/* Where a line's level, host and unit may stand, the best first. */
static const char *const level_labels[] = {
	"detected_level", "level", "severity", "severity_text", "lvl", NULL};
static const char *const host_labels[] = {
	"host", "hostname", "node", "node_name", "k8s_node_name", "instance", NULL};
static const char *const unit_labels[] = {"container", "app", "service_name", "service",
	"unit", "job", "k8s_container_name", "pod", "filename", NULL};

struct labels {
	struct untrusted level, host, unit;
	int level_rank, host_rank, unit_rank;
	struct str text; /* "name=value\n" each */
	size_t count;
};

static void prefer(const char *const *names, struct untrusted name,
	struct untrusted value, struct untrusted *out, int *rank)
{
	for (int i = 0; names[i] && (!*rank || i + 1 < *rank); i++)
		if (untrusted_is(name, names[i])) {
			*out = value;
			*rank = i + 1;
		}
}

static void add_label(struct labels *l, struct untrusted name, struct untrusted value)
{
	if (untrusted_empty(name) || untrusted_empty(value) ||
		untrusted_is(value, "unknown") || untrusted_is(value, "unknown_service"))
		return;
	prefer(level_labels, name, value, &l->level, &l->level_rank);
	prefer(host_labels, name, value, &l->host, &l->host_rank);
	prefer(unit_labels, name, value, &l->unit, &l->unit_rank);
	if (l->count >= BATCH_MAX_LABELS ||
		l->text.n + untrusted_size(name) + LABEL_MAX + 2 > BATCH_MAX_LABEL_BYTES)
		return;
	text_add_line(&l->text, untrusted_slice(name, 0, LABEL_MAX), LABEL_MAX);
	str_putc(&l->text, '=');
	text_add_line(&l->text, untrusted_slice(value, 0, LABEL_MAX), LABEL_MAX);
	str_putc(&l->text, '\n');
	l->count++;
}

static void add_labels(struct labels *l, struct json object)
{
	size_t n = 0;

	if (!json_is_object(object))
		return;
	for (struct json e = json_first(object); json_item(e) && n < WALK_MAX;
		e = json_next(e), n++)
		add_label(l, json_name(e), json_text(e));
}

/* {"structuredMetadata":{…},"parsed":{…}} when the server sorts them, else one object. */
static void add_metadata(struct labels *l, struct json more)
{
	struct json sorted = json_get(more, "structuredMetadata");
	struct json parsed = json_get(more, "parsed");

	if (!json_is_object(sorted) && !json_is_object(parsed)) {
		add_labels(l, more);
		return;
	}
	add_labels(l, sorted);
	add_labels(l, parsed);
}

/* False: it came before. */
static bool seen_add(struct loki_seen *seen, uint64_t hash, int64_t ns)
{
	size_t set = hash % LOKI_SEEN_SETS, oldest = 0;

	for (size_t i = 0; i < LOKI_SEEN_WAYS; i++) {
		if (seen->sets[set][i].hash == hash && seen->sets[set][i].ns == ns)
			return false;
		if (seen->sets[set][i].ns < seen->sets[set][oldest].ns)
			oldest = i;
	}
	seen->sets[set][oldest].hash = hash;
	seen->sets[set][oldest].ns = ns;
	return true;
}

static void keep_line(
	struct batch *batch, const struct labels *l, struct untrusted text, int64_t ns)
{
	struct batch_line *out = batch_add_line(batch);
	struct untrusted kept = untrusted_slice(text, 0, LOGLINE_MAX_BYTES);

	if (!out)
		return;
	out->line.at = ns / NS_PER_MS;
	out->at_ns = ns % NS_PER_MS;
	out->line.level = level_named(l->level);
	if (out->line.level == LEVEL_NONE)
		out->line.level = level_guess(text);
	out->line.host = batch_keep(batch, untrusted_slice(l->host, 0, LABEL_MAX));
	out->line.unit = batch_keep(batch, untrusted_slice(l->unit, 0, LABEL_MAX));
	out->line.text = batch_keep(batch, kept);
	out->labels = batch_keep(batch, untrusted_make(l->text.p, l->text.n));
}

static void read_value(struct json value, const struct labels *stream,
	struct loki_seen *seen, struct loki_page *page, struct batch *batch)
{
	struct json first = json_first(value), second = json_next(first);
	struct json more = json_next(second);
	struct labels l = *stream;
	struct untrusted text = json_text(second);
	uint64_t hash = untrusted_hash(text) ^
			untrusted_hash(untrusted_make(stream->text.p, stream->text.n)) *
				UINT64_C(0x9e3779b97f4a7c15);
	int64_t ns;

	if (!json_is_text(second) || !untrusted_to_i64(json_text(first), &ns) ||
		ns < page->from || ns >= page->to) {
		page->strange++;
		return;
	}
	if (!page->rows++ || ns < page->oldest)
		page->oldest = ns;
	if (page->rows == 1 || ns > page->newest)
		page->newest = ns;
	if (!seen_add(seen, hash, ns))
		return;
	page->fresh++;
	str_init(&l.text, BATCH_MAX_LABEL_BYTES);
	str_add(&l.text, stream->text.p, stream->text.n);
	add_metadata(&l, more);
	keep_line(batch, &l, text, ns);
	str_release(&l.text);
}

bool loki_read_page(struct json root, struct loki_seen *seen, struct loki_page *page,
	struct batch *batch, struct err *err)
{
	struct json result = json_get(root, "data.result");
	struct untrusted type = json_text(json_get(root, "data.resultType"));

	if (untrusted_is(type, "matrix") || untrusted_is(type, "vector"))
		return err_set(err, ERR_USAGE,
			"query counts lines instead of giving them: leave what is around "
			"{…} away");
	if (!untrusted_is(type, "streams") || (json_ok(result) && !json_is_array(result)))
		return err_set(err, ERR_INPUT, "JSON, but no lines of Loki: check url");
	for (struct json s = json_first(result); json_item(s); s = json_next(s)) {
		struct labels l = {0};

		str_init(&l.text, BATCH_MAX_LABEL_BYTES);
		add_labels(&l, json_get(s, "stream"));
		for (struct json v = json_first(json_get(s, "values")); json_item(v);
			v = json_next(v))
			read_value(v, &l, seen, page, batch);
		str_release(&l.text);
	}
	return true;
}

/* --- refusals --- */

static const struct refusal {
	const char *part; /* of the server's words, in any case */
	enum loki_refusal what;
	enum err_kind kind;
	const char *sentence; /* behind the origin */
} refusals[] = {
	{"max entries limit", LOKI_FEWER, ERR_LIMIT,
		"gives fewer lines in one answer than were asked for"},
	{"query time range exceeds", LOKI_SHORTER, ERR_LIMIT,
		"does not take so long a window in one question"},
	{"query would read too many bytes", LOKI_SHORTER, ERR_LIMIT,
		"will not read so much: name fewer streams in query, or look at a "
		"shorter window"},
	{"too many outstanding requests", LOKI_REFUSED, ERR_BUSY,
		"has too many questions waiting"},
	{"deadline exceeded", LOKI_SHORTER, ERR_TIMEOUT,
		"did not come to an end in its own time: name fewer streams in query"},
	{"timeout", LOKI_SHORTER, ERR_TIMEOUT,
		"did not come to an end in its own time: name fewer streams in query"},
	{"parse error", LOKI_REFUSED, ERR_USAGE,
		"does not understand query of this source"},
	{"queries require at least one", LOKI_REFUSED, ERR_USAGE,
		"wants more in query: one label at least must have a value"},
	{"no org id", LOKI_REFUSED, ERR_AUTH, "wants a tenant: add org=TENANT"},
	{"maximum of series", LOKI_SHORTER, ERR_LIMIT,
		"finds too many streams: name fewer in query"},
};

/* "limit > max_entries… (5000 > 1000)": what it would take. */
static int64_t number_behind(struct untrusted words, const char *mark)
{
	struct untrusted rest = words, word;
	int64_t number = 0;
	ptrdiff_t at;

	while ((at = untrusted_find(rest, mark)) >= 0) {
		rest = untrusted_slice(rest, (size_t)at + strlen(mark), SIZE_MAX);
		words = rest;
		if (untrusted_word(&words, " ),", &word) &&
			untrusted_to_i64(word, &number) && number > 0)
			return number;
	}
	return 0;
}

/* "limit: 30d1h": in ms. */
static int64_t duration_behind(struct untrusted words, const char *mark)
{
	ptrdiff_t at = untrusted_find(words, mark);
	struct untrusted rest, word;
	char text[40];
	int64_t ms = 0;

	if (at < 0)
		return 0;
	rest = untrusted_slice(words, (size_t)at + strlen(mark), SIZE_MAX);
	if (!untrusted_word(&rest, " ),", &word) ||
		!duration_parse(text_line(word, text, sizeof text), &ms))
		return 0;
	return ms > 0 ? ms : 0;
}

enum loki_refusal loki_refused(
	const struct answer *answer, int64_t *number, struct err *err)
{
	struct untrusted words = untrusted_trim(untrusted_slice(answer->body, 0, 4096));
	char shown[180];

	*number = 0;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		const struct refusal *r = &refusals[i];

		if (untrusted_find_nocase(words, r->part) < 0 ||
			untrusted_starts(words, "<"))
			continue;
		if (r->what == LOKI_FEWER)
			*number = number_behind(words, " > ");
		else if (r->what == LOKI_SHORTER)
			*number = duration_behind(words, "limit: ");
		err_set(err, r->kind, "%s %s (HTTP %d): %s", answer->origin, r->sentence,
			answer->status, text_line(words, shown, sizeof shown));
		return r->what;
	}
	answer_refused(answer, words, err);
	return answer->status == 504 ? LOKI_SHORTER : LOKI_REFUSED;
}
