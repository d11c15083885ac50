/* From a name to the hops that lead to it: values of the configuration with their tokens
 * filled in, jump hosts looked up in turn, and a ProxyCommand as an argv. A token or a
 * word that is not understood refuses the host, as half a way leads elsewhere. Pure, but
 * for inventory_read(). */
#include "ops/inventory.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "ssh_config.h"
#include "words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4096 };

struct inventory {
	struct ssh_config config;
	char *home, *user, *host, *agent;
	char *program_config; /* -F of the installed ssh, or NULL */
	enum transport (*transport)(void *ctx, const char *host);
	void *ctx;
	const char **names;
	size_t name_count, name_cap;
	int others; /* who have it besides the first */
};

/* --- names of the configuration --- */

static void add_names(struct inventory *inventory, const struct config_line *line)
{
	for (size_t i = 0; i < line->count; i++) {
		const char *word = line->words[i];

		if (*word == '!' || strpbrk(word, "*?") || !host_name_good(word))
			continue;
		MEM_ROOM(inventory->names, inventory->name_count, inventory->name_cap);
		inventory->names[inventory->name_count++] = word;
	}
}

struct inventory *inventory_read(const struct inventory_how *how)
{
	struct inventory *inventory = mem_new(1, sizeof *inventory);
	char folder[PATH], file[PATH];
	const struct config_place own = {how->home, folder, true};
	const struct config_place system = {how->home, "/etc/ssh", false};

	inventory->home = mem_strdup(how->home);
	inventory->user = mem_strdup(how->user);
	inventory->host = mem_strdup(how->host);
	inventory->agent = how->agent && *how->agent ? mem_strdup(how->agent) : NULL;
	snprintf(folder, sizeof folder, "%s/.ssh", how->home);
	snprintf(file, sizeof file, "%s/.ssh/config", how->home);
	if (how->user_file || (how->foreign_home && !access(file, F_OK)))
		inventory->program_config =
			mem_strdup(how->user_file ? how->user_file : file);
	inventory->transport = how->transport;
	inventory->ctx = how->ctx;
	ssh_config_init(&inventory->config);
	if (*how->home || how->user_file)
		ssh_config_read(
			&inventory->config, how->user_file ? how->user_file : file, &own);
	ssh_config_read(&inventory->config,
		how->system_file ? how->system_file : "/etc/ssh/ssh_config", &system);
	for (size_t i = 0; i < inventory->config.count; i++)
		if (!strcmp(inventory->config.lines[i].keyword, "host"))
			add_names(inventory, &inventory->config.lines[i]);
	return inventory;
}

struct inventory *inventory_share(struct inventory *inventory)
{
	inventory->others++;
	return inventory;
}

void inventory_free(struct inventory *inventory)
{
	if (!inventory || inventory->others-- > 0)
		return;
	ssh_config_release(&inventory->config);
	mem_free(inventory->names);
	mem_free(inventory->home);
	mem_free(inventory->user);
	mem_free(inventory->host);
	mem_free(inventory->agent);
	mem_free(inventory->program_config);
	mem_free(inventory);
}

const char *inventory_name(const struct inventory *inventory, size_t i)
{
	return i < inventory->name_count ? inventory->names[i] : NULL;
}

/* --- one hop --- */

struct making {
	const struct inventory *inventory;
	struct arena *arena;
	struct config_found found;
	struct ssh_hop hop;
	const char *given; /* the name as it was asked for */
	enum transport transport;
	const struct config_line *beyond; /* why ssh itself has to go there */
	struct err *err;
};

static bool refuse(struct making *m, enum config_value value, const char *why)
{
	const struct config_line *line = m->found.from[value];

	return err_set(m->err, ERR_REFUSED, "%.60s is refused: %s:%d: %.40s %s", m->given,
		line->file, line->line, line->keyword, why);
}

static const char *first(const struct making *m, enum config_value value)
{
	return m->found.counts[value] ? m->found.values[value][0] : NULL;
}

static bool says(const struct making *m, enum config_value value, const char *word)
{
	const char *found = first(m, value);

	return found && !strcmp(found, word);
}

