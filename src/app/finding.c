/* Findings as JSON and back. Writing takes the capture and what was said of it; reading
 * takes bytes of the store, of whatever form: what is missing is empty, what is too much
 * is left out. Any thread. */
#include "app/finding.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { READ_BYTES = 8 << 20, NAME_TEXT = 80 };

static const char *const part_keys[RCA_PARTS] = {[RCA_TRIGGER] = "trigger",
	[RCA_WHERE] = "where",
	[RCA_FELT] = "felt_by",
	[RCA_MISSING] = "missing"};

/* --- writing --- */

static void write_parts(struct json_out *o, const struct rca *rca)
{
	for (int i = 0; i < RCA_PARTS; i++) {
		const struct rca_part *part = &rca->parts[i];

		json_open(o, part_keys[i], '{');
		if (i != RCA_MISSING)
			json_put_str(o, "grade", rca_grade_name(part->grade));
		json_put_str(o, "sentence", part->sentence);
		json_open(o, "notes", '[');
		for (size_t k = 0; k < part->count; k++)
			json_put_str(o, NULL, part->notes[k]);
		json_shut(o, ']');
		json_shut(o, '}');
	}
}

/* Five digits are more than a terminal shows. */
static double rounded(double value)
{
	double unit;

	if (!(fabs(value) > 0) || !isfinite(value))
		return value;
	unit = pow(10, 4 - floor(log10(fabs(value))));
	return isfinite(unit) && unit > 0 ? round(value * unit) / unit : value;
}

/* The newest of the window and of as much again before it. */
static void write_points(struct json_out *o, const struct finding_facts *f,
	const struct capture_series *series)
{
	int64_t from = f->rca->at - 2 * f->rca->window_ms;
	int64_t to = f->rca->at + f->rca->window_ms;
	size_t first = 0, end = series->count;

	while (end > 0 && series->points[end - 1].at > to)
		end--;
	while (first < end &&
		(series->points[first].at < from || end - first > FINDING_POINTS))
		first++;
	json_open(o, "points", '[');
	for (size_t i = first; i < end; i++) {
		json_open(o, NULL, '[');
		json_put_i64(o, NULL, series->points[i].at);
		json_put_double(o, NULL, rounded(series->points[i].value));
		json_shut(o, ']');
	}
	json_shut(o, ']');
}

static void write_evidence(struct json_out *o, const struct finding_facts *f,
	const struct rca_suspect *s, size_t i, bool drawn)
{
	const struct rca_evidence *e = &s->evidence[i];
	const struct capture_series *series =
		*e->query ? capture_find(f->capture, s->node, untrusted_str(e->query))
			  : NULL;

	json_open(o, NULL, '{');
	json_put_str(o, "ranker", e->ranker);
	json_put_double(o, "share", e->share);
	json_put_str(o, "sentence", e->sentence);
	json_put_str(o, "query", e->query);
	if (series && !untrusted_empty(series->asked))
		json_put_text(o, "expr", series->asked);
	json_put_time(o, "at", e->at);
	json_put_double(o, "value", e->value);
	json_put_double(o, "expected", e->expected);
	if (series && drawn && e->share > 0)
		write_points(o, f, series);
	json_shut(o, '}');
}

