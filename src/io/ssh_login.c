/* The steps of a login, one function each; a step goes on to the next until something is
 * not there yet. Ways to log in are tried in this order: key files that need nothing, the
 * agent, key files that need a passphrase, keyboard-interactive, a password. Hides libssh
 * but for the session. For tasks: see ssh_login.h. */
#include "ssh_login.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum login_at {
	AT_LOOK,
	AT_SCAN,
	AT_EXCHANGE,
	AT_CHECK,
	AT_ACCEPTED,
	AT_NONE,
	AT_CHOOSE,
	AT_PROBE,
	AT_KEY,
	AT_CERTIFICATE,
	AT_AGENT,
	AT_KEYBOARD,
	AT_PASSWORD,
	AT_READY,
};

/* A step's end is what is wanted, or one of these: go on with login->at; or, from
 * next_key(), there is none. */
enum { GO_ON = -1, NONE_LEFT = -2 };

static const char host_key_types[][24] = {
	"ssh-ed25519",
	"ecdsa-sha2-nistp256",
	"ecdsa-sha2-nistp384",
	"ecdsa-sha2-nistp521",
	"ssh-rsa",
};

bool login_error(
	struct err *err, enum err_kind kind, ssh_session session, const char *what)
{
	char text[200];

	text_line(untrusted_str(ssh_get_error(session)), text, sizeof text);
	return err_set(err, kind, "%s%s%s", what, *text ? ": " : "", text);
}

static int failed(struct login *login, enum err_kind kind, const char *what)
{
	login_error(&login->err, kind, login->session, what);
	return LOGIN_HAS_FAILED;
}

static int go(struct login *login, enum login_at at)
{
	login->at = at;
	return GO_ON;
}

static int ask(struct login *login, enum ssh_asked what, bool echo)
{
	secret_free(login->answer);
	login->answer = NULL;
	login->yes = false;
	login->asked = what;
	login->echo = echo;
	return LOGIN_WANTS_ANSWER;
}

/* --- the host key --- */

static const struct trust_query *query(
	const struct login *login, struct trust_query *out, char *key)
{
	*out = (struct trust_query){
		.host = login->hop->alias ? login->hop->alias : login->hop->host,
		.port = login->hop->port,
		.alias = login->hop->alias != NULL,
		.files = login->hop->known_hosts,
		.base64 = key};
	if (login->server_key)
		out->type = ssh_key_type_to_char(ssh_key_type(login->server_key));
	/* A certificate says nothing of another key than that in it. */
	if (key && login->cert.key && !strcmp(login->cert.key, key))
		out->authority = login->cert.authority;
	return out;
}

static int refuse_host(struct login *login, const char *why)
{
	char name[120];

	text_line(untrusted_str(login->hop->name), name, sizeof name);
	err_set(&login->err, ERR_REFUSED, "%s is refused: %s", name, why);
	return LOGIN_HAS_FAILED;
}

static int broken_trust(struct login *login)
{
	char why[500];

	snprintf(why, sizeof why, "%s cannot be understood (%s)", login->trust.place,
		login->trust.why);
	return refuse_host(login, why);
}

static int by_authority_only(struct login *login)
{
	const struct err *why = &login->uncertified;
	char text[500];

	snprintf(text, sizeof text,
		"only the authority at %s may vouch for it, and %s: its owner signs "
		"its host key anew, or you add that key to known_hosts",
		login->trust.place,
		why->kind         ? why->text
		: login->cert.key ? "its host key or that authority is not the one of "
				    "its certificate"
				  : "it shows no certificate");
	return refuse_host(login, text);
}

static void scan_forget(struct login *login)
{
	if (login->scan)
		scan_release(login->scan);
	mem_free(login->scan);
	login->scan = NULL;
	if (login->fd >= 0)
		close(login->fd);
	login->fd = -1;
}

static void add_types(struct str *list, const struct trust *trust, bool known)
{
	for (size_t i = 0; i < sizeof host_key_types / sizeof host_key_types[0]; i++) {
		const char *type = host_key_types[i];
		bool is_known = false;

		for (size_t k = 0; k < trust->type_count; k++)
			is_known |= !strcmp(trust->types[k], type);
		if (is_known != known)
			continue;
		str_printf(list, "%s%s", list->n ? "," : "",
			strcmp(type, "ssh-rsa") ? type : "rsa-sha2-512,rsa-sha2-256");
	}
}

