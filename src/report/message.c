/* Writes a mail: headers, MIME parts, quoted-printable and base64. Foreign text reaches
 * a header only through text_add_header(), bodies only encoded, so no line of ours can
 * be ended by them. Boundaries hold "=_", which no encoded line can. Any thread. */
#include "report/message.h"

#include "base/crypto.h"
#include "base/map.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	QP_LINE = 75,
	BASE64_BYTES = 57, /* a line of 76 */
	PNG_MAX = 1 << 20,
	FORM_MAX = 1 << 20,
	PERCENT_LINE = 54,
};

struct writer {
	struct str *out;
	uint64_t seed; /* of boundaries: the same mail is written alike */
	int depth;
};

/* --- headers --- */

static void header_text(
	struct writer *w, const char *name, struct untrusted value, size_t columns)
{
	str_printf(w->out, "%s: ", name);
	text_add_header(w->out, value, TEXT_HEADER_WORDS, strlen(name) + 2, columns);
	str_puts(w->out, "\r\n");
}

/* name <address>; `used` bytes stand in the line. */
static bool address_add(
	struct writer *w, const struct message_address *a, size_t used, struct err *err)
{
	char address[256], shown[100];
	size_t before = w->out->n, line;

	if (!a->address ||
		!text_to_mailbox(untrusted_str(a->address), address, sizeof address))
		return err_set(err, ERR_USAGE,
			"%s is not a mail address (name@domain, in ASCII)",
			text_line(untrusted_str(a->address), shown, sizeof shown));
	if (untrusted_empty(a->name)) {
		str_puts(w->out, address);
		return true;
	}
	text_add_header(w->out, a->name, TEXT_HEADER_PHRASE, used, MESSAGE_MAX_NAME);
	for (line = w->out->n; line > before && w->out->p[line - 1] != '\n';)
		line--;
	used = w->out->n - line + (line == before ? used : 0);
	str_printf(w->out, "%s<%s>", used + strlen(address) + 3 > 76 ? "\r\n " : " ",
		address);
	return true;
}

static bool addresses(struct writer *w, const struct message *m, struct err *err)
{
	str_puts(w->out, "From: ");
	if (!address_add(w, &m->from, 6, err))
		return false;
	str_puts(w->out, "\r\nTo: ");
	for (size_t i = 0; i < m->to_count; i++) {
		str_puts(w->out, i ? ",\r\n " : "");
		if (!address_add(w, &m->to[i], 4, err))
			return false;
	}
	str_puts(w->out, m->to_count ? "\r\n" : "undisclosed-recipients:;\r\n");
	return true;
}

static bool id_ok(const char *id)
{
	const char *at = strchr(id, '@');

	if (!at || at == id || !at[1] || strchr(at + 1, '@') ||
		strlen(id) > MESSAGE_MAX_ID)
		return false;
	for (; *id; id++)
		if (*id <= ' ' || *id > '~' || strchr("<>()\",;:\\[]", *id))
			return false;
	return true;
}

static bool id_header(struct writer *w, const char *name, const char *id, struct err *err)
{
	char shown[100];

	if (!id_ok(id))
		return err_set(err, ERR_USAGE, "%s cannot be the %s of a mail",
			text_line(untrusted_str(id), shown, sizeof shown), name);
	str_printf(w->out, "%s:%s<%s>\r\n", name,
		strlen(name) + strlen(id) + 4 > 76 ? "\r\n " : " ", id);
	return true;
}

static bool ids(struct writer *w, const struct message *m, struct err *err)
{
	const char *const *reference = m->references;

	if (!id_header(w, "Message-ID", m->id, err) ||
		(m->in_reply_to && !id_header(w, "In-Reply-To", m->in_reply_to, err)))
		return false;
	if (!reference || !*reference)
		return true;
	str_puts(w->out, "References:");
	for (; *reference; reference++) {
		if (!id_ok(*reference))
			return err_set(err, ERR_USAGE, "a reference of a mail is no id");
		str_printf(w->out, "%s<%s>",
			reference == m->references && strlen(*reference) < 60 ? " "
									      : "\r\n ",
			*reference);
	}
	str_puts(w->out, "\r\n");
	return true;
}

