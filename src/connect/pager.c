/* Classic paging (limit, offset, more). The server may clamp the limit, so pages go on
 * by the limit it echoes; rows that end while pages are read shift the others into a
 * page already read, which the shared row shows. Any thread. */
#include "pager.h"

#include "labels.h"

void pager_init(struct pager *pager, int64_t every_ms, uint64_t seed, bool overlap)
{
	job_init(&pager->job, every_ms, seed);
	pager->reach = PAGER_REACH;
	pager->overlap = overlap;
	arena_init(&pager->arena, PAGER_MAX_BYTES);
	batch_init(&pager->rows, &pager->arena);
	seen_init(&pager->seen);
}

void pager_release(struct pager *pager)
{
	arena_release(&pager->arena);
	seen_release(&pager->seen);
}

static void restart(struct pager *pager)
{
	arena_release(&pager->arena);
	pager->arena.full = false;
	batch_init(&pager->rows, &pager->arena);
	seen_release(&pager->seen);
	pager->offset = 0;
	pager->reading = pager->shared = false;
}

static void begin(struct pager *pager)
{
	restart(pager);
	pager->restarts = 0;
	pager->incomplete = false;
}

bool pager_wants(struct pager *pager, int64_t now)
{
	if (!job_due(&pager->job, now))
		return false;
	if (!pager->reading && !pager->restarts)
		begin(pager);
	job_ask(&pager->job, now);
	return true;
}

void pager_drop(struct pager *pager)
{
	pager->reading = false;
	pager->restarts = 0;
}

enum pager_step pager_page(struct pager *pager, const struct pager_got *got)
{
	int64_t limit = got->limit, step;
	bool stuck;

	if (pager->shared && got->count && !got->first_known) {
		if (pager->restarts++ < PAGER_MAX_RESTARTS) {
			restart(pager);
			pager->job.due_at = 0;
			return PAGER_AGAIN;
		}
		pager->incomplete = true;
	}
	pager->reading = true;
	if (limit < 1 || limit > PAGER_LIMIT)
		limit = PAGER_LIMIT;
	pager->shared = pager->overlap && limit > 1;
	step = pager->shared ? limit - 1 : limit;
	stuck = !got->count || pager->rows.cut ||
		pager->offset + step + PAGER_LIMIT > pager->reach;
	if (got->more && stuck)
		pager->incomplete = true;
	if (!got->more || stuck) {
		pager_drop(pager);
		return PAGER_WHOLE;
	}
	pager->offset += step;
	pager->job.due_at = 0;
	return PAGER_MORE;
}

void pager_give_alerts(struct pager *pager, struct batch *batch, const char *incomplete)
{
	for (size_t i = 0; i < pager->rows.alert_count; i++) {
		struct alert_draft *draft = batch_add_alert(batch);

		if (draft)
			*draft = pager->rows.alerts[i];
	}
	for (size_t i = 0; i < pager->rows.raw_count; i++) {
		struct batch_raw *raw = batch_add_raw(batch);

		if (raw)
			*raw = pager->rows.raws[i];
	}
	batch->cut = batch->cut || pager->rows.cut;
	batch->partial = pager->incomplete;
	if (pager->incomplete)
		batch_warn(batch, incomplete);
	batch->alerts_snapshot = !pager->incomplete && !batch->cut;
}

void pager_give_oncalls(struct pager *pager, struct batch *batch)
{
	for (size_t i = 0; i < pager->rows.oncall_count; i++) {
		struct batch_oncall *oncall = batch_add_oncall(batch);

		if (oncall)
			*oncall = pager->rows.oncalls[i];
	}
	batch->cut = batch->cut || pager->rows.cut || pager->incomplete;
	batch->oncalls_snapshot = !batch->cut;
}
