/* Memory that is there or the program ends through the hook that restores the
 * terminal. Any thread. */
#include "base/alloc.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void (*exhausted_hook)(void);

void mem_on_exhausted(void (*hook)(void))
{
	exhausted_hook = hook;
}

static void *checked(void *p)
{
	if (!p) {
		void (*hook)(void) = exhausted_hook;

		exhausted_hook = NULL; /* the hook itself may run out */
		if (hook)
			hook();
		abort();
	}
	return p;
}

void *mem_new(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *mem_resize(void *old, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return checked(NULL);
	size *= count;
	return checked(realloc(old, size ? size : 1));
}

char *mem_strdup(const char *text)
{
	return mem_dup(text, strlen(text) + 1);
}

void *mem_dup(const void *from, size_t size)
{
	void *to = checked(malloc(size ? size : 1));

	if (size)
		memcpy(to, from, size);
	return to;
}

void mem_trim(void)
{
	malloc_trim(0);
}

void mem_free(void *p)
{
	free(p);
}
