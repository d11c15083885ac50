/* Classic paging (limit, offset, more). The server may clamp the limit, so pages go on
 * by the limit it echoes; rows that end while pages are read shift the others into a
 * page already read, which the shared row shows. Any thread. */
#include "pager.h"

void pager_init(struct pager *pager, int64_t every_ms, uint64_t seed, bool overlap)
{
	job_init(&pager->job, every_ms, seed);
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

void pager_begin(struct pager *pager)
{
	restart(pager);
	pager->restarts = 0;
	pager->incomplete = false;
}

enum pager_step pager_page(
	struct pager *pager, struct json page, bool first_known, size_t count)
{
	bool more = json_bool(json_get(page, "more"), false);
	int64_t limit = 0, step;

	if (pager->shared && count && !first_known) {
		if (pager->restarts++ < PAGER_MAX_RESTARTS) {
			restart(pager);
			return PAGER_AGAIN;
		}
		pager->incomplete = true;
	}
	pager->reading = true;
	if (!json_i64(json_get(page, "limit"), &limit) || limit < 1 ||
		limit > PAGER_LIMIT)
		limit = PAGER_LIMIT;
	pager->shared = pager->overlap && limit > 1;
	step = pager->shared ? limit - 1 : limit;
	if (!more)
		return PAGER_WHOLE;
	if (!count || pager->offset + step + PAGER_LIMIT > PAGER_MAX_REACH ||
		pager->rows.cut) {
		pager->incomplete = true;
		return PAGER_WHOLE;
	}
	pager->offset += step;
	return PAGER_MORE;
}
