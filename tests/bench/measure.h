#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include "subject.h"

/* One measurement each, of one run of a program. All return false when the program could
 * not be measured; outputs are then untouched. Times in the unit of the name. */

struct frame {
	double first_byte_ms; /* all from just before the program's fork */
	double ready_ms;      /* its screen was whole (subject_ready) */
	double burst_end_ms;  /* and 20 ms without a byte followed */
	double bytes;         /* up to there */
};
bool measure_frame(const struct subject *subject, int cols, int rows, struct frame *out);

/* After `warm_s` a window of `window_s` in which nobody touches anything. Program and
 * children together. */
struct steady {
	double bytes_per_s, cpu_percent, switches_per_s;
	double rss_mib, anon_mib, pss_mib;
};
bool measure_steady(const struct subject *subject, enum purpose purpose, double warm_s,
	double window_s, struct steady *out);

struct keys {
	double first_byte_p50_ms, first_byte_p99_ms, first_byte_max_ms;
	double bytes_p50, bytes_p99;
	double unanswered; /* presses without a byte within 500 ms */
};
bool measure_keys(const struct subject *subject, int presses, struct keys *out);

struct storm {
	double repaints;    /* after the last resize */
	double bytes;       /* during the storm and 1.5 s after it */
	double answered_ms; /* last byte of the last repaint, after the last resize */
	double whole;       /* 1: the screen at the end is whole */
};
bool measure_storm(const struct subject *subject, struct storm *out);

struct slow {
	double seconds;       /* from the key press until its effect; INFINITY: never */
	double backlog_bytes; /* written and not yet on the screen at the press */
};
bool measure_slow(const struct subject *subject, long bytes_per_s, double live_s,
	double limit_s, struct slow *out);

/* What remains wrong goes to `why`: empty when the program ended and restored all. */
bool measure_signal(const struct subject *subject, int signal, char *why, size_t size);

#endif
