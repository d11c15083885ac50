/* One command on many machines: asked about once, recorded for each, its two streams
 * written whole to files of their own, and what came back compared. Main thread.
 *
 *   fan = fan_new(&how, &wish, &err)     worked out; nothing is sent
 *   fan_ask(fan, &err)                   through the gate; or fan_begin() behind another
 *   how.changed(), how.ended()
 *   fan_compare(fan)                     hosts whose results are the same, in groups */
#ifndef OPS_FANOUT_H
#define OPS_FANOUT_H

#include "base/crypto.h"
#include "base/str.h"
#include "ops/gate.h"
#include "ops/inventory.h"

struct fan;
struct json_out;
struct loop;
struct secret;
struct task_pool;

enum {
	FAN_WIDTH = 100,              /* hosts at a time, unless it is said */
	FAN_SHOWN_BYTES = 16 << 10,   /* of each stream of a host kept in memory */
	FAN_TIMEOUT_MS = 600000,      /* of a host, unless it is said */
	FAN_OUTPUT_MOST = 2147483647, /* of a host; then it is ended */
	FAN_WHY = 360,
	FAN_TARGET_BYTES = 24 << 10, /* of names in one record */
};

enum fan_state {
	FAN_WAITING,
	FAN_CONNECTING,
	FAN_RUNNING,
	FAN_DONE,      /* exit 0 */
	FAN_FAILED,    /* another exit, a signal, or it could not be recorded */
	FAN_LOST,      /* it was begun, and nobody knows how it ended */
	FAN_UNREACHED, /* nothing was begun */
	FAN_REFUSED,   /* by the ssh configuration, a host key, policy or the audit */
	FAN_STOPPED,   /* by somebody, or by its timeout */
	FAN_SKIPPED,   /* those before it failed, or somebody stopped */
	FAN_STATE_COUNT,
};

extern const char *const fan_state_names[FAN_STATE_COUNT];

struct fan_how {
	struct loop *loop;
	struct task_pool *pool;
	struct ssh_net *net;
	const struct gate_door *door;
	struct inventory *inventory; /* shared with the fan */
	const char *folder;          /* of the files with what was printed; copied */
	const char *profile;         /* of the rc; "" for none; copied */
	const char *user;            /* who asks, for the question; copied */
	/* False with a sentence: hosts or ways are not any more what they were. */
	bool (*still)(void *ctx, char *why, size_t size);
	/* What a host prints, as it comes; or NULL. */
	void (*bytes)(void *ctx, size_t host, bool is_error, struct untrusted bytes);
	/* sudo on that host, and perhaps on others, wants a password: fan_password()
	 * brings it, perhaps at once. NULL: there is none. */
	void (*password)(void *ctx, const char *host);
	void (*changed)(void *ctx);
	void (*ended)(void *ctx); /* all is known and recorded */
	void *ctx;
};

struct fan_wish {
	const char *pattern;      /* as it was written; copied */
	const char *const *hosts; /* names, each once; copied */
	size_t host_count;
	const char *const *argv; /* NULL-ended; copied */
	const char *origin;      /* of the record; copied */
	const char *event;       /* NULL: "remote.run"; a constant */
	const char *book;        /* whose step it is, for policy, or NULL; copied */
	const char *source;      /* the incident it is about, or NULL; copied */
	struct untrusted id;
	enum audit_class least; /* of the class, whatever the argv is judged to be */
	size_t width;           /* 0: FAN_WIDTH */
	size_t serial;      /* so many, and all of them done, before the next; 0: all */
	int most_failed;    /* per cent; then no more are begun; 100: go on */
	bool canary;        /* the first alone, and the others if it is done */
	int64_t timeout_ms; /* of each host; 0: FAN_TIMEOUT_MS */
};

struct fan_host {
	uint64_t key; /* no other host of any fan has it */
	char *name;
	char *way;       /* "ada@10.0.0.1:22 through bastion" */
	bool by_program; /* the installed ssh goes there */
	enum fan_state state;
	enum ssh_state stage; /* while it connects */
	int exit_code;
	char signal[16]; /* "" unless one ended it */
	char why[FAN_WHY];
	int64_t started_at, ended_at;
	uint64_t intent; /* seq in the audit, 0: none */
	uint64_t bytes[2];
	char hashes[2][SHA256_DIGITS + 1]; /* of the whole streams, when it is over */
	struct str shown[2];               /* stdout, stderr: the newest of them */
	bool dropped[2];                   /* there was more: it is in the file */
	bool cut[2];                       /* not all of it is in the file */
	char *files[2];                    /* NULL without output */
	int group;                         /* after fan_compare(), from 0; -1: none */
	struct fan_work *work;             /* fanout.c's */
};

/* Hosts whose state, status and streams are the same; the largest group first, and
 * behind all others those of which nothing was begun. */
struct fan_group {
	size_t first; /* host */
	size_t count;
	bool begun;
};

/* What was typed as a command, as a NULL-ended argv in the arena. */
bool fan_words(
	const char *text, struct arena *arena, const char *const **argv, struct err *err);

struct fan *fan_new(
	const struct fan_how *how, const struct fan_wish *wish, struct err *err);
/* Ends what runs; its outcome is recorded as such. Before task_pool_free(). */
void fan_end(struct fan *fan);
/* After task_pool_free(), or when it is over. NULL is fine. */
void fan_free(struct fan *fan);

/* False with a sentence: refused. Otherwise how.ended() comes, also when the answer is
 * no; fan_refusal() tells. */
bool fan_ask(struct fan *fan, struct err *err);
/* It could not be asked about, and that is why: it is over. False, for the caller's own
 * return. */
bool fan_give_up(struct fan *fan, const struct err *why);
/* Behind a gate that was passed already, with the seq of its intent: no question, and no
 * outcome of it is written. */
void fan_begin(struct fan *fan, uint64_t seq);
/* NULL: there is none, and why says so; hosts whose sudo wants one have failed then. */
void fan_password(struct fan *fan, const struct secret *password, const struct err *why);
/* It was typed somewhere, and not taken. */
bool fan_password_wrong(const struct fan *fan);
/* Whatever runs is asked to end, and nothing more is begun. False: nothing ran. */
bool fan_stop(struct fan *fan);

size_t fan_count(const struct fan *fan);
const struct fan_host *fan_host(const struct fan *fan, size_t i);
bool fan_is_over(const struct fan *fan);
/* Why none of it was done; kind ERR_NONE: it was. */
const struct err *fan_refusal(const struct fan *fan);
/* "df -h", as people read it. */
const char *fan_command(const struct fan *fan);
int64_t fan_started_at(const struct fan *fan);
size_t fan_in_state(const struct fan *fan, enum fan_state state);
/* "47 done, 1 failed, 2 running" */
const char *fan_summary(const struct fan *fan, char *out, size_t size);

/* Sorts hosts that are over into groups; the groups are the fan's. */
const struct fan_group *fan_compare(struct fan *fan, size_t *count);
/* How stream i (0 or 1) of one host becomes that of another, as far as they are shown:
 * lines that begin with '-' or '+', and a few around them with ' '. */
void fan_differ(const struct fan_host *from, const struct fan_host *to, int stream,
	struct str *out);
/* "ada@10.0.0.1:22 through bastion" */
void fan_way(const struct ssh_target *target, struct str *out);
/* "exit 0", "signal TERM", "connection refused …" */
const char *fan_result(const struct fan_host *host, char *out, size_t size);
/* All groups with what they printed, for a terminal or a file. */
void fan_print(struct fan *fan, struct str *out);
/* Members of one host's object. */
void fan_json(const struct fan_host *host, struct json_out *out);

#endif
