/* `oogway detect --csv FILE`: the detectors of the console on a file, as if its points
 * came one by one: no verdict knows a later point. Prints the anomalies, or each point
 * with its score. Needs no source and keeps nothing. Main thread, for a shell. */
#include "cmd.h"

#include "analysis/anomaly.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "model/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 101, STAMP_TEXT = 48, FOUND_FIRST = 64 };

/* What is kept of a verdict. */
struct said {
	float score;
	bool suspect, ignored;
	double expected, low, high;
};

struct detection {
	const char *path;
	bool scores;
	struct csv_points points;
	uint32_t *order; /* of the rows by time; rows of one time as in the file */
	struct said *said;
	struct anomaly *found;
	size_t found_count, found_room;
	size_t twice, late; /* rows of a time that was there; rows behind later ones */
	int64_t interval_ms;
	bool learning;
	char learnt[DETECTOR_SENTENCE];
};

static bool take_words(struct call *call, struct detection *d, struct err *err)
{
	for (size_t i = 0; i < call->argc; i++)
		if (!strcmp(call->argv[i], "--csv") && i + 1 < call->argc)
			d->path = call->argv[++i];
		else if (!strcmp(call->argv[i], "--scores"))
			d->scores = true;
		else
			return err_set(err, ERR_USAGE, "expected: detect %s",
				call->command->args);
	return d->path || err_set(err, ERR_USAGE, "--csv takes the file");
}

/* --- in the order of time --- */

struct place {
	int64_t at;
	uint32_t row;
};

