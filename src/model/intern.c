/* Interned names. The map holds id + 1, so that the first is not NULL; the bytes live in
 * an arena and stay where they are, so views of them may be kept as long as the table. */
#include "model/intern.h"

#include "base/alloc.h"
#include "base/text.h"

void intern_init(struct intern *in, size_t max)
{
	*in = (struct intern){.max = max};
	arena_init(&in->arena, max * INTERN_BYTES);
	map_init(&in->ids);
}

void intern_release(struct intern *in)
{
	map_release(&in->ids);
	arena_release(&in->arena);
	mem_free(in->names);
	*in = (struct intern){0};
}

uint32_t intern_find(const struct intern *in, struct untrusted name)
{
	size_t n;
	const void *p = text_raw(untrusted_slice(name, 0, INTERN_BYTES), &n);
	uintptr_t id = n ? (uintptr_t)map_get(&in->ids, p, n) : 0;

	return id ? (uint32_t)(id - 1) : INTERN_NONE;
}

uint32_t intern_id(struct intern *in, struct untrusted name)
{
	uint32_t id = intern_find(in, name);
	struct untrusted kept;
	size_t n;
	const void *p;

	if (id != INTERN_NONE || untrusted_empty(name) || in->count >= in->max)
		return id;
	kept = untrusted_copy(&in->arena, untrusted_slice(name, 0, INTERN_BYTES));
	if (untrusted_empty(kept))
		return INTERN_NONE;
	MEM_ROOM(in->names, in->count, in->cap);
	in->names[in->count++] = kept;
	p = text_raw(kept, &n);
	map_put(&in->ids, p, n, (void *)(uintptr_t)in->count);
	return (uint32_t)(in->count - 1);
}

struct untrusted intern_at(const struct intern *in, uint32_t id)
{
	return id < in->count ? in->names[id] : UNTRUSTED_NONE;
}
