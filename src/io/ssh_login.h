/* From a connected descriptor to a connection that may run commands: key exchange, host
 * key, authentication. A state machine that works as far as it can and says what it
 * waits for; each step may take milliseconds of work (or an agent's time), so steps are
 * for tasks. Nothing else touches the login meanwhile. */
#ifndef SRC_IO_SSH_LOGIN_H
#define SRC_IO_SSH_LOGIN_H

#include "base/str.h"
#include "io/ssh.h"
#include "ssh_cert.h"
#include "ssh_key.h"
#include "ssh_scan.h"
#include "ssh_trust.h"

enum { LOGIN_MAX_TRIES = 3, LOGIN_MAX_PROMPTS = 8, LOGIN_PROMPT_BYTES = 2000 };

enum login_wants {
	LOGIN_WANTS_WIRE,   /* the descriptor, see login_events() */
	LOGIN_WANTS_ANSWER, /* of login->question */
	LOGIN_WANTS_KEY,    /* identity number `key`, with its passphrase if `may_ask` */
	LOGIN_WANTS_TURN,   /* at the agent, one at a time */
	LOGIN_WANTS_ANEW,   /* another connection, for login_again() */
	LOGIN_IS_READY,
	LOGIN_HAS_FAILED, /* login->err */
};

struct login {
	const struct ssh_hop *hop; /* outlives it */
	int at;                    /* ssh_login.c's */
	ssh_session session;
	int fd; /* ours until libssh has it, then -1 */
	struct err err;
	struct trust trust;
	/* The host's certificate, when an authority stands in known_hosts. */
	struct scan *scan;
	bool scanned;
	struct cert cert;
	struct err uncertified; /* why there is none */
	/* What is asked; the texts live in `text`. */
	enum ssh_asked asked;
	bool echo;
	char what[700];
	struct str text;
	/* What was answered. */
	bool yes;
	struct secret *answer;
	/* Authentication. */
	int methods;
	size_t key;
	/* Public halves of the identities, for IdentitiesOnly: see ssh_agent.h. */
	struct str listed;
	bool may_ask, agent_done, kinds_done[4], partly;
	bool key_absent[SSH_MAX_FILES];
	struct login_key keys[SSH_MAX_FILES];
	size_t key_count;
	unsigned prompt, tries, rounds;
	ssh_key server_key;
};

/* Takes the descriptor, which must not block. */
bool login_init(struct login *login, const struct ssh_hop *hop, int fd, struct err *err);
/* Goes on with another one; what it had before is closed already. */
void login_again(struct login *login, int fd);
enum login_wants login_step(struct login *login);
/* What was read is acknowledged at once, which the kernel forgets after a while: the
 * other side waits for that, 40 ms each time, before it sends the next small packet. */
void login_acknowledge(int fd);
/* LOOP_READ | LOOP_WRITE */
int login_events(const struct login *login);
/* The next step is at the agent, which may take as long as it likes. */
bool login_at_agent(const struct login *login);
/* The agent's keys go through that descriptor, which is libssh's then; -1: there is no
 * agent. */
void login_use_agent(struct login *login, int fd);
/* Gives the session away, or closes it. */
ssh_session login_take(struct login *login);
void login_release(struct login *login);

/* What libssh says, which may be what the server said, as one line. */
bool login_error(
	struct err *err, enum err_kind kind, ssh_session session, const char *what);

#endif
