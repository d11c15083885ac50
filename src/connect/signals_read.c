/* What answers about an incident's window mean. Hides how a name of a metric's label
 * becomes a node (workloads by the services that they stand behind, exporters by what
 * they watch), and what several series of one node add up to. No I/O; any thread, one at
 * a time. */
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "labels.h"
#include "signals_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NAME_TEXT = 200, READ_BYTES = 96 << 20, MATCHER = 512 };

/* Share of requests that were hung up on, from which that is worth a curve. */
#define CUT_LEAST 0.005

/* --- names --- */

struct signals_reader {
	struct capture *capture;
	struct map services; /* of workloads: names of the arena */
	struct map owners;   /* of a node's metric: who tells it */
	struct arena names;
	size_t sources;
	const struct signals *last;
};

struct signals_reader *signals_reader_new(struct capture *capture)
{
	struct signals_reader *reader = mem_new(1, sizeof *reader);

	reader->capture = capture;
	map_init(&reader->services);
	map_init(&reader->owners);
	arena_init(&reader->names, 8 << 20);
	return reader;
}

void signals_reader_free(struct signals_reader *reader)
{
	if (!reader)
		return;
	map_release(&reader->services);
	map_release(&reader->owners);
	arena_release(&reader->names);
	mem_free(reader);
}

static bool is_name(struct untrusted name)
{
	return !untrusted_empty(name) && !untrusted_is(name, "unknown") &&
	       !untrusted_is(name, "BlackHoleCluster") &&
	       !untrusted_is(name, "PassthroughCluster");
}

static struct untrusted without(const struct graph *graph, struct untrusted name)
{
	static const char *const tails[] = {
		"-exporter", "-metrics", "-headless", "-primary", "-master"};
	size_t n = untrusted_size(name);

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		size_t tail = strlen(tails[i]);
		struct untrusted bare;

		if (n <= tail ||
			!untrusted_is(untrusted_slice(name, n - tail, tail), tails[i]))
			continue;
		bare = untrusted_slice(name, 0, n - tail);
		if (graph_find(graph, bare) != GRAPH_NONE)
			return bare;
	}
	return name;
}

struct untrusted signals_node(const struct signals_reader *reader, struct untrusted name)
{
	const struct graph *graph = &reader->capture->graph;
	ptrdiff_t slash = untrusted_find(name, "/");
	char key[NAME_TEXT];
	const char *service;

	text_line(name, key, sizeof key);
	service = map_get(&reader->services, key, strlen(key));
	if (service)
		return untrusted_str(service);
	if (graph_find(graph, name) != GRAPH_NONE)
		return name;
	if (slash > 0)
		return signals_node(
			reader, untrusted_slice(name, (size_t)slash + 1, SIZE_MAX));
	return without(graph, name);
}

/* "10.0.0.1:9100" is a host; its port says nothing of it. */
static struct untrusted without_port(struct untrusted name)
{
	ptrdiff_t colon = untrusted_find(name, ":");
	struct untrusted port =
		untrusted_slice(name, colon < 0 ? 0 : (size_t)colon + 1, SIZE_MAX);
	int64_t number;

	if (colon <= 0 || !untrusted_to_i64(port, &number))
		return name;
	return untrusted_slice(name, 0, (size_t)colon);
}

/* Which of the labels names the node, for what narrows to it. */
struct named {
	char label[48];
	struct untrusted value, node;
};

static bool name_of(const struct signals_reader *reader, struct untrusted labels,
	const char *list, struct named *out)
{
	struct untrusted rest = untrusted_str(list), label;

	while (untrusted_word(&rest, ", ", &label)) {
		text_line(label, out->label, sizeof out->label);
		out->value = labels_value(labels, out->label);
		if (is_name(out->value)) {
			out->node = signals_node(reader, without_port(out->value));
			return true;
		}
	}
	return false;
}

/* --- who calls whom --- */

