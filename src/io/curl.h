/* libcurl, opened when the first transfer starts: it brings thirty libraries with it,
 * and a console without a server needs none of them. Main only. */
#ifndef SRC_IO_CURL_H
#define SRC_IO_CURL_H

#include "base/err.h"

#include <curl/curl.h>

#define CURL_CALLS(X)                                                                    \
	X(easy_cleanup)                                                                  \
	X(easy_getinfo)                                                                  \
	X(easy_init)                                                                     \
	X(easy_pause)                                                                    \
	X(easy_perform)                                                                  \
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

/* curl.easy_init() is curl_easy_init(), and so on: after curl_open() only. */
struct curl_calls {
#define CURL_CALL(name) __typeof__(&(curl_##name)) name;
	CURL_CALLS(CURL_CALL)
#undef CURL_CALL
};
extern struct curl_calls curl;

/* false: it is not installed, or too old. */
bool curl_open(struct err *err);

#endif
