/* The routes of an Alertmanager: which groups an alert falls into, and what a pager is
 * told as their key. Pure; any thread, one at a time. */
#ifndef SRC_CONNECT_ROUTES_H
#define SRC_CONNECT_ROUTES_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/err.h"
#include "model/alert.h"

enum { ROUTES_MAX_CONFIG = 4 << 20, ROUTES_MAX_KEYS = 4 };

struct routes;

/* From the server's configuration, YAML. NULL with a sentence when there is none in it,
 * or a matcher cannot be read: a tree that is half understood would tell wrong keys. */
struct routes *routes_new(struct untrusted config, struct err *err);
void routes_free(struct routes *routes);

/* An alert's groups whose receiver is PagerDuty: the SHA-256 of each group's key, which
 * is the key of the incident that Alertmanager opens. At most ROUTES_MAX_KEYS. */
size_t routes_keys(const struct routes *routes, const struct pair *labels, size_t count,
	char out[ROUTES_MAX_KEYS][SHA256_DIGITS + 1]);
/* The keys themselves, of all receivers, one a line: `{}/{team="a"}:{x="y"}`. */
struct str;
void routes_print(const struct routes *routes, const struct pair *labels, size_t count,
	struct str *out);

#endif
