/* The user's ssh configuration. Each keyword is in a table: what it says here, that it
 * changes neither trust nor way, that only ssh itself can do it, or, when it is not
 * there, that the host is refused. Hides Include, which is read at once and known by its
 * depth, and Match, of which host, originalhost, user, localuser and all are understood.
 * Reading is for tasks; finding is pure. */
#include "ssh_config.h"

#include "base/alloc.h"
#include "base/glob.h"
#include "base/str.h"
#include "io/file.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- keywords --- */

enum row_kind {
	ROW_VALUE,   /* one value, the first counts */
	ROW_LIST,    /* one line, several values */
	ROW_ADDS,    /* each line adds one */
	ROW_NOTHING, /* neither trust nor way */
	ROW_ONLY,    /* as nothing if it says `only`, else ssh itself has to do it */
	ROW_OWN,     /* the same; in the system's file it is only a default */
	ROW_BLOCK,
};

struct row {
	const char *keyword;
	enum row_kind kind;
	enum config_value value;
	const char *only; /* comma-separated */
};

static const struct row rows[] = {
	{"host", ROW_BLOCK, 0, NULL},
	{"match", ROW_BLOCK, 0, NULL},
	{"hostname", ROW_VALUE, CONFIG_HOSTNAME, NULL},
	{"port", ROW_VALUE, CONFIG_PORT, NULL},
	{"user", ROW_VALUE, CONFIG_USER, NULL},
	{"identityfile", ROW_ADDS, CONFIG_IDENTITY, NULL},
	{"certificatefile", ROW_ADDS, CONFIG_CERTIFICATE, NULL},
	{"proxyjump", ROW_VALUE, CONFIG_JUMP, NULL},
	{"proxycommand", ROW_VALUE, CONFIG_PROXY, NULL},
	{"userknownhostsfile", ROW_LIST, CONFIG_KNOWN_HOSTS, NULL},
	{"globalknownhostsfile", ROW_LIST, CONFIG_GLOBAL_KNOWN_HOSTS, NULL},
	{"hostkeyalias", ROW_VALUE, CONFIG_ALIAS, NULL},
	{"stricthostkeychecking", ROW_VALUE, CONFIG_STRICT, NULL},
	{"identitiesonly", ROW_VALUE, CONFIG_IDENTITIES_ONLY, NULL},
	{"identityagent", ROW_VALUE, CONFIG_AGENT, NULL},
	{"hashknownhosts", ROW_VALUE, CONFIG_HASH, NULL},
	{"connecttimeout", ROW_VALUE, CONFIG_CONNECT_TIMEOUT, NULL},
	{"serveraliveinterval", ROW_VALUE, CONFIG_ALIVE, NULL},
	{"pubkeyauthentication", ROW_VALUE, CONFIG_PUBKEY, NULL},
	{"passwordauthentication", ROW_VALUE, CONFIG_PASSWORD, NULL},
	{"kbdinteractiveauthentication", ROW_VALUE, CONFIG_KEYBOARD, NULL},
	{"challengeresponseauthentication", ROW_VALUE, CONFIG_KEYBOARD, NULL},
	{"kexalgorithms", ROW_VALUE, CONFIG_KEX, NULL},
	{"ciphers", ROW_VALUE, CONFIG_CIPHERS, NULL},
	{"macs", ROW_VALUE, CONFIG_MACS, NULL},
	{"hostkeyalgorithms", ROW_VALUE, CONFIG_HOST_KEYS, NULL},
	{"casignaturealgorithms", ROW_VALUE, CONFIG_AUTHORITIES, NULL},
	/* The way. */
	{"addressfamily", ROW_ONLY, 0, "any"},
	{"canonicalizehostname", ROW_ONLY, 0, "no,none"},
	{"proxyusefdpass", ROW_ONLY, 0, "no"},
	{"tunnel", ROW_ONLY, 0, "no"},
	/* Trust. What would only trust more is no reason: here it is asked about. */
	{"knownhostscommand", ROW_ONLY, 0, "none"},
	{"revokedhostkeys", ROW_ONLY, 0, "none"},
	{"checkhostip", ROW_ONLY, 0, "no"},
	{"nohostauthenticationforlocalhost", ROW_NOTHING, 0, NULL},
	{"requiredrsasize", ROW_ONLY, 0, ""},
	{"bindaddress", ROW_ONLY, 0, ""},
	{"bindinterface", ROW_ONLY, 0, ""},
	{"updatehostkeys", ROW_NOTHING, 0, NULL},
	{"verifyhostkeydns", ROW_NOTHING, 0, NULL},
	/* Ways to log in that are not gone here, and what is for the terminal. */
	{"addkeystoagent", ROW_NOTHING, 0, NULL},
	{"batchmode", ROW_NOTHING, 0, NULL},
	{"clearallforwardings", ROW_NOTHING, 0, NULL},
	{"compression", ROW_NOTHING, 0, NULL},
	{"compressionlevel", ROW_NOTHING, 0, NULL},
	{"connectionattempts", ROW_NOTHING, 0, NULL},
	{"controlmaster", ROW_NOTHING, 0, NULL},
	{"controlpath", ROW_NOTHING, 0, NULL},
	{"controlpersist", ROW_NOTHING, 0, NULL},
	{"dynamicforward", ROW_NOTHING, 0, NULL},
	{"enableescapecommandline", ROW_NOTHING, 0, NULL},
	{"enablesshkeysign", ROW_NOTHING, 0, NULL},
	{"escapechar", ROW_NOTHING, 0, NULL},
	{"exitonforwardfailure", ROW_NOTHING, 0, NULL},
	{"fingerprinthash", ROW_NOTHING, 0, NULL},
	{"forkafterauthentication", ROW_NOTHING, 0, NULL},
	{"forwardagent", ROW_NOTHING, 0, NULL},
	{"forwardx11", ROW_NOTHING, 0, NULL},
	{"forwardx11timeout", ROW_NOTHING, 0, NULL},
	{"forwardx11trusted", ROW_NOTHING, 0, NULL},
	{"gatewayports", ROW_NOTHING, 0, NULL},
	{"gssapiauthentication", ROW_OWN, 0, "no"},
	{"gssapidelegatecredentials", ROW_NOTHING, 0, NULL},
	{"gssapikeyexchange", ROW_NOTHING, 0, NULL},
	{"gssapitrustdns", ROW_NOTHING, 0, NULL},
	{"hostbasedacceptedalgorithms", ROW_NOTHING, 0, NULL},
	{"hostbasedauthentication", ROW_OWN, 0, "no"},
	{"ignoreunknown", ROW_NOTHING, 0, NULL},
	{"ipqos", ROW_NOTHING, 0, NULL},
	{"keepalive", ROW_NOTHING, 0, NULL},
	{"localcommand", ROW_NOTHING, 0, NULL},
	{"localforward", ROW_NOTHING, 0, NULL},
	{"loglevel", ROW_NOTHING, 0, NULL},
	{"logverbose", ROW_NOTHING, 0, NULL},
	{"numberofpasswordprompts", ROW_NOTHING, 0, NULL},
	{"obscurekeystroketiming", ROW_NOTHING, 0, NULL},
	{"permitlocalcommand", ROW_NOTHING, 0, NULL},
	{"permitremoteopen", ROW_NOTHING, 0, NULL},
	{"pkcs11provider", ROW_OWN, 0, "none"},
	{"preferredauthentications", ROW_NOTHING, 0, NULL},
	{"protocol", ROW_NOTHING, 0, NULL},
	{"pubkeyacceptedalgorithms", ROW_NOTHING, 0, NULL},
	{"pubkeyacceptedkeytypes", ROW_NOTHING, 0, NULL},
	{"rekeylimit", ROW_NOTHING, 0, NULL},
	{"remoteforward", ROW_NOTHING, 0, NULL},
	{"requesttty", ROW_NOTHING, 0, NULL},
	{"securitykeyprovider", ROW_NOTHING, 0, NULL},
	{"sendenv", ROW_NOTHING, 0, NULL},
	{"serveralivecountmax", ROW_NOTHING, 0, NULL},
	{"sessiontype", ROW_NOTHING, 0, NULL},
	{"setenv", ROW_NOTHING, 0, NULL},
	{"stdinnull", ROW_NOTHING, 0, NULL},
	{"streamlocalbindmask", ROW_NOTHING, 0, NULL},
	{"streamlocalbindunlink", ROW_NOTHING, 0, NULL},
	{"syslogfacility", ROW_NOTHING, 0, NULL},
	{"tag", ROW_NOTHING, 0, NULL},
	{"tcpkeepalive", ROW_NOTHING, 0, NULL},
	{"tunneldevice", ROW_NOTHING, 0, NULL},
	{"visualhostkey", ROW_NOTHING, 0, NULL},
	{"xauthlocation", ROW_NOTHING, 0, NULL},
};

