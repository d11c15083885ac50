/* asciicast v2 over a tape, which writes by a task and counts what waits. Hides what is
 * left of a character at the end of a piece. The filter is a machine of a few states over
 * the bytes: an escape string is held back until its first characters say what it is.
 * Main thread. */
#include "ops/cast.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "ops/redact.h"
#include "tape.h"

#include <string.h>

enum { LINE_MOST = 1 << 20 };

struct cast {
	struct tape *tape;
	struct redactor *clean;
	int64_t started_us;
	uint64_t bytes;
	char rest[4]; /* of a character */
	size_t rest_n;
};

static bool put(struct cast *cast, struct str *line)
{
	bool room;

	str_putc(line, '\n');
	room = tape_add(cast->tape, untrusted_make(line->p, line->n));
	str_release(line);
	return room;
}

static void begin(const struct cast *cast, struct str *line, const char *kind)
{
	str_init(line, LINE_MOST);
	str_printf(line, "[%.6f, \"%s\", ",
		(double)(time_mono_us() - cast->started_us) / 1e6, kind);
}

struct cast *cast_new(const struct cast_how *how)
{
	const struct tape_how tape = {how->pool, how->path, how->written, how->ctx};
	struct cast *cast = mem_new(1, sizeof *cast);
	struct json_out o;
	struct str line;

	cast->tape = tape_new(&tape);
	cast->clean = redactor_new();
	cast->started_us = time_mono_us();
	str_init(&line, LINE_MOST);
	json_begin(&o, &line);
	json_open(&o, NULL, '{');
	json_put_i64(&o, "version", 2);
	json_put_i64(&o, "width", how->columns);
	json_put_i64(&o, "height", how->rows);
	json_put_i64(&o, "timestamp", time_now_ms() / 1000);
	json_put_str(&o, "title", how->title);
	json_open(&o, "env", '{');
	json_put_str(&o, "TERM", how->term);
	json_shut(&o, '}');
	json_shut(&o, '}');
	put(cast, &line);
	return cast;
}

/* Bytes of a character at the end that is not whole yet; at most 3. */
static size_t unfinished(const unsigned char *p, size_t n)
{
	for (size_t i = 1; i <= 3 && i <= n; i++) {
		unsigned char c = p[n - i];
		size_t want = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;

		if ((c & 0xc0) == 0x80)
			continue;
		return want > i ? i : 0;
	}
	return 0;
}

static bool record(struct cast *cast, struct untrusted bytes)
{
	struct str text, line;
	size_t n, keep;
	const void *p = text_raw(bytes, &n);
	bool room;

	str_init(&text, n + sizeof cast->rest);
	str_add(&text, cast->rest, cast->rest_n);
	str_add(&text, p, n);
	keep = unfinished((const unsigned char *)text.p, text.n);
	memcpy(cast->rest, text.p + text.n - keep, keep);
	cast->rest_n = keep;
	if (text.n == keep) {
		str_release(&text);
		return true;
	}
	begin(cast, &line, "o");
	text_add_json(&line, untrusted_make(text.p, text.n - keep));
	str_putc(&line, ']');
	str_release(&text);
	room = put(cast, &line);
	return room;
}

bool cast_output(struct cast *cast, struct untrusted bytes)
{
	struct str clean;
	bool room = true;

	cast->bytes += untrusted_size(bytes);
	str_init(&clean, SIZE_MAX / 2);
	redactor_add(cast->clean, bytes, &clean);
	if (clean.n)
		room = record(cast, untrusted_make(clean.p, clean.n));
	str_release(&clean);
	return room;
}

void cast_resize(struct cast *cast, int columns, int rows)
{
	struct str line;

	begin(cast, &line, "r");
	str_printf(&line, "\"%dx%d\"]", columns, rows);
	put(cast, &line);
}

void cast_end(struct cast *cast, void (*ended)(void *ctx))
{
	struct str line, clean;

	str_init(&clean, SIZE_MAX / 2);
	redactor_end(cast->clean, &clean);
	if (clean.n)
		record(cast, untrusted_make(clean.p, clean.n));
	str_release(&clean);
	if (cast->rest_n) {
		begin(cast, &line, "o");
		text_add_json(&line, untrusted_make(cast->rest, cast->rest_n));
		str_putc(&line, ']');
		put(cast, &line);
		cast->rest_n = 0;
	}
	tape_end(cast->tape, ended);
}

const struct err *cast_error(const struct cast *cast)
{
	return tape_error(cast->tape);
}

uint64_t cast_bytes(const struct cast *cast)
{
	return cast->bytes;
}

const char *cast_path(const struct cast *cast)
{
	return tape_path(cast->tape);
}

