/* Arena: many small allocations that end together. Not thread-safe; one owner. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *head;
	size_t used_bytes; /* handed out since the last reset, with padding */
	size_t max_bytes;  /* maximum, fixed at birth */
	bool full;         /* an allocation was refused since the last reset */
};

/* max_bytes is a hard limit and must not be 0. */
void arena_init(struct arena *arena, size_t max_bytes);
void arena_release(struct arena *arena);
/* Forgets all allocations, keeps the newest block (up to 1 MiB) for reuse. */
void arena_reset(struct arena *arena);

/* Zeroed memory aligned for any type; NULL when max_bytes would be exceeded. */
void *arena_alloc(struct arena *arena, size_t size);
/* A copy with a NUL behind it; NULL when the arena is full. */
char *arena_strndup(struct arena *arena, const char *from, size_t n);
char *arena_strdup(struct arena *arena, const char *from);

#endif
