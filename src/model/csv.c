/* Reads points from CSV, line by line, and never fails on a line: what cannot be read is
 * counted. The columns are found once, by the first line.
 * Hides how columns and times are written. Any thread. */
#include "model/csv.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <strings.h>

enum { NAME_TEXT = 32, STAMP_TEXT = 48, FIRST_ROWS = 1024 };

struct columns {
	char separator[2];
	size_t time, value;
};

/* --- fields --- */

/* Behind the quote that ends it; a doubled one is part of it. */
static size_t quoted_end(struct untrusted rest)
{
	size_t n = untrusted_size(rest), i = 1;

	while (i < n) {
		ptrdiff_t quote = untrusted_find(untrusted_slice(rest, i, n - i), "\"");

		if (quote < 0)
			return n;
		i += (size_t)quote + 1;
		if (!untrusted_starts(untrusted_slice(rest, i, 1), "\""))
			return i;
		i++;
	}
	return n;
}

static bool next_field(
	struct untrusted *rest, const char *separator, struct untrusted *field)
{
	size_t n = untrusted_size(*rest), end;
	ptrdiff_t at;

	if (!untrusted_starts(*rest, "\""))
		return untrusted_split(rest, separator, field);
	end = quoted_end(*rest);
	*field = untrusted_slice(*rest, 1, end > 1 ? end - 2 : 0);
	*rest = untrusted_slice(*rest, end, n - end);
	at = untrusted_find(*rest, separator);
	if (at < 0)
		*rest = UNTRUSTED_NONE;
	else
		*rest = untrusted_slice(*rest, (size_t)at + 1, n);
	return true;
}

static struct untrusted column(
	struct untrusted line, const struct columns *columns, size_t wanted)
{
	struct untrusted field = UNTRUSTED_NONE;

	for (size_t i = 0; i <= wanted; i++)
		if (!next_field(&line, columns->separator, &field))
			return UNTRUSTED_NONE;
	return untrusted_trim(field);
}

/* --- times --- */

/* Numbers after 2001 tell their own unit by their length. */
static bool since_1970(struct untrusted stamp, int64_t *out)
{
	static const double units[] = {1e3, 1, 1e-3, 1e-6};
	double number;

	if (!untrusted_to_double(stamp, &number) || !(number >= 1e9 && number < 1e19))
		return false;
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		double ms = number * units[i];

		if (ms < 1e14 || i == 3) {
			*out = (int64_t)ms;
			return ms >= 1e12 && ms < 1e14;
		}
	}
	return false;
}

static bool read_stamp(struct untrusted stamp, int64_t *out)
{
	char text[STAMP_TEXT], zoned[STAMP_TEXT + 8];
	size_t n = untrusted_size(stamp);

	if (n < 10 || n > 35)
		return false;
	if (since_1970(stamp, out))
		return true;
	text_line(stamp, text, sizeof text);
	if (time_parse(text, out))
		return true;
	snprintf(zoned, sizeof zoned, "%s%sZ", text, n == 16 ? ":00" : "");
	return time_parse(zoned, out);
}

static bool read_row(
	struct untrusted line, const struct columns *columns, struct csv_row *out)
{
	out->stamp = column(line, columns, columns->time);
	if (!read_stamp(out->stamp, &out->at))
		return false;
	if (!untrusted_to_double(column(line, columns, columns->value), &out->value) ||
		!isfinite(out->value))
		out->value = NAN;
	return true;
}

/* --- the first line --- */

static bool is_one_of(struct untrusted name, const char *const *names)
{
	char text[NAME_TEXT];

	if (untrusted_size(name) >= sizeof text)
		return false;
	text_line(name, text, sizeof text);
	for (; *names; names++)
		if (!strcasecmp(text, *names))
			return true;
	return false;
}

static void find_columns(struct untrusted line, struct columns *columns)
{
	static const char *const times[] = {
		"timestamp", "time", "date", "datetime", "ts", "ds", NULL};
	static const char *const values[] = {"value", "val", "y", NULL};
	struct untrusted field;
	size_t n = 0;
	bool time = false, value = false;

	for (; n < CSV_MAX_COLUMNS && next_field(&line, columns->separator, &field);
		n++) {
		field = untrusted_trim(field);
		if (!time && is_one_of(field, times)) {
			time = true;
			columns->time = n;
		} else if (!value && is_one_of(field, values)) {
			value = true;
			columns->value = n;
		}
	}
	if (columns->time == columns->value)
		columns->value = columns->time ? 0 : 1;
}

static struct columns first_line(struct untrusted line)
{
	struct columns columns = {.separator = ",", .time = 0, .value = 1};
	struct csv_row row;

	for (const char *s = "\t;"; *s; s++) {
		char one[2] = {*s, '\0'};

		if (untrusted_find(line, one) >= 0 && untrusted_find(line, ",") < 0)
			columns.separator[0] = *s;
	}
	if (!read_row(line, &columns, &row))
		find_columns(line, &columns);
	return columns;
}

/* --- all of it --- */

static bool add_row(struct csv_points *out, size_t *room, struct csv_row row)
{
	if (out->count == CSV_MAX_ROWS)
		return false;
	if (out->count == *room) {
		*room = *room ? *room * 2 : FIRST_ROWS;
		out->rows = mem_resize(out->rows, *room, sizeof *out->rows);
	}
	out->rows[out->count++] = row;
	out->empty += isnan(row.value);
	return true;
}

bool csv_read(struct untrusted text, struct csv_points *out, struct err *err)
{
	struct csv_points points = {0};
	struct columns columns = {0};
	struct untrusted line;
	size_t room = 0, lines = 0;

	if (untrusted_starts(text, "\xef\xbb\xbf"))
		text = untrusted_slice(text, 3, untrusted_size(text));
	while (untrusted_line(&text, &line)) {
		struct csv_row row;

		if (untrusted_empty(untrusted_trim(line)))
			continue;
		if (!lines++)
			columns = first_line(line);
		if (!read_row(line, &columns, &row)) {
			points.unread += lines > 1;
			continue;
		}
		if (!add_row(&points, &room, row)) {
			csv_release(&points);
			return err_set(
				err, ERR_LIMIT, "more than %d points", CSV_MAX_ROWS);
		}
	}
	if (points.count == points.empty) {
		csv_release(&points);
		return err_set(err, ERR_INPUT,
			"no point in it: expected are lines of a time and a value, such "
			"as 2026-11-21 14:05:00,37.5");
	}
	*out = points;
	return true;
}

void csv_release(struct csv_points *points)
{
	mem_free(points->rows);
	*points = (struct csv_points){0};
}
