/* known_hosts: any bytes give a verdict, and a key that is marked @revoked in front of
 * them is revoked whatever follows. */
#include "base/alloc.h"
#include "io/ssh_trust.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char revoked[] = "@revoked * ssh-ed25519 AAAA\n";
	static const char *const none[] = {NULL};
	const struct trust_query query = {.host = "web-1.example",
		.port = n % 2 ? 22 : 2222,
		.files = none,
		.type = "ssh-ed25519",
		.base64 = "AAAA"};
	struct trust out = {0};
	char *text = mem_new(1, n + sizeof revoked);

	trust_read(&query, "f", (const char *)data, n, &out);
	memcpy(text, revoked, sizeof revoked - 1);
	memcpy(text + sizeof revoked - 1, data, n);
	out = (struct trust){0};
	trust_read(&query, "f", text, n + sizeof revoked - 1, &out);
	if (out.verdict != TRUST_REVOKED && out.verdict != TRUST_BROKEN)
		abort();
	mem_free(text);
	return 0;
}
