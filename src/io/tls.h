/* CA stores, each loaded once by a task and shared by all connections. Main only. */
#ifndef SRC_IO_TLS_H
#define SRC_IO_TLS_H

#include "base/err.h"

#include <stdbool.h>

struct task_pool;
struct tls_stores;

enum tls_state { TLS_LOADING, TLS_READY, TLS_FAILED };

/* loaded(ctx) is called on main each time a load has ended. */
struct tls_stores *tls_stores_new(
	struct task_pool *pool, void (*loaded)(void *ctx), void *ctx);
void tls_stores_free(struct tls_stores *stores);
/* Starts loading at the first call for a file (NULL: the system's bundle), and again
 * a while after a failure, whose sentence is put in *err. */
enum tls_state tls_stores_ask(
	struct tls_stores *stores, const char *ca_file, struct err *err);
/* Gives a ready store to an SSL_CTX; false when it is not ready. */
bool tls_stores_apply(struct tls_stores *stores, const char *ca_file, void *ssl_ctx);
/* *alert, which must live as long as the connections, becomes the number of each alert
 * that a server sends on one of them: curl does not tell it. */
void tls_hear_alerts(void *ssl_ctx, int *alert);

#endif
