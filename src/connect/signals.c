/* The questions about an incident's window, made of the rows of signals_table.c and of
 * the user's `query` lines: first which metrics there are, then one question for each row
 * that has what it needs. No I/O. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "labels.h"
#include "signals_parts.h"

#include <string.h>

enum { EXPR_BYTES = 16 << 10, PROBE_BYTES = 8192 };

/* A deployment's pods end with the hash of their set and five letters, a stateful one's
 * with a number; Kubernetes uses no other letters than these. */
#define POD_LETTERS "[bcdfghjklmnpqrstvwxz2456789]"
#define POD_NAME    "(.+?)(-" POD_LETTERS "{5,10})?(-" POD_LETTERS "{5}|-[0-9]+)?"

int64_t signals_step(const struct signals_conf *conf)
{
	int64_t least = (conf->to - conf->from) / SIGNALS_POINTS;

	least += SECOND_MS - least % SECOND_MS;
	return conf->step_ms > least ? conf->step_ms : least;
}

/* --- expressions --- */

static void add_span(struct str *out, int64_t ms)
{
	str_printf(out, "%llds", (long long)((ms + SECOND_MS - 1) / SECOND_MS));
}

static void add_match(const struct signals_conf *conf, struct str *out)
{
	if (conf->match && *conf->match)
		str_printf(out, "%s,", conf->match);
}

/* Two steps: of a counter that is read once a step there are two values in it. */
static void expand(const struct signals_conf *conf, const char *from, const char *matcher,
	struct str *out)
{
	for (; *from; from++) {
		if (*from != '$' || !from[1] || !strchr("MRWP", from[1])) {
			str_putc(out, *from);
			continue;
		}
		switch (*++from) {
		case 'M':
			add_match(conf, out);
			str_puts(out, matcher);
			break;
		case 'R':
			add_span(out, 2 * signals_step(conf));
			break;
		case 'W':
			add_span(out, conf->to - conf->from);
			break;
		default:
			str_puts(out, POD_NAME);
		}
	}
}

char *signals_expr(
	const struct signals_conf *conf, const struct signal *row, const char *matcher)
{
	struct str out;

	str_init(&out, EXPR_BYTES);
	expand(conf, row->expr, matcher, &out);
	return str_take(&out);
}

static void add_known(const struct signals_conf *conf, struct str *out)
{
	str_puts(out, "count by (__name__) ({");
	add_match(conf, out);
	str_puts(out, "__name__=~\"");
	for (const struct signal *row = signals_table; row->name; row++) {
		bool known = false;

		for (const struct signal *k = signals_table; k < row && !known; k++)
			known = !strcmp(k->needs, row->needs);
		if (!known)
			str_printf(
				out, "%s%s", row == signals_table ? "" : "|", row->needs);
	}
	str_puts(out, "\"}");
}

/* At the end, and in the middle: what has died by the end is what matters most. */
static char *make_probe(const struct signals_conf *conf)
{
	struct str out;

	str_init(&out, PROBE_BYTES);
	str_puts(&out, "label_replace(");
	add_known(conf, &out);
	str_puts(&out, ") or ");
	add_known(conf, &out);
	str_puts(&out, " offset ");
	add_span(&out, (conf->to - conf->from) / 2);
	str_puts(&out, "), \"metric\", \"$1\", \"__name__\", \"(.+)\")");
	return str_take(&out);
}

struct signals *signals_new(const struct signals_conf *conf)
{
	struct signals *signals = mem_new(1, sizeof *signals);

	signals->conf = *conf;
	signals->probe = make_probe(conf);
	return signals;
}

void signals_free(struct signals *signals)
{
	if (!signals)
		return;
	for (size_t i = 0; i < signals->count; i++)
		mem_free(signals->items[i].expr);
	mem_free(signals->probe);
	mem_free(signals);
}

struct query_ask signals_probe(const struct signals *signals)
{
	return (struct query_ask){.expr = signals->probe,
		.timeout_ms = signals->conf.timeout_ms,
		.at = signals->conf.to};
}

static bool is_there(const struct batch *batch, const char *metric)
{
	for (size_t i = 0; i < batch->series_count; i++)
		if (untrusted_is(labels_value(batch->series[i].labels, "metric"), metric))
			return true;
	return false;
}

void signals_found(struct signals *signals, const struct batch *batch)
{
	const struct signals_conf *conf = &signals->conf;

	for (const struct signal *row = signals_table; row->name; row++)
		if (signals->count < SIGNALS_ASKS - SIGNALS_QUERIES &&
			is_there(batch, row->needs))
			signals->items[signals->count++] = (struct signals_item){
				row, NULL, signals_expr(conf, row, "")};
	for (size_t i = 0; i < conf->query_count; i++) {
		if (i >= SIGNALS_QUERIES) {
			signals->left_out++;
			continue;
		}
		signals->items[signals->count++] = (struct signals_item){
			NULL, &conf->queries[i], mem_strdup(conf->queries[i].expr)};
	}
}

size_t signals_count(const struct signals *signals)
{
	return signals->count;
}

struct query_ask signals_at(const struct signals *signals, size_t i)
{
	const struct signals_item *item = &signals->items[i];
	struct query_ask ask = {.expr = item->expr,
		.timeout_ms = signals->conf.timeout_ms,
		.at = signals->conf.to};

	if (item->row &&
		(item->row->shape == SIGNAL_MESH || item->row->shape == SIGNAL_CALLS))
		return ask;
	/* On the grid of the step, so that the same question has the same points. */
	ask.step_ms = signals_step(&signals->conf);
	ask.at -= ask.at % ask.step_ms;
	ask.from = signals->conf.from - signals->conf.from % ask.step_ms;
	return ask;
}

const char *signals_name(const struct signals *signals, size_t i)
{
	const struct signals_item *item = &signals->items[i];

	return item->row ? item->row->name : item->query->name;
}