static const struct row *find_row(const char *keyword)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!strcmp(rows[i].keyword, keyword))
			return &rows[i];
	return NULL;
}

/* --- reading --- */

struct reading {
	struct ssh_config *config;
	const struct config_place *place;
	const char *file;
	int line, depth;
};

static void broken(struct ssh_config *config, const char *file, int line, const char *why)
{
	if (*config->broken)
		return;
	if (line)
		snprintf(config->broken, sizeof config->broken, "%s:%d: %s", file, line,
			why);
	else
		snprintf(config->broken, sizeof config->broken, "%s: %s", file, why);
}

/* The next word; quotes group, and a backslash before a quote or itself is that. False:
 * a quote has no end. */
static bool next_word(const char **rest, char *out)
{
	const char *p = *rest;
	char quote = 0;

	while (*p && (quote || !strchr(" \t", *p))) {
		if (*p == '\\' && p[1] && strchr("\"'\\", p[1]))
			*out++ = *++p;
		else if (quote ? *p == quote : *p == '"' || *p == '\'')
			quote = quote ? 0 : *p;
		else
			*out++ = *p;
		p++;
	}
	*out = '\0';
	*rest = p + strspn(p, " \t");
	return !quote;
}

static const char *keyword_end(const char *text)
{
	return text + strcspn(text, " \t=");
}

