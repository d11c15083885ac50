/* Hears sudo's refusal and its prompt. The refusal has to be all that was said, to the
 * letter: a command that ran has said something else, or ended otherwise. The prompt
 * holds 64 random bits and counts until the command's first output. Pure, but for
 * randomness. */
#include "sudo.h"

#include "base/crypto.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char refusal[] = "sudo: a password is required\n";

void sudo_prompt(char out[SUDO_PROMPT])
{
	snprintf(out, SUDO_PROMPT, "[oogway %016llx] sudo asks\n",
		(unsigned long long)random_u64());
}

void sudo_begin(struct sudo *sudo, const char *prompt)
{
	*sudo = (struct sudo){0};
	if (prompt)
		str_copy(sudo->prompt, sizeof sudo->prompt, prompt);
}

/* The newest bytes, in which the prompt may stand. */
static void hear_last(struct sudo *sudo, const char *p, size_t n)
{
	if (n > SUDO_HEARD) {
		p += n - SUDO_HEARD;
		n = SUDO_HEARD;
	}
	if (sudo->n + n > SUDO_HEARD) {
		size_t left = SUDO_HEARD - n;

		memmove(sudo->heard, sudo->heard + sudo->n - left, left);
		sudo->n = left;
	}
	memcpy(sudo->heard + sudo->n, p, n);
	sudo->n += n;
}

static bool hears_prompt(struct sudo *sudo, const char *p, size_t n)
{
	size_t size = strlen(sudo->prompt);
	bool found = false;

	/* Piece by piece, as more than is kept may come at once. */
	while (n && !found) {
		size_t part = n < SUDO_HEARD - SUDO_PROMPT ? n : SUDO_HEARD - SUDO_PROMPT;

		hear_last(sudo, p, part);
		found = memmem(sudo->heard, sudo->n, sudo->prompt, size) != NULL;
		p += part;
		n -= part;
	}
	if (found)
		sudo->n = 0;
	return found;
}

enum sudo_wants sudo_hears(struct sudo *sudo, bool is_error, struct untrusted bytes)
{
	size_t n;
	const char *p = text_raw(bytes, &n);

	if (!*sudo->prompt) {
		if (!is_error || sudo->n + n >= sizeof refusal)
			sudo->more = true;
		else
			memcpy(sudo->heard + sudo->n, p, n);
		sudo->n += sudo->more ? 0 : n;
		return SUDO_NOTHING;
	}
	if (sudo->more)
		return SUDO_NOTHING;
	if (!is_error) {
		sudo->more = true;
		return sudo->typed ? SUDO_NOTHING : SUDO_NO_INPUT;
	}
	if (!hears_prompt(sudo, p, n))
		return SUDO_NOTHING;
	sudo->wrong = sudo->typed;
	if (sudo->typed)
		return SUDO_NOTHING;
	sudo->typed = true;
	return SUDO_PASSWORD;
}

bool sudo_refused(const struct sudo *sudo, int exit_code)
{
	return !*sudo->prompt && exit_code == 1 && !sudo->more &&
	       sudo->n == sizeof refusal - 1 && !memcmp(sudo->heard, refusal, sudo->n);
}

bool sudo_argv(const struct sudo *sudo, const char *const *argv, const char **out)
{
	size_t n = 0;

	if (!argv[0] || strcmp(argv[0], "sudo") || !argv[1] || strcmp(argv[1], "-n"))
		return false;
	out[n++] = "sudo";
	/* -k: what it remembers of somebody does not count. */
	out[n++] = "-k";
	out[n++] = "-S";
	out[n++] = "-p";
	out[n++] = sudo->prompt;
	for (size_t i = 2; argv[i]; i++)
		out[n++] = argv[i];
	out[n] = NULL;
	return true;
}

void sudo_type(const struct secret *password,
	void (*put)(void *ctx, const void *bytes, size_t n), void *ctx)
{
	const char *text = secret_open(password);

	put(ctx, text, strlen(text));
	put(ctx, "\n", 1);
}
