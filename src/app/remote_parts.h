/* The inside of app/remote, shared by remote.c and remote_shell.c. */
#ifndef SRC_APP_REMOTE_PARTS_H
#define SRC_APP_REMOTE_PARTS_H

#include "app/remote.h"

struct shell;

struct app *remote_app(struct remote *remote);
struct ssh_net *remote_net(struct remote *remote);
/* The one terminal that is open elsewhere, or asked about. */
void remote_shell_begun(struct remote *remote, struct shell *shell);
void remote_shell_over(struct remote *remote);

/* --- remote_followed.c --- */
struct followed *followed_new(const struct fan *fan);
void followed_free(struct followed *tail);
void followed_add(struct followed *tail, size_t host, struct untrusted bytes);

/* --- remote_shell.c --- */
bool remote_shell_open(struct remote *remote, struct inventory *inventory,
	const char *host, const char *origin, struct err *err);
void remote_shell_end(struct shell *shell);
void remote_shell_free(struct shell *shell);

/* --- remote_copy.c --- */
struct copy;
struct remote_copy_wish {
	bool gets;
	const char *from, *to; /* HOST:PATH on one side; to may be NULL when it gets */
	const char *origin;
};
bool remote_copy_open(struct remote *remote, struct inventory *inventory,
	const struct remote_copy_wish *wish, struct err *err);
void remote_copy_stop(struct copy *copy);
void remote_copy_end(struct copy *copy);
void remote_copy_free(struct copy *copy);
/* remote.c's: the one that is under way, and what came of it. */
void remote_copy_begun(struct remote *remote, struct copy *copy);
void remote_copy_over(struct remote *remote, const struct err *why, const char *said);

#endif
