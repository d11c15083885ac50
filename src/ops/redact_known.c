/* Known secrets. Escapes are undone while comparing, as a program may escape any part of
 * a value in any way; base64 is compared with what a value becomes at each of its three
 * alignments, without the digits that its neighbours share. Copies lie in locked memory.
 * Main thread. */
#include "redact_known.h"

#include "base/alloc.h"
#include "ops/redact.h"

#include <string.h>

enum { ALIGNMENTS = 3 };

struct known {
	struct secret *plain;
	struct secret *base64[ALIGNMENTS]; /* in the common alphabet; or NULL */
};

static struct known known[REDACT_KNOWN];
static size_t known_count;
static unsigned version = 1;

static const char digits64[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char digits16[] = "0123456789abcdef";

/* --- learning --- */

/* Behind `shift` other bytes: only digits that depend on nothing else. */
static struct secret *encode(const char *p, size_t n, size_t shift)
{
	size_t first = (shift * 8 + 5) / 6, last = (shift + n) * 8 / 6;
	struct secret *made;
	char *text;

	if (last < first + REDACT_LEAST)
		return NULL;
	text = mem_new(1, last - first + 1);
	for (size_t i = first; i < last; i++) {
		size_t bit = i * 6, byte = bit / 8 - shift;
		unsigned pair = (unsigned char)p[byte] << 8 |
				(byte + 1 < n ? (unsigned char)p[byte + 1] : 0);

		text[i - first] = digits64[pair >> (10 - bit % 8) & 63];
	}
	made = secret_new(text, last - first);
	secret_wipe(text, last - first);
	mem_free(text);
	return made;
}

void redact_know(const struct secret *secret)
{
	const char *p = secret ? secret_open(secret) : "";
	struct known *to;
	size_t n = strlen(p);

	if (n < REDACT_LEAST || known_count == REDACT_KNOWN)
		return;
	for (size_t i = 0; i < known_count; i++)
		if (!strcmp(secret_open(known[i].plain), p))
			return;
	to = &known[known_count++];
	to->plain = secret_dup(secret);
	for (size_t i = 0; i < ALIGNMENTS; i++)
		to->base64[i] = encode(p, n, i);
	version++;
}

void redact_forget(void)
{
	for (size_t i = 0; i < known_count; i++) {
		secret_free(known[i].plain);
		for (size_t k = 0; k < ALIGNMENTS; k++)
			secret_free(known[i].base64[k]);
	}
	known_count = 0;
	version++;
}

unsigned known_version(void)
{
	return version;
}

/* Both digits in both cases. */
static void mark_hex(unsigned char c, void (*mark)(unsigned char first, int second))
{
	unsigned char high = (unsigned char)digits16[c >> 4],
		      low = (unsigned char)digits16[c & 15];

	for (int k = 0; k < 4; k++)
		mark((unsigned char)(k & 1 && high > '9' ? high - 32 : high),
			k & 2 && low > '9' ? low - 32 : low);
}

static void mark_base64(const char *digits, void (*mark)(unsigned char first, int second))
{
	static const char others[] = "\n\r-_";

	for (int k = 0; k < 2; k++) {
		char first = *digits;

		if (k)
			first = first == '+' ? '-' : first == '/' ? '_' : first;
		mark((unsigned char)first, (unsigned char)digits[1]);
		for (const char *o = others; *o; o++)
			mark((unsigned char)first, (unsigned char)*o);
	}
}

void known_mark(void (*mark)(unsigned char first, int second))
{
	static const char escapes[] = "%\\'+";

	for (size_t i = 0; i < known_count; i++) {
		const char *p = secret_open(known[i].plain);

		mark((unsigned char)p[0], (unsigned char)p[1]);
		for (const char *e = escapes; *e; e++)
			mark((unsigned char)p[0], (unsigned char)*e);
		mark('%', (unsigned char)digits16[(unsigned char)p[0] >> 4]);
		if ((unsigned char)p[0] >> 4 > 9)
			mark('%', digits16[(unsigned char)p[0] >> 4] - 32);
		mark('\\', -1);
		if (p[0] == '\'')
			mark('\'', -1);
		if (p[0] == ' ')
			mark('+', -1);
		mark_hex((unsigned char)p[0], mark);
		for (size_t k = 0; k < ALIGNMENTS; k++)
			if (known[i].base64[k])
				mark_base64(secret_open(known[i].base64[k]), mark);
	}
}

/* --- one byte as programs write it --- */

static int hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 32;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Whether the text begins with `count` hexadecimal digits that give the byte. */
static enum found hex_is(
	const unsigned char *p, size_t n, size_t count, unsigned char byte)
{
	unsigned value = 0;

	for (size_t i = 0; i < count; i++) {
		if (i == n)
			return FOUND_MAYBE;
		if (hex(p[i]) < 0)
			return FOUND_NONE;
		value = value << 4 | (unsigned)hex(p[i]);
	}
	return value == byte ? FOUND : FOUND_NONE;
}

static enum found literal(const unsigned char *p, size_t n, const char *text)
{
	size_t i = 0;

	for (; text[i] && i < n; i++)
		if (p[i] != (unsigned char)text[i])
			return FOUND_NONE;
	return text[i] ? FOUND_MAYBE : FOUND;
}

/* "\n", "\"", "\/", "\u0022", "\x22", "\047": the byte behind a backslash. */
static enum found escaped(
	const unsigned char *p, size_t n, unsigned char byte, size_t *size)
{
	static const char letters[] = "nrtbfae", bytes[] = "\n\r\t\b\f\a\033";
	const char *letter;

	if (n < 2)
		return FOUND_MAYBE;
	*size = 2;
	letter = strchr(letters, p[1]);
	if (p[1] && letter && bytes[letter - letters] == (char)byte)
		return FOUND;
	if (p[1] == 'u') {
		*size = 6;
		return hex_is(p + 2, n - 2, 4, byte);
	}
	if (p[1] == 'x' && byte != 'x') {
		*size = 4;
		return hex_is(p + 2, n - 2, 2, byte);
	}
	return p[1] == byte ? FOUND : FOUND_NONE;
}

/* The i-th way to write it. */
static enum found written(
	const unsigned char *p, size_t n, unsigned char byte, int way, size_t *size)
{
	*size = 1;
	switch (way) {
	case 0:
		return p[0] == byte ? FOUND : FOUND_NONE;
	case 1:
		*size = 3;
		return p[0] == '%' ? hex_is(p + 1, n - 1, 2, byte) : FOUND_NONE;
	case 2:
		return p[0] == '\\' ? escaped(p, n, byte, size) : FOUND_NONE;
	case 3:
		return p[0] == '+' && byte == ' ' ? FOUND : FOUND_NONE;
	case 4:
		*size = 4;
		return byte == '\'' ? literal(p, n, "'\\''") : FOUND_NONE;
	default:
		*size = 5;
		return byte == '\'' ? literal(p, n, "'\"'\"'") : FOUND_NONE;
	}
}

enum { WAYS = 6, BRANCHES = 64 };

/* All of the secret, each byte in any way. Seldom is more than one way open. */
static enum found any_way(
	const unsigned char *p, size_t n, const char *secret, size_t *size)
{
	size_t places[BRANCHES], count = 1;
	bool maybe = false;

	places[0] = 0;
	for (const char *s = secret; *s && count; s++) {
		size_t next[BRANCHES], next_count = 0;

		for (size_t i = 0; i < count; i++) {
			if (places[i] == n) {
				maybe = true;
				continue;
			}
			for (int way = 0; way < WAYS && next_count < BRANCHES; way++) {
				size_t used;
				enum found found = written(p + places[i], n - places[i],
					(unsigned char)*s, way, &used);

				maybe |= found == FOUND_MAYBE;
				if (found == FOUND && places[i] + used <= n)
					next[next_count++] = places[i] + used;
			}
		}
		memcpy(places, next, next_count * sizeof *next);
		count = next_count;
	}
	if (!count)
		return maybe ? FOUND_MAYBE : FOUND_NONE;
	*size = places[0];
	for (size_t i = 1; i < count; i++)
		*size = places[i] > *size ? places[i] : *size;
	return FOUND;
}

static enum found in_hex(
	const unsigned char *p, size_t n, const char *secret, size_t *size)
{
	for (*size = 0; *secret; secret++, *size += 2) {
		enum found found;

		if (*size >= n)
			return FOUND_MAYBE;
		found = hex_is(p + *size, n - *size, 2, (unsigned char)*secret);
		if (found != FOUND)
			return found;
	}
	return FOUND;
}

/* In either alphabet; lines may be broken. */
static enum found in_base64(
	const unsigned char *p, size_t n, const char *digits, size_t *size)
{
	for (*size = 0; *digits; ++*size) {
		unsigned char c;

		if (*size == n)
			return FOUND_MAYBE;
		c = p[*size] == '-' ? '+' : p[*size] == '_' ? '/' : p[*size];
		if (*size && (c == '\n' || c == '\r'))
			continue;
		if (c != (unsigned char)*digits)
			return FOUND_NONE;
		digits++;
	}
	return FOUND;
}

/* Of all forms that fit the longest; one that more bytes could make fit is waited for,
 * so that the same is found whatever the pieces are. */
struct best {
	bool maybe;
	size_t size; /* 0: none */
};

static void better(struct best *best, enum found found, size_t size)
{
	best->maybe |= found == FOUND_MAYBE;
	if (found == FOUND && size > best->size)
		best->size = size;
}

static void one_at(
	const struct known *k, const unsigned char *p, size_t n, struct best *best)
{
	size_t size = 0;
	enum found found = any_way(p, n, secret_open(k->plain), &size);

	better(best, found, size);
	found = in_hex(p, n, secret_open(k->plain), &size);
	better(best, found, size);
	for (size_t i = 0; i < ALIGNMENTS; i++) {
		if (!k->base64[i])
			continue;
		found = in_base64(p, n, secret_open(k->base64[i]), &size);
		better(best, found, size);
	}
}

enum found known_at(const unsigned char *p, size_t n, bool more, size_t *size)
{
	struct best best = {0};

	for (size_t i = 0; i < known_count; i++)
		one_at(&known[i], p, n, &best);
	*size = best.size;
	if (best.maybe && more)
		return FOUND_MAYBE;
	return best.size ? FOUND : FOUND_NONE;
}
