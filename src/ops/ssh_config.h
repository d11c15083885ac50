/* ssh_config(5): the files read into lines, and what they say of one host. The first
 * value of a keyword counts, as ssh has it. */
#ifndef OPS_SSH_CONFIG_H
#define OPS_SSH_CONFIG_H

#include "base/arena.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	SSH_CONFIG_FILE_BYTES = 1 << 20,
	SSH_CONFIG_BYTES = 16 << 20,
	SSH_CONFIG_LINES = 50000,
	SSH_CONFIG_DEPTH = 8, /* of Include */
	SSH_CONFIG_WORDS = 64,
	SSH_CONFIG_LISTED = 16, /* values of one keyword that takes several */
	SSH_CONFIG_PLACE = 300,
};

struct config_line {
	const char *file;
	int line, depth;     /* depth: how many includes it is in */
	const char *keyword; /* lower case */
	const char **words;
	size_t count;
	const char *rest; /* behind the keyword, as written */
	bool own;         /* of the user's file, not the system's */
};

struct ssh_config {
	struct arena arena;
	struct config_line *lines;
	size_t count, cap;
	char broken[400]; /* why no host can be reached by it, or "" */
};

/* What is looked for in Include and ~. */
struct config_place {
	const char *home;   /* "" for none */
	const char *folder; /* of relative names in Include */
	bool own;           /* the user's: writable by nobody else */
};

void ssh_config_init(struct ssh_config *config);
void ssh_config_release(struct ssh_config *config);
/* A file that is not there says nothing; for tasks. */
void ssh_config_read(
	struct ssh_config *config, const char *path, const struct config_place *place);
/* The same of a text, for tests: its includes are read. */
void ssh_config_text(struct ssh_config *config, const char *name, const char *text,
	size_t n, const struct config_place *place);

enum config_value {
	CONFIG_HOSTNAME,
	CONFIG_PORT,
	CONFIG_USER,
	CONFIG_IDENTITY,
	CONFIG_CERTIFICATE,
	CONFIG_JUMP,
	CONFIG_PROXY, /* all of the line */
	CONFIG_KNOWN_HOSTS,
	CONFIG_GLOBAL_KNOWN_HOSTS,
	CONFIG_ALIAS,
	CONFIG_STRICT,
	CONFIG_IDENTITIES_ONLY,
	CONFIG_AGENT,
	CONFIG_HASH,
	CONFIG_CONNECT_TIMEOUT,
	CONFIG_ALIVE,
	CONFIG_PUBKEY,
	CONFIG_PASSWORD,
	CONFIG_KEYBOARD,
	CONFIG_KEX,
	CONFIG_CIPHERS,
	CONFIG_MACS,
	CONFIG_HOST_KEYS,
	CONFIG_AUTHORITIES,
	CONFIG_VALUE_COUNT,
};

struct config_found {
	const char *values[CONFIG_VALUE_COUNT][SSH_CONFIG_LISTED];
	size_t counts[CONFIG_VALUE_COUNT];
	const struct config_line *from[CONFIG_VALUE_COUNT]; /* the first of them */
	const struct config_line *beyond; /* what only ssh itself can do; or NULL */
};

/* What is known of the host before anything was read. */
struct config_query {
	const char *host; /* as it was asked for */
	const char *user; /* given with it, or NULL */
	const char *local_user;
	bool lenient; /* ssh itself will judge what is not understood */
};

/* Borrows from the config. False with a sentence that names FILE:LINE. */
bool ssh_config_find(const struct ssh_config *config, const struct config_query *query,
	struct config_found *out, struct err *err);

#endif
