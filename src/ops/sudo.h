/* What goes on between a command behind `sudo -n` and somebody's password. sudo is asked
 * first without one; where it says that it wants one, and has therefore run nothing, the
 * same is run once more with a prompt that only sudo can know, and the password goes to
 * that prompt, once. It travels over a pipe, so there is no echo to be turned off.
 *
 *   sudo_begin()  sudo_hears() for all that comes  sudo_refused() at the end */
#ifndef OPS_SUDO_H
#define OPS_SUDO_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

struct secret;

enum { SUDO_PROMPT = 48, SUDO_MORE_WORDS = 3, SUDO_HEARD = 96 };

struct sudo {
	char prompt[SUDO_PROMPT]; /* "": without a password */
	char heard[SUDO_HEARD];   /* of its standard error: the first, later the last */
	size_t n;
	bool more;  /* it has said more than that, or anything else */
	bool typed; /* the password was sent */
	bool wrong; /* and sudo asked again */
};

enum sudo_wants {
	SUDO_NOTHING,
	SUDO_PASSWORD, /* now; then its input ends */
	SUDO_NO_INPUT, /* it asks for none, and the command runs: its input ends */
};

/* One that nobody can foresee. */
void sudo_prompt(char out[SUDO_PROMPT]);
/* prompt: NULL without a password. */
void sudo_begin(struct sudo *sudo, const char *prompt);
enum sudo_wants sudo_hears(struct sudo *sudo, bool is_error, struct untrusted bytes);
/* It ran nothing, as it wants a password. */
bool sudo_refused(const struct sudo *sudo, int exit_code);
/* "sudo -n …" with the prompt; out has room for SUDO_MORE_WORDS and a NULL more. The
 * prompt is borrowed. False: it is no such argv. */
bool sudo_argv(const struct sudo *sudo, const char *const *argv, const char **out);
/* The line that is typed, given to `put`; wiped behind it. */
void sudo_type(const struct secret *password,
	void (*put)(void *ctx, const void *bytes, size_t n), void *ctx);

#endif
