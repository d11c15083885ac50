/* Arena of doubling blocks: what ends together is freed together. Hides the blocks and
 * the padding. One owner. See arena.h. */
#include "base/arena.h"

#include "base/alloc.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
	struct arena_block *next;
	size_t size, used;
	alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
	*arena = (struct arena){.max_bytes = max_bytes};
}

void arena_release(struct arena *arena)
{
	struct arena_block *next;

	for (struct arena_block *b = arena->head; b; b = next) {
		next = b->next;
		mem_free(b);
	}
	arena->head = NULL;
	arena->used_bytes = 0;
	arena->full = false;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *keep = arena->head;

	if (keep && keep->size > LARGEST_BLOCK) {
		arena_release(arena);
	} else if (keep) {
		arena->head = keep->next;
		arena_release(arena);
		memset(keep->bytes, 0, keep->used);
		keep->next = NULL;
		keep->used = 0;
		arena->head = keep;
	}
	arena->used_bytes = 0;
	arena->full = false;
}

static struct arena_block *add_block(struct arena *arena, size_t need)
{
	size_t size = arena->head ? arena->head->size * 2 : FIRST_BLOCK;
	struct arena_block *block;

	if (size > LARGEST_BLOCK)
		size = LARGEST_BLOCK;
	if (size < need)
		size = need;
	block = mem_new(1, sizeof *block + size);
	block->size = size;
	block->next = arena->head;
	arena->head = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->head;
	size_t align = alignof(max_align_t), need;
	void *p;

	if (size > arena->max_bytes || arena->used_bytes > arena->max_bytes - size ||
		size > PTRDIFF_MAX - LARGEST_BLOCK) {
		arena->full = true;
		return NULL;
	}
	/* Many tiny ones must meet the limit too, so the padding counts. */
	need = (size + align - 1) / align * align;
	if (!need)
		need = align;
	if (!block || block->size - block->used < need)
		block = add_block(arena, need);
	p = block->bytes + block->used;
	block->used += need;
	arena->used_bytes += need;
	return p;
}

char *arena_strndup(struct arena *arena, const char *from, size_t n)
{
	char *to = arena_alloc(arena, n < SIZE_MAX ? n + 1 : n);

	if (to && n)
		memcpy(to, from, n);
	return to;
}

char *arena_strdup(struct arena *arena, const char *from)
{
	return arena_strndup(arena, from, strlen(from));
}
