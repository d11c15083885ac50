/* The folder layout of an incident. Two forms: CSV whose header names its columns in any
 * order, and JSON, one object a line. Moments are RFC 3339 or numbers since 1970, in
 * seconds, milli-, micro- or nanoseconds as their size tells. Rows that are not
 * understood are counted, never guessed at. */
#include "connect/folder.h"

#include "base/json.h"
#include "base/text.h"
#include "io/file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>

const char *const folder_names[FOLDER_FILES] = {
	[FOLDER_INCIDENT] = "incident.json",
	[FOLDER_METRICS] = "metrics.csv",
	[FOLDER_GRAPH] = "graph.csv",
	[FOLDER_LOGS] = "logs.jsonl",
	[FOLDER_TRACES] = "traces.jsonl",
	[FOLDER_CHANGES] = "changes.jsonl",
};

enum { COLUMNS = 16 };

/* --- moments --- */

/* The first second of the year 2255 is 9e9: larger numbers are of a finer unit. */
static bool number_us(double n, int64_t *out)
{
	double us = n < 0      ? NAN
		    : n < 1e10 ? n * 1e6
		    : n < 1e13 ? n * 1e3
		    : n < 1e16 ? n
			       : n / 1e3;

	if (!(us >= 0 && us < 9e15))
		return false;
	*out = (int64_t)us;
	return true;
}

static bool moment_us(struct untrusted text, int64_t *out)
{
	ptrdiff_t dot = untrusted_find(text, ".");
	int64_t ms, below = 0, whole;
	double n;

	/* Whole ones first: a double holds nanoseconds to a quarter of a microsecond. */
	if (untrusted_to_i64(text, &whole) && whole >= INT64_C(10000000000000000))
		return number_us((double)(whole / 1000), out);
	if (untrusted_to_double(text, &n))
		return number_us(n, out);
	if (!untrusted_to_time(text, &ms) || ms < 0)
		return false;
	if (dot >= 0 &&
		!untrusted_to_i64(untrusted_slice(text, (size_t)dot + 4, 3), &below))
		below = 0;
	*out = ms * 1000 + (below > 0 && below < 1000 ? below : 0);
	return true;
}

static bool json_us(struct json j, const char *name, int64_t *out)
{
	struct json at = json_get(j, name);
	double n;

	if (json_is_text(at))
		return moment_us(json_text(at), out);
	return json_number(at, &n) && number_us(n, out);
}

static bool json_ms(struct json j, const char *name, int64_t *out)
{
	int64_t us;

	if (!json_us(j, name, &us))
		return false;
	*out = us / 1000;
	return true;
}

/* --- CSV --- */

/* A field in quotes may hold commas. */
static size_t fields_of(struct untrusted line, struct untrusted out[COLUMNS])
{
	size_t n = 0;
	bool more = true;

	while (more && n < COLUMNS) {
		bool quoted = untrusted_starts(line, "\"");
		ptrdiff_t end =
			quoted ? untrusted_find(untrusted_slice(line, 1, SIZE_MAX), "\",")
			       : untrusted_find(line, ",");
		size_t from = quoted, size = end < 0 ? SIZE_MAX : (size_t)end;

		more = end >= 0;
		out[n] = untrusted_slice(line, from, size);
		if (!more && quoted) {
			size = untrusted_size(out[n]);
			out[n] = untrusted_slice(out[n], 0, size ? size - 1 : 0);
		}
		out[n] = untrusted_trim(out[n]);
		n++;
		line = untrusted_slice(
			line, from + size + (quoted && more) + more, SIZE_MAX);
	}
	return n;
}

/* Where each of the named columns stands. */
static bool columns_of(struct untrusted header, const char *const *names, size_t count,
	size_t *out, const char *file, struct err *err)
{
	struct untrusted fields[COLUMNS];
	size_t n = fields_of(header, fields);

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < n && !untrusted_is(fields[k], names[i]))
			k++;
		if (k == n)
			return err_set(err, ERR_INPUT,
				"%s: its first line names no column \"%s\"", file,
				names[i]);
		out[i] = k;
	}
	return true;
}

static void count_row(struct folder_read *read, bool ok, size_t line)
{
	if (ok)
		read->rows++;
	else if (!read->refused++)
		read->first_refused = line;
}

static bool metric_row(struct untrusted *f, struct capture *capture)
{
	struct point point;
	int64_t us;

	if (!moment_us(f[0], &us) || !untrusted_to_double(f[3], &point.value))
		return false;
	/* A gap that is written down. */
	if (isnan(point.value))
		return true;
	point.at = us / 1000;
	return capture_add_point(capture, f[1], f[2], point);
}

static bool edge_row(struct untrusted *f, struct capture *capture)
{
	return capture_add_edge(capture, f[0], f[1]);
}

static bool read_csv(enum folder_file file, struct untrusted rest,
	struct capture *capture, struct folder_read *read, struct err *err)
{
	static const char *const metric_names[] = {"time", "node", "metric", "value"};
	static const char *const edge_names[] = {"caller", "callee"};
	bool metrics = file == FOLDER_METRICS;
	size_t wanted = metrics ? 4 : 2, at[4], line = 1;
	struct untrusted text, fields[COLUMNS], row[4];

