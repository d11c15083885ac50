#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H

#include "subject.h"

/*
 * Hostile text, offered in the three ways that programs take text from others here:
 * lines of a log file ($BENCH_EVIL_LOG), the same as JSON lines ($BENCH_EVIL_JSON), and
 * the arguments of running processes ($BENCH_EVIL_PIDS, comma-separated). $BENCH_BTOP has
 * settings with which btop shows these.
 */
#define PAYLOADS 19

/* Writes the files into the folder and starts the processes; sets the variables. */
bool payload_plant(const char *folder);
void payload_clear(void);

struct injection {
	double shown;     /* payloads whose marker was seen on the screen, of PAYLOADS */
	double raw;       /* control sequences that reached the terminal */
	double invisible; /* bidi, zero-width and tag characters that did */
	char which[256];  /* names of both kinds */
	char unseen[256]; /* names of those not shown */
};
bool payload_scan(const struct subject *subject, struct injection *out);

#endif
