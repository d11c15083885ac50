/* Commands on other machines over SSH (libssh inside): connections that are shared,
 * through any number of jump hosts, and what is run over them. Main thread.
 *
 *   net = ssh_net_new(&config)
 *   call = ssh_call_start(net, &options)      connects when nothing is connected yet
 *     options.state()                          where it stands
 *     options.bytes()                          what it prints, both streams apart
 *     options.end()                            once, last
 *
 * Main is never held up. Names are resolved by the loop. Until a connection is ready,
 * each of its steps (key exchange, host key, a signature, an agent that waits for a
 * finger) is a task of its own that works while it can and never waits for the network;
 * main waits for the descriptor. A ready connection is main's, and is read in slices.
 * What is left to main is the key exchange anew after an hour or a GiB (about 1 ms with
 * curve25519).
 *
 * Host keys are strict: known, or vouched for by a certificate of an authority that
 * stands in known_hosts, or asked about with the fingerprint; changed, revoked, without
 * a certificate where an authority stands, or not to be found out: refused. libssh knows
 * no host certificates, so one is asked for over a connection of its own; the key in it
 * is then held against the one that the connection for commands has proven. */
#ifndef IO_SSH_H
#define IO_SSH_H

#include "base/err.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct secret;
struct ssh_call;
struct ssh_net;
struct ssh_reply;
struct task_pool;

enum {
	SSH_MAX_HOPS = 8,
	SSH_MAX_FILES = 16,          /* identities, certificates, known_hosts of a hop */
	SSH_MAX_HANDSHAKES = 10,     /* at a time to one address and port */
	SSH_MAX_OPEN = 128,          /* connections being made at a time, in all */
	SSH_MAX_CHANNELS = 8,        /* commands at a time over one connection */
	SSH_WAITING_BYTES = 1 << 20, /* of input that the other side has not taken yet */
};

/* One machine on the way; the texts are copied where they are kept. Lists end with NULL
 * and may be NULL. */
struct ssh_hop {
	const char *name;  /* as people call it */
	const char *host;  /* what is connected to */
	const char *alias; /* HostKeyAlias: what known_hosts calls it; or NULL */
	const char *user;
	int port;
	const char *const *identities;   /* private key files, tried in this order */
	const char *const *certificates; /* besides KEY-cert.pub beside each key */
	const char *const *known_hosts;  /* the first one is added to */
	const char *agent;               /* its socket; NULL: none is asked */
	bool listed_only; /* IdentitiesOnly: of its keys those of the identities */
	/* Algorithms as ssh_config(5) lists them; NULL: those of libssh. */
	const char *exchanges, *ciphers, *macs, *host_key_types;
	const char *authority_types; /* CASignatureAlgorithms; NULL: all that are safe */
	/* argv of a ProxyCommand, or NULL; for the first hop alone. */
	const char *const *proxy;
	bool unknown_refused; /* StrictHostKeyChecking yes: nobody is asked */
	bool hashes_names;    /* HashKnownHosts */
	bool no_keys, no_password, no_keyboard; /* ways to log in that are off */
	int64_t connect_ms;                     /* for the TCP connection; 0: 15 s */
	int64_t alive_ms; /* a sign of life is asked for so often; 0: 15 s */
};

/* The last hop is the machine itself, those before it are jumped through. */
struct ssh_target {
	const struct ssh_hop *hops;
	size_t count;
	/* The installed ssh goes there (io/ssh_outer.c), by its own reading of its
	 * configuration; of the one hop then name, user, port and the two times count. */
	bool by_program;
	const char *config; /* its -F, or NULL */
	const char *why;    /* "~/.ssh/config:3: tunnel", or NULL: it was chosen */
};

enum ssh_asked {
	SSH_ASK_HOST_KEY,   /* answered with yes or no */
	SSH_ASK_PASSPHRASE, /* of a key file; one answer serves all that use the file */
	SSH_ASK_PASSWORD,
	SSH_ASK_PROMPT, /* keyboard-interactive: the server's own words */
};

