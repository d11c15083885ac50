/* Memory: never NULL, always zeroed, sizes checked for overflow. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/* Called once, before abort(), when memory has run out: restores the terminal. */
void mem_on_exhausted(void (*hook)(void));

void *mem_new(size_t count, size_t size);
/* Grows (or shrinks) an array; bytes beyond the old size are not zeroed. */
void *mem_resize(void *old, size_t count, size_t size);
char *mem_strdup(const char *text);
void *mem_dup(const void *from, size_t size);
void mem_free(void *p);
/* Gives memory that was freed back to the system; slow, for a task after large work. */
void mem_trim(void);
/* The same once a start is over, and lets go of what only the start needed of the
 * program's and the libraries' files: the system has it, and gives it again when it is
 * asked for. */
void mem_settle(void);

/* Makes room for one more element in a growing array: capacity doubles. */
#define MEM_ROOM(array, count, cap)                                                      \
	do {                                                                             \
		if ((count) == (cap)) {                                                  \
			(cap) = (cap) ? (cap)*2 : 8;                                     \
			(array) = mem_resize((array), (cap), sizeof(*(array)));          \
		}                                                                        \
	} while (0)

#endif
