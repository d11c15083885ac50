/* Fetching secrets. What a command prints is read by its first line; nothing else keeps
 * a copy of it. Main thread. */
#include "credential.h"

#include "base/conf.h"
#include "base/text.h"
#include "base/time.h"
#include "io/proc.h"
#include "ops/redact.h"

#include <string.h>

enum { COMMAND_MS = 30000 };

static void token_line(void *ctx, struct untrusted line)
{
	struct credential *c = ctx;
	size_t n;
	const char *raw = text_raw(line, &n);

	if (c->secret || c->err.kind || !n)
		return;
	if (n > SECRET_MAX_BYTES)
		err_set(&c->err, ERR_LIMIT,
			"token-command printed a line of more than %d bytes: not a "
			"secret",
			SECRET_MAX_BYTES);
	else if (memchr(raw, '\0', n))
		err_set(&c->err, ERR_AUTH,
			"token-command printed a NUL byte: not a secret");
	else
		c->secret = secret_new(raw, n);
	redact_know(c->secret);
}

static void token_end(void *ctx, int exit_code, const struct err *why)
{
	struct credential *c = ctx;
	struct err err = c->err;

	c->command = NULL;
	if (why)
		err_set(&err, ERR_AUTH, "token-command: %s", why->text);
	else if (!err.kind && (exit_code || !c->secret))
		err_set(&err, ERR_AUTH, "token-command %s: it must print the token",
			exit_code ? "failed" : "printed nothing");
	if (err.kind) {
		secret_free(c->secret);
		c->secret = NULL;
	}
	c->done(c->ctx, err.kind ? &err : NULL);
}

bool credential_fetch(struct credential *c, struct loop *loop,
	const struct credential_place *place, struct err *err)
{
	struct conf_line words;
	char text[CONF_MAX_LINE];
	const char *argv[CONF_MAX_WORDS + 1];

	if (place->file || place->env) {
		c->secret = place->file ? secret_from_file(place->file, err)
					: secret_from_env(place->env, err);
		redact_know(c->secret);
		return c->secret != NULL;
	}
	if (!place->command)
		return true;
	if (!conf_split(place->command, &words, text, sizeof text, err))
		return false;
	if (!words.count)
		return err_set(err, ERR_INPUT, "token-command is empty");
	for (size_t i = 0; i < words.count; i++)
		argv[i] = words.words[i].text;
	argv[words.count] = NULL;
	c->command = proc_start(loop,
		&(struct proc_options){.argv = argv,
			.line = token_line,
			.end = token_end,
			.ctx = c,
			.timeout_ms = COMMAND_MS,
			.secret = true},
		err);
	return false;
}

void credential_release(struct credential *c)
{
	proc_kill(c->command);
	secret_free(c->secret);
	c->command = NULL;
	c->secret = NULL;
	c->err = (struct err){0};
}