static void learn_workload(struct signals_reader *reader, struct untrusted labels)
{
	struct untrusted workload = labels_value(labels, "destination_workload");
	struct untrusted service = labels_value(labels, "destination_service_name");
	char key[NAME_TEXT], name[NAME_TEXT];
	char *kept;

	if (!is_name(workload) || !is_name(service))
		return;
	text_line(workload, key, sizeof key);
	text_line(service, name, sizeof name);
	kept = arena_strdup(&reader->names, name);
	if (kept && !map_get(&reader->services, key, strlen(key)))
		map_put(&reader->services, key, strlen(key), kept);
}

static void read_mesh(struct signals_reader *reader, const struct batch *batch)
{
	for (size_t i = 0; i < batch->series_count; i++)
		learn_workload(reader, batch->series[i].labels);
	for (size_t i = 0; i < batch->series_count; i++) {
		struct untrusted labels = batch->series[i].labels;
		struct untrusted caller = labels_value(labels, "source_workload");
		struct untrusted callee =
			labels_value(labels, "destination_service_name");
		struct untrusted service =
			labels_value(labels, "source_canonical_service");
		struct untrusted node = signals_node(reader, caller);

		if (!is_name(callee))
			continue;
		/* A workload behind no service that is called: by its own name. */
		if (untrusted_eq(node, caller) && is_name(service))
			node = service;
		if (is_name(caller) || is_name(service))
			capture_add_edge(reader->capture, node, callee);
	}
}

static void read_calls(struct signals_reader *reader, const struct batch *batch)
{
	for (size_t i = 0; i < batch->series_count; i++) {
		struct untrusted labels = batch->series[i].labels;
		struct untrusted client = labels_value(labels, "client");
		struct untrusted server = labels_value(labels, "server");

		if (is_name(client) && is_name(server) && !untrusted_is(client, "user"))
			capture_add_edge(reader->capture, signals_node(reader, client),
				signals_node(reader, server));
	}
}

/* --- values --- */

/* True when nobody who is believed more tells it. */
static bool owns(struct signals_reader *reader, struct untrusted node, const char *metric,
	uintptr_t owner)
{
	char key[NAME_TEXT * 2], name[NAME_TEXT];
	uintptr_t is;
	size_t n;

	n = (size_t)snprintf(
		key, sizeof key, "%s\n%s", metric, text_line(node, name, sizeof name));
	is = (uintptr_t)map_get(&reader->owners, key, n);
	if (!is)
		map_put(&reader->owners, key, n, (void *)owner);
	return !is || is == owner;
}

static void note_asked(struct signals_reader *reader, const struct signals *signals,
	const struct signal *row, const struct named *named, const char *metric)
{
	struct str matcher;
	char *expr;

	str_init(&matcher, MATCHER);
	if (row->pods) {
		char value[NAME_TEXT];

		str_puts(&matcher, "pod=~");
		snprintf(value, sizeof value, "%.150s-.+",
			text_line(named->value, (char[160]){0}, 160));
		text_add_promql(&matcher, untrusted_str(value));
	} else {
		str_printf(&matcher, "%s=", named->label);
		text_add_promql(&matcher, named->value);
	}
	str_putc(&matcher, ',');
	expr = signals_expr(&signals->conf, row, str_text(&matcher));
	capture_asked(reader->capture, named->node, untrusted_str(metric), expr);
	mem_free(expr);
	str_release(&matcher);
}

/* What there is of a node on the grid of steps. Of requests by their code: how many there
 * are a second, as one reporter sees it; of values only `all`. */
struct tally {
	struct named named;
	bool caller;
	double *all, *bad, *cut;
};

struct tallies {
	struct tally *list;
	size_t count, cap;
	int64_t from, step;
	size_t n;
	bool cuts; /* there are response flags: 0DC can be told */
};

static void tallies_init(struct tallies *tallies, const struct signals_conf *conf)
{
	*tallies = (struct tallies){.step = signals_step(conf)};
	tallies->from = conf->from - conf->from % tallies->step;
	tallies->n = (size_t)((conf->to - tallies->from) / tallies->step) + 1;
}

static void tallies_release(struct tallies *tallies)
{
	for (size_t i = 0; i < tallies->count; i++)
		mem_free(tallies->list[i].all);
	mem_free(tallies->list);
}

