/* Routes from any text, an alert from what stands behind its first NUL: either it is
 * refused with a sentence, or the alert ends in at least one group. */
#include "connect/routes.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size;
	struct untrusted rest = untrusted_make(data + n, size - n), value;
	char keys[ROUTES_MAX_KEYS][SHA256_DIGITS + 1];
	struct pair labels[3];
	struct routes *routes;
	struct err err = {0};
	struct str out;

	if (size > 10000)
		return 0;
	for (size_t i = 0; i < 3; i++) {
		if (!untrusted_split(&rest, "\n", &value))
			value = UNTRUSTED_NONE;
		labels[i] = (struct pair){
			untrusted_str(i ? i > 1 ? "b" : "a" : "team"), value};
	}
	routes = routes_new(untrusted_make(data, n), &err);
	if (!routes) {
		check(err.text[0] != '\0');
		return 0;
	}
	str_init(&out, 1 << 20);
	routes_print(routes, labels, 3, &out);
	/* A tree whose root matches nothing has none; one that is too long is cut. */
	if (out.n && !out.cut)
		check(out.p[out.n - 1] == '\n');
	for (size_t i = routes_keys(routes, labels, 3, keys); i-- > 0;)
		check(strlen(keys[i]) == SHA256_DIGITS);
	str_release(&out);
	routes_free(routes);
	return 0;
}