const char *cast_hash(struct cast *cast, char out[SHA256_DIGITS + 1])
{
	return tape_hash(cast->tape, out);
}

void cast_free(struct cast *cast)
{
	if (!cast)
		return;
	tape_free(cast->tape);
	redactor_free(cast->clean);
	mem_free(cast);
}

/* --- what the terminal is not given --- */

enum { PLAIN, ESCAPE, C1, OSC, DCS, DROPPED, DROPPED_ESCAPE, DROPPED_C1 };

static void filter_byte(struct cast_filter *f, unsigned char c, struct str *out);

static void let_out(struct cast_filter *f, struct str *out)
{
	str_add(out, f->held, (size_t)f->n);
	f->n = 0;
	f->state = PLAIN;
}

static void hold(struct cast_filter *f, unsigned char c, int state)
{
	f->held[f->n++] = c;
	f->state = state;
}

/* Terminals pass over these within a sequence. */
static bool is_passed_over(unsigned char c)
{
	return c < ' ' && c != 033 && c != 7 && c != 030 && c != 032;
}

/* CAN stands for it, which ends whatever stood before: what is left on both sides must
 * not be one sequence together. */
static void drop(struct cast_filter *f, bool wrap, struct str *out)
{
	str_putc(out, 030);
	f->n = 0;
	f->wrap = wrap;
	f->state = DROPPED;
}

/* Two bytes are held, then the digits of its number. */
static void osc_byte(struct cast_filter *f, unsigned char c, struct str *out)
{
	bool is_52 = f->n == 4 && !memcmp(f->held + 2, "52", 2);

	if (is_passed_over(c))
		return;
	if (c >= '0' && c <= '9' && f->n < 12) {
		/* However many zeros stand in front. */
		f->n -= f->n == 3 && f->held[2] == '0';
		hold(f, c, OSC);
	} else if (is_52 && (c == ';' || c == 033 || c == 7 || c == 0xc2)) {
		drop(f, false, out);
		f->state = c == 7 ? PLAIN : c == 033 ? DROPPED_ESCAPE : DROPPED;
	} else {
		let_out(f, out);
		filter_byte(f, c, out);
	}
}

static void dcs_byte(struct cast_filter *f, unsigned char c, struct str *out)
{
	static const char tmux[] = "tmux;";

	if (is_passed_over(c))
		return;
	if (c != (unsigned char)tmux[f->n - 2]) {
		let_out(f, out);
		filter_byte(f, c, out);
		return;
	}
	hold(f, c, DCS);
	if (!tmux[f->n - 2])
		drop(f, true, out);
}

static void escape_byte(struct cast_filter *f, unsigned char c, struct str *out)
{
	bool c1 = f->state == C1;

	if (!c1 && is_passed_over(c)) {
		str_putc(out, (char)c);
	} else if (c == (c1 ? 0x9d : ']')) {
		hold(f, c, OSC);
	} else if (c == (c1 ? 0x90 : 'P')) {
		hold(f, c, DCS);
	} else {
		/* It may begin the next one. */
		let_out(f, out);
		filter_byte(f, c, out);
	}
}

static void dropped_byte(struct cast_filter *f, unsigned char c, struct str *out)
{
	switch (f->state) {
	case DROPPED_ESCAPE:
		if (c == '\\') {
			f->state = PLAIN;
		} else if (f->wrap) {
			f->state = DROPPED;
		} else {
			/* The string is broken off by another sequence. */
			hold(f, 033, ESCAPE);
			filter_byte(f, c, out);
		}
		return;
	case DROPPED_C1:
		f->state = c == 0x9c ? PLAIN : DROPPED;
		return;
	default:
		f->state = c == 033                                       ? DROPPED_ESCAPE
			   : c == 0xc2                                    ? DROPPED_C1
			   : (c == 7 && !f->wrap) || c == 030 || c == 032 ? PLAIN
									  : DROPPED;
	}
}

static void filter_byte(struct cast_filter *f, unsigned char c, struct str *out)
{
	if (f->state == ESCAPE || f->state == C1)
		escape_byte(f, c, out);
	else if (f->state == OSC)
		osc_byte(f, c, out);
	else if (f->state == DCS)
		dcs_byte(f, c, out);
	else if (f->state >= DROPPED)
		dropped_byte(f, c, out);
	else if (c == 033)
		hold(f, c, ESCAPE);
	else if (c == 0xc2)
		hold(f, c, C1);
	else
		str_putc(out, (char)c);
}

void cast_filter(struct cast_filter *filter, struct untrusted bytes, struct str *out)
{
	size_t n;
	const unsigned char *p = text_raw(bytes, &n);

	for (size_t i = 0; i < n; i++)
		filter_byte(filter, p[i], out);
}