static void include(struct reading *r, const struct config_line *line);

static bool split_words(struct reading *r, struct config_line *out, const char *rest)
{
	const char *words[SSH_CONFIG_WORDS];
	struct arena *arena = &r->config->arena;
	char *word = mem_new(1, strlen(rest) + 1);
	bool ok = true;

	while (ok && *rest && *rest != '#' && out->count < SSH_CONFIG_WORDS) {
		ok = next_word(&rest, word);
		words[out->count++] = arena_strdup(arena, word);
	}
	mem_free(word);
	out->words = arena_alloc(arena, (out->count + 1) * sizeof *out->words);
	if (out->words)
		memcpy(out->words, words, out->count * sizeof *words);
	return ok;
}

static void read_line(struct reading *r, char *text)
{
	struct ssh_config *config = r->config;
	struct config_line line = {.file = r->file,
		.line = r->line,
		.depth = r->depth,
		.own = r->place->own};
	char *keyword = text + strspn(text, " \t"), *end, *rest;
	size_t n = strlen(keyword);

	while (n && strchr(" \t\r\f", keyword[n - 1]))
		keyword[--n] = '\0';
	if (!*keyword || *keyword == '#')
		return;
	end = (char *)(uintptr_t)keyword_end(keyword);
	rest = end + strspn(end, " \t");
	rest += *rest == '=';
	rest += strspn(rest, " \t");
	line.rest = arena_strdup(&config->arena, rest);
	*end = '\0';
	for (char *p = keyword; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	line.keyword = arena_strdup(&config->arena, keyword);
	if (!split_words(r, &line, rest)) {
		broken(config, r->file, r->line, "a quote has no end");
		return;
	}
	if (config->arena.full || config->count == SSH_CONFIG_LINES) {
		broken(config, r->file, r->line, "it is too large");
		return;
	}
	if (!strcmp(line.keyword, "include")) {
		include(r, &line);
		return;
	}
	MEM_ROOM(config->lines, config->count, config->cap);
	config->lines[config->count++] = line;
}

static void read_text(struct reading *r, const char *text, size_t n)
{
	char *line = mem_new(1, n + 1);

	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t size = end ? (size_t)(end - text) : n;

		r->line++;
		memcpy(line, text, size);
		line[size] = '\0';
		if (strlen(line) != size)
			broken(r->config, r->file, r->line, "it holds a zero byte");
		else
			read_line(r, line);
		size += end != NULL;
		text += size;
		n -= size;
	}
	mem_free(line);
}

/* Where an included file begins. */
static void mark(struct reading *r)
{
	struct ssh_config *config = r->config;

	if (!r->depth)
		return;
	MEM_ROOM(config->lines, config->count, config->cap);
	config->lines[config->count++] = (struct config_line){
		.file = r->file, .keyword = "include", .rest = "", .depth = r->depth};
}

/* Somebody else who may write it may send us anywhere. */
static bool others_write(const char *path)
{
	struct stat file;

	return !stat(path, &file) &&
	       ((file.st_uid && file.st_uid != getuid()) || file.st_mode & 022);
}

