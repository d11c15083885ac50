/* Label sets as Prometheus and Alertmanager give them: printed, hashed as the servers
 * hash them, and read for what an on-call engineer asks first (what, how bad, where,
 * which runbook). Any thread. */
#include "labels.h"

#include "base/crypto.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const severity_names[] = {"severity", "priority", "level", NULL};
static const char *const service_names[] = {"service", "app", "instance", "job", NULL};
static const char *const summary_names[] = {"summary", "description", "message", NULL};
static const char *const runbook_names[] = {"runbook_url", "runbook", NULL};
static const char *const title_names[] = {"alertname", "cluster", "service", "job", NULL};

struct untrusted batch_keep(struct batch *batch, struct untrusted text)
{
	struct untrusted copy;

	if (untrusted_empty(text))
		return UNTRUSTED_NONE;
	copy = untrusted_copy(batch->arena, text);
	if (untrusted_empty(copy))
		batch->cut = true;
	return copy;
}

struct untrusted batch_keep_str(struct batch *batch, const char *text)
{
	return batch_keep(batch, untrusted_str(text));
}

void batch_warn(struct batch *batch, const char *text)
{
	if (untrusted_empty(batch->warning))
		batch->warning = batch_keep_str(batch, text);
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	return untrusted_cmp(x->name, y->name);
}

/* Borrowed from the document, sorted by name. */
static size_t pairs_read(struct json labels, struct pair pairs[LABELS_MAX])
{
	size_t n = 0;

	if (!json_is_object(labels))
		return 0;
	for (struct json e = json_first(labels); json_item(e) && n < LABELS_MAX;
		e = json_next(e))
		if (json_is_text(e))
			pairs[n++] = (struct pair){json_name(e), json_text(e)};
	qsort(pairs, n, sizeof *pairs, compare_pairs);
	return n;
}

static void print_pair(struct str *out, const struct pair *pair)
{
	char name[128];

	str_puts(out, out->n ? "," : "{");
	if (text_to_id(pair->name, name, sizeof name))
		str_puts(out, name);
	else
		text_add_promql(out, pair->name);
	str_putc(out, '=');
	text_add_promql(out, pair->value);
}

static void shorten(struct str *out)
{
	struct untrusted all = untrusted_make(out->p, out->n);
	char hash[HASH_TEXT], *text;

	hash_lasting(out->p, out->n, hash);
	all = untrusted_keep(all, LABELS_MAX_TEXT);
	out->n = untrusted_size(all);
	untrusted_free(all);
	text = out->p;
	text[out->n] = '\0';
	str_printf(out, "…%s", hash);
}

struct untrusted labels_print(struct batch *batch, struct json labels)
{
	struct pair pairs[LABELS_MAX];
	size_t n = pairs_read(labels, pairs);
	struct untrusted printed;
	struct str out;

	str_init(&out, 8 << 20);
	for (size_t i = 0; i < n; i++)
		if (!untrusted_is(pairs[i].name, "__name__") &&
			!untrusted_is(pairs[i].name, "oogway_query"))
			print_pair(&out, &pairs[i]);
	if (out.n > LABELS_MAX_TEXT)
		shorten(&out);
	if (out.n)
		str_putc(&out, '}');
	printed = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return printed;
}

struct untrusted labels_value(struct untrusted printed, const char *name)
{
	char mark[80];
	ptrdiff_t at = -1, end;

	for (const char *before = "{,"; *before && at < 0; before++) {
		snprintf(mark, sizeof mark, "%c%s=\"", *before, name);
		at = untrusted_find(printed, mark);
	}
	if (at < 0)
		return UNTRUSTED_NONE;
	printed = untrusted_slice(printed, (size_t)at + strlen(mark), SIZE_MAX);
	end = untrusted_find(printed, "\"");
	return end < 0 ? UNTRUSTED_NONE : untrusted_slice(printed, 0, (size_t)end);
}

static uint64_t fnv(uint64_t hash, struct untrusted text)
{
	const uint64_t prime = UINT64_C(1099511628211);
	size_t n;
	const unsigned char *p = text_raw(text, &n);

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ p[i]) * prime;
	return (hash ^ 0xff) * prime;
}

struct untrusted labels_fingerprint(struct batch *batch, struct json labels)
{
	struct pair pairs[LABELS_MAX];
	size_t n = pairs_read(labels, pairs);
	uint64_t hash = UINT64_C(14695981039346656037);
	struct untrusted printed;
	struct str out;

	for (size_t i = 0; i < n; i++)
		hash = fnv(fnv(hash, pairs[i].name), pairs[i].value);
	str_init(&out, 32);
	str_printf(&out, "%016llx", (unsigned long long)hash);
	printed = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return printed;
}

static struct untrusted first_of(
	const struct pair *pairs, size_t n, const char *const *names)
{
	for (; *names; names++)
		for (size_t i = 0; i < n; i++)
			if (untrusted_is(pairs[i].name, *names) &&
				!untrusted_empty(pairs[i].value))
				return pairs[i].value;
	return UNTRUSTED_NONE;
}

size_t labels_keep(struct batch *batch, struct json from, const struct pair **out)
{
	struct pair pairs[LABELS_MAX], *kept;
	size_t n = pairs_read(from, pairs);

	if (json_count(from) > LABELS_MAX)
		batch->cut = true;
	kept = arena_alloc(batch->arena, n * sizeof *kept);
	if (!kept) {
		batch->cut = true;
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		kept[i] = (struct pair){batch_keep(batch, pairs[i].name),
			batch_keep(batch, pairs[i].value)};
	*out = kept;
	return n;
}

void labels_fill_alert(struct batch *batch, struct alert_draft *alert, struct json labels,
	struct json annotations)
{
	const struct pair *l, *a;
	size_t n, m;

	n = alert->label_count = labels_keep(batch, labels, &alert->labels);
	m = alert->annotation_count =
		labels_keep(batch, annotations, &alert->annotations);
	l = alert->labels;
	a = alert->annotations;
	alert->severity =
		severity_parse(first_of(l, n, severity_names), SEVERITY_WARNING);
	alert->texts[ALERT_TITLE] = first_of(l, n, title_names);
	alert->texts[ALERT_SERVICE] = first_of(l, n, service_names);
	alert->texts[ALERT_SUMMARY] = first_of(a, m, summary_names);
	alert->texts[ALERT_RUNBOOK] = first_of(a, m, runbook_names);
}