static bool place_of(const struct tallies *tallies, int64_t at, size_t *out)
{
	if (at < tallies->from)
		return false;
	*out = (size_t)((at - tallies->from) / tallies->step);
	return *out < tallies->n;
}

static struct tally *tally_of(
	struct tallies *tallies, const struct named *named, bool caller)
{
	struct tally *t;

	for (size_t i = 0; i < tallies->count; i++) {
		t = &tallies->list[i];
		if (t->caller == caller && untrusted_eq(t->named.node, named->node))
			return t;
	}
	MEM_ROOM(tallies->list, tallies->count, tallies->cap);
	t = &tallies->list[tallies->count++];
	*t = (struct tally){*named, caller, NULL, NULL, NULL};
	t->all = mem_new(tallies->n * 3, sizeof *t->all);
	t->bad = t->all + tallies->n;
	t->cut = t->bad + tallies->n;
	return t;
}

/* Several series of one node are one: requests are added up, of others the worst
 * counts. */
static void merge(struct tallies *tallies, const struct named *named, const char *metric,
	const struct batch_series *s, double times)
{
	enum metric_kind kind = metric_kind_of(untrusted_str(metric));
	size_t before = tallies->count, at;
	struct tally *t = tally_of(tallies, named, false);

	for (size_t i = 0; tallies->count > before && i < tallies->n; i++)
		t->all[i] = NAN;
	for (size_t i = 0; i < s->count; i++) {
		double value = s->points[i].value * times;

		if (!place_of(tallies, s->points[i].at, &at))
			continue;
		if (isnan(t->all[at]))
			t->all[at] = value;
		else if (kind == METRIC_TRAFFIC)
			t->all[at] += value;
		else if (kind == METRIC_GOOD)
			t->all[at] = fmin(t->all[at], value);
		else
			t->all[at] = fmax(t->all[at], value);
	}
}

static void tell_values(
	struct signals_reader *reader, const struct tallies *tallies, const char *metric)
{
	for (size_t k = 0; k < tallies->count; k++)
		for (size_t i = 0; i < tallies->n; i++)
			if (!isnan(tallies->list[k].all[i]))
				capture_add_point(reader->capture,
					tallies->list[k].named.node,
					untrusted_str(metric),
					(struct point){tallies->from +
							       (int64_t)i * tallies->step,
						tallies->list[k].all[i]});
}

/* What the callee says of itself first, what its callers say only without that. */
static void read_values(struct signals_reader *reader, const struct signals *signals,
	const struct signal *row, const struct batch *batch)
{
	for (uintptr_t pass = 0; pass < 2; pass++) {
		uintptr_t owner = reader->sources * 1000 +
				  (uintptr_t)(row - signals_table) * 2 + pass;
		struct tallies tallies;
		struct named named;

		tallies_init(&tallies, &signals->conf);
		for (size_t i = 0; i < batch->series_count; i++) {
			const struct batch_series *s = &batch->series[i];
			bool caller = untrusted_is(
				labels_value(s->labels, "reporter"), "source");

			if (caller == (pass == 1) &&
				name_of(reader, s->labels, row->labels, &named) &&
				owns(reader, named.node, row->name, owner))
				merge(&tallies, &named, row->name, s, row->times);
		}
		tell_values(reader, &tallies, row->name);
		for (size_t i = 0; i < tallies.count; i++)
			note_asked(
				reader, signals, row, &tallies.list[i].named, row->name);
		tallies_release(&tallies);
	}
}

/* --- requests by their code --- */

enum outcome { OUTCOME_GOOD, OUTCOME_BAD, OUTCOME_CUT };

