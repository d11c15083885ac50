/* known_hosts as sshd(8) describes it, read line by line: markers, lists of patterns,
 * hashed names. libssh passes over @revoked and @cert-authority, which is why this is
 * ours. Hides the order in which findings beat each other: broken, revoked, vouched for,
 * known, changed, other, authority. Any thread; reads files. */
#include "ssh_trust.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/glob.h"
#include "base/str.h"
#include "base/text.h"
#include "io/file.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SHA1_BYTES = 20, PORT = 22, SALT_TEXT = 64 };

/* --- names --- */

static void lower(const char *from, char *to, size_t size)
{
	str_copy(to, size, from);
	for (; *to; to++)
		if (*to >= 'A' && *to <= 'Z')
			*to = (char)(*to - 'A' + 'a');
}

const char *trust_host(const struct trust_query *query, char out[TRUST_NAME])
{
	lower(query->host, out, TRUST_NAME);
	return out;
}

const char *trust_name(const struct trust_query *query, char out[TRUST_NAME])
{
	char host[TRUST_NAME - 12];

	lower(query->host, host, sizeof host);
	if (query->port == PORT || query->alias)
		str_copy(out, TRUST_NAME, host);
	else
		snprintf(out, TRUST_NAME, "[%s]:%d", host, query->port);
	return out;
}

/* False: no base64, or not of that many bytes. */
static bool decode(const char *text, size_t n, unsigned char out[SALT_TEXT], int want)
{
	int got;

	if (!n || n > SALT_TEXT || n % 4)
		return false;
	got = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);
	for (size_t i = n; got > 0 && i > n - 2 && text[i - 1] == '='; i--)
		got--;
	return got == want;
}

static void hash_name(
	const unsigned char *salt, const char *name, unsigned char out[SHA1_BYTES])
{
	unsigned n = SHA1_BYTES;

	HMAC(EVP_sha1(), salt, SHA1_BYTES, (const unsigned char *)name, strlen(name), out,
		&n);
}

/* "|1|SALT|HASH" */
static bool hashed_is(const char *hashed, const char *name)
{
	unsigned char salt[SALT_TEXT], hash[SALT_TEXT], own[SHA1_BYTES];
	const char *bar;

	if (!str_starts(hashed, "|1|"))
		return false;
	hashed += 3;
	bar = strchr(hashed, '|');
	if (!bar || !decode(hashed, (size_t)(bar - hashed), salt, SHA1_BYTES) ||
		!decode(bar + 1, strlen(bar + 1), hash, SHA1_BYTES))
		return false;
	hash_name(salt, name, own);
	return !memcmp(own, hash, SHA1_BYTES);
}

static bool names_match(char *names, const char *name)
{
	if (*names == '|')
		return hashed_is(names, name);
	lower(names, names, strlen(names) + 1);
	return glob_list(names, ',', name) == GLOB_YES;
}

/* --- lines --- */

struct reading {
	const struct trust_query *query;
	struct trust *out;
	const char *file;
	int line;
	char name[TRUST_NAME]; /* as it stands there */
	char bare[TRUST_NAME]; /* without the port; "" when that is the same */
};

static int rank(enum trust_verdict verdict)
{
	static const enum trust_verdict order[] = {TRUST_UNKNOWN, TRUST_AUTHORITY,
		TRUST_OTHER, TRUST_CHANGED, TRUST_KNOWN, TRUST_VOUCHED, TRUST_REVOKED,
		TRUST_BROKEN};
	int i = 0;

	while (order[i] != verdict)
		i++;
	return i;
}

static void found(struct reading *r, enum trust_verdict verdict)
{
	if (rank(verdict) <= rank(r->out->verdict))
		return;
	r->out->verdict = verdict;
	snprintf(r->out->place, sizeof r->out->place, "%s:%d", r->file, r->line);
}

static void broken(struct reading *r, const char *why)
{
	if (r->out->verdict == TRUST_BROKEN)
		return;
	found(r, TRUST_BROKEN);
	str_copy(r->out->why, sizeof r->out->why, why);
}

