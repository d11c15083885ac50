/* One thing a source asks for again and again: when it is due, and its own back-off
 * when its answers are bad. Belongs to a source kind's state; any thread. */
#ifndef SRC_CONNECT_JOB_H
#define SRC_CONNECT_JOB_H

#include <stdbool.h>
#include <stdint.h>

struct answer;

struct job {
	int64_t every_ms;
	int64_t due_at;
	int64_t put_off_ms; /* 0: due_at lies within the usual waits */
	uint64_t seed;
	int fails;
	bool open, begun;
};

void job_init(struct job *job, int64_t every_ms, uint64_t seed);
bool job_due(const struct job *job, int64_t now);
/* It is being asked: open until job_done. The second time comes after a part of the
 * interval that differs from console to console. */
void job_ask(struct job *job, int64_t now);
void job_done(struct job *job, const struct answer *answer, bool ok);
/* After job_done: not again for that long. */
void job_put_off(struct job *job, int64_t now, int64_t ms);
/* Due at once, unless it is open. */
void job_hurry(struct job *job);
/* The earlier of `until` and the job's time. */
int64_t job_until(const struct job *job, int64_t until);

#endif