/* False: there is no such token here. */
static bool add_token(struct making *m, char token, struct str *out)
{
	const char *brief = m->inventory->host;

	switch (token) {
	case '%':
		return str_putc(out, '%');
	case 'h':
		return m->hop.host && str_puts(out, m->hop.host);
	case 'n':
		return str_puts(out, m->hop.name);
	case 'p':
		return m->hop.port && str_printf(out, "%d", m->hop.port);
	case 'r':
		return m->hop.user && str_puts(out, m->hop.user);
	case 'u':
		return str_puts(out, m->inventory->user);
	case 'd':
		return str_puts(out, m->inventory->home);
	case 'k':
		return m->hop.host &&
		       str_puts(out, m->hop.alias ? m->hop.alias : m->hop.name);
	case 'l':
		return str_puts(out, brief);
	case 'L':
		return str_add(out, brief, strcspn(brief, "."));
	default:
		return false;
	}
}

/* Tokens, ${NAME} and ~ filled in. NULL: refused. */
static const char *filled(struct making *m, enum config_value value, const char *text)
{
	struct str out;
	const char *copy = NULL;
	bool ok = true;

	str_init(&out, PATH);
	if (text[0] == '~' && (text[1] == '/' || !text[1])) {
		str_puts(&out, m->inventory->home);
		text++;
	} else if (text[0] == '~') {
		ok = false;
	}
	for (; ok && *text; text++) {
		if (*text == '%') {
			ok = text[1] && add_token(m, *++text, &out);
		} else if (text[0] == '$' && text[1] == '{') {
			char name[80];
			size_t n = strcspn(text + 2, "}");
			const char *known;

			ok = text[2 + n] && n < sizeof name;
			snprintf(name, sizeof name, "%.*s", (int)n, text + 2);
			known = ok ? getenv(name) : NULL;
			ok = known && str_puts(&out, known);
			text += 2 + n;
		} else {
			str_putc(&out, *text);
		}
	}
	if (ok && !out.cut)
		copy = arena_strdup(m->arena, str_text(&out));
	str_release(&out);
	if (!copy)
		refuse(m, value, "holds what is not understood here");
	return copy;
}

/* NULL-ended; "none" is no file. */
static bool files(struct making *m, enum config_value value, const char *const **out)
{
	size_t n = 0;
	const char **list =
		arena_alloc(m->arena, (m->found.counts[value] + 1) * sizeof *list);

	for (size_t i = 0; list && i < m->found.counts[value]; i++) {
		const char *text = m->found.values[value][i];

		if (!strcmp(text, "none"))
			continue;
		list[n] = filled(m, value, text);
		if (!list[n++])
			return false;
	}
	*out = list;
	return list || err_set(m->err, ERR_LIMIT, "too much is said of %s", m->given);
}

static const char *in_home(struct making *m, const char *name)
{
	char path[PATH];

	snprintf(path, sizeof path, "%s/.ssh/%s", m->inventory->home, name);
	return arena_strdup(m->arena, path);
}

static bool identities(struct making *m)
{
	static const char *const usual[] = {"id_rsa", "id_ecdsa", "id_ed25519"};
	size_t n = sizeof usual / sizeof usual[0];
	const char **list;

	if (m->found.counts[CONFIG_IDENTITY])
		return files(m, CONFIG_IDENTITY, &m->hop.identities);
	list = arena_alloc(m->arena, (n + 1) * sizeof *list);
	for (size_t i = 0; list && i < n; i++)
		list[i] = in_home(m, usual[n - 1 - i]);
	m->hop.identities = list;
	return true;
}