static bool is_bad_grpc(struct untrusted status)
{
	/* UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE and
	 * DATA_LOSS: not those that say that the caller asked wrongly. */
	static const char *const bad[] = {"2", "4", "8", "13", "14", "15"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (untrusted_is(status, bad[i]))
			return true;
	return false;
}

/* 0 with the flag DC: whoever called hung up before there was an answer. 0 with another
 * flag: no answer came. */
static enum outcome outcome_of(struct untrusted labels)
{
	static const char *const names[] = {"response_code", "code", "status",
		"status_code", "http_response_status_code"};
	struct untrusted flags = labels_value(labels, "response_flags");

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct untrusted code = labels_value(labels, names[i]);

		if (untrusted_starts(code, "0"))
			return untrusted_empty(flags) || untrusted_is(flags, "-") ||
					       untrusted_find(flags, "DC") >= 0
				       ? OUTCOME_CUT
				       : OUTCOME_BAD;
		if (untrusted_starts(code, "5") || untrusted_find(code, "ERROR") >= 0)
			return OUTCOME_BAD;
	}
	if (is_bad_grpc(labels_value(labels, "grpc_response_status")))
		return OUTCOME_BAD;
	return OUTCOME_GOOD;
}

static void count_codes(struct tallies *tallies, struct tally *t,
	const struct batch_series *s, enum outcome outcome)
{
	for (size_t i = 0; i < s->count; i++) {
		double value = fmax(s->points[i].value, 0);
		size_t at;

		if (!place_of(tallies, s->points[i].at, &at))
			continue;
		t->all[at] += value;
		if (outcome == OUTCOME_BAD)
			t->bad[at] += value;
		else if (outcome == OUTCOME_CUT)
			t->cut[at] += value;
	}
}

static const struct tally *other_side(
	const struct tallies *tallies, const struct tally *t)
{
	for (size_t i = 0; i < tallies->count; i++)
		if (tallies->list[i].caller != t->caller &&
			untrusted_eq(tallies->list[i].named.node, t->named.node))
			return &tallies->list[i];
	return t;
}

static double more(const double *a, const double *b, size_t i)
{
	return fmax(a[i], b[i]);
}

/* Somebody always hangs up; a curve of nothing else would only water down the others. */
static bool is_cut(
	const struct tallies *tallies, const struct tally *t, const struct tally *o)
{
	for (size_t i = 0; tallies->cuts && i < tallies->n; i++)
		if (more(t->cut, o->cut, i) >= CUT_LEAST * more(t->all, o->all, i) &&
			more(t->cut, o->cut, i) > 0)
			return true;
	return false;
}

static void put(struct signals_reader *reader, const struct tally *t, const char *metric,
	int64_t at, double value)
{
	capture_add_point(reader->capture, t->named.node, untrusted_str(metric),
		(struct point){at, value});
}

/* A request that never reached the callee is known to its callers only, and one of a
 * caller without a proxy only to the callee: of both the larger number counts. */
static void tell_tally(struct signals_reader *reader, const struct tallies *tallies,
	const struct tally *t)
{
	const struct tally *o = other_side(tallies, t);
	double second = (double)tallies->step / (double)SECOND_MS;
	bool cut = is_cut(tallies, t, o);

	for (size_t i = 0; i < tallies->n; i++) {
		int64_t at = tallies->from + (int64_t)i * tallies->step;
		double all = more(t->all, o->all, i);

		if (!(all > 0))
			continue;
		put(reader, t, "requests", at, all * second);
		put(reader, t, "success without 5xx", at,
			1 - fmin(more(t->bad, o->bad, i) / all, 1));
		if (cut)
			put(reader, t, "success without 0DC", at,
				1 - fmin(more(t->cut, o->cut, i) / all, 1));
	}
}

static void read_codes(struct signals_reader *reader, const struct signals *signals,
	const struct signal *row, const struct batch *batch)
{
	uintptr_t owner = reader->sources * 1000 + (uintptr_t)(row - signals_table) * 2;
	struct tallies tallies;

	tallies_init(&tallies, &signals->conf);
	for (size_t i = 0; i < batch->series_count; i++) {
		const struct batch_series *s = &batch->series[i];
		bool caller = untrusted_is(labels_value(s->labels, "reporter"), "source");
		struct named named;

		if (!name_of(reader, s->labels, row->labels, &named) ||
			!owns(reader, named.node, row->name, owner))
			continue;
		tallies.cuts |=
			!untrusted_empty(labels_value(s->labels, "response_flags"));
		count_codes(&tallies, tally_of(&tallies, &named, caller), s,
			outcome_of(s->labels));
	}
	for (size_t i = 0; i < tallies.count; i++) {
		const struct tally *t = &tallies.list[i];
		const struct tally *o = other_side(&tallies, t);

		if (o != t && o < t)
			continue;
		tell_tally(reader, &tallies, t);
		note_asked(reader, signals, row, &t->named, "requests");
		note_asked(reader, signals, row, &t->named, "success without 5xx");
		note_asked(reader, signals, row, &t->named, "success without 0DC");
	}
	tallies_release(&tallies);
}

