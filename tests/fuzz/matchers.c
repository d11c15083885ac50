/* Label matchers of a front matter: any bytes, asked about any bytes. */
#include "ops/matchers.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct untrusted value(const void *ctx, const char *name)
{
	(void)name;
	return *(const struct untrusted *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct untrusted all = untrusted_make(data, n);
	struct matchers m;
	struct err err;

	matchers_read(&m, all, &err);
	matchers_hold(&m, value, &all);
	matchers_release(&m);
	return 0;
}
