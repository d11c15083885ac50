/* What a host may send to the terminal: in whatever pieces it comes, the same is let
 * through, and nothing of it writes to the clipboard as xterm, tmux or screen read it. */
#include "base/str.h"
#include "ops/cast.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cast_filter one = {0}, two = {0};
	struct str a, b;

	str_init(&a, n + 64);
	str_init(&b, n + 64);
	cast_filter(&one, untrusted_make(data, n), &a);
	for (size_t i = 0; i < n; i++)
		cast_filter(&two, untrusted_make(data + i, 1), &b);
	if (a.n != b.n || a.n > n || (a.n && memcmp(a.p, b.p, a.n)))
		abort();
	for (size_t i = 0; i + 5 <= a.n; i++)
		if (!memcmp(a.p + i, "\033]52;", 5))
			abort();
	str_release(&a);
	str_release(&b);
	return 0;
}