/* --- the user's own --- */

static bool is_letter(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool stands_in(const char *words, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = words; (at = strcasestr(at, name)) != NULL; at++)
		if ((at == words || !is_letter(at[-1])) && !is_letter(at[n]))
			return true;
	return false;
}

struct untrusted signals_named(const struct capture *capture, const char *words)
{
	struct untrusted found = UNTRUSTED_NONE;
	char name[NAME_TEXT];

	for (uint32_t i = 0; i < graph_count(&capture->graph); i++) {
		struct untrusted known = graph_name(&capture->graph, i);

		text_line(known, name, sizeof name);
		if (untrusted_size(known) > untrusted_size(found) &&
			stands_in(words, name))
			found = known;
	}
	return found;
}

static void read_query(struct signals_reader *reader, const struct signals *signals,
	const struct signals_item *item, const struct batch *batch)
{
	static const char labels[] =
		"destination_service_name, service, service_name, app, deployment, "
		"workload, server, host, instance, pod, node, job";
	const char *name = item->query->name;
	struct capture *capture = reader->capture;
	struct tallies tallies;

	tallies_init(&tallies, &signals->conf);
	for (size_t i = 0; i < batch->series_count; i++) {
		const struct batch_series *s = &batch->series[i];
		struct named named = {.label = ""};

		if (!name_of(reader, s->labels, labels, &named))
			named.node = signals_named(capture, name);
		/* About nothing that is known: a thing of its own. */
		if (untrusted_empty(named.node))
			named.node = untrusted_str(name);
		merge(&tallies, &named, name, s, 1);
	}
	tell_values(reader, &tallies, name);
	for (size_t i = 0; i < tallies.count; i++)
		capture_asked(capture, tallies.list[i].named.node, untrusted_str(name),
			item->expr);
	tallies_release(&tallies);
}

/* --- all --- */

static void miss(struct signals_reader *reader, const char *source, const char *name,
	struct untrusted why)
{
	char words[160], sentence[CAPTURE_TEXT];

	snprintf(sentence, sizeof sentence, "%.40s, %.40s: %s", source, name,
		text_line(why, words, sizeof words));
	capture_miss(reader->capture, sentence);
}

static void read_item(struct signals_reader *reader, const struct signals *signals,
	const struct signals_item *item, const struct batch *batch)
{
	const struct signal *row = item->row;

	if (!row)
		read_query(reader, signals, item, batch);
	else if (row->shape == SIGNAL_MESH)
		read_mesh(reader, batch);
	else if (row->shape == SIGNAL_CALLS)
		read_calls(reader, batch);
	else if (row->shape == SIGNAL_CODES)
		read_codes(reader, signals, row, batch);
	else
		read_values(reader, signals, row, batch);
}

bool signals_read(struct signals_reader *reader, const struct signals *signals, size_t i,
	const char *source, const struct query_body *body, struct err *err)
{
	const struct signals_item *item = &signals->items[i];
	struct arena arena;
	struct batch batch;
	bool ok;

	if (reader->last != signals) {
		reader->last = signals;
		reader->sources++;
		if (signals->left_out)
			miss(reader, source, "query lines",
				untrusted_str("more than 40, the others were not asked"));
	}
	arena_init(&arena, READ_BYTES);
	batch_init(&batch, &arena);
	ok = query_body_read(body, &batch, err);
	if (ok) {
		read_item(reader, signals, item, &batch);
		if (!untrusted_empty(batch.warning))
			miss(reader, source, signals_name(signals, i), batch.warning);
		if (batch.cut || arena.full)
			miss(reader, source, signals_name(signals, i),
				untrusted_str("more series than there is room for"));
	}
	arena_release(&arena);
	return ok;
}
