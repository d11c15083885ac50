/* Answers of the Prometheus API, read into batches: vectors, matrices (large ones
 * through matrix.c), scalars, rules with their alerts, warnings. Whatever is not of
 * the documented form is left out, or refused as a whole. Any thread. */
#include "prom.h"

#include "base/str.h"
#include "base/text.h"
#include "labels.h"
#include "matrix.h"

#include <stdlib.h>
#include <string.h>

enum { TREE_MAX_BYTES = 8 << 20, ERROR_MAX_BYTES = 256 << 10 };

/* One answer while it is read. */
struct reader {
	struct json_doc doc;
	struct matrix matrix;
	bool plain; /* matrix is in use */
};

static bool reader_open(struct reader *r, const struct answer *answer, struct err *err)
{
	size_t n, size = untrusted_size(answer->body);
	const char *text;

	*r = (struct reader){0};
	r->plain = size >= PROM_PLAIN_BYTES && matrix_open(&r->matrix, answer->body);
	if (r->plain) {
		text = str_text(&r->matrix.skeleton);
		n = r->matrix.skeleton.n;
	} else {
		text = text_raw(answer->body, &n);
	}
	if (n > TREE_MAX_BYTES)
		err_set(err, ERR_LIMIT,
			"%s sent %zu MiB: more series than can be shown; narrow the "
			"query",
			answer->origin, size >> 20);
	else if (json_parse(&r->doc, text ? text : "", n, TREE_MAX_BYTES, err))
		return true;
	else
		err_prefix(err, "%s: ", answer->origin);
	matrix_release(&r->matrix);
	return false;
}

static void reader_close(struct reader *r)
{
	json_release(&r->doc);
	matrix_release(&r->matrix);
}

static void read_warnings(struct json root, struct batch *batch)
{
	struct json list = json_get(root, "warnings");
	struct untrusted first = json_text(json_first(list));
	size_t count = json_count(list);
	struct str out;

	if (json_bool(json_get(root, "isPartial"), false)) {
		batch->partial = true;
		batch_warn(batch, "partial answer: a storage node was down");
	}
	if (!json_is_array(list) || untrusted_empty(first))
		return;
	str_init(&out, 300);
	text_add_line(&out, first, 200);
	if (count > 1)
		str_printf(&out, " (and %zu more)", count - 1);
	batch_warn(batch, str_text(&out));
	str_release(&out);
}

static size_t tree_points(struct json values, struct point *out)
{
	double seconds, value;
	size_t n = 0;

	for (struct json e = json_first(values); json_item(e); e = json_next(e)) {
		struct json at = json_first(e);

		if (json_is_array(e) && json_number(at, &seconds) &&
			json_number(json_next(at), &value))
			n = point_add(out, n, seconds, value);
	}
	return n;
}

/* The points of one element of the result; 0 when there are none. */
static size_t read_points(
	const struct reader *r, struct json e, struct batch *batch, struct point **out)
{
	struct json values = json_get(e, "values"), one = json_get(e, "value");
	double seconds, value, index = -1;
	size_t room = 1;

	if (r->plain && json_number(json_get(e, "oogway_values"), &index) && index >= 0 &&
		index < (double)r->matrix.count)
		room = r->matrix.arrays[(size_t)index].count;
	else if (json_is_array(values))
		room = json_count(values);
	else if (!json_is_array(one))
		return 0;
	*out = arena_alloc(batch->arena, (room ? room : 1) * sizeof **out);
	if (!*out) {
		batch->cut = true;
		return 0;
	}
	if (r->plain && index >= 0 && index < (double)r->matrix.count)
		return matrix_points(&r->matrix, (size_t)index, *out);
	if (json_is_array(values))
		return tree_points(values, *out);
	if (!json_number(json_first(one), &seconds) ||
		!json_number(json_next(json_first(one)), &value))
		return 0;
	return point_add(*out, 0, seconds, value);
}

static bool query_of(struct json metric, const struct prom_reading *reading, int *out)
{
	int64_t index;

	*out = reading->query;
	if (reading->query >= 0)
		return true;
	if (!json_i64(json_get(metric, "oogway_query"), &index) || index < 0 ||
		index >= (int64_t)reading->query_count)
		return false;
	*out = (int)index;
	return true;
}

/* One element more that a query gave, or one without a number. */
static void tally(struct batch *batch, int query, bool odd)
{
	for (size_t i = 0; i < batch->query_count; i++) {
		if (batch->queries[i].query != query)
			continue;
		batch->queries[i].series += !odd;
		batch->queries[i].odd += odd;
	}
}

static void read_element(const struct reader *r, struct json e,
	const struct prom_reading *reading, struct batch *batch)
{
	struct json metric = json_get(e, "metric");
	struct batch_series *series;
	struct point *points;
	size_t count;
	int query;

	if (!query_of(metric, reading, &query))
		return;
	count = read_points(r, e, batch, &points);
	tally(batch, query, !count);
	if (!count)
		return;
	series = batch_add_series(batch);
	if (!series)
		return;
	series->query = query;
	series->history = reading->history;
	series->labels = labels_print(batch, metric);
	series->points = points;
	series->count = count;
}

/* [time, "value"] without labels. */
static void read_scalar(
	struct json result, struct prom_reading *reading, struct batch *batch)
{
	struct point *point = arena_alloc(batch->arena, sizeof *point);
	struct batch_series *series;
	double seconds, value;