static bool known_hosts(struct making *m)
{
	const char *const *own, *const *all;
	const char **list =
		arena_alloc(m->arena, (2 * SSH_CONFIG_LISTED + 1) * sizeof *list);
	size_t n = 0;

	if (!list)
		return err_set(m->err, ERR_LIMIT, "too much is said of %s", m->given);
	if (!files(m, CONFIG_KNOWN_HOSTS, &own) ||
		!files(m, CONFIG_GLOBAL_KNOWN_HOSTS, &all))
		return false;
	for (; *own; own++)
		list[n++] = *own;
	if (!m->found.counts[CONFIG_KNOWN_HOSTS]) {
		list[n++] = in_home(m, "known_hosts");
		list[n++] = in_home(m, "known_hosts2");
	}
	for (; *all; all++)
		list[n++] = *all;
	if (!m->found.counts[CONFIG_GLOBAL_KNOWN_HOSTS]) {
		list[n++] = "/etc/ssh/ssh_known_hosts";
		list[n++] = "/etc/ssh/ssh_known_hosts2";
	}
	m->hop.known_hosts = list;
	return true;
}

static bool agent(struct making *m)
{
	const char *text = first(m, CONFIG_AGENT);

	m->hop.agent = m->inventory->agent;
	m->hop.listed_only = says(m, CONFIG_IDENTITIES_ONLY, "yes");
	if (!text || !strcmp(text, "SSH_AUTH_SOCK"))
		return true;
	if (!strcmp(text, "none")) {
		m->hop.agent = NULL;
		return true;
	}
	if (*text == '$' && text[1] != '{')
		return refuse(m, CONFIG_AGENT, "names a variable without braces");
	m->hop.agent = filled(m, CONFIG_AGENT, text);
	return m->hop.agent != NULL;
}

/* Seconds, or with a unit as sshd has it. */
static bool seconds(struct making *m, enum config_value value, int64_t *ms)
{
	const char *text = first(m, value);
	int64_t n;

	if (!text || !strcmp(text, "none") || !strcmp(text, "0"))
		return true;
	if (!untrusted_to_i64(untrusted_str(text), &n) || n < 0 || n > 86400)
		return refuse(m, value, "is no number of seconds");
	*ms = n * 1000;
	return true;
}

static bool port(struct making *m, const char *text)
{
	int64_t n;

	if (text && untrusted_to_i64(untrusted_str(text), &n) && n > 0 && n < 65536) {
		m->hop.port = (int)n;
		return true;
	}
	return err_set(
		m->err, ERR_USAGE, "%.60s: %.20s is no port", m->given, text ? text : "");
}

static bool add_word(struct making *m, const struct words *words, const struct word *word,
	const char **out)
{
	struct str text;
	bool ok = true;

	str_init(&text, PATH);
	for (size_t i = 0; ok && i < word->count; i++) {
		const struct word_part *part = &words->parts[word->first + i];
		size_t n;
		const void *p = text_raw(part->text, &n);

		ok = !part->is_ref && str_add(&text, p, n);
	}
	*out = ok ? filled(m, CONFIG_PROXY, str_text(&text)) : NULL;
	str_release(&text);
	return *out || (!ok && refuse(m, CONFIG_PROXY, "holds a variable"));
}

static bool proxy(struct making *m, const char *line)
{
	struct words *words = arena_alloc(m->arena, sizeof *words);
	const char **argv;
	size_t n = 0;
	struct err why;

	if (str_starts(line, "exec "))
		line += 5;
	if (!words || !words_read(words, m->arena, untrusted_str(line), &why) ||
		words->shell || !words->count) {
		/* It needs a shell, which only ssh runs for it. */
		m->beyond = m->found.from[CONFIG_PROXY];
		return true;
	}
	argv = arena_alloc(m->arena, (words->count + 1) * sizeof *argv);
	for (size_t i = 0; argv && i < words->count; i++)
		if (!add_word(m, words, &words->list[i], &argv[n++]))
			return false;
	m->hop.proxy = argv;
	return n || refuse(m, CONFIG_PROXY, "says nothing");
}

