/* The inside of io/ssh, shared by ssh.c (the net, questions), ssh_conn.c (one connection
 * on its way), ssh_call.c (commands over it), ssh_forward.c (jumps through it) and
 * ssh_outer.c (the installed ssh). Main, but for the login while it is in a task.
 *
 * Nothing is freed where it is found to be over: it is marked, and net_kick() has it
 * swept from the loop, so that any callback may start, stop or end anything. */
#ifndef SRC_IO_SSH_PARTS_H
#define SRC_IO_SSH_PARTS_H

#include "io/ssh.h"
#include "io/task.h"
#include "ssh_agent.h"
#include "ssh_login.h"
#include "ssh_wire.h"

struct loop_timer;
struct loop_watch;

enum { SSH_TEXT = 300, SHARED_MOST = 8 };

enum conn_phase {
	CONN_QUEUED, /* for the hop before it, or for its turn */
	CONN_WIRE,   /* for the TCP connection */
	CONN_STEP,   /* its login is in a task */
	CONN_POLL,   /* its login waits for the descriptor */
	CONN_KEY,    /* … for a key file */
	CONN_ASKING, /* … for an answer */
	CONN_AGENT,  /* … for its turn at the agent */
	CONN_READY,
	CONN_DEAD,
};

struct conn {
	struct task task; /* first: the task is the conn */
	struct ssh_net *net;
	struct conn *next;
	enum conn_phase phase;
	bool in_task;
	struct ssh_hop hop; /* its texts are ours */
	char *key;          /* what makes another connection the same, with the way */
	struct conn *via;   /* the hop before it, or NULL */
	int users;          /* connections through it that live */
	struct ssh_forward *forward; /* the channel of via that it uses */
	struct wire *wire;
	struct login login;
	struct agent_filter *agent; /* for IdentitiesOnly, while it logs in */
	enum login_wants wants;
	ssh_session session; /* from CONN_READY on */
	ssh_event event;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer;
	int64_t login_ms, login_left_ms,
		login_since; /* the clock stands while it is asked */
	int64_t idle_since, alive_at, heard_at;
	uint64_t heard_bytes;
	struct ssh_counter_struct in, out;
	struct ssh_call *calls;
	struct ssh_forward *forwards;
	uint64_t took[SHARED_MOST]; /* answers of its group that it was given */
	size_t took_count;
	struct err err; /* of CONN_DEAD */
};

struct ssh_reply {
	struct ssh_net *net;
	struct conn *conn; /* NULL: it is gone, or an identity is asked about */
	struct identity *identity;
	struct ssh_reply *next;
	bool asked;
};

struct ssh_net {
	struct ssh_net_how config;
	struct loop_timer *kick, *tick;
	struct conn *conns;
	struct identity *identities;
	struct ssh_reply *replies; /* in their order; the first one is asked */
	struct conn *at_agent;
	struct ssh_call *outers; /* calls by the installed ssh */
	struct shared *shared;
	struct master *masters;
	char *sockets;
};

/* --- ssh.c --- */

/* All that can go on does, soon, from the loop. */
void net_kick(struct ssh_net *net);
/* The connection's question is put when it is its turn. */
void net_ask(struct ssh_net *net, struct conn *conn, struct identity *identity);
void net_forget_question(struct ssh_net *net, struct conn *conn);

/* --- ssh_shared.c: answers that serve a group of calls --- */

enum shared_verdict { SHARED_NONE, SHARED_WAIT, SHARED_GIVEN };
/* Before somebody is asked: it may be known, or about to be. */
enum shared_verdict shared_answer(struct conn *conn, const struct ssh_question *q);
/* Somebody has answered. */
void shared_keep(
	struct conn *conn, const struct ssh_question *q, const struct secret *answer);
/* It is in, or it is not. */
void shared_proven(struct conn *conn, bool right);
size_t shared_others(const struct conn *conn);
/* Of groups of which no call is left. */
void shared_sweep(struct ssh_net *net);
void shared_free(struct ssh_net *net);

