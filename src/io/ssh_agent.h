/* Between libssh and an ssh-agent, for IdentitiesOnly: of the agent's keys only those
 * that are listed are seen, and asked to sign. libssh would offer all of them, and a
 * server counts each as a try. Main thread, but for the pure part. */
#ifndef SRC_IO_SSH_AGENT_H
#define SRC_IO_SSH_AGENT_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct agent_filter;
struct loop;

enum { AGENT_MESSAGE_MOST = 256 << 10 };

/* listed: public keys in base64, each with a newline before and behind it; copied. *fd is
 * libssh's end, the caller's. NULL with a sentence: the agent is not there. */
struct agent_filter *agent_filter_new(struct loop *loop, const char *socket,
	const struct str *listed, int *fd, struct err *err);
/* NULL is fine. */
void agent_filter_free(struct agent_filter *filter);

/* --- pure: messages without their length --- */

enum agent_verdict { AGENT_PASS, AGENT_LISTS, AGENT_REFUSE };
/* What becomes of a request. */
enum agent_verdict agent_request(const void *message, size_t n, const char *listed);
/* The agent's list of keys, without those that are not listed; with its length. What is
 * no such list becomes a refusal. */
void agent_list(const void *message, size_t n, const char *listed, struct str *out);

#endif