static char *next_word(char **rest)
{
	char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

	*rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static void add_type(struct trust *out, const char *type)
{
	for (size_t i = 0; i < out->type_count; i++)
		if (!strcmp(out->types[i], type))
			return;
	if (out->type_count < TRUST_MAX_TYPES)
		str_copy(out->types[out->type_count++], sizeof out->types[0], type);
}

static void plain_line(struct reading *r, const char *type, const char *key)
{
	const struct trust_query *q = r->query;

	add_type(r->out, type);
	if (!q->base64)
		found(r, TRUST_OTHER);
	else if (!strcmp(q->base64, key))
		found(r, TRUST_KNOWN);
	else
		found(r, strcmp(q->type, type) ? TRUST_OTHER : TRUST_CHANGED);
}

/* What is known without the port counts too, as ssh has it, but nothing is changed then:
 * that is another server. */
static void bare_line(struct reading *r, const char *type, const char *key)
{
	if (r->query->base64 && !strcmp(r->query->base64, key))
		found(r, TRUST_KNOWN);
	else if (!r->query->base64)
		add_type(r->out, type);
}

static void marked_line(
	struct reading *r, const char *marker, const char *type, const char *key)
{
	const struct trust_query *q = r->query;
	bool signs = q->authority && !strcmp(q->authority, key);

	if (!strcmp(marker, "@cert-authority")) {
		r->out->authorities = true;
		found(r, signs ? TRUST_VOUCHED : TRUST_AUTHORITY);
	} else if (strcmp(marker, "@revoked")) {
		broken(r, "its marker is not known");
	} else if (!*type || !*key) {
		broken(r, "it revokes a key that cannot be read");
	} else if (signs || (q->base64 && !strcmp(q->base64, key))) {
		found(r, TRUST_REVOKED);
	}
}

static void read_line(struct reading *r, char *line)
{
	char *marker = "", *names, *type, *key;
	bool here, bare;

	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	if (!*line || *line == '#')
		return;
	if (*line == '@')
		marker = next_word(&line);
	names = next_word(&line);
	type = next_word(&line);
	key = next_word(&line);
	if (!*names) {
		if (*marker)
			broken(r, "it names no host");
		return;
	}
	here = names_match(names, r->name);
	bare = !here && *r->bare && names_match(names, r->bare);
	if (!here && !bare)
		return;
	if (*marker)
		marked_line(r, marker, type, key);
	else if (!*type || !*key)
		return;
	else if (here)
		plain_line(r, type, key);
	else
		bare_line(r, type, key);
}

static void reading_init(
	struct reading *r, const struct trust_query *query, struct trust *out)
{
	*r = (struct reading){.query = query, .out = out};
	trust_name(query, r->name);
	if (query->port != PORT && !query->alias)
		lower(query->host, r->bare, sizeof r->bare);
}

void trust_read(const struct trust_query *query, const char *name, const char *text,
	size_t n, struct trust *out)
{
	struct reading r;
	char *line = mem_new(1, TRUST_LINE_BYTES);

	reading_init(&r, query, out);
	r.file = name;
	while (n) {
		const char *end = memchr(text, '\n', n);
		size_t size = end ? (size_t)(end - text) : n;

		r.line++;
		if (size >= TRUST_LINE_BYTES || memchr(text, '\0', size)) {
			broken(&r, size >= TRUST_LINE_BYTES ? "it is too long"
							    : "it holds a zero byte");
		} else {
			memcpy(line, text, size);
			line[size] = '\0';
			read_line(&r, line);
		}
		size += end != NULL;
		text += size;
		n -= size;
	}
	mem_free(line);
}

static void read_file(
	const struct trust_query *query, const char *path, struct trust *out)
{
	struct err err;
	struct str text;
	struct reading r;

	if (access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR))
		return;
	str_init(&text, TRUST_FILE_BYTES);
	if (file_read(path, &text, &err)) {
		trust_read(query, path, str_text(&text), text.n, out);
	} else {
		reading_init(&r, query, out);
		r.file = path;
		broken(&r, err.text);
	}
	str_release(&text);
}

void trust_look(const struct trust_query *query, struct trust *out)
{
	*out = (struct trust){0};
	for (size_t i = 0; query->files[i]; i++)
		read_file(query, query->files[i], out);
}

/* --- remembering --- */

static void add_hashed(struct str *line, const char *name)
{
	unsigned char salt[SHA1_BYTES + 4], hash[SHA1_BYTES];
	char text[SALT_TEXT];

	for (int i = 0; i < 3; i++) {
		uint64_t random = random_u64();

		memcpy(salt + 8 * i, &random, sizeof random);
	}
	hash_name(salt, name, hash);
	base64_encode(salt, SHA1_BYTES, text);
	str_printf(line, "|1|%s", text);
	base64_encode(hash, SHA1_BYTES, text);
	str_printf(line, "|%s", text);
}

/* A last line without its end would swallow ours. */
static bool ends_well(const char *path)
{
	FILE *file = fopen(path, "re");
	bool well = true;

	if (!file)
		return true;
	if (!fseek(file, -1, SEEK_END))
		well = fgetc(file) == '\n';
	fclose(file);
	return well;
}

bool trust_remember(const struct trust_query *query, bool hashed, struct err *err)
{
	const char *path = query->files[0];
	char name[TRUST_NAME], folder[4096], *slash;
	struct str line;
	bool ok;

	if (!path)
		return err_set(
			err, ERR_MISSING, "there is no known_hosts file to add to");
	str_copy(folder, sizeof folder, path);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	if (slash && slash != folder && !file_make_folder(folder, err))
		return false;
	str_init(&line, TRUST_LINE_BYTES);
	if (!ends_well(path))
		str_putc(&line, '\n');
	trust_name(query, name);
	if (hashed)
		add_hashed(&line, name);
	else
		str_puts(&line, name);
	str_printf(&line, " %s %s\n", query->type, query->base64);
	ok = line.cut ? err_set(err, ERR_LIMIT, "the host key is too long")
		      : file_append(path, &line, err);
	str_release(&line);
	return ok;
}