/* Types that are known come first, so that a host is not shown as changed because it has
 * got a key of another type as well. */
static int look(struct login *login)
{
	struct trust_query q;
	struct str list;

	trust_look(query(login, &q, NULL), &login->trust);
	if (login->trust.verdict == TRUST_BROKEN)
		return broken_trust(login);
	if (login->trust.authorities && !login->scanned)
		return go(login, AT_SCAN);
	str_init(&list, 300);
	if (login->cert.key)
		str_puts(&list, strcmp(login->cert.type, "ssh-rsa")
					? login->cert.type
					: "rsa-sha2-512,rsa-sha2-256");
	add_types(&list, &login->trust, true);
	add_types(&list, &login->trust, false);
	ssh_options_set(login->session, SSH_OPTIONS_HOSTKEYS,
		login->hop->host_key_types ? login->hop->host_key_types
					   : str_text(&list));
	str_release(&list);
	return go(login, AT_EXCHANGE);
}

static void open_certificate(struct login *login)
{
	const struct ssh_hop *hop = login->hop;
	const struct str *bytes = &login->scan->certificate;
	char host[TRUST_NAME];
	struct trust_query q;
	const struct cert_query how = {.host = trust_host(query(login, &q, NULL), host),
		.now_s = time_now_ms() / 1000,
		.algorithms = hop->authority_types};

	if (!cert_open(bytes->p, bytes->n, &how, &login->cert, &login->uncertified))
		err_prefix(&login->uncertified, "its certificate does not count: ");
}

/* Without a certificate it may still have a key that is known. */
static int scan(struct login *login)
{
	enum scan_wants wants;

	if (!login->scan) {
		login->scan = mem_new(1, sizeof *login->scan);
		scan_init(login->scan);
	}
	wants = scan_step(login->scan, login->fd);
	if (wants == SCAN_WANTS_WIRE)
		return LOGIN_WANTS_WIRE;
	if (wants == SCAN_HAS_KEY)
		open_certificate(login);
	else if (wants == SCAN_HAS_NONE)
		err_set(&login->uncertified, ERR_MISSING, "it shows no certificate");
	else
		login->uncertified = login->scan->err;
	if (wants == SCAN_HAS_FAILED)
		err_prefix(&login->uncertified, "it could not be asked for one: ");
	scan_forget(login);
	login->scanned = true;
	login->at = AT_LOOK;
	return LOGIN_WANTS_ANEW;
}

static int exchange(struct login *login)
{
	int rc;

	login->fd = -1;
	rc = ssh_connect(login->session);
	if (rc == SSH_AGAIN)
		return LOGIN_WANTS_WIRE;
	return rc == SSH_OK ? go(login, AT_CHECK)
			    : failed(login, ERR_NET, "the key exchange failed");
}

static void fingerprint(struct login *login, char *out, size_t size)
{
	static const char *const brief[] = {"ED25519", "ECDSA", "ECDSA", "ECDSA", "RSA"};
	const char *type = ssh_key_type_to_char(ssh_key_type(login->server_key));
	unsigned char *hash = NULL;
	char *text = NULL;
	size_t n = 0;

	for (size_t i = 0; i < sizeof host_key_types / sizeof host_key_types[0]; i++)
		if (!strcmp(type, host_key_types[i]))
			type = brief[i];
	if (!ssh_get_publickey_hash(
		    login->server_key, SSH_PUBLICKEY_HASH_SHA256, &hash, &n))
		text = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, n);
	snprintf(out, size, "%s %s", type, text ? text : "?");
	ssh_string_free_char(text);
	ssh_clean_pubkey_hash(&hash);
}

static int not_known(struct login *login)
{
	char why[200];

	fingerprint(login, login->what, sizeof login->what);
	if (!login->hop->unknown_refused)
		return ask(login, SSH_ASK_HOST_KEY, true);
	snprintf(why, sizeof why,
		"its host key (%.80s) is not known, and StrictHostKeyChecking is yes",
		login->what);
	return refuse_host(login, why);
}

