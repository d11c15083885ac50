/* oogway's own log: a ring for the events pane and a 0600 file, never the
 * terminal. The one place beside io/task that holds a mutex: any thread may log. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum { LOG_RING = 512, LOG_TEXT = 240 };

struct log_entry {
	uint64_t seq; /* 1, 2, …; never reused */
	int64_t at;
	enum log_level level;
	char text[LOG_TEXT];
};

void log_add(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Appends to a file from now on; false when it cannot be opened. */
bool log_open(const char *path);
void log_close(void);
/* Number of the newest entry, 0 when there is none. */
uint64_t log_newest(void);
/* Copies entry seq; false when it has left the ring or is not written yet. */
bool log_get(uint64_t seq, struct log_entry *out);
const char *log_level_name(enum log_level level);

#endif