/* Borrowed for the call. What the server said is untrusted. */
struct ssh_question {
	enum ssh_asked kind;
	const char *host; /* name of the hop */
	const char *user;
	const char *what;        /* the key file, or "ED25519 SHA256:…" */
	struct untrusted prompt; /* of SSH_ASK_PROMPT */
	bool echo;               /* what is typed may be seen */
	size_t others;           /* hosts of the same group that may get the answer too */
};

struct ssh_net_how {
	struct loop *loop;
	struct task_pool *pool;
	/* Somebody is asked; answered once by ssh_answer(), perhaps before this returns.
	 * False with a sentence: there is nobody. NULL: never is. One at a time. */
	bool (*ask)(void *ctx, const struct ssh_question *question,
		struct ssh_reply *reply, struct err *err);
	void *ctx;
	/* A folder for the sockets of the installed ssh, made when it is not there; it
	 * has to be its user's alone. NULL: none is run. Copied. */
	const char *sockets;
	int64_t idle_ms; /* a connection that nothing uses is kept so long; 0: 60 s */
};

/* yes: the key is right, or `answer` (NULL without one) is what was typed. */
void ssh_answer(struct ssh_reply *reply, bool yes, const struct secret *answer);

struct ssh_net *ssh_net_new(const struct ssh_net_how *config);
/* Ends all calls (their end() comes) and closes what is open; before task_pool_free(). */
void ssh_net_end(struct ssh_net *net);
/* After task_pool_free(). NULL is fine. */
void ssh_net_free(struct ssh_net *net);

enum ssh_state {
	SSH_WAITING, /* for its turn, or for a hop before it */
	SSH_CONNECTING,
	SSH_AUTHENTICATING,
	SSH_ASKING, /* somebody has to answer */
	SSH_STARTING,
	SSH_RUNNING,
	SSH_STATE_COUNT,
};

enum ssh_end_kind {
	SSH_EXITED,   /* exit_code */
	SSH_SIGNALED, /* signal, "TERM" */
	SSH_LOST,     /* it was begun, and nobody knows how it ended; err */
	SSH_FAILED,   /* nothing was begun; err */
};

struct ssh_end {
	enum ssh_end_kind kind;
	int exit_code;
	char signal[16];
	struct err err; /* also when it was stopped or timed out: kind then says how */
	bool stopped, timed_out;
};

struct ssh_call_options {
	struct ssh_target target;
	/* The account's shell gets this as it is: made by ops/remote_line.h only. NULL: a
	 * login shell. */
	const char *line;
	const char *subsystem; /* "sftp", instead of a line; or NULL */
	const void *input;     /* for its standard input, then closed; copied */
	size_t input_n;
	bool writes;      /* the input stays open for ssh_call_write() */
	const char *term; /* with a terminal of that kind; NULL: without */
	int columns, rows;
	/* Calls of one group, as those of a fan-out: what was typed for one of them, and
	 * let it in, is given once to each other that asks the same of the same user. 0:
	 * none. */
	uint64_t group;
	int64_t timeout_ms; /* for all of it; 0: none */
	int64_t login_ms;   /* until it runs, questions apart; 0: 30 s */
	void (*state)(void *ctx, enum ssh_state state); /* or NULL */
	void (*bytes)(void *ctx, bool is_error, struct untrusted bytes);
	/* There is room again after ssh_call_write() took less; or NULL. */
	void (*room)(void *ctx);
	void (*end)(void *ctx, const struct ssh_end *end);
	void *ctx;
};

/* Never calls back from within. */
struct ssh_call *ssh_call_start(
	struct ssh_net *net, const struct ssh_call_options *options);
/* Asks it to end: signal TERM, a second later by pkill over the same connection (sshd
 * passes none on to what root runs), then both with KILL, and 2 s after that the channel
 * is closed. What has not begun is not begun. `end` comes as ever. */
void ssh_call_stop(struct ssh_call *call);
/* Reads nothing more of it, or goes on: what it writes then waits over there. */
void ssh_call_pause(struct ssh_call *call, bool on);
/* Bytes taken. */
size_t ssh_call_write(struct ssh_call *call, const void *bytes, size_t n);
/* The end of its standard input. */
void ssh_call_close_input(struct ssh_call *call);
void ssh_call_resize(struct ssh_call *call, int columns, int rows);

#endif