static int judge(struct login *login)
{
	char why[500];

	switch (login->trust.verdict) {
	case TRUST_KNOWN:
	case TRUST_VOUCHED:
		return go(login, AT_NONE);
	case TRUST_UNKNOWN:
		return not_known(login);
	case TRUST_BROKEN:
		return broken_trust(login);
	case TRUST_AUTHORITY:
		return by_authority_only(login);
	case TRUST_REVOKED:
		snprintf(why, sizeof why, "its host key%s is revoked (%s)",
			login->cert.key ? ", or the authority that signed it," : "",
			login->trust.place);
		return refuse_host(login, why);
	case TRUST_CHANGED:
	case TRUST_OTHER:
		fingerprint(login, login->what, sizeof login->what);
		snprintf(why, sizeof why,
			"it shows the host key %.80s, and %s has another one%s: "
			"somebody may be listening; compare it, then `ssh-keygen -R`",
			login->what, login->trust.place,
			login->trust.verdict == TRUST_OTHER ? " of another type" : "");
		return refuse_host(login, why);
	}
	return failed(login, ERR_REFUSED, "the host key was not judged");
}

static int check(struct login *login)
{
	struct trust_query q;
	char *key = NULL;
	int rc;

	if (ssh_get_server_publickey(login->session, &login->server_key) ||
		ssh_pki_export_pubkey_base64(login->server_key, &key))
		return failed(login, ERR_NET, "the host key cannot be read");
	trust_look(query(login, &q, key), &login->trust);
	rc = judge(login);
	ssh_string_free_char(key);
	return rc;
}

/* Somebody said that the key is right. */
static int accepted(struct login *login)
{
	struct trust_query q;
	char *key = NULL;
	bool ok;

	if (!login->yes)
		return refuse_host(login, "its host key was not accepted");
	if (ssh_pki_export_pubkey_base64(login->server_key, &key))
		return failed(login, ERR_NET, "the host key cannot be read");
	ok = trust_remember(query(login, &q, key), login->hop->hashes_names, &login->err);
	ssh_string_free_char(key);
	if (ok)
		return go(login, AT_NONE);
	err_prefix(&login->err, "the host key cannot be kept: ");
	return LOGIN_HAS_FAILED;
}

/* --- authentication --- */

enum { BY_AGENT, BY_KEYBOARD, BY_PASSWORD };

