/* CA stores: reading the system's bundle takes about 20 ms, so a task does it once
 * and every SSL_CTX shares the result; and the alerts that servers send. Hides
 * OpenSSL's X509_STORE and its reference counts. The list belongs to main; a load
 * touches only itself. */
#include "tls.h"

#include "base/alloc.h"
#include "base/time.h"
#include "io/task.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_STORES = 64, RETRY_MS = 5000 };

/* Where distributions keep the bundle. */
static const char *const bundles[] = {
	"/etc/ssl/certs/ca-certificates.crt",
	"/etc/pki/tls/certs/ca-bundle.crt",
	"/etc/ssl/ca-bundle.pem",
	"/etc/ssl/cert.pem",
};

struct load {
	struct task task;
	struct tls_stores *owner; /* NULL: nobody waits any more */
	char *file;               /* NULL: the system's */
	X509_STORE *store;
	struct err err;
	enum tls_state state;
	int64_t ended_at; /* monotonic */
};

struct tls_stores {
	struct task_pool *pool;
	void (*loaded)(void *ctx);
	void *ctx;
	struct load *loads[MAX_STORES];
	size_t count;
};

static void load_free(struct load *load)
{
	X509_STORE_free(load->store);
	mem_free(load->file);
	mem_free(load);
}

static bool load_system(X509_STORE *store)
{
	const char *named = getenv("SSL_CERT_FILE");

	if (named && *named)
		return X509_STORE_load_file(store, named) == 1;
	for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
		if (!access(bundles[i], R_OK))
			return X509_STORE_load_file(store, bundles[i]) == 1;
	return X509_STORE_set_default_paths(store) == 1;
}

static void load_work(struct task *task)
{
	struct load *load = (struct load *)task;
	const char *file = load->file;
	bool ok;

	load->store = X509_STORE_new();
	X509_STORE_set_flags(
		load->store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
	if (file && access(file, R_OK)) {
		err_set(&load->err, ERR_IO, "cannot read ca-file %s: %s", file,
			strerror(errno));
		return;
	}
	ok = file ? X509_STORE_load_file(load->store, file) == 1
		  : load_system(load->store);
	ERR_clear_error();
	if (ok)
		return;
	if (file)
		err_set(&load->err, ERR_INPUT, "ca-file %s holds no PEM certificates",
			file);
	else
		err_set(&load->err, ERR_IO,
			"no system CA certificates: install ca-certificates or set "
			"ca-file");
}

static void load_done(struct task *task)
{
	struct load *load = (struct load *)task;
	struct tls_stores *owner = load->owner;

	if (!owner) {
		load_free(load);
		return;
	}
	if (!load->store)
		err_set(&load->err, ERR_CANCELLED, "stopped");
	load->state = load->err.kind ? TLS_FAILED : TLS_READY;
	load->ended_at = time_mono_ms();
	owner->loaded(owner->ctx);
}

struct tls_stores *tls_stores_new(
	struct task_pool *pool, void (*loaded)(void *ctx), void *ctx)
{
	struct tls_stores *stores = mem_new(1, sizeof *stores);

	stores->pool = pool;
	stores->loaded = loaded;
	stores->ctx = ctx;
	return stores;
}

void tls_stores_free(struct tls_stores *stores)
{
	if (!stores)
		return;
	for (size_t i = 0; i < stores->count; i++) {
		struct load *load = stores->loads[i];

		load->owner = NULL;
		if (load->state != TLS_LOADING)
			load_free(load);
	}
	mem_free(stores);
}

static struct load *find(struct tls_stores *stores, const char *file)
{
	for (size_t i = 0; i < stores->count; i++) {
		struct load *load = stores->loads[i];

		if (!file == !load->file && (!file || !strcmp(file, load->file)))
			return load;
	}
	return NULL;
}

static void load_start(struct tls_stores *stores, struct load *load)
{
	X509_STORE_free(load->store);
	load->store = NULL;
	load->err = (struct err){0};
	load->state = TLS_LOADING;
	task_submit(stores->pool, &load->task);
}

enum tls_state tls_stores_ask(
	struct tls_stores *stores, const char *ca_file, struct err *err)
{
	struct load *load = find(stores, ca_file);

	if (!load && stores->count == MAX_STORES) {
		err_set(err, ERR_LIMIT, "more than %d different ca-files", MAX_STORES);
		return TLS_FAILED;
	}
	if (!load) {
		load = mem_new(1, sizeof *load);
		load->task.work = load_work;
		load->task.done = load_done;
		load->task.class = TASK_INTERACTIVE;
		load->owner = stores;
		load->file = ca_file ? mem_strdup(ca_file) : NULL;
		stores->loads[stores->count++] = load;
		load_start(stores, load);
	} else if (load->state == TLS_FAILED &&
		   time_mono_ms() - load->ended_at >= RETRY_MS) {
		load_start(stores, load);
	}
	if (load->state == TLS_FAILED && err)
		*err = load->err;
	return load->state;
}

bool tls_stores_apply(struct tls_stores *stores, const char *ca_file, void *ssl_ctx)
{
	struct load *load = find(stores, ca_file);

	if (!load || load->state != TLS_READY)
		return false;
	SSL_CTX_set1_cert_store(ssl_ctx, load->store);
	return true;
}

static int alert_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
	return index;
}

static void on_info(const SSL *ssl, int where, int value)
{
	int *alert;

	if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT)
		return;
	alert = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), alert_index());
	if (alert && (value & 0xff) != SSL_AD_CLOSE_NOTIFY)
		*alert = value & 0xff;
}

void tls_hear_alerts(void *ssl_ctx, int *alert)
{
	SSL_CTX_set_ex_data(ssl_ctx, alert_index(), alert);
	SSL_CTX_set_info_callback(ssl_ctx, on_info);
}
