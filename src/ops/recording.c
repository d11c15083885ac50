/* asciicast v2: a head of JSON, then a line [seconds, kind, data] for each event. What is
 * not of that form ends it with a sentence, but for a torn last line, which a crash has
 * left. Times that run backwards are taken as the last one. Any thread. */
#include "ops/recording.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MOST = 4 << 20, PLAIN_COLUMNS = 200, PLAIN_ROWS = 50 };

#define DAYS_MOST_S (30 * 86400.0)

static struct recording_event *add_event(struct recording *r, size_t line)
{
	struct recording_event *event;

	if (r->count == RECORDING_EVENTS) {
		r->cut = true;
		return NULL;
	}
	MEM_ROOM(r->events, r->count, r->cap);
	event = &r->events[r->count++];
	*event = (struct recording_event){.line = line, .at_ms = r->length_ms};
	return event;
}

static void add_text(struct recording *r, struct untrusted text, size_t line)
{
	struct recording_event *event = add_event(r, line);
	size_t n;
	const char *p = text_raw(text, &n);

	if (!event)
		return;
	event->from = r->text.n;
	str_add(&r->text, p, n);
	event->n = r->text.n - event->from;
}

static bool side(double value, int *out)
{
	if (!(value >= 1 && value <= RECORDING_SIDE))
		return false;
	*out = (int)value;
	return true;
}

static bool read_head(struct recording *r, struct untrusted line)
{
	struct json_doc doc;
	double version = 0, columns = 0, rows = 0;
	size_t n;
	const char *p = text_raw(line, &n);
	bool ok;

	if (!untrusted_starts(line, "{") || !json_parse(&doc, p, n, LINE_MOST, NULL))
		return false;
	json_number(json_get(json_root(&doc), "version"), &version);
	json_number(json_get(json_root(&doc), "width"), &columns);
	json_number(json_get(json_root(&doc), "height"), &rows);
	ok = version == 2 && side(columns, &r->columns) && side(rows, &r->rows);
	json_release(&doc);
	return ok;
}

/* "80x24" */
static void add_resize(struct recording *r, struct untrusted data, size_t line)
{
	struct untrusted rest = data, word;
	int64_t columns = 0, rows = 0;
	struct recording_event *event;

	if (!untrusted_split(&rest, "x", &word) || !untrusted_to_i64(word, &columns) ||
		!untrusted_to_i64(rest, &rows) || columns < 1 || rows < 1 ||
		columns > RECORDING_SIDE || rows > RECORDING_SIDE)
		return;
	event = add_event(r, line);
	if (!event)
		return;
	event->resize = true;
	event->columns = (int)columns;
	event->rows = (int)rows;
}

static bool read_event(struct recording *r, struct untrusted line, size_t number)
{
	struct json_doc doc;
	struct json at, kind;
	double seconds = 0;
	size_t n;
	const char *p = text_raw(line, &n);
	bool ok;

	if (!json_parse(&doc, p, n, LINE_MOST, NULL))
		return false;
	at = json_first(json_root(&doc));
	kind = json_next(at);
	ok = json_is_array(json_root(&doc)) && json_number(at, &seconds) &&
	     json_is_text(kind) && isfinite(seconds);
	if (ok && seconds > 0 && seconds < DAYS_MOST_S &&
		(int64_t)(seconds * 1000) > r->length_ms)
		r->length_ms = (int64_t)(seconds * 1000);
	if (ok && untrusted_is(json_text(kind), "o"))
		add_text(r, json_text(json_next(kind)), number);
	else if (ok && untrusted_is(json_text(kind), "r"))
		add_resize(r, json_text(json_next(kind)), number);
	json_release(&doc);
	return ok;
}

/* A newline alone goes on in the same column on a terminal. */
static void read_plain(struct recording *r, struct untrusted bytes)
{
	struct untrusted rest = bytes, line;
	size_t number = 0;

	r->columns = PLAIN_COLUMNS;
	r->rows = PLAIN_ROWS;
	while (untrusted_line(&rest, &line)) {
		add_text(r, line, ++number);
		str_puts(&r->text, "\r\n");
		if (r->count && r->events[r->count - 1].line == number)
			r->events[r->count - 1].n += 2;
	}
}

bool recording_read(struct recording *r, struct untrusted bytes, struct err *err)
{
	struct untrusted rest = bytes, line;
	size_t number = 1;

	*r = (struct recording){0};
	str_init(&r->text, RECORDING_MOST * 2);
	if (untrusted_size(bytes) > RECORDING_MOST) {
		rest = bytes = untrusted_slice(bytes, 0, RECORDING_MOST);
		r->cut = true;
	}
	if (!untrusted_line(&rest, &line) || !read_head(r, line)) {
		read_plain(r, bytes);
		r->cut |= r->text.cut;
		return r->count || err_set(err, ERR_MISSING, "nothing was printed");
	}
	r->timed = true;
	while (untrusted_line(&rest, &line)) {
		number++;
		if (untrusted_empty(untrusted_trim(line)))
			continue;
		if (read_event(r, line, number))
			continue;
		if (untrusted_empty(rest)) {
			r->cut = true;
			break;
		}
		return err_set(err, ERR_INPUT,
			"line %zu of the recording is no event: it is damaged", number);
	}
	r->cut |= r->text.cut;
	return r->count || err_set(err, ERR_MISSING, "nothing was recorded");
}

void recording_release(struct recording *recording)
{
	str_release(&recording->text);
	mem_free(recording->events);
	*recording = (struct recording){0};
}

struct untrusted recording_output(const struct recording *recording, size_t event)
{
	const struct recording_event *e = &recording->events[event];

	return untrusted_make(recording->text.p + e->from, e->n);
}

size_t recording_find(
	const struct recording *recording, size_t from, int by, const char *text)
{
	for (size_t i = from + (size_t)by; i < recording->count; i += (size_t)by)
		if (untrusted_find_nocase(recording_output(recording, i), text) >= 0)
			return i;
	return SIZE_MAX;
}

size_t recording_error(const struct recording *recording, size_t from)
{
	static const char *const words[] = {"error", "fail", "fatal", "panic", "denied",
		"refused", "traceback", "not found", "no such", "cannot"};

	for (size_t i = from + 1; i < recording->count; i++)
		for (size_t k = 0; k < sizeof words / sizeof words[0]; k++)
			if (untrusted_find_nocase(
				    recording_output(recording, i), words[k]) >= 0)
				return i;
	return SIZE_MAX;
}
