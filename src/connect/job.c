/* When a source's asks are due. Times fall a little before a whole interval after the
 * start of the last ask, so that a tick once a second always finds them due. */
#include "job.h"

#include "connect/source.h"

enum { SLACK_MS = 400, BACKOFF_FIRST_MS = 1000, BACKOFF_LAST_MS = 60000 };

/* SplitMix64: the seed's part that is this job's. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

void job_init(struct job *job, int64_t every_ms, uint64_t seed)
{
	*job = (struct job){
		.every_ms = every_ms > 0 ? every_ms : 1000, .seed = mix(seed)};
}

bool job_due(const struct job *job, int64_t now)
{
	int64_t longest =
		job->every_ms > BACKOFF_LAST_MS ? job->every_ms : BACKOFF_LAST_MS;

	if (longest < job->put_off_ms)
		longest = job->put_off_ms;
	/* A due time beyond any wait was set before the clock went back. */
	return !job->open && (now >= job->due_at || job->due_at - now > 2 * longest);
}

void job_ask(struct job *job, int64_t now)
{
	int64_t wait = job->every_ms;

	if (!job->begun)
		wait = (int64_t)(job->seed % (uint64_t)job->every_ms) + SLACK_MS;
	job->begun = true;
	job->open = true;
	job->put_off_ms = 0;
	job->due_at = now + (wait > SLACK_MS ? wait - SLACK_MS : wait);
}

static int64_t backoff(struct job *job)
{
	int64_t most = BACKOFF_FIRST_MS;

	for (int i = 1; i < job->fails && most < BACKOFF_LAST_MS; i++)
		most *= 2;
	if (most > BACKOFF_LAST_MS)
		most = BACKOFF_LAST_MS;
	return most / 2 + (int64_t)(mix(job->seed + (uint64_t)job->fails) %
				    (uint64_t)(most / 2 + 1));
}

void job_done(struct job *job, const struct answer *answer, bool ok)
{
	job->open = false;
	if (ok) {
		job->fails = 0;
		return;
	}
	if (job->fails < 30)
		job->fails++;
	job->due_at = answer->now;
	if (answer->status)
		job->due_at += backoff(job);
}

void job_put_off(struct job *job, int64_t now, int64_t ms)
{
	job->put_off_ms = ms;
	job->due_at = now + ms;
}

void job_hurry(struct job *job)
{
	if (!job->open)
		job->due_at = 0;
}

int64_t job_until(const struct job *job, int64_t until)
{
	return job->open || job->due_at >= until ? until : job->due_at;
}