static void date_header(struct writer *w, int64_t at)
{
	static const char days[] = "SunMonTueWedThuFriSat",
			  months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(at / 1000);
	struct tm tm = {0};
	long offset;

	if (!localtime_r(&seconds, &tm))
		return;
	offset = tm.tm_gmtoff / 60;
	str_printf(w->out, "Date: %.3s, %02d %.3s %04d %02d:%02d:%02d %c%02ld%02ld\r\n",
		days + (size_t)tm.tm_wday * 3, tm.tm_mday, months + (size_t)tm.tm_mon * 3,
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec,
		offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

/* --- encodings --- */

static size_t qp_byte(struct str *out, const char *p, bool start, bool end)
{
	unsigned char c = (unsigned char)*p;
	bool hidden = c == '=' || c > '~' || (c < ' ' && c != '\t') ||
		      (end && (c == ' ' || c == '\t')) || (start && c == '.') ||
		      (start && !strncmp(p, "From ", 5));

	if (hidden)
		str_printf(out, "=%02X", c);
	else
		str_putc(out, (char)c);
	return hidden ? 3 : 1;
}

static void quoted_printable(struct str *out, const char *text)
{
	size_t used = 0;

	for (const char *p = text; *p; p++) {
		bool end = !p[1] || p[1] == '\n';

		if (*p == '\n') {
			str_puts(out, "\r\n");
			used = 0;
			continue;
		}
		if (used + 3 > QP_LINE) {
			str_puts(out, "=\r\n");
			used = 0;
		}
		used += qp_byte(out, p, !used, end);
	}
	if (used)
		str_puts(out, "\r\n");
}

static void base64_lines(struct str *out, const void *bytes, size_t n)
{
	const char *p = bytes;
	char line[4 * ((BASE64_BYTES + 2) / 3) + 1];

	for (size_t at = 0; at < n; at += BASE64_BYTES) {
		base64_encode(
			p + at, n - at < BASE64_BYTES ? n - at : BASE64_BYTES, line);
		str_printf(out, "%s\r\n", line);
	}
}

/* --- parts --- */

static void boundary(struct writer *w, char out[48])
{
	snprintf(out, 48, "=_oogway_%d_%016llx", ++w->depth, (unsigned long long)w->seed);
}

static void multipart_open(
	struct writer *w, const char *type, const char *more, const char *line)
{
	str_printf(w->out, "Content-Type: multipart/%s;%s\r\n boundary=\"%s\"\r\n\r\n",
		type, more, line);
}

static void delimiter(struct writer *w, const char *line, bool end)
{
	str_printf(w->out, "\r\n--%s%s\r\n", line, end ? "--" : "");
}

static void text_part(struct writer *w, const char *type, const char *text)
{
	str_printf(w->out,
		"Content-Type: text/%s; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
		type);
	quoted_printable(w->out, text);
}

/* RFC 2231: percent-encoded, in pieces of a line each. */
static void file_name(struct writer *w, struct untrusted name)
{
	char plain[40], line[MESSAGE_MAX_NAME * 4];
	struct str percent;
	size_t at = 0;

	if (text_to_id(name, plain, sizeof plain)) {
		str_printf(w->out, ";\r\n filename=\"%s\"", plain);
		return;
	}
	str_init(&percent, sizeof line * 3);
	text_add_url(&percent, untrusted_str(text_line(name, line, MESSAGE_MAX_NAME)));
	for (int i = 0; at < percent.n; i++) {
		size_t n = percent.n - at;

		if (n > PERCENT_LINE) {
			n = PERCENT_LINE;
			while (percent.p[at + n - 1] == '%' ||
				percent.p[at + n - 2] == '%')
				n--;
		}
		str_printf(w->out, ";\r\n filename*%d*=%s%.*s", i, i ? "" : "UTF-8''",
			(int)n, percent.p + at);
		at += n;
	}
	str_release(&percent);
}

static bool file_part(struct writer *w, const struct message_file *f, struct err *err)
{
	str_printf(w->out, "Content-Type: %s\r\nContent-Transfer-Encoding: base64\r\n",
		f->type);
	if (f->cid && !id_header(w, "Content-ID", f->cid, err))
		return false;
	str_printf(w->out, "Content-Disposition: %s", f->cid ? "inline" : "attachment");
	file_name(w, f->name);
	str_puts(w->out, "\r\n\r\n");
	base64_lines(w->out, f->bytes, f->n);
	return true;
}

/* All files with a cid, or all without. */
static bool file_parts(struct writer *w, const struct message *m, bool cid,
	const char *line, struct err *err)
{
	for (size_t i = 0; i < m->file_count; i++) {
		if ((m->files[i].cid != NULL) != cid)
			continue;
		delimiter(w, line, false);
		if (!file_part(w, &m->files[i], err))
			return false;
	}
	return true;
}

static size_t count_files(const struct message *m, bool cid)
{
	size_t n = 0;

	for (size_t i = 0; i < m->file_count; i++)
		n += (m->files[i].cid != NULL) == cid;
	return n;
}

static bool html_part(struct writer *w, const struct message *m, struct err *err)
{
	char line[48];

	if (!count_files(m, true)) {
		text_part(w, "html", m->html);
		return true;
	}
	boundary(w, line);
	multipart_open(w, "related", " type=\"text/html\";", line);
	delimiter(w, line, false);
	text_part(w, "html", m->html);
	if (!file_parts(w, m, true, line, err))
		return false;
	delimiter(w, line, true);
	return true;
}

static bool words_part(struct writer *w, const struct message *m, struct err *err)
{
	char line[48];

	if (!m->html) {
		text_part(w, "plain", m->text);
		return true;
	}
	boundary(w, line);
	multipart_open(w, "alternative", "", line);
	delimiter(w, line, false);
	text_part(w, "plain", m->text);
	delimiter(w, line, false);
	if (!html_part(w, m, err))
		return false;
	delimiter(w, line, true);
	return true;
}

static bool all_parts(struct writer *w, const struct message *m, struct err *err)
{
	char line[48];

	if (!count_files(m, false))
		return words_part(w, m, err);
	boundary(w, line);
	multipart_open(w, "mixed", "", line);
	delimiter(w, line, false);
	if (!words_part(w, m, err) || !file_parts(w, m, false, line, err))
		return false;
	delimiter(w, line, true);
	return true;
}

bool message_write(const struct message *m, struct str *out, struct err *err)
{
	struct writer w = {.out = out, .seed = untrusted_hash(untrusted_str(m->id))};

	date_header(&w, m->date);
	if (!addresses(&w, m, err))
		return false;
	header_text(&w, "Subject", m->subject, MESSAGE_MAX_SUBJECT);
	if (!ids(&w, m, err))
		return false;
	str_puts(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
	if (!all_parts(&w, m, err))
		return false;
	if (out->cut)
		return err_set(err, ERR_LIMIT, "the mail is larger than %zu KiB",
			out->max >> 10);
	return true;
}

/* --- from a document --- */

static bool draw(struct message_body *body, const struct document *d, const char *domain)
{
	for (const struct document_block *b = d->first; b; b = b->next) {
		size_t i = body->file_count;

		if (b->kind != DOC_FIGURE)
			continue;
		if (!figure_png(&b->figure, &body->pictures[i], &body->without_pictures))
			return false;
		snprintf(body->cids[i], sizeof body->cids[i], "figure-%d@%s",
			b->figure_index, domain);
		snprintf(body->names[i], sizeof body->names[i], "figure-%d.png",
			b->figure_index);
		body->files[i] = (struct message_file){.cid = body->cids[i],
			.name = untrusted_str(body->names[i]),
			.type = "image/png",
			.bytes = body->pictures[i].p,
			.n = body->pictures[i].n};
		body->file_count++;
	}
	return true;
}

void message_body_init(struct message_body *body, const struct document *d, int columns,
	const char *cid_domain)
{
	struct document_plain plain = {.columns = columns};
	struct document_html html = {.cid_domain = cid_domain};

	memset(body, 0, sizeof *body);
	str_init(&body->text, FORM_MAX);
	str_init(&body->html, FORM_MAX);
	for (size_t i = 0; i < DOCUMENT_MAX_FIGURES; i++)
		str_init(&body->pictures[i], PNG_MAX);
	if (!draw(body, d, cid_domain)) {
		body->file_count = 0;
		html.cid_domain = NULL;
	}
	document_to_plain(d, &plain, &body->text);
	document_to_html(d, &html, &body->html);
}

void message_body_release(struct message_body *body)
{
	str_release(&body->text);
	str_release(&body->html);
	for (size_t i = 0; i < DOCUMENT_MAX_FIGURES; i++)
		str_release(&body->pictures[i]);
}
