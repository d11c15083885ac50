/* What of the raw objects of a list is new. Only hashes are held: the objects go to the
 * store and stay there. Any thread. */
#include "raws.h"

#include "base/str.h"
#include "labels.h"

enum { IN_READING = 200, HELD_MOST = 50000 };

void raws_init(struct raws *raws)
{
	*raws = (struct raws){.added = 0};
	map_init(&raws->told);
}

void raws_release(struct raws *raws)
{
	map_release(&raws->told);
	map_init(&raws->told);
}

void raws_begin(struct raws *raws)
{
	if (raws->open || raws->told.count > HELD_MOST)
		raws_release(raws);
	raws->added = 0;
	raws->open = true;
}

void raws_settle(struct raws *raws)
{
	raws->open = false;
}

void raw_give(struct batch *batch, struct untrusted id, struct json incident)
{
	struct batch_raw *raw;
	struct str text;

	str_init(&text, BATCH_MAX_RAW);
	if (!json_print(incident, &text))
		str_printf(&text, "{\"left_out\":\"it is longer than %d KiB\"}",
			BATCH_MAX_RAW >> 10);
	raw = batch_add_raw(batch);
	if (raw) {
		raw->id = batch_keep(batch, id);
		raw->json = untrusted_copy(batch->arena, untrusted_make(text.p, text.n));
	}
	str_release(&text);
}

void raws_add(struct raws *raws, struct batch *batch, struct json incident,
	struct untrusted id, struct untrusted stamp)
{
	uint64_t key = untrusted_hash(id), is = untrusted_hash(stamp) | 1;

	if (raws->added == IN_READING ||
		(uintptr_t)map_get(&raws->told, &key, sizeof key) == (uintptr_t)is)
		return;
	raws->added++;
	map_put(&raws->told, &key, sizeof key, (void *)(uintptr_t)is);
	raw_give(batch, id, incident);
}
