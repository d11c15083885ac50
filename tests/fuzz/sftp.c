/* What an SFTP server answers, of any bytes: packets whose texts lie within them, more to
 * come, or broken; and what is put together here reads back as itself. */
#include "base/str.h"
#include "ops/sftp.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
	if (!holds)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct untrusted rest = untrusted_make(data, n);
	struct sftp_packet packet;
	size_t used = 0;
	struct str out;

	while (sftp_take(rest, &packet, &used) == SFTP_WHOLE) {
		check(used > 4 && used <= untrusted_size(rest));
		check(untrusted_size(packet.text) <= used);
		rest = untrusted_slice(rest, used, SIZE_MAX);
	}
	str_init(&out, SFTP_PACKET_MOST * 2);
	if (n < SFTP_PART) {
		sftp_put_write(&out, 7, untrusted_str("h"), n, untrusted_make(data, n));
		check(sftp_take(untrusted_make(out.p, out.n), &packet, &used) ==
			SFTP_WHOLE);
		check(used == out.n && packet.type == SFTP_WRITE && packet.id == 7);
	}
	str_release(&out);
	return 0;
}