	reading->loose = true;
	if (!point || reading->query < 0)
		return;
	if (!json_number(json_first(result), &seconds) ||
		!json_number(json_next(json_first(result)), &value) ||
		!point_add(point, 0, seconds, value)) {
		tally(batch, reading->query, true);
		return;
	}
	tally(batch, reading->query, false);
	series = batch_add_series(batch);
	if (!series)
		return;
	series->query = reading->query;
	series->points = point;
	series->count = 1;
}

static bool read_result(const struct reader *r, const struct answer *answer,
	struct prom_reading *reading, struct batch *batch, struct err *err)
{
	struct json root = json_root(&r->doc), data = json_get(root, "data");
	struct json result = json_get(data, "result");
	struct untrusted type = json_text(json_get(data, "resultType"));

	if (!untrusted_is(json_text(json_get(root, "status")), "success") ||
		!json_is_array(result))
		return err_set(err, ERR_INPUT,
			"%s: JSON, but not an answer of Prometheus: check url",
			answer->origin);
	read_warnings(root, batch);
	if (untrusted_is(type, "scalar")) {
		read_scalar(result, reading, batch);
		return true;
	}
	if (!untrusted_is(type, "vector") && !untrusted_is(type, "matrix"))
		return err_set(err, ERR_REFUSED, "the expression gives no numbers");
	for (struct json e = json_first(result); json_item(e) && !batch->cut;
		e = json_next(e))
		read_element(r, e, reading, batch);
	return true;
}

bool prom_read_series(const struct answer *answer, struct prom_reading *reading,
	struct batch *batch, struct err *err)
{
	struct reader r;
	bool ok;

	if (!reader_open(&r, answer, err))
		return false;
	ok = read_result(&r, answer, reading, batch, err);
	reader_close(&r);
	return ok;
}

/* --- rules and their alerts --- */

static void read_alert(struct json alert, struct json rule, struct batch *batch)
{
	struct json labels = json_get(alert, "labels");
	struct alert_draft *draft;

	if (!untrusted_is(json_text(json_get(alert, "state")), "firing"))
		return;
	draft = batch_add_alert(batch);
	if (!draft)
		return;
	labels_fill_alert(batch, draft, labels, json_get(alert, "annotations"));
	draft->state = ALERT_FIRING;
	json_time(json_get(alert, "activeAt"), &draft->started_at);
	draft->texts[ALERT_ID] = labels_fingerprint(batch, labels);
	draft->texts[ALERT_SOURCE_EXPR] =
		batch_keep(batch, json_text(json_get(rule, "query")));
	if (untrusted_empty(draft->texts[ALERT_TITLE]))
		draft->texts[ALERT_TITLE] =
			batch_keep(batch, json_text(json_get(rule, "name")));
}

static void read_rule(struct json rule, struct batch *batch)
{
	struct batch_rule *out;
	struct json alerts = json_get(rule, "alerts");

	if (!untrusted_is(json_text(json_get(rule, "type")), "alerting"))
		return;
	out = batch_add_rule(batch);
	if (!out)
		return;
	out->name = batch_keep(batch, json_text(json_get(rule, "name")));
	out->expr = batch_keep(batch, json_text(json_get(rule, "query")));
	out->state = batch_keep(batch, json_text(json_get(rule, "state")));
	out->health = batch_keep(batch, json_text(json_get(rule, "health")));
	out->last_error = batch_keep(batch, json_text(json_get(rule, "lastError")));
	out->label_count = labels_keep(batch, json_get(rule, "labels"), &out->labels);
	json_number(json_get(rule, "duration"), &out->for_s);
	for (struct json a = json_first(alerts); json_item(a); a = json_next(a))
		read_alert(a, rule, batch);
}

bool prom_read_rules(const struct answer *answer, struct batch *batch, struct err *err)
{
	struct json_doc doc;
	struct json groups;
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!json_parse(&doc, text ? text : "", n, PROM_MAX_BODY, err))
		return err_prefix(err, "%s, rules: ", answer->origin);
	groups = json_get(json_root(&doc), "data.groups");
	if (!json_is_array(groups)) {
		json_release(&doc);
		return err_set(err, ERR_INPUT, "%s, rules: JSON, but no list of rules",
			answer->origin);
	}
	read_warnings(json_root(&doc), batch);
	for (struct json g = json_first(groups); json_item(g); g = json_next(g)) {
		struct json rules = json_get(g, "rules");

		for (struct json r = json_first(rules); json_item(r); r = json_next(r))
			read_rule(r, batch);
	}
	batch->rules_snapshot = true;
	batch->alerts_snapshot = true;
	json_release(&doc);
	return true;
}

bool prom_read_error(const struct answer *answer, char words[PROM_ERROR_TEXT],
	bool *timed_out, struct err *err)
{
	struct json_doc doc;
	size_t n;
	const char *text = text_raw(answer->body, &n);
	struct untrusted said = UNTRUSTED_NONE;

	*timed_out = false;
	doc.root_ = NULL;
	if (n && json_parse(&doc, text, n, ERROR_MAX_BYTES, NULL)) {
		struct json root = json_root(&doc);

		said = json_text(json_get(root, "error"));
		*timed_out =
			untrusted_is(json_text(json_get(root, "errorType")), "timeout");
	}
	text_line(said, words, PROM_ERROR_TEXT);
	if (answer->status)
		answer_refused(answer, said, err);
	json_release(&doc);
	return false;
}