/* libssh goes on waiting for an answer when the server has hung up between two keys. */
static bool hung_up(const struct login *login)
{
	char byte;

	return !ssh_is_connected(login->session) ||
	       !recv(ssh_get_fd(login->session), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
}

static int answered(struct login *login, int rc)
{
	switch (rc) {
	case SSH_AUTH_AGAIN:
		if (hung_up(login))
			return failed(login, ERR_AUTH,
				"it ended while logging in; where many keys were "
				"offered, "
				"IdentitiesOnly and IdentityFile say which one counts");
		return LOGIN_WANTS_WIRE;
	case SSH_AUTH_SUCCESS:
		return go(login, AT_READY);
	case SSH_AUTH_PARTIAL:
		login->partly = true;
		login->methods = ssh_userauth_list(login->session, NULL);
		return go(login, AT_CHOOSE);
	case SSH_AUTH_ERROR:
		return failed(login, ERR_AUTH, "it ended while logging in");
	default:
		return go(login, AT_CHOOSE);
	}
}

static int by_none(struct login *login)
{
	int rc = ssh_userauth_none(login->session, NULL);

	login->methods = ssh_userauth_list(login->session, NULL);
	return answered(login, rc);
}

/* All of it was tried. */
static int locked_out(struct login *login)
{
	const struct ssh_hop *hop = login->hop;
	size_t encrypted = 0, loaded = 0;
	char name[120], user[80];

	for (size_t i = 0; i < login->key_count; i++) {
		encrypted += login->keys[i].encrypted;
		loaded += login->keys[i].plain != NULL;
	}
	err_set(&login->err, ERR_AUTH,
		"%s lets %s not in%s: %zu key file%s tried, %s%s%s",
		text_line(untrusted_str(hop->name), name, sizeof name),
		text_line(untrusted_str(hop->user), user, sizeof user),
		login->partly ? " (one of several proofs was taken)" : "", loaded,
		loaded == 1 ? "" : "s",
		hop->agent ? "the agent's keys too" : "no agent is there",
		encrypted ? "; a key file needs its passphrase" : "",
		login->methods & (SSH_AUTH_METHOD_PASSWORD | SSH_AUTH_METHOD_INTERACTIVE)
			? "; it would take a password"
			: "");
	return LOGIN_HAS_FAILED;
}

static bool can(const struct login *login, int method, bool off)
{
	return (login->methods & method) && !off;
}

static int next_key(struct login *login, bool may_ask)
{
	for (size_t i = 0; i < login->key_count; i++) {
		struct login_key *key = &login->keys[i];

		if (login->key_absent[i] || (key->looked && !key->encrypted))
			continue;
		if (key->looked && !may_ask)
			continue;
		login->key = i;
		login->may_ask = may_ask;
		login->at = may_ask ? AT_PROBE : AT_CERTIFICATE;
		return may_ask ? GO_ON : LOGIN_WANTS_KEY;
	}
	return NONE_LEFT;
}

/* A line of KEY.pub, or of a certificate: its second word. */
static void list_key(struct login *login, const char *path, const char *end)
{
	char name[4096];
	struct str text;
	struct err err;
	const char *word;

	if ((size_t)snprintf(name, sizeof name, "%s%s", path, end) >= sizeof name)
		return;
	str_init(&text, CERT_BYTES);
	if (file_read(name, &text, &err)) {
		word = str_text(&text) + strcspn(str_text(&text), " \n");
		word += strspn(word, " ");
		if (!login->listed.n)
			str_putc(&login->listed, '\n');
		str_printf(&login->listed, "%.*s\n", (int)strcspn(word, " \r\n"), word);
	}
	str_release(&text);
}

/* A key may be in the agent alone, with its public half in the file's place or beside. */
static void list_keys(struct login *login)
{
	const struct ssh_hop *hop = login->hop;

	str_init(&login->listed, SSH_MAX_FILES * CERT_BYTES);
	for (size_t i = 0; i < login->key_count; i++) {
		if (str_ends(hop->identities[i], ".pub"))
			list_key(login, hop->identities[i], "");
		list_key(login, hop->identities[i], ".pub");
		list_key(login, hop->identities[i], "-cert.pub");
	}
	for (size_t i = 0; hop->certificates && hop->certificates[i]; i++)
		list_key(login, hop->certificates[i], "");
	login->agent_done = !login->listed.n;
}

static int choose(struct login *login)
{
	const struct ssh_hop *hop = login->hop;
	bool keys = can(login, SSH_AUTH_METHOD_PUBLICKEY, hop->no_keys);
	int wants = NONE_LEFT;

	if (keys)
		wants = next_key(login, false);
	if (wants != NONE_LEFT)
		return wants;
	if (keys && hop->agent && !login->agent_done && hop->listed_only &&
		!login->listed.n)
		list_keys(login);
	if (keys && hop->agent && !login->agent_done) {
		login->at = AT_AGENT;
		return LOGIN_WANTS_TURN;
	}
	if (keys)
		wants = next_key(login, true);
	if (wants != NONE_LEFT)
		return wants;
	if (can(login, SSH_AUTH_METHOD_INTERACTIVE, hop->no_keyboard) &&
		!login->kinds_done[BY_KEYBOARD]) {
		login->prompt = 0;
		return go(login, AT_KEYBOARD);
	}
	if (can(login, SSH_AUTH_METHOD_PASSWORD, hop->no_password) &&
		!login->kinds_done[BY_PASSWORD]) {
		login->at = AT_PASSWORD;
		snprintf(login->what, sizeof login->what, "%s", hop->host);
		return ask(login, SSH_ASK_PASSWORD, false);
	}
	return locked_out(login);
}

/* Nobody is asked for the passphrase of a key that the server would not take. */
static int probe(struct login *login)
{
	struct login_key *key = &login->keys[login->key];
	int rc;

	if (!key->public_half) {
		login->at = AT_CERTIFICATE;
		return LOGIN_WANTS_KEY;
	}
	rc = ssh_userauth_try_publickey(login->session, NULL, key->public_half);
	if (rc == SSH_AUTH_AGAIN || rc == SSH_AUTH_ERROR)
		return answered(login, rc);
	if (rc == SSH_AUTH_SUCCESS) {
		login->at = AT_CERTIFICATE;
		return LOGIN_WANTS_KEY;
	}
	login->key_absent[login->key] = true;
	return go(login, AT_CHOOSE);
}

/* The certificate first: it is what a server with an authority looks for. */
static int by_certificate(struct login *login)
{
	struct login_key *key = &login->keys[login->key];
	int rc;

	if (!key->with_certificate)
		return go(login, AT_KEY);
	rc = ssh_userauth_publickey(login->session, NULL, key->with_certificate);
	if (rc == SSH_AUTH_DENIED)
		return go(login, AT_KEY);
	return answered(login, rc);
}

static int by_key(struct login *login)
{
	struct login_key *key = &login->keys[login->key];

	if (!key->plain)
		return go(login, AT_CHOOSE);
	return answered(login, ssh_userauth_publickey(login->session, NULL, key->plain));
}

static int by_agent(struct login *login)
{
	int rc;

	if (login->agent_done)
		return go(login, AT_CHOOSE);
	rc = ssh_userauth_agent(login->session, NULL);

	login->agent_done = rc != SSH_AUTH_AGAIN;
	return answered(login, rc);
}

static int by_password(struct login *login)
{
	int rc;

	if (!login->answer) {
		login->kinds_done[BY_PASSWORD] = true;
		return go(login, AT_CHOOSE);
	}
	rc = ssh_userauth_password(login->session, NULL, secret_open(login->answer));
	if (rc == SSH_AUTH_DENIED) {
		login->kinds_done[BY_PASSWORD] = ++login->tries >= LOGIN_MAX_TRIES;
		return go(login, AT_CHOOSE);
	}
	login->kinds_done[BY_PASSWORD] = rc != SSH_AUTH_AGAIN;
	return answered(login, rc);
}

static void add_words(struct str *to, const char *words)
{
	if (words && *words)
		str_printf(to, "%s%s", to->n ? "\n" : "", words);
}

/* One prompt of a round is asked about; the first comes with what the server says. */
static int ask_prompt(struct login *login)
{
	char echo = 0;
	const char *prompt;

	str_reset(&login->text);
	if (!login->prompt) {
		add_words(&login->text, ssh_userauth_kbdint_getname(login->session));
		add_words(
			&login->text, ssh_userauth_kbdint_getinstruction(login->session));
	}
	prompt = ssh_userauth_kbdint_getprompt(login->session, login->prompt, &echo);
	add_words(&login->text, prompt);
	login->prompt++;
	return ask(login, SSH_ASK_PROMPT, echo != 0);
}

static int prompt_answered(struct login *login)
{
	int count = ssh_userauth_kbdint_getnprompts(login->session);

	if (!login->answer) {
		login->kinds_done[BY_KEYBOARD] = true;
		return go(login, AT_CHOOSE);
	}
	ssh_userauth_kbdint_setanswer(
		login->session, login->prompt - 1, secret_open(login->answer));
	if ((int)login->prompt < count)
		return ask_prompt(login);
	login->prompt = 0;
	return go(login, AT_KEYBOARD);
}

static int by_keyboard(struct login *login)
{
	int rc;

	if (login->prompt)
		return prompt_answered(login);
	rc = ssh_userauth_kbdint(login->session, NULL, NULL);
	if (rc != SSH_AUTH_INFO) {
		if (rc == SSH_AUTH_DENIED)
			/* Many offer it and have nothing to ask. */
			login->kinds_done[BY_KEYBOARD] =
				!login->rounds || login->rounds++ >= LOGIN_MAX_TRIES;
		else
			login->kinds_done[BY_KEYBOARD] = rc != SSH_AUTH_AGAIN;
		return answered(login, rc);
	}
	if (ssh_userauth_kbdint_getnprompts(login->session) > LOGIN_MAX_PROMPTS)
		return failed(login, ERR_AUTH, "it asks for too much");
	/* A round without a question is only acknowledged. */
	if (ssh_userauth_kbdint_getnprompts(login->session) <= 0)
		return GO_ON;
	login->rounds += !login->rounds;
	return ask_prompt(login);
}

static int ready(struct login *login)
{
	(void)login;
	return LOGIN_IS_READY;
}

/* --- the machine --- */

static int (*const steps[])(struct login *login) = {
	[AT_LOOK] = look,
	[AT_SCAN] = scan,
	[AT_EXCHANGE] = exchange,
	[AT_CHECK] = check,
	[AT_ACCEPTED] = accepted,
	[AT_NONE] = by_none,
	[AT_CHOOSE] = choose,
	[AT_PROBE] = probe,
	[AT_KEY] = by_key,
	[AT_CERTIFICATE] = by_certificate,
	[AT_AGENT] = by_agent,
	[AT_KEYBOARD] = by_keyboard,
	[AT_PASSWORD] = by_password,
	[AT_READY] = ready,
};

void login_acknowledge(int fd)
{
	int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

enum login_wants login_step(struct login *login)
{
	int wants = GO_ON;

	if (login->at == AT_CHECK)
		login->at = AT_ACCEPTED;
	while (wants == GO_ON)
		wants = steps[login->at](login);
	login_acknowledge(ssh_get_fd(login->session));
	return (enum login_wants)wants;
}

int login_events(const struct login *login)
{
	int flags;

	if (login->scan)
		return LOOP_READ | (scan_writes(login->scan) ? LOOP_WRITE : 0);
	flags = ssh_get_poll_flags(login->session);
	return LOOP_READ | (flags & SSH_WRITE_PENDING ? LOOP_WRITE : 0);
}

void login_use_agent(struct login *login, int fd)
{
	if (fd < 0)
		login->agent_done = true;
	else
		ssh_set_agent_socket(login->session, fd);
}

bool login_at_agent(const struct login *login)
{
	return login->at == AT_AGENT;
}

/* What is listed and not there is left out; when nothing is left, that is said. */
static bool set_algorithms(
	ssh_session session, const struct ssh_hop *hop, struct err *err)
{
	const struct {
		const char *list, *name;
		enum ssh_options_e both[2];
	} lists[] = {
		{hop->exchanges, "KexAlgorithms",
			{SSH_OPTIONS_KEY_EXCHANGE, SSH_OPTIONS_KEY_EXCHANGE}},
		{hop->ciphers, "Ciphers",
			{SSH_OPTIONS_CIPHERS_C_S, SSH_OPTIONS_CIPHERS_S_C}},
		{hop->macs, "MACs", {SSH_OPTIONS_HMAC_C_S, SSH_OPTIONS_HMAC_S_C}},
		{hop->host_key_types, "HostKeyAlgorithms",
			{SSH_OPTIONS_HOSTKEYS, SSH_OPTIONS_HOSTKEYS}},
	};

	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		for (int k = 0; k < 2 && lists[i].list; k++)
			if (ssh_options_set(session, lists[i].both[k], lists[i].list))
				return err_set(err, ERR_REFUSED,
					"%.60s is refused: libssh has none of its %s",
					hop->name, lists[i].name);
	return true;
}

void login_again(struct login *login, int fd)
{
	int on = 1;

	login->fd = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	ssh_options_set(login->session, SSH_OPTIONS_FD, &fd);
}

bool login_init(struct login *login, const struct ssh_hop *hop, int fd, struct err *err)
{
	int on = 1, off = 0;
	ssh_session session;

	if (!libssh_open(err))
		return false;
	session = ssh_new();
	if (!session)
		return err_set(err, ERR_IO, "libssh cannot begin a session");
	if (!set_algorithms(session, hop, err)) {
		ssh_free(session);
		return false;
	}
	*login = (struct login){.hop = hop, .session = session, .at = AT_LOOK};
	str_init(&login->text, LOGIN_PROMPT_BYTES);
	ssh_options_set(session, SSH_OPTIONS_PROCESS_CONFIG, &off);
	ssh_options_set(session, SSH_OPTIONS_HOST, "target");
	ssh_options_set(session, SSH_OPTIONS_USER, hop->user);
	login_again(login, fd);
	ssh_options_set(session, SSH_OPTIONS_NODELAY, &on);
	ssh_options_set(session, SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
	ssh_options_set(session, SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
	ssh_options_set(session, SSH_OPTIONS_GSSAPI_AUTH, &off);
	if (hop->agent)
		ssh_options_set(session, SSH_OPTIONS_IDENTITY_AGENT, hop->agent);
	while (hop->identities && hop->identities[login->key_count] &&
		login->key_count < SSH_MAX_FILES)
		login->key_count++;
	ssh_set_blocking(session, 0);
	return true;
}

ssh_session login_take(struct login *login)
{
	ssh_session session = login->session;

	login->session = NULL;
	return session;
}

void login_release(struct login *login)
{
	if (login->session) {
		ssh_disconnect(login->session);
		ssh_free(login->session);
	}
	/* A login that never was has none, and no descriptor either. */
	if (login->hop)
		scan_forget(login);
	cert_release(&login->cert);
	for (size_t i = 0; i < login->key_count; i++)
		key_release(&login->keys[i]);
	/* Without a connection libssh may never have been opened. */
	if (login->server_key)
		ssh_key_free(login->server_key);
	secret_free(login->answer);
	str_release(&login->text);
	str_release(&login->listed);
	*login = (struct login){0};
}
