/* How one line of the rc tells: its place, its patience. */
#ifndef SRC_APP_NOTIFY_SEND_H
#define SRC_APP_NOTIFY_SEND_H

#include "notify.h"
#include "connect/poll.h"
#include "credential.h"

struct desktop;
struct proc;

enum { SENDER_NAME = 80 };

struct sender {
	struct app *app;
	struct desktop *desktop; /* of all */
	const struct rc_notify *rule;
	char name[SENDER_NAME]; /* in the outbox; no source can be called so */
	struct credential credential;
	struct poll_options options;
	bool ready;           /* remote: its secret is there */
	struct proc *command; /* while it runs */
	int tokens;
	int64_t refilled_at;
};

void sender_begin(struct sender *sender);
void sender_end(struct sender *sender);
bool sender_remote(const struct sender *sender);
/* May tell now: a local one has a token and is not at it. */
bool sender_free(struct sender *sender, int64_t now);
/* In the hours in which it says nothing. */
bool sender_quiet(const struct sender *sender, int64_t now);
/* Tells of them together, as one. count > 0. */
void sender_tell(struct sender *sender, const struct notice *notices, size_t count);

#endif
