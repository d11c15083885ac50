/* Host certificates: any bytes are refused or hold a key and an authority. */
#include "io/ssh_cert.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct cert_query query = {"web1.example", 1790000000, NULL};
	struct cert cert = {0};
	struct err err = {0};

	if (cert_open(data, n, &query, &cert, &err)
			? !cert.key || !cert.authority
			: cert.key || cert.authority || !err.text[0])
		abort();
	cert_release(&cert);
	return 0;
}
