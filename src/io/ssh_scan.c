/* RFC 4253 as far as the answer to the first message of a key exchange: version lines,
 * packets without a cipher, the two lists of algorithms. All but the host key's type is
 * taken over from the server's own list, so that nothing fails on a cipher that is never
 * used; the public value is any valid one, as its secret is not needed. Hides that a
 * server may send words before its version and packets of no meaning. For tasks. */
#include "ssh_scan.h"

#include "base/crypto.h"
#include "base/text.h"
#include "ssh_cert.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_VERSION, AT_LISTS, AT_KEY, AT_END };

enum {
	MSG_DISCONNECT = 1,
	MSG_IGNORE = 2,
	MSG_UNIMPLEMENTED = 3,
	MSG_DEBUG = 4,
	MSG_LISTS = 20,
	MSG_INIT = 30,
	MSG_REPLY = 31,
};

enum { COOKIE = 16, LISTS = 10, LINE_MOST = 8 << 10, NAME_MOST = 80 };

/* What begins an exchange: a point that everybody knows, or any small number. */
static const unsigned char point_25519[32] = {9};
static const unsigned char point_256[65] = {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c,
	0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d,
	0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96,
	0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c,
	0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6,
	0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
static const unsigned char number[16] = {0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a,
	0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a, 0x5a};

static const struct exchange {
	const char *name;
	const unsigned char *value;
	size_t n;
} exchanges[] = {
	{"curve25519-sha256", point_25519, sizeof point_25519},
	{"curve25519-sha256@libssh.org", point_25519, sizeof point_25519},
	{"ecdh-sha2-nistp256", point_256, sizeof point_256},
	{"diffie-hellman-group14-sha256", number, sizeof number},
	{"diffie-hellman-group16-sha512", number, sizeof number},
};

static enum scan_wants failed(struct scan *scan, const char *why)
{
	err_set(&scan->err, ERR_NET, "%s", why);
	scan->at = AT_END;
	return SCAN_HAS_FAILED;
}

/* --- bytes --- */

static uint32_t u32_at(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_u32(struct str *out, size_t value)
{
	const unsigned char bytes[4] = {(unsigned char)(value >> 24),
		(unsigned char)(value >> 16), (unsigned char)(value >> 8),
		(unsigned char)value};

	str_add(out, bytes, 4);
}

static void put_string(struct str *out, const void *p, size_t n)
{
	put_u32(out, n);
	str_add(out, p, n);
}

static void put_packet(struct str *out, const struct str *payload)
{
	static const char zeros[16];
	size_t padding = 8 - (payload->n + 5) % 8;

	if (padding < 4)
		padding += 8;
	put_u32(out, payload->n + padding + 1);
	str_putc(out, (char)padding);
	str_add(out, payload->p, payload->n);
	str_add(out, zeros, padding);
}

static void drop(struct str *in, size_t n)
{
	memmove(in->p, in->p + n, in->n - n);
	in->n -= n;
}

/* --- lists --- */

struct list {
	const unsigned char *p;
	size_t n;
};

static bool has(const struct list *list, const char *name, size_t n)
{
	for (size_t from = 0; from <= list->n;) {
		const unsigned char *comma =
			from < list->n ? memchr(list->p + from, ',', list->n - from)
				       : NULL;
		size_t size = comma ? (size_t)(comma - list->p) - from : list->n - from;

		if (size == n && !memcmp(list->p + from, name, n))
			return true;
		from += size + 1;
	}
	return false;
}

static bool read_lists(const unsigned char *p, size_t n, struct list lists[LISTS])
{
	if (n < 1 + COOKIE)
		return false;
	p += 1 + COOKIE;
	n -= 1 + COOKIE;
	for (int i = 0; i < LISTS; i++) {
		uint32_t size = n >= 4 ? u32_at(p) : UINT32_MAX;

		if (n < 4 || size > n - 4)
			return false;
		lists[i] = (struct list){p + 4, size};
		p += 4 + size;
		n -= 4 + size;
	}
	return true;
}

/* The best type that the server has, too. */
static size_t common_type(const struct list *theirs, char out[NAME_MOST])
{
	for (const char *at = cert_types; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");

		if (has(theirs, at, n)) {
			snprintf(out, NAME_MOST, "%.*s", (int)n, at);
			return n;
		}
		at += n;
	}
	return 0;
}

static void put_lists(struct str *out, const struct exchange *exchange, const char *type,
	const struct list *theirs)
{
	struct str payload;

	str_init(&payload, SCAN_BYTES);
	str_putc(&payload, MSG_LISTS);
	for (int i = 0; i < COOKIE / 8; i++) {
		uint64_t random = random_u64();

		str_add(&payload, &random, sizeof random);
	}
	put_string(&payload, exchange->name, strlen(exchange->name));
	put_string(&payload, type, strlen(type));
	for (int i = 2; i < LISTS; i++)
		put_string(&payload, theirs[i].p, theirs[i].n);
	str_putc(&payload, 0);
	put_u32(&payload, 0);
	put_packet(out, &payload);
	str_reset(&payload);
	str_putc(&payload, MSG_INIT);
	put_string(&payload, exchange->value, exchange->n);
	put_packet(out, &payload);
	str_release(&payload);
}

static enum scan_wants take_lists(struct scan *scan, const unsigned char *p, size_t n)
{
	struct list lists[LISTS];
	char type[NAME_MOST];

	if (!read_lists(p, n, lists))
		return failed(scan, "its list of algorithms cannot be read");
	if (!common_type(&lists[1], type)) {
		scan->at = AT_END;
		return SCAN_HAS_NONE;
	}
	for (size_t i = 0; i < sizeof exchanges / sizeof exchanges[0]; i++) {
		const struct exchange *e = &exchanges[i];

		if (!has(&lists[0], e->name, strlen(e->name)))
			continue;
		put_lists(&scan->out, e, type, lists);
		scan->at = AT_KEY;
		return SCAN_WANTS_WIRE;
	}
	return failed(scan, "it has no key exchange by which it could be asked");
}

/* --- packets --- */

static enum scan_wants take_reply(struct scan *scan, const unsigned char *p, size_t n)
{
	uint32_t size = n >= 5 ? u32_at(p + 1) : 0;

	if (!size || size > n - 5 || size > CERT_BYTES)
		return failed(scan, "its answer cannot be read");
	str_add(&scan->certificate, p + 5, size);
	scan->at = AT_END;
	return SCAN_HAS_KEY;
}

static enum scan_wants take_packet(struct scan *scan, const unsigned char *p, size_t n)
{
	char said[120] = "", why[160];

	switch (n ? *p : MSG_UNIMPLEMENTED) {
	case MSG_IGNORE:
	case MSG_DEBUG:
		return SCAN_WANTS_WIRE;
	case MSG_LISTS:
		if (scan->at == AT_LISTS)
			return take_lists(scan, p, n);
		break;
	case MSG_REPLY:
		if (scan->at == AT_KEY)
			return take_reply(scan, p, n);
		break;
	case MSG_DISCONNECT:
		if (n > 9 && u32_at(p + 5) <= n - 9)
			text_line(
				untrusted_make(p + 9, u32_at(p + 5)), said, sizeof said);
		snprintf(why, sizeof why, "it ended: %s", said);
		return failed(scan, why);
	}
	return failed(scan, "it answers what was not asked");
}

static enum scan_wants take_packets(struct scan *scan)
{
	enum scan_wants wants = SCAN_WANTS_WIRE;

	while (wants == SCAN_WANTS_WIRE && scan->in.n >= 5) {
		const unsigned char *p = (const unsigned char *)scan->in.p;
		uint32_t size = u32_at(p), padding = p[4];

		if (size < 2 || size > SCAN_BYTES / 2 || padding + 1 > size)
			return failed(scan, "it does not speak SSH");
		if (scan->in.n < 4 + (size_t)size)
			break;
		wants = take_packet(scan, p + 5, size - padding - 1);
		drop(&scan->in, 4 + (size_t)size);
	}
	return wants;
}

static enum scan_wants take_lines(struct scan *scan)
{
	while (scan->at == AT_VERSION && scan->in.n) {
		const char *end = memchr(scan->in.p, '\n', scan->in.n);
		size_t n = end ? (size_t)(end - scan->in.p) + 1 : 0;

		if ((!n && scan->in.n > LINE_MOST) || scan->lines++ > SCAN_LINES)
			return failed(scan, "it does not speak SSH");
		if (!n) {
			scan->lines--;
			return SCAN_WANTS_WIRE;
		}
		if (n > 4 && !memcmp(scan->in.p, "SSH-", 4)) {
			if (n < 9 || (memcmp(scan->in.p, "SSH-2.0-", 8) &&
					     memcmp(scan->in.p, "SSH-1.99", 8)))
				return failed(scan, "it does not speak SSH 2");
			scan->at = AT_LISTS;
		}
		drop(&scan->in, n);
	}
	return scan->at == AT_VERSION ? SCAN_WANTS_WIRE : take_packets(scan);
}

enum scan_wants scan_take(struct scan *scan, const void *bytes, size_t n)
{
	str_add(&scan->in, bytes, n);
	if (scan->in.cut)
		return failed(scan, "it answers too much");
	return scan->at == AT_VERSION ? take_lines(scan) : take_packets(scan);
}

/* --- the descriptor --- */

void scan_init(struct scan *scan)
{
	*scan = (struct scan){0};
	str_init(&scan->in, SCAN_BYTES);
	str_init(&scan->out, SCAN_BYTES);
	str_init(&scan->certificate, CERT_BYTES);
	str_puts(&scan->out, "SSH-2.0-oogway\r\n");
}

void scan_release(struct scan *scan)
{
	str_release(&scan->in);
	str_release(&scan->out);
	str_release(&scan->certificate);
}

bool scan_writes(const struct scan *scan)
{
	return scan->sent < scan->out.n;
}

static bool flush(struct scan *scan, int fd)
{
	while (scan_writes(scan)) {
		ssize_t n = send(fd, scan->out.p + scan->sent, scan->out.n - scan->sent,
			MSG_NOSIGNAL);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		scan->sent += (size_t)n;
	}
	return true;
}

enum scan_wants scan_step(struct scan *scan, int fd)
{
	char part[16 << 10];
	enum scan_wants wants = SCAN_WANTS_WIRE;

	while (wants == SCAN_WANTS_WIRE) {
		ssize_t n;

		if (!flush(scan, fd))
			return failed(scan, "the connection broke");
		n = recv(fd, part, sizeof part, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return SCAN_WANTS_WIRE;
		if (n <= 0)
			return failed(scan, "it ended before it answered");
		wants = scan_take(scan, part, (size_t)n);
	}
	return wants;
}
