/* A pattern of hosts of any bytes: a list of good names, each once and not too many, or
 * a sentence. */
#include "base/alloc.h"
#include "ops/inventory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const char *find(void *ctx, const char *name)
{
	return strcmp(name, "a") ? NULL : ctx;
}

static const char *name_of(void *ctx, size_t i)
{
	static const char *const names[] = {"web1", "db-2", "x y", NULL};

	(void)ctx;
	return names[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *pattern = mem_new(1, n + 1);
	const struct host_groups groups = {find, name_of, pattern};
	struct host_list list = {0};
	struct err err = {0};

	memcpy(pattern, data, n);
	if (hosts_of(&groups, pattern, &list, &err)) {
		if (!list.count || list.count > INVENTORY_MAX_HOSTS)
			abort();
		for (size_t i = 0; i < list.count; i++)
			if (!host_name_good(list.names[i]))
				abort();
	} else if (!err.text[0]) {
		abort();
	}
	host_list_release(&list);
	mem_free(pattern);
	return 0;
}
