/* SFTP's packets: a length, a type, and for each type its fields, big-endian. Reading
 * goes through one cursor that never passes the end of the packet; what the server says
 * of lengths is believed only as far as its bytes go. Pure. */
#include "sftp.h"

#include "base/text.h"

#include <string.h>

/* --- reading --- */

struct cursor {
	const unsigned char *p;
	size_t n;
	bool broken;
};

static uint32_t take_u32(struct cursor *c)
{
	uint32_t value;

	if (c->n < 4) {
		c->broken = true;
		c->n = 0;
		return 0;
	}
	value = (uint32_t)c->p[0] << 24 | (uint32_t)c->p[1] << 16 |
		(uint32_t)c->p[2] << 8 | c->p[3];
	c->p += 4;
	c->n -= 4;
	return value;
}

static uint64_t take_u64(struct cursor *c)
{
	uint64_t high = take_u32(c);

	return high << 32 | take_u32(c);
}

static struct untrusted take_text(struct cursor *c)
{
	uint32_t n = take_u32(c);
	struct untrusted text;

	if (n > c->n) {
		c->broken = true;
		return UNTRUSTED_NONE;
	}
	text = untrusted_make(c->p, n);
	c->p += n;
	c->n -= n;
	return text;
}

static void take_attrs(struct cursor *c, struct sftp_packet *out)
{
	uint32_t flags = take_u32(c);

	if (flags & 1) {
		out->size = take_u64(c);
		out->has_size = true;
	}
	if (flags & 2) {
		take_u32(c);
		take_u32(c);
	}
	if (flags & 4) {
		out->mode = take_u32(c);
		out->has_mode = true;
	}
}

static void take_fields(struct cursor *c, struct sftp_packet *out)
{
	switch (out->type) {
	case SFTP_STATUS:
		out->status = take_u32(c);
		/* Servers before version 3 have no words. */
		if (c->n)
			out->text = take_text(c);
		break;
	case SFTP_HANDLE:
	case SFTP_DATA:
		out->text = take_text(c);
		break;
	case SFTP_ATTRS:
		take_attrs(c, out);
		break;
	default:
		break;
	}
}

enum sftp_verdict sftp_take(struct untrusted bytes, struct sftp_packet *out, size_t *used)
{
	struct cursor c = {0};
	uint32_t n;

	c.p = text_raw(bytes, &c.n);
	*out = (struct sftp_packet){0};
	if (c.n < 4)
		return SFTP_MORE;
	n = take_u32(&c);
	if (n < 5 || n > SFTP_PACKET_MOST)
		return SFTP_BROKEN;
	if (c.n < n)
		return SFTP_MORE;
	c.n = n;
	*used = 4 + (size_t)n;
	out->type = *c.p++;
	c.n--;
	out->id = take_u32(&c);
	take_fields(&c, out);
	return c.broken ? SFTP_BROKEN : SFTP_WHOLE;
}

/* --- writing --- */

static void put_u32(struct str *out, uint32_t value)
{
	const unsigned char bytes[4] = {(unsigned char)(value >> 24),
		(unsigned char)(value >> 16), (unsigned char)(value >> 8),
		(unsigned char)value};

	str_add(out, bytes, 4);
}

static void put_u64(struct str *out, uint64_t value)
{
	put_u32(out, (uint32_t)(value >> 32));
	put_u32(out, (uint32_t)value);
}

static void put_text(struct str *out, struct untrusted text)
{
	size_t n;
	const void *p = text_raw(text, &n);

	put_u32(out, (uint32_t)n);
	str_add(out, p, n);
}

/* Its length is known behind it. */
static size_t begin(struct str *out, int type, uint32_t id)
{
	size_t at = out->n;

	put_u32(out, 0);
	str_putc(out, (char)type);
	put_u32(out, id);
	return at;
}

static void end(struct str *out, size_t at)
{
	uint32_t n = (uint32_t)(out->n - at - 4);

	for (int i = 0; i < 4 && !out->cut; i++)
		out->p[at + (size_t)i] = (char)(n >> (24 - 8 * i));
}

void sftp_put_init(struct str *out)
{
	end(out, begin(out, SFTP_INIT, 3));
}

void sftp_put_open(
	struct str *out, uint32_t id, const char *path, uint32_t how, uint32_t mode)
{
	size_t at = begin(out, SFTP_OPEN, id);

	put_text(out, untrusted_str(path));
	put_u32(out, how);
	put_u32(out, mode ? 4 : 0);
	if (mode)
		put_u32(out, mode);
	end(out, at);
}

void sftp_put_handle(struct str *out, int type, uint32_t id, struct untrusted handle)
{
	size_t at = begin(out, type, id);

	put_text(out, handle);
	end(out, at);
}

void sftp_put_read(struct str *out, uint32_t id, struct untrusted handle, uint64_t offset,
	uint32_t n)
{
	size_t at = begin(out, SFTP_READ, id);

	put_text(out, handle);
	put_u64(out, offset);
	put_u32(out, n);
	end(out, at);
}

void sftp_put_write(struct str *out, uint32_t id, struct untrusted handle,
	uint64_t offset, struct untrusted bytes)
{
	size_t at = begin(out, SFTP_WRITE, id);

	put_text(out, handle);
	put_u64(out, offset);
	put_text(out, bytes);
	end(out, at);
}

void sftp_put_mode(struct str *out, uint32_t id, struct untrusted handle, uint32_t mode)
{
	size_t at = begin(out, SFTP_FSETSTAT, id);

	put_text(out, handle);
	put_u32(out, 4);
	put_u32(out, mode);
	end(out, at);
}

void sftp_put_remove(struct str *out, uint32_t id, const char *path)
{
	size_t at = begin(out, SFTP_REMOVE, id);

	put_text(out, untrusted_str(path));
	end(out, at);
}

void sftp_put_rename(
	struct str *out, uint32_t id, const char *from, const char *to, bool posix)
{
	size_t at = begin(out, posix ? SFTP_EXTENDED : SFTP_RENAME, id);

	if (posix)
		put_text(out, untrusted_str("posix-rename@openssh.com"));
	put_text(out, untrusted_str(from));
	put_text(out, untrusted_str(to));
	end(out, at);
}