static void read_file(struct ssh_config *config, const char *path,
	const struct config_place *place, int depth)
{
	struct reading r = {config, place, arena_strdup(&config->arena, path), 0, depth};
	struct err err;
	struct str text;

	if (access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR))
		return;
	if (!r.file || depth > SSH_CONFIG_DEPTH) {
		broken(config, path, 0, "it is included too deep");
		return;
	}
	if (place->own && others_write(path)) {
		broken(config, path, 0, "others can write to it: chmod 600");
		return;
	}
	mark(&r);
	str_init(&text, SSH_CONFIG_FILE_BYTES);
	if (file_read(path, &text, &err))
		read_text(&r, str_text(&text), text.n);
	else
		broken(config, path, 0, err.text);
	str_release(&text);
}

static void include_word(struct reading *r, const char *word)
{
	char path[4096];
	glob_t found;
	bool too_long;

	if (str_starts(word, "~/"))
		too_long = snprintf(path, sizeof path, "%s%s", r->place->home,
				   word + 1) >= (int)sizeof path;
	else if (*word == '/')
		too_long = !str_copy(path, sizeof path, word);
	else
		too_long = snprintf(path, sizeof path, "%s/%s", r->place->folder, word) >=
			   (int)sizeof path;
	if (too_long || (word[0] == '~' && word[1] != '/') || strchr(word, '$') ||
		strchr(word, '%')) {
		broken(r->config, r->file, r->line, "what it includes is not understood");
		return;
	}
	if (glob(path, 0, NULL, &found)) {
		globfree(&found);
		return;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		read_file(r->config, found.gl_pathv[i], r->place, r->depth + 1);
	globfree(&found);
}

static void include(struct reading *r, const struct config_line *line)
{
	for (size_t i = 0; i < line->count; i++)
		include_word(r, line->words[i]);
}

void ssh_config_init(struct ssh_config *config)
{
	*config = (struct ssh_config){0};
	arena_init(&config->arena, SSH_CONFIG_BYTES);
}

void ssh_config_release(struct ssh_config *config)
{
	mem_free(config->lines);
	arena_release(&config->arena);
	*config = (struct ssh_config){0};
}

/* Each file begins outside of any block. */
static void begin_file(struct ssh_config *config, const char *name)
{
	static const char *all[] = {"*", NULL};

	if (!config->count)
		return;
	MEM_ROOM(config->lines, config->count, config->cap);
	config->lines[config->count++] = (struct config_line){
		.file = name, .keyword = "host", .words = all, .count = 1, .rest = "*"};
}

void ssh_config_read(
	struct ssh_config *config, const char *path, const struct config_place *place)
{
	begin_file(config, "");
	read_file(config, path, place, 0);
}

void ssh_config_text(struct ssh_config *config, const char *name, const char *text,
	size_t n, const struct config_place *place)
{
	struct reading r = {config, place, arena_strdup(&config->arena, name), 0, 0};

	begin_file(config, "");
	read_text(&r, text, n);
}

/* --- finding --- */

enum active { NO, YES, PERHAPS };

struct finding {
	const struct config_query *query;
	struct config_found *out;
	enum active active[SSH_CONFIG_DEPTH + 2]; /* of each depth */
	int depth;
	char ignored[200]; /* patterns of IgnoreUnknown, lower case */
	struct err *err;
};

static enum active host_matches(const struct config_line *line, const char *host)
{
	enum active active = NO;

	for (size_t i = 0; i < line->count; i++) {
		const char *word = line->words[i];
		bool not = *word == '!';

		if (!glob_match(word + not, host))
			continue;
		if (not )
			return NO;
		active = YES;
	}
	return active;
}

static const char *current(const struct finding *f, enum config_value value)
{
	return f->out->counts[value] ? f->out->values[value][0] : NULL;
}

/* What a criterion of Match is compared with; NULL: it is not understood. */
static const char *subject(const struct finding *f, const char *criterion)
{
	const char *found;

	if (!strcasecmp(criterion, "originalhost"))
		return f->query->host;
	if (!strcasecmp(criterion, "host")) {
		found = current(f, CONFIG_HOSTNAME);
		return found && !strchr(found, '%') ? found : f->query->host;
	}
	if (!strcasecmp(criterion, "localuser"))
		return f->query->local_user;
	if (strcasecmp(criterion, "user"))
		return NULL;
	found = f->query->user ? f->query->user : current(f, CONFIG_USER);
	return found ? found : f->query->local_user;
}

static enum active match_matches(const struct finding *f, const struct config_line *line)
{
	enum active active = YES;

	for (size_t i = 0; i < line->count; i++) {
		const char *word = line->words[i], *text;
		bool not = *word == '!';
		enum active one;

		if (!strcasecmp(word + not, "all"))
			continue;
		if (!strcasecmp(word + not, "canonical") ||
			!strcasecmp(word + not, "final")) {
			/* There is one pass, and names are as they were asked for. */
			one = not ? YES : NO;
		} else if (++i == line->count) {
			return PERHAPS;
		} else if (!(text = subject(f, word + not ))) {
			one = PERHAPS;
		} else {
			one = glob_list(line->words[i], ',', text) == GLOB_YES;
			one = not ? !one : one;
		}
		if (one == NO)
			return NO;
		if (one == PERHAPS)
			active = PERHAPS;
	}
	return active;
}

static bool refuse(struct finding *f, const struct config_line *line, const char *why)
{
	return err_set(f->err, ERR_REFUSED, "%.60s is refused: %s:%d: %.40s %s",
		f->query->host, line->file, line->line, line->keyword, why);
}

static void lower(char *to, size_t size, const char *from)
{
	str_copy(to, size, from);
	for (; *to; to++)
		*to = (char)tolower((unsigned char)*to);
}

static bool is_one_of(const char *word, const char *list)
{
	char text[80];

	lower(text, sizeof text, word);
	return glob_list(list, ',', text) == GLOB_YES;
}

static void keep(struct finding *f, const struct row *row, const struct config_line *line)
{
	const char **values = f->out->values[row->value];
	size_t *n = &f->out->counts[row->value];
	size_t words = row->kind == ROW_LIST ? line->count : 1;

	if (*n && row->kind != ROW_ADDS)
		return;
	if (!*n)
		f->out->from[row->value] = line;
	for (size_t i = 0; i < words && *n < SSH_CONFIG_LISTED; i++)
		values[(*n)++] = row->value == CONFIG_PROXY ? line->rest : line->words[i];
}

static void beyond(struct finding *f, const struct config_line *line)
{
	if (!f->out->beyond)
		f->out->beyond = line;
}

static bool take_line(struct finding *f, const struct config_line *line)
{
	const struct row *row = find_row(line->keyword);
	bool ignored = is_one_of(line->keyword, f->ignored);

	if (f->active[f->depth] == NO || ignored || (row && row->kind == ROW_NOTHING)) {
		if (f->active[f->depth] == YES && !strcmp(line->keyword, "ignoreunknown"))
			lower(f->ignored, sizeof f->ignored,
				line->count ? line->words[0] : "");
		return true;
	}
	if (!row && f->query->lenient)
		return true;
	if (!row)
		return refuse(f, line,
			"is not understood, and could change whom is trusted or the way");
	if (!line->count)
		return refuse(f, line, "says nothing");
	if (row->kind == ROW_ONLY || row->kind == ROW_OWN) {
		if (!is_one_of(line->words[0], row->only) &&
			(row->kind == ROW_ONLY || line->own))
			beyond(f, line);
		return true;
	}
	/* Behind a Match of which only ssh knows whether it applies. */
	if (f->active[f->depth] == PERHAPS) {
		beyond(f, line);
		return true;
	}
	keep(f, row, line);
	return true;
}

/* Blocks of an included file are within that of the line that includes it. */
static void take_block(struct finding *f, const struct config_line *line)
{
	enum active outer = f->depth ? f->active[f->depth - 1] : YES;
	enum active own = *line->keyword == 'h' ? host_matches(line, f->query->host)
						: match_matches(f, line);

	f->active[f->depth] = outer == NO || own == NO ? NO
			      : outer == PERHAPS       ? PERHAPS
						       : own;
}

bool ssh_config_find(const struct ssh_config *config, const struct config_query *query,
	struct config_found *out, struct err *err)
{
	struct finding f = {.query = query, .out = out, .active = {YES}, .err = err};

	*out = (struct config_found){0};
	if (*config->broken)
		return err_set(err, ERR_REFUSED, "%.60s is refused: %s", query->host,
			config->broken);
	for (size_t i = 0; i < config->count; i++) {
		const struct config_line *line = &config->lines[i];

		f.depth = line->depth;
		if (!strcmp(line->keyword, "include"))
			f.active[f.depth] = f.active[f.depth - 1];
		else if (!strcmp(line->keyword, "host") ||
			 !strcmp(line->keyword, "match"))
			take_block(&f, line);
		else if (!take_line(&f, line))
			return false;
	}
	return true;
}