static bool values(struct making *m)
{
	struct ssh_hop *hop = &m->hop;

	hop->unknown_refused = says(m, CONFIG_STRICT, "yes");
	hop->hashes_names = says(m, CONFIG_HASH, "yes");
	hop->no_keys = says(m, CONFIG_PUBKEY, "no");
	hop->no_password = says(m, CONFIG_PASSWORD, "no");
	hop->no_keyboard = says(m, CONFIG_KEYBOARD, "no");
	hop->exchanges = first(m, CONFIG_KEX);
	hop->ciphers = first(m, CONFIG_CIPHERS);
	hop->macs = first(m, CONFIG_MACS);
	hop->host_key_types = first(m, CONFIG_HOST_KEYS);
	hop->authority_types = first(m, CONFIG_AUTHORITIES);
	return identities(m) && files(m, CONFIG_CERTIFICATE, &hop->certificates) &&
	       known_hosts(m) && agent(m) &&
	       seconds(m, CONFIG_CONNECT_TIMEOUT, &hop->connect_ms) &&
	       seconds(m, CONFIG_ALIVE, &hop->alive_ms);
}

/* USER@NAME:PORT, [ADDRESS]:PORT; several colons are an address. */
static bool split_name(
	struct making *m, const char *name, const char **user, const char **given_port)
{
	char *copy = arena_strdup(m->arena, name), *at, *colon;

	*user = *given_port = NULL;
	if (!copy)
		return err_set(m->err, ERR_LIMIT, "too much is said of %s", name);
	at = strchr(copy, '@');
	if (at) {
		*at = '\0';
		*user = copy;
		copy = at + 1;
	}
	colon = strrchr(copy, ':');
	if (*copy == '[') {
		char *close = strchr(copy, ']');

		if (!close || (close[1] && close[1] != ':'))
			return err_set(m->err, ERR_USAGE, "%.60s is no host", name);
		colon = close[1] ? close + 1 : NULL;
		*close = '\0';
		copy++;
	} else if (colon && strchr(copy, ':') != colon) {
		colon = NULL;
	}
	if (colon) {
		*colon = '\0';
		*given_port = colon + 1;
	}
	m->hop.name = copy;
	return true;
}

static bool make_hop(struct making *m, const char *name)
{
	const char *user, *given_port, *text;
	struct config_query query = {.local_user = m->inventory->user};

	m->given = name;
	if (!host_name_good(name))
		return err_set(m->err, ERR_USAGE, "%.60s is no host", name);
	if (!split_name(m, name, &user, &given_port))
		return false;
	query.host = m->hop.name;
	query.user = user;
	if (m->inventory->transport)
		m->transport = m->inventory->transport(m->inventory->ctx, m->hop.name);
	query.lenient = m->transport == TRANSPORT_OPENSSH;
	if (!ssh_config_find(&m->inventory->config, &query, &m->found, m->err))
		return false;
	text = first(m, CONFIG_PORT);
	m->hop.user = user ? user : first(m, CONFIG_USER);
	if (!m->hop.user)
		m->hop.user = m->inventory->user;
	if (!given_port && !text)
		m->hop.port = 22;
	else if (!port(m, given_port ? given_port : text))
		return false;
	m->hop.host = m->hop.name;
	m->beyond = m->found.beyond;
	if (m->beyond || m->transport == TRANSPORT_OPENSSH)
		return seconds(m, CONFIG_CONNECT_TIMEOUT, &m->hop.connect_ms) &&
		       seconds(m, CONFIG_ALIVE, &m->hop.alive_ms);
	text = first(m, CONFIG_HOSTNAME);
	if (text && !(m->hop.host = filled(m, CONFIG_HOSTNAME, text)))
		return false;
	if (!host_name_good(m->hop.host) || strchr(m->hop.host, '@'))
		return refuse(m, CONFIG_HOSTNAME, "names no host");
	text = first(m, CONFIG_ALIAS);
	m->hop.alias = text;
	return values(m);
}

/* --- the way --- */

enum { JUMP_DEPTH = 8 };

struct way {
	const struct inventory *inventory;
	struct arena *arena;
	struct ssh_target *out;
	struct ssh_hop *hops; /* of out */
	struct err *err;
	int depth;
	/* A hop that only ssh itself can go to, and so all of it. */
	bool by_program;
	const struct config_line *beyond;
};

static bool add_way(struct way *way, const char *name, bool own_jump);