	if (!untrusted_line(&rest, &text))
		return true;
	if (!columns_of(text, metrics ? metric_names : edge_names, wanted, at,
		    folder_names[file], err))
		return false;
	while (line++, untrusted_line(&rest, &text)) {
		size_t n;
		bool ok = true;

		if (untrusted_empty(untrusted_trim(text)))
			continue;
		n = fields_of(text, fields);
		for (size_t i = 0; i < wanted; i++) {
			ok = ok && at[i] < n;
			row[i] = ok ? fields[at[i]] : UNTRUSTED_NONE;
		}
		/* An empty value is a gap too. */
		if (ok && metrics && untrusted_empty(row[3]))
			continue;
		ok = ok && (metrics ? metric_row(row, capture) : edge_row(row, capture));
		count_row(read, ok, line);
	}
	return true;
}

/* --- JSON --- */

static bool log_row(struct json j, struct capture *capture)
{
	struct capture_line line = {.text = json_text(json_get(j, "message")),
		.trace = capture_id(json_text(json_get(j, "trace"))),
		.span = capture_id(json_text(json_get(j, "span")))};
	struct untrusted level = json_text(json_get(j, "level"));

	line.level = level_guess(untrusted_empty(level) ? line.text : level);
	return json_us(j, "time", &line.at_us) &&
	       capture_add_line(capture, json_text(json_get(j, "node")),
		       json_text(json_get(j, "source")), line);
}

static bool span_row(struct json j, struct capture *capture)
{
	struct capture_span span = {.trace = capture_id(json_text(json_get(j, "trace"))),
		.id = capture_id(json_text(json_get(j, "span"))),
		.parent = capture_id(json_text(json_get(j, "parent"))),
		.failed = json_bool(json_get(j, "failed"), false)};
	double ms;

	if (!json_us(j, "time", &span.at_us) ||
		!json_number(json_get(j, "duration_ms"), &ms) || !(ms >= 0 && ms < 1e12))
		return false;
	span.took_us = (int64_t)(ms * 1000);
	return capture_add_span(capture, json_text(json_get(j, "node")),
		json_text(json_get(j, "operation")), span);
}

static bool change_row(struct json j, struct capture *capture)
{
	struct capture_change change = {.kind = json_text(json_get(j, "kind")),
		.text = json_text(json_get(j, "text"))};

	return json_ms(j, "time", &change.at) &&
	       capture_add_change(capture, json_text(json_get(j, "node")), change);
}

static void read_lines(struct untrusted rest, struct capture *capture,
	struct folder_read *read, bool (*take)(struct json j, struct capture *capture))
{
	struct untrusted text;
	size_t line = 0;

	while (line++, untrusted_line(&rest, &text)) {
		struct json_doc doc;
		bool ok;

		if (untrusted_empty(untrusted_trim(text)))
			continue;
		ok = json_read(&doc, text, FOLDER_LINE_BYTES, NULL);
		if (ok) {
			ok = take(json_root(&doc), capture);
			json_release(&doc);
		}
		count_row(read, ok, line);
	}
}

static bool read_incident(struct untrusted bytes, struct capture *capture,
	struct folder_read *read, struct err *err)
{
	struct json_doc doc;
	struct json root;
	struct untrusted node;
	int64_t from, to;
	double minutes;

	if (!json_read(&doc, bytes, FOLDER_LINE_BYTES, err))
		return err_prefix(err, "incident.json: ");
	root = json_root(&doc);
	read->rows = 1;
	if (json_ok(json_get(root, "at")) && !json_ms(root, "at", &capture->at))
		count_row(read, false, 1);
	if (json_number(json_get(root, "window_minutes"), &minutes) && minutes >= 1 &&
		minutes <= 7 * 24 * 60)
		capture->window_ms = (int64_t)(minutes * 60000);
	if (json_ms(json_get(root, "normal"), "from", &from) &&
		json_ms(json_get(root, "normal"), "to", &to) && to > from) {
		capture->normal_from = from;
		capture->normal_to = to;
	}
	node = json_text(json_get(root, "node"));
	capture->alerted = graph_node(&capture->graph, node);
	json_release(&doc);
	return true;
}

bool folder_parse(enum folder_file file, struct untrusted bytes, struct capture *capture,
	struct folder_read *read, struct err *err)
{
	read->there = true;
	switch (file) {
	case FOLDER_INCIDENT:
		return read_incident(bytes, capture, read, err);
	case FOLDER_METRICS:
	case FOLDER_GRAPH:
		return read_csv(file, bytes, capture, read, err);
	case FOLDER_LOGS:
		read_lines(bytes, capture, read, log_row);
		return true;
	case FOLDER_TRACES:
		read_lines(bytes, capture, read, span_row);
		return true;
	default:
		read_lines(bytes, capture, read, change_row);
		return true;
	}
}

bool folder_load(const char *path, struct capture *capture,
	struct folder_read read[FOLDER_FILES], struct err *err)
{
	char file[4096];
	struct stat st;
	struct str bytes;
	bool ok = true;

	for (int i = 0; i < FOLDER_FILES && ok; i++) {
		read[i] = (struct folder_read){0};
		snprintf(file, sizeof file, "%s/%s", path, folder_names[i]);
		if (stat(file, &st) && errno == ENOENT)
			continue;
		str_init(&bytes, FOLDER_FILE_BYTES);
		ok = file_read(file, &bytes, err) &&
		     folder_parse((enum folder_file)i,
			     untrusted_make(str_text(&bytes), bytes.n), capture, &read[i],
			     err);
		str_release(&bytes);
	}
	if (!ok)
		return false;
	if (!read[FOLDER_METRICS].there && !read[FOLDER_LOGS].there &&
		!read[FOLDER_TRACES].there) {
		char name[256];

		return err_set(err, ERR_MISSING,
			"%s: no metrics.csv, logs.jsonl or traces.jsonl in it",
			text_line(untrusted_str(path), name, sizeof name));
	}
	capture_settle(capture);
	return true;
}