static int by_time(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : (x->row < y->row ? -1 : 1);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void sort_rows(struct detection *d)
{
	size_t n = d->points.count;
	struct place *places = mem_new(n, sizeof *places);

	for (size_t i = 0; i < n; i++) {
		places[i] = (struct place){d->points.rows[i].at, (uint32_t)i};
		d->late += i && d->points.rows[i].at < d->points.rows[i - 1].at;
	}
	if (d->late)
		qsort(places, n, sizeof *places, by_time);
	d->order = mem_new(n, sizeof *d->order);
	for (size_t i = 0; i < n; i++)
		d->order[i] = places[i].row;
	mem_free(places);
}

/* Of the first steps only: what comes later is not known yet. */
static int64_t interval_of(const struct detection *d)
{
	int64_t steps[STEPS];
	size_t n = 0;

	for (size_t i = 1; i < d->points.count && n < STEPS; i++) {
		int64_t step = d->points.rows[d->order[i]].at -
			       d->points.rows[d->order[i - 1]].at;

		if (step > 0)
			steps[n++] = step;
	}
	qsort(steps, n, sizeof *steps, by_size);
	return n ? steps[n / 2] : MINUTE_MS;
}

/* --- the detector --- */

static void keep_found(struct detection *d, const struct anomaly *anomaly)
{
	if (d->found_count == d->found_room) {
		d->found_room = d->found_room ? 2 * d->found_room : FOUND_FIRST;
		d->found = mem_resize(d->found, d->found_room, sizeof *d->found);
	}
	d->found[d->found_count++] = *anomaly;
}

static void take_verdict(struct detection *d, uint32_t row, const struct verdict *verdict)
{
	bool ignored = verdict->reason == REASON_IGNORED;

	d->said[row] = (struct said){
		.score = (float)verdict->fresh,
		.suspect = verdict->suspect,
		.ignored = ignored,
		.expected = verdict->expected,
		.low = verdict->low,
		.high = verdict->high,
	};
	d->twice += ignored;
	if (ignored)
		return;
	d->learning = verdict->learning;
	verdict_learning(verdict, d->learnt);
}

static void detect(struct detection *d, int confirm_points)
{
	void *state = mem_new(1, detector_fused.state_size);
	struct anomaly_track track = {0};
	struct detector_config config;

	sort_rows(d);
	d->interval_ms = interval_of(d);
	detector_config_init(
		&config, UNIT_NONE, (struct limits){NAN, NAN, false}, d->interval_ms);
	config.confirm_points = confirm_points;
	detector_start(&detector_fused, state);
	d->said = mem_new(d->points.count, sizeof *d->said);
	for (size_t i = 0; i < d->points.count; i++) {
		uint32_t row = d->order[i];
		struct point point = {d->points.rows[row].at, d->points.rows[row].value};
		struct verdict verdict;

		if (isnan(point.value)) {
			d->said[row] = (struct said){0, false, true, NAN, NAN, NAN};
			continue;
		}
		verdict = detector_feed(&detector_fused, state, &config, point);
		take_verdict(d, row, &verdict);
		if (anomaly_over(&track, point.at, anomaly_hold_ms(d->interval_ms)))
			keep_found(d, &track.now);
		anomaly_feed(&track, &verdict, point.at, UNIT_NONE);
	}
	if (track.open)
		keep_found(d, &track.now);
	mem_free(state);
}

/* --- what is printed --- */

static void print_number(struct str *out, double value)
{
	if (isfinite(value))
		str_printf(out, "%.10g", value);
}

static void print_scores(const struct detection *d, struct str *out)
{
	str_puts(out, "timestamp,value,anomaly_score,is_anomaly,expected,low,high\n");
	for (size_t i = 0; i < d->points.count; i++) {
		const struct csv_row *row = &d->points.rows[i];
		const struct said *said = &d->said[i];
		char stamp[STAMP_TEXT];

		str_printf(out, "%s,", text_line(row->stamp, stamp, sizeof stamp));
		print_number(out, row->value);
		str_printf(out, ",%.6f,%d,", (double)said->score, said->suspect);
		print_number(out, said->ignored ? NAN : said->expected);
		str_putc(out, ',');
		print_number(out, said->ignored ? NAN : said->low);
		str_putc(out, ',');
		print_number(out, said->ignored ? NAN : said->high);
		str_putc(out, '\n');
	}
}

static void put_score(struct str *out, const struct csv_row *row, const struct said *said)
{
	struct json_out json;

	json_begin(&json, out);
	json_open(&json, NULL, '{');
	json_put_time(&json, "at", row->at);
	json_put_double(&json, "value", row->value);
	json_put_double(&json, "anomaly_score", (double)said->score);
	json_put_bool(&json, "is_anomaly", said->suspect);
	json_put_double(&json, "expected", said->ignored ? NAN : said->expected);
	json_put_double(&json, "low", said->ignored ? NAN : said->low);
	json_put_double(&json, "high", said->ignored ? NAN : said->high);
	json_shut(&json, '}');
	str_putc(out, '\n');
}

static void put_anomaly(struct str *out, const struct anomaly *a)
{
	struct json_out json;

	json_begin(&json, out);
	json_open(&json, NULL, '{');
	json_put_time(&json, "start", a->start);
	json_put_time(&json, "end", a->end);
	json_put_time(&json, "peak_at", a->peak_at);
	json_put_str(&json, "severity", severity_name(a->severity));
	json_put_double(&json, "value", a->value);
	json_put_double(&json, "expected", a->expected);
	json_put_double(&json, "low", a->low);
	json_put_double(&json, "high", a->high);
	json_put_double(&json, "score", a->score);
	json_put_str(&json, "reason", reason_name(a->reason));
	json_put_str(&json, "sentence", a->sentence);
	json_shut(&json, '}');
	str_putc(out, '\n');
}

static void put_header(struct str *out, const struct detection *d)
{
	const struct csv_row *rows = d->points.rows;
	size_t n = d->points.count;
	struct json_out json;

	json_begin(&json, out);
	json_open(&json, NULL, '{');
	json_put_str(&json, "schema", "oogway.detect/1");
	json_open(&json, "window", '{');
	json_put_time(&json, "from", n ? rows[d->order[0]].at : 0);
	json_put_time(&json, "to", n ? rows[d->order[n - 1]].at : 0);
	json_shut(&json, '}');
	json_put_bool(&json, "complete", !d->points.unread);
	json_shut(&json, '}');
	str_putc(out, '\n');
}

static void print_json(const struct detection *d, struct str *out)
{
	put_header(out, d);
	if (d->scores)
		for (size_t i = 0; i < d->points.count; i++)
			put_score(out, &d->points.rows[i], &d->said[i]);
	else
		for (size_t i = 0; i < d->found_count; i++)
			put_anomaly(out, &d->found[i]);
}

static void print_found(const struct detection *d, struct str *out)
{
	for (size_t i = 0; i < d->found_count; i++) {
		const struct anomaly *a = &d->found[i];
		char start[TIME_TEXT], length[TIME_TEXT];

		time_rfc3339(a->start, start);
		str_printf(out, "%.19sZ  %-8s %-9s %s", start,
			duration_text(a->end - a->start + d->interval_ms, length),
			severity_name(a->severity), a->sentence);
		if (isfinite(a->expected))
			str_printf(out, "; %.5g expected", a->expected);
		str_putc(out, '\n');
	}
}

/* What the file was like, beside what is printed. */
static void tell(const struct detection *d, struct str *out)
{
	char every[TIME_TEXT];

	str_printf(out, "%zu points, one every %s; %zu %s", d->points.count,
		duration_text(d->interval_ms, every), d->found_count,
		d->found_count == 1 ? "anomaly" : "anomalies");
	if (d->points.empty)
		str_printf(out, "; %zu without a value", d->points.empty);
	if (d->twice)
		str_printf(out, "; %zu of a time that was there already", d->twice);
	if (d->late)
		str_printf(out, "; %zu out of order, sorted", d->late);
	if (d->points.unread)
		str_printf(out, "; %zu %s cannot be read", d->points.unread,
			d->points.unread == 1 ? "line" : "lines");
	if (d->learning && d->learnt[0])
		str_printf(out, "; %s", d->learnt);
	str_putc(out, '\n');
}

static void release(struct detection *d)
{
	csv_release(&d->points);
	mem_free(d->order);
	mem_free(d->said);
	mem_free(d->found);
}

static bool read_points(struct detection *d, struct str *text, struct err *err)
{
	return file_read(d->path, text, err) &&
	       (csv_read(untrusted_make(text->p, text->n), &d->points, err) ||
		       err_prefix(err, "%s", d->path));
}

enum status cmd_detect(struct call *call, struct err *err)
{
	struct detection d = {0};
	enum status status = STATUS_FAILED;
	struct str text;

	if (!call->out || !call->told) {
		err_set(err, ERR_USAGE,
			"detect is for a shell: oogway detect [--csv FILE]");
		return STATUS_USAGE;
	}
	if (!call->argc || !str_starts(call->argv[0], "--"))
		return cmd_compare(call, err);
	if (!take_words(call, &d, err))
		return STATUS_USAGE;
	str_init(&text, CSV_MAX_BYTES);
	if (read_points(&d, &text, err)) {
		detect(&d, (int)app_setting(call->app, SET_ANOMALY_POINTS));
		if (call->json)
			print_json(&d, call->out);
		else if (d.scores)
			print_scores(&d, call->out);
		else
			print_found(&d, call->out);
		tell(&d, call->told);
		status = STATUS_DONE;
	}
	release(&d);
	str_release(&text);
	return status;
}