/* Its jump hosts in their order; only the first may have a way of its own. */
static bool add_jumps(struct way *way, struct making *m, const char *jumps)
{
	bool is_first = true, ok = true;

	if (way->depth == JUMP_DEPTH)
		return refuse(m, CONFIG_JUMP, "leads in a circle");
	way->depth++;
	while (ok && *jumps) {
		size_t n = strcspn(jumps, ",");
		char name[INVENTORY_NAME];

		if (str_starts(jumps, "ssh://")) {
			jumps += 6;
			n -= 6;
		}
		if (!n || n >= sizeof name)
			return refuse(m, CONFIG_JUMP, "names no host");
		snprintf(name, sizeof name, "%.*s", (int)n, jumps);
		ok = add_way(way, name, is_first);
		is_first = false;
		jumps += n;
		jumps += *jumps == ',';
	}
	way->depth--;
	return ok;
}

static bool add_hop(struct way *way, const struct ssh_hop *hop, const char *name)
{
	if (way->out->count == SSH_MAX_HOPS)
		return err_set(way->err, ERR_LIMIT, "%.60s: more than %d hops lead to it",
			name, SSH_MAX_HOPS);
	way->hops[way->out->count++] = *hop;
	return true;
}

static bool leave_to_program(struct way *way, struct making *m)
{
	const struct config_line *line = m->beyond;

	if (m->transport == TRANSPORT_LIBSSH)
		return err_set(way->err, ERR_REFUSED,
			"%.60s is refused: %s:%d: %.40s takes ssh itself, and the rc "
			"says "
			"transport libssh",
			m->given, line->file, line->line, line->keyword);
	way->by_program = true;
	if (!way->beyond)
		way->beyond = line;
	return add_hop(way, &m->hop, m->given);
}

static bool add_way(struct way *way, const char *name, bool own_jump)
{
	struct making *m = arena_alloc(way->arena, sizeof *m);
	const char *jump, *command;

	if (!m)
		return err_set(way->err, ERR_LIMIT, "%.60s: its way is too long", name);
	*m = (struct making){
		.inventory = way->inventory, .arena = way->arena, .err = way->err};
	if (!make_hop(m, name))
		return false;
	if (m->beyond || m->transport == TRANSPORT_OPENSSH)
		return leave_to_program(way, m);
	jump = first(m, CONFIG_JUMP);
	command = first(m, CONFIG_PROXY);
	/* Of the two the first counts. */
	if (jump && command) {
		if (m->found.from[CONFIG_JUMP] < m->found.from[CONFIG_PROXY])
			command = NULL;
		else
			jump = NULL;
	}
	if (own_jump && jump && strcmp(jump, "none") && !add_jumps(way, m, jump))
		return false;
	if (own_jump && command && strcmp(command, "none") && !proxy(m, command))
		return false;
	if (m->beyond)
		return leave_to_program(way, m);
	return add_hop(way, &m->hop, name);
}

/* The last hop alone, with what makes it so. */
static void go_by_program(struct way *way)
{
	struct ssh_target *out = way->out;
	const struct config_line *line = way->beyond;
	char why[SSH_CONFIG_PLACE + 60];

	way->hops[0] = way->hops[out->count - 1];
	out->count = 1;
	out->by_program = true;
	out->config = way->inventory->program_config;
	if (!line)
		return;
	snprintf(why, sizeof why, "%.300s:%d: %.40s", line->file, line->line,
		line->keyword);
	out->why = arena_strdup(way->arena, why);
}

bool inventory_target(const struct inventory *inventory, const char *name,
	struct arena *arena, struct ssh_target *out, struct err *err)
{
	struct way way = {.inventory = inventory, .arena = arena, .out = out, .err = err};

	way.hops = arena_alloc(arena, SSH_MAX_HOPS * sizeof *way.hops);
	*out = (struct ssh_target){.hops = way.hops};
	if (!way.hops)
		return err_set(err, ERR_LIMIT, "%.60s: its way is too long", name);
	if (!add_way(&way, name, true))
		return false;
	if (way.by_program)
		go_by_program(&way);
	return !arena->full ||
	       err_set(err, ERR_LIMIT, "%.60s: its way is too long", name);
}
