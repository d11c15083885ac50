/* Private key files, with the certificates that were made for them. Reads files, and a
 * passphrase takes 100 ms and more on purpose: for tasks. */
#ifndef SRC_IO_SSH_KEY_H
#define SRC_IO_SSH_KEY_H

#include "libssh.h"

#include <stdbool.h>

struct secret;

struct login_key {
	bool looked, encrypted; /* encrypted: without its passphrase so far */
	ssh_key plain, with_certificate;
	char *certificate; /* its bytes in base64, or NULL */
	enum ssh_keytypes_e certificate_type;
	ssh_key public_half; /* of an encrypted one, from KEY.pub; or NULL */
};

enum key_verdict { KEY_LOADED, KEY_ABSENT, KEY_ENCRYPTED, KEY_BROKEN };

/* certificates: files of them, ended with NULL, or NULL; one that is for another key is
 * passed over. KEY-cert.pub is looked at as well. */
enum key_verdict key_load(const char *path, const struct secret *passphrase,
	const char *const *certificates, struct login_key *out);
void key_release(struct login_key *key);
/* A copy for another thread. */
void key_copy(const struct login_key *from, struct login_key *to);

#endif
