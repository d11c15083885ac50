/* What a server says when it is asked for its certificate: any bytes, however they are
 * cut, come to the same end. */
#include "io/ssh_scan.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct scan whole, cut;
	enum scan_wants at_once, in_parts = SCAN_WANTS_WIRE;

	scan_init(&whole);
	scan_init(&cut);
	at_once = scan_take(&whole, data, n);
	for (size_t i = 0; i < n && in_parts == SCAN_WANTS_WIRE; i++)
		in_parts = scan_take(&cut, data + i, 1);
	if (at_once != in_parts && n)
		abort();
	if (at_once == SCAN_HAS_KEY && !whole.certificate.n)
		abort();
	scan_release(&whole);
	scan_release(&cut);
	return 0;
}