static void write_suspects(struct json_out *o, const struct finding_facts *f)
{
	json_open(o, "suspects", '[');
	for (size_t i = 0; i < f->rca->count; i++) {
		const struct rca_suspect *s = &f->rca->suspects[i];

		json_open(o, NULL, '{');
		json_put_text(o, "node", graph_name(&f->capture->graph, s->node));
		json_put_double(o, "score", s->score);
		json_put_time(o, "since", s->since);
		json_put_str(o, "detail", s->detail);
		json_open(o, "evidence", '[');
		for (size_t k = 0; k < s->count; k++)
			write_evidence(o, f, s, k, f->drawn && i < FINDING_DRAWN);
		json_shut(o, ']');
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

static void write_changes(struct json_out *o, const struct finding_facts *f)
{
	int64_t from = f->rca->at - f->rca->window_ms;
	int64_t to = f->rca->at + f->rca->window_ms;
	size_t written = 0;

	json_open(o, "changes", '[');
	for (size_t i = 0; i < f->capture->change_count && written < FINDING_CHANGES;
		i++) {
		const struct capture_change *c = &f->capture->changes[i];

		if (c->at < from || c->at > to)
			continue;
		written++;
		json_open(o, NULL, '{');
		json_put_time(o, "at", c->at);
		json_put_text(o, "node",
			c->node == GRAPH_NONE ? UNTRUSTED_NONE
					      : graph_name(&f->capture->graph, c->node));
		json_put_text(o, "text", c->text);
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

static void write_all(const struct finding_facts *f, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.rca/1");
	json_put_time(&o, "at", f->rca->at);
	json_put_i64(&o, "window_ms", f->rca->window_ms);
	json_put_time(&o, "since", f->rca->since);
	if (f->made_at)
		json_put_time(&o, "made_at", f->made_at);
	write_parts(&o, f->rca);
	write_suspects(&o, f);
	write_changes(&o, f);
	json_shut(&o, '}');
}

void finding_write(const struct finding_facts *facts, struct str *out)
{
	struct finding_facts plain = *facts;
	struct str text;

	if (!facts->drawn) {
		write_all(facts, out);
		return;
	}
	/* One too large to be kept is kept without its curves. */
	plain.drawn = false;
	str_init(&text, FINDING_BYTES);
	write_all(facts, &text);
	if (text.cut)
		write_all(&plain, out);
	else
		str_add(out, text.p, text.n);
	str_release(&text);
}

/* --- reading --- */

static struct untrusted text_of(struct finding *f, struct json j, const char *name)
{
	return untrusted_copy(&f->arena, json_text(json_get(j, name)));
}

static double number_of(struct json j, const char *name)
{
	double value;

	return json_number(json_get(j, name), &value) ? value : NAN;
}

static enum rca_grade grade_of(struct json j)
{
	struct untrusted name = json_text(json_get(j, "grade"));

	for (int i = RCA_STRONG; i > RCA_UNKNOWN; i--)
		if (untrusted_is(name, rca_grade_name((enum rca_grade)i)))
			return (enum rca_grade)i;
	return RCA_UNKNOWN;
}

static void read_part(struct finding *f, struct json j, struct finding_part *part)
{
	part->grade = grade_of(j);
	part->sentence = text_of(f, j, "sentence");
	for (struct json e = json_first(json_get(j, "notes"));
		json_item(e) && part->count < RCA_NOTES; e = json_next(e))
		part->notes[part->count++] = untrusted_copy(&f->arena, json_text(e));
}

static void read_points(struct finding *f, struct json list, struct finding_evidence *e)
{
	struct point *points;

	if (!json_is_array(list))
		return;
	points = arena_alloc(&f->arena, FINDING_POINTS * sizeof *points);
	if (!points)
		return;
	for (struct json p = json_first(list);
		json_item(p) && e->point_count < FINDING_POINTS; p = json_next(p)) {
		struct point *at = &points[e->point_count];

		/* A curve goes forward. */
		if (json_i64(json_first(p), &at->at) &&
			json_number(json_next(json_first(p)), &at->value) &&
			isfinite(at->value) &&
			(!e->point_count || at->at > points[e->point_count - 1].at))
			e->point_count++;
	}
	e->points = points;
}

static void read_evidence(struct finding *f, struct json j, struct finding_evidence *e)
{
	*e = (struct finding_evidence){.ranker = text_of(f, j, "ranker"),
		.sentence = text_of(f, j, "sentence"),
		.query = text_of(f, j, "query"),
		.expr = text_of(f, j, "expr"),
		.share = number_of(j, "share"),
		.value = number_of(j, "value"),
		.expected = number_of(j, "expected")};
	if (isnan(e->share))
		e->share = 0;
	if (!json_time(json_get(j, "at"), &e->at))
		e->at = 0;
	read_points(f, json_get(j, "points"), e);
}

static void read_suspect(struct finding *f, struct json j, struct finding_suspect *s)
{
	struct json list = json_get(j, "evidence");

	s->node = text_of(f, j, "node");
	s->score = number_of(j, "score");
	if (isnan(s->score))
		s->score = 0;
	if (!json_time(json_get(j, "since"), &s->since))
		s->since = 0;
	s->evidence = arena_alloc(&f->arena, RCA_EVIDENCE * sizeof *s->evidence);
	if (!s->evidence || !json_is_array(list))
		return;
	for (struct json e = json_first(list); json_item(e) && s->count < RCA_EVIDENCE;
		e = json_next(e))
		read_evidence(f, e, &s->evidence[s->count++]);
}

static void read_changes(struct finding *f, struct json list)
{
	f->changes = arena_alloc(&f->arena, FINDING_CHANGES * sizeof *f->changes);
	if (!f->changes || !json_is_array(list))
		return;
	for (struct json e = json_first(list);
		json_item(e) && f->change_count < FINDING_CHANGES; e = json_next(e)) {
		struct finding_change *c = &f->changes[f->change_count++];

		*c = (struct finding_change){
			0, text_of(f, e, "node"), text_of(f, e, "text")};
		if (!json_time(json_get(e, "at"), &c->at))
			c->at = 0;
	}
}

static void read_all(struct finding *f, struct json root)
{
	struct json list = json_get(root, "suspects");
	int64_t window;

	if (!json_time(json_get(root, "at"), &f->at))
		f->at = 0;
	if (!json_time(json_get(root, "since"), &f->since))
		f->since = 0;
	if (!json_time(json_get(root, "made_at"), &f->made_at))
		f->made_at = 0;
	f->window_ms = json_i64(json_get(root, "window_ms"), &window) && window > 0 &&
				       window <= 7 * DAY_MS
			       ? window
			       : RCA_WINDOW_MS;
	for (int i = 0; i < RCA_PARTS; i++)
		read_part(f, json_get(root, part_keys[i]), &f->parts[i]);
	f->suspects = arena_alloc(&f->arena, RCA_SUSPECTS * sizeof *f->suspects);
	for (struct json e = json_first(list); f->suspects && json_is_array(list) &&
					       json_item(e) && f->count < RCA_SUSPECTS;
		e = json_next(e))
		read_suspect(f, e, &f->suspects[f->count++]);
	read_changes(f, json_get(root, "changes"));
}

struct finding *finding_read(struct untrusted bytes, struct err *err)
{
	struct finding *f;
	struct json_doc doc;

	if (!json_read(&doc, bytes, READ_BYTES, err)) {
		err_prefix(err, "a finding: ");
		return NULL;
	}
	if (!untrusted_is(
		    json_text(json_get(json_root(&doc), "schema")), "oogway.rca/1")) {
		json_release(&doc);
		err_set(err, ERR_INPUT, "a finding: JSON, but none of ours");
		return NULL;
	}
	f = mem_new(1, sizeof *f);
	arena_init(&f->arena, READ_BYTES);
	read_all(f, json_root(&doc));
	json_release(&doc);
	return f;
}

void finding_free(struct finding *finding)
{
	if (!finding)
		return;
	arena_release(&finding->arena);
	mem_free(finding);
}

/* --- what would prove it --- */

/* What the strongest evidence of each kind calls for; %s is the node. */
static const struct {
	const char *ranker, *step;
} proofs[] = {
	{"trigger", "Take the change of %s back, or compare one instance of before it "
		    "with one of after it: if only the new one fails, it was that."},
	{"saturation", "Give %s more of what is full, or take load from it: if it "
		       "recovers within minutes, it was that."},
	{"stranger", "Turn off what %s has begun to call: if the failures end, it was "
		     "that."},
	{"statement", "Read the lines of %s around the lost log statement: the step "
		      "behind the last one that is there is what fails."},
	{"latency", "Look at a slow trace through %s: the time must be in its own span, "
		    "and in none below it."},
	{"words", "Read what %s logs since then: a first error names its cause more "
		  "often than a chart does."},
	{"failures", "Look at one failed span of %s: its own error, or one that it "
		     "passes on."},
};

static const struct finding_suspect *first_of(const struct finding *f)
{
	return f->count ? &f->suspects[0] : NULL;
}

static bool says(const struct finding_suspect *s, const char *ranker)
{
	for (size_t i = 0; s && i < s->count; i++)
		if (s->evidence[i].share > 0.05 &&
			untrusted_is(s->evidence[i].ranker, ranker))
			return true;
	return false;
}

static bool misses(const struct finding *f, const char *what)
{
	for (size_t i = 0; i < f->parts[RCA_MISSING].count; i++)
		if (untrusted_find(f->parts[RCA_MISSING].notes[i], what) == 0)
			return true;
	return false;
}

/* Metrics alone tell little of causes: what else there is to look at. */
static bool general(const struct finding *f, size_t i, char out[FINDING_STEP])
{
	const struct finding_suspect *s = first_of(f);
	char name[NAME_TEXT] = "it", clock[TIME_TEXT] = "";

	if (s)
		text_line(s->node, name, sizeof name);
	if (s && s->since)
		time_clock(s->since, clock);
	if (s && !says(s, "saturation") && i-- == 0)
		return snprintf(out, FINDING_STEP,
			"Ask one instance of %s directly, past who calls it: if it is "
			"as bad, the fault is in it or behind it.",
			name);
	if (s && misses(f, "no logs") && i-- == 0)
		return snprintf(out, FINDING_STEP,
			"Read what %s logs%s%s: no log lines were seen here.", name,
			*clock ? " since " : "", clock);
	if (misses(f, "no changes") && i-- == 0)
		return snprintf(out, FINDING_STEP,
			"Ask who deployed or changed something in the hour before: "
			"no change is known here.");
	if (misses(f, "no call graph") && i-- == 0)
		return snprintf(out, FINDING_STEP,
			"Name who calls whom in a file (set rca.graph = FILE): without "
			"it a "
			"cause cannot be told from a victim.");
	return false;
}

bool finding_step(const struct finding *finding, size_t i, char out[FINDING_STEP])
{
	const struct finding_suspect *s = first_of(finding);
	char name[NAME_TEXT] = "";

	if (s)
		text_line(s->node, name, sizeof name);
	for (size_t k = 0; k < sizeof proofs / sizeof *proofs; k++)
		if (says(s, proofs[k].ranker) && i-- == 0) {
			/* The only text in it is the node's. */
			const char *at = strstr(proofs[k].step, "%s");

			snprintf(out, FINDING_STEP, "%.*s%s%s",
				(int)(at - proofs[k].step), proofs[k].step, name, at + 2);
			return true;
		}
	return general(finding, i, out);
}
