/* Memory that is there or the program ends through the hook that restores the
 * terminal. Any thread. */
#include "base/alloc.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Pages of a segment that nobody can write are as the file has them, and come back by
 * themselves. Text that was relocated is not. */
static int let_go(struct dl_phdr_info *info, size_t size, void *data)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

	(void)size;
	(void)data;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Dyn) *dyn =
			(const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);

		if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
			continue;
		for (; dyn->d_tag != DT_NULL; dyn++)
			if (dyn->d_tag == DT_TEXTREL ||
				(dyn->d_tag == DT_FLAGS && dyn->d_un.d_val & DF_TEXTREL))
				return 0;
	}
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];
		uintptr_t from = info->dlpi_addr + part->p_vaddr, until;

		until = (from + part->p_memsz) & ~(page - 1);
		from = (from + page - 1) & ~(page - 1);
		if (part->p_type == PT_LOAD && !(part->p_flags & PF_W) && until > from)
			madvise((void *)from, until - from, MADV_DONTNEED);
	}
	return 0;
}

void mem_settle(void)
{
	malloc_trim(0);
	dl_iterate_phdr(let_go, NULL);
}

void mem_free(void *p)
{
	free(p);
}
