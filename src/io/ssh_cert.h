/* Host certificates of OpenSSH (PROTOCOL.certkeys): taken apart and verified, as libssh
 * knows none of them. Whose signature counts is not said here: see ssh_trust.h. Pure. */
#ifndef SRC_IO_SSH_CERT_H
#define SRC_IO_SSH_CERT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CERT_BYTES = 64 << 10, CERT_TYPE = 24, CERT_NAMES = 256 };

struct cert {
	char type[CERT_TYPE]; /* of the key in it: "ssh-ed25519" */
	char *key;            /* that key, as known_hosts has it; or NULL */
	char *authority;      /* the key that signed, the same way; or NULL */
};

struct cert_query {
	const char *host; /* what a principal has to be; lower case */
	int64_t now_s;
	/* CASignatureAlgorithms as ssh_config(5) has them, or NULL. */
	const char *algorithms;
};

/* Types of certificates that can be verified here, the best first, for a key exchange. */
extern const char cert_types[];

/* False with a sentence: it is none, it is not this host's, not of now, or its signature
 * does not hold. Whatever is not understood is refused. *out is whole or untouched. */
bool cert_open(const void *bytes, size_t n, const struct cert_query *query,
	struct cert *out, struct err *err);
void cert_release(struct cert *cert);

#endif