/* --- ssh_identity.c: key files, loaded once for all that use them --- */

struct identity;
/* Sooner or later conn_key() comes. */
void identity_want(
	struct ssh_net *net, struct conn *conn, const char *path, bool may_ask);
void identity_answer(struct identity *identity, bool yes, const struct secret *answer);
void identity_question(const struct identity *identity, struct ssh_question *out);
/* It is gone, and waits for nothing. */
void identity_forget(struct ssh_net *net, const struct conn *conn);
void identities_free(struct ssh_net *net);

/* --- ssh_conn.c --- */

/* A connection to the last hop, the one there is or another one. */
struct conn *conn_get(struct ssh_net *net, const struct ssh_target *target);
/* Goes on as far as it can without waiting. */
void conn_drive(struct conn *conn);
/* NULL: there is none, or it could not be used. */
void conn_key(struct conn *conn, const struct login_key *key);
void conn_answer(struct conn *conn, bool yes, const struct secret *answer);
void conn_question(const struct conn *conn, struct ssh_question *out);
/* Its calls and those who jump through it end with it. */
void conn_fail(struct conn *conn, const struct err *err);
/* Reads what there is of a ready connection, within the turn's share. */
void conn_pump(struct conn *conn);
void conn_arm(struct conn *conn);
/* Once a second. */
void conn_tick(struct conn *conn, int64_t now);
/* Nothing refers to it any more. */
bool conn_is_over(const struct conn *conn);
void conn_free(struct conn *conn);
enum ssh_state conn_state(const struct conn *conn);

/* --- ssh_call.c --- */

struct ssh_call {
	struct ssh_net *net;
	struct conn *conn;   /* NULL: by the installed ssh */
	struct outer *outer; /* then */
	struct ssh_call *next;
	struct ssh_call_options options;
	char *line, *term, *subsystem;
	struct str input; /* not taken by the channel yet */
	bool input_over, input_closed;
	int at; /* ssh_call.c's */
	ssh_channel channel;
	struct ssh_channel_callbacks_struct *callbacks;
	enum ssh_state state;
	bool paused, stopping, timed_out, closed, has_status, over, wants_room;
	int kills;
	bool by_hand; /* it only ends another one */
	struct loop_timer *timer, *stop_timer;
	struct ssh_end end;
};

/* Goes on as far as it can. */
void call_drive(struct ssh_call *call);
void call_fail(struct ssh_call *call, const struct err *err);
/* Tells where it stands, when that is news. */
void call_state(struct ssh_call *call, enum ssh_state state);
void call_free(struct ssh_call *call);
/* It has ended; what is known of it says how. */
void call_finish(struct ssh_call *call);
/* What it was asked to do may have been done. */
void call_begun(struct ssh_call *call, bool begun);

/* Ends all else that runs over the connection; to be run over it. */
const char *call_end_line(bool kill);

/* --- ssh_outer.c: calls by the installed ssh --- */

struct outer;
void outer_start(struct ssh_call *call);
void outer_stop(struct ssh_call *call);
void outer_pause(struct ssh_call *call, bool on);
size_t outer_write(struct ssh_call *call, const void *bytes, size_t n);
void outer_close_input(struct ssh_call *call);
void outer_resize(struct ssh_call *call, int columns, int rows);
void outer_free(struct ssh_call *call);
void outers_end(struct ssh_net *net);
void outers_free(struct ssh_net *net);

/* --- ssh_forward.c --- */

struct ssh_forward;
/* A channel through `via` to the host; its other end is a descriptor that conn_wire()
 * gets. */
struct ssh_forward *forward_open(struct conn *via, struct conn *user);
void forward_drive(struct ssh_forward *forward);
/* The user of it is gone, or its connection is. */
void forward_close(struct ssh_forward *forward);
struct ssh_forward *forward_next(const struct ssh_forward *forward);
void conn_wire(struct conn *conn, int fd, const struct err *err);

#endif
