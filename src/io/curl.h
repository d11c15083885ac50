/* libcurl, opened with the first transfer: it brings thirty libraries with it, and a
 * console without a server needs none of them. That takes some 20 ms, so a task does
 * it. Main only. */
#ifndef SRC_IO_CURL_H
#define SRC_IO_CURL_H

#include "base/err.h"

#include <curl/curl.h>
#include <stdbool.h>

#define CURL_CALLS(X)                                                                    \
	X(easy_cleanup)                                                                  \
	X(easy_getinfo)                                                                  \
	X(easy_init)                                                                     \
	X(easy_pause)                                                                    \
	X(easy_perform)                                                                  \
	X(easy_send)                                                                     \
	X(easy_setopt)                                                                   \
	X(easy_strerror)                                                                 \
	X(free)                                                                          \
	X(getdate)                                                                       \
	X(global_init)                                                                   \
	X(multi_add_handle)                                                              \
	X(multi_assign)                                                                  \
	X(multi_cleanup)                                                                 \
	X(multi_info_read)                                                               \
	X(multi_init)                                                                    \
	X(multi_remove_handle)                                                           \
	X(multi_setopt)                                                                  \
	X(multi_socket_action)                                                           \
	X(slist_append)                                                                  \
	X(slist_free_all)                                                                \
	X(url)                                                                           \
	X(url_cleanup)                                                                   \
	X(url_get)                                                                       \
	X(url_set)

/* curl.easy_init() is curl_easy_init(), and so on: on any thread, once it is open. */
struct curl_calls {
#define CURL_CALL(name) __typeof__(&(curl_##name)) name;
	CURL_CALLS(CURL_CALL)
#undef CURL_CALL
};
extern struct curl_calls curl;

struct task_pool;

/* The caller's memory, until `opened` was called or curl_forget(). */
struct curl_waiter {
	/* err says why not: it is not installed, or too old. NULL: it is open. */
	void (*opened)(void *ctx, const struct err *err);
	void *ctx;
	struct curl_waiter *next_; /* curl.c's */
	bool waiting_;
};

/* true: it is open. Otherwise it is being opened, and the waiter, which may wait
 * already, is told when that is over. */
bool curl_open(struct task_pool *pool, struct curl_waiter *waiter);
void curl_forget(struct curl_waiter *waiter);

#endif
