/* Which machines a word means, and the way to each: groups of the rc, patterns, and the
 * user's ssh configuration. What in that configuration only ssh itself can do makes it go
 * by the installed ssh; what could change who is trusted or which way is taken, and is
 * not understood, refuses the host by FILE:LINE. */
#ifndef OPS_INVENTORY_H
#define OPS_INVENTORY_H

#include "base/arena.h"
#include "base/err.h"
#include "io/ssh.h"

#include <stdbool.h>
#include <stddef.h>

struct inventory;

enum {
	INVENTORY_MAX_HOSTS = 2000, /* of one pattern */
	INVENTORY_NAME = 256,       /* USER@NAME:PORT, with its NUL */
	INVENTORY_GROUP_DEPTH = 8,
	INVENTORY_BYTES = 8 << 20, /* of an arena for inventory_target() of one host */
};

enum transport {
	TRANSPORT_AUTO,    /* libssh, or the installed ssh for what libssh cannot do */
	TRANSPORT_LIBSSH,  /* never the installed ssh: what it alone can do refuses */
	TRANSPORT_OPENSSH, /* the installed ssh */
};

struct inventory_how {
	const char *home;        /* ~; "" for none: no file of the user's is read */
	const char *user;        /* who logs in where nothing says otherwise */
	const char *host;        /* this machine, for %l */
	const char *agent;       /* $SSH_AUTH_SOCK, or NULL */
	const char *user_file;   /* NULL: ~/.ssh/config */
	const char *system_file; /* NULL: /etc/ssh/ssh_config */
	/* The installed ssh looks for files in another home: it gets -F with the user's
	 * file. */
	bool foreign_home;
	/* What the rc says of a host, without user and port; or NULL. */
	enum transport (*transport)(void *ctx, const char *host);
	void *ctx;
};

/* Reads the configuration; for tasks. Never NULL: what cannot be read refuses hosts. */
struct inventory *inventory_read(const struct inventory_how *how);
/* One more who frees it. */
struct inventory *inventory_share(struct inventory *inventory);
void inventory_free(struct inventory *inventory);

/* The way to [USER@]NAME[:PORT], hops and all, in the arena. The thread of
 * how.transport(). */
bool inventory_target(const struct inventory *inventory, const char *name,
	struct arena *arena, struct ssh_target *out, struct err *err);
/* Names of hosts that the configuration has; NULL behind the last. */
const char *inventory_name(const struct inventory *inventory, size_t i);

/* Groups and what else stands behind a name with "@". */
struct host_groups {
	/* The pattern of a group, or NULL: there is none. */
	const char *(*find)(void *ctx, const char *name);
	/* Names that "*" can find, one after the other; NULL behind the last. */
	const char *(*name)(void *ctx, size_t i);
	void *ctx;
};

struct host_list {
	char **names;
	size_t count, cap;
};

/* What a pattern names, each once, in its order:
 *
 *   web1 db.example ada@web2:2222    names; with [01-20] or [1,3,7-9] several
 *   web*                             those of the inventory and of all groups
 *   @db                              a group
 *   A B   A,B      both              A !B   A & !B    without those of B
 *   A & B          what is in both   from left to right */
bool hosts_of(const struct host_groups *groups, const char *pattern,
	struct host_list *out, struct err *err);
void host_list_release(struct host_list *list);
/* [USER@]NAME[:PORT] of letters, digits and . _ - : only, so that no program and no
 * server reads more into it. */
bool host_name_good(const char *name);

#endif
