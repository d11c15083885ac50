/* Host keys and their authorities: what known_hosts says of one. Whatever is not
 * understood and could make a difference refuses the host. Reads files: for tasks. */
#ifndef SRC_IO_SSH_TRUST_H
#define SRC_IO_SSH_TRUST_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	TRUST_FILE_BYTES = 16 << 20,
	TRUST_LINE_BYTES = 64 << 10,
	TRUST_MAX_TYPES = 8,
	TRUST_PLACE = 300,
	TRUST_NAME = 270,
};

enum trust_verdict {
	TRUST_UNKNOWN, /* no file knows the host */
	TRUST_KNOWN,
	TRUST_CHANGED,   /* another key of this type stands there */
	TRUST_OTHER,     /* only keys of other types stand there */
	TRUST_REVOKED,   /* this key, or the authority asked about, is marked @revoked */
	TRUST_AUTHORITY, /* only a @cert-authority may vouch for the host */
	TRUST_VOUCHED,   /* the authority asked about stands there */
	TRUST_BROKEN,    /* a line that concerns the host, or a file, cannot be read */
};

struct trust_query {
	const char *host; /* as it was asked for; any case */
	int port;
	bool alias; /* host is a HostKeyAlias: it stands there without a port */
	const char *const *files; /* NULL-ended; one that is missing knows nothing */
	/* The key that the host showed; NULL: only what types are known. */
	const char *type, *base64;
	/* The key that signed its certificate, which was verified and holds this key; or
	 * NULL: it has none. */
	const char *authority;
};

struct trust {
	enum trust_verdict verdict;
	char place[TRUST_PLACE]; /* FILE:LINE that decided, or "" */
	char why[120];           /* of TRUST_BROKEN */
	/* Of keys that stand there for the host. */
	char types[TRUST_MAX_TYPES][40];
	size_t type_count;
	bool authorities; /* there are @cert-authority lines for the host */
};

void trust_look(const struct trust_query *query, struct trust *out);
/* One file's text, as trust_look() reads it; `name` is what places call it. */
void trust_read(const struct trust_query *query, const char *name, const char *text,
	size_t n, struct trust *out);

/* Adds the key to the first file, made when it is missing. hashed: the name cannot be
 * read there. */
bool trust_remember(const struct trust_query *query, bool hashed, struct err *err);

/* "host": in lower case, without the port. */
const char *trust_host(const struct trust_query *query, char out[TRUST_NAME]);
/* "host", or "[host]:2222". */
const char *trust_name(const struct trust_query *query, char out[TRUST_NAME]);

#endif
