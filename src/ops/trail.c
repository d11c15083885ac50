/* Reading the files of a chain. Hides their names, and that lines
 * come through a buffer of fixed size, whatever somebody has put into
 * the files. Any thread. */
#include "trail.h"

#include "base/alloc.h"
#include "base/canonical.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 4 * RECORD_LINE_MAX };

void segment_name(unsigned number, char out[32])
{
	snprintf(out, 32, "%06u.jsonl", number);
}

static unsigned segment_number(const char *name)
{
	if (strspn(name, "0123456789") != 6 || strcmp(name + 6, ".jsonl"))
		return 0;
	return (unsigned)strtoul(name, NULL, 10);
}

bool segments_last(int chain, unsigned *last)
{
	int fd = openat(chain, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	*last = 0;
	while ((entry = readdir(dir)))
		if (segment_number(entry->d_name) > *last)
			*last = segment_number(entry->d_name);
	closedir(dir);
	return true;
}

static bool is_chain(const char *name)
{
	return strlen(name) == ID_TEXT - 1 &&
	       strspn(name, "0123456789abcdef-") == ID_TEXT - 1;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

size_t chains_list(const char *folder, char out[][ID_TEXT], size_t max)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	size_t n = 0;

	while (dir && n < max && (entry = readdir(dir)))
		if (is_chain(entry->d_name))
			memcpy(out[n++], entry->d_name, ID_TEXT);
	if (dir)
		closedir(dir);
	qsort(out, n, ID_TEXT, by_text);
	return n;
}

/* --- lines --- */

void lines_init(struct lines *lines, int fd, int64_t at)
{
	*lines = (struct lines){.fd = fd, .at = at, .buffer = mem_new(BUFFER, 1)};
}

void lines_release(struct lines *lines)
{
	mem_free(lines->buffer);
	lines->buffer = NULL;
}

static void fill(struct lines *l)
{
	ssize_t got;

	if (l->from) {
		memmove(l->buffer, l->buffer + l->from, l->n);
		l->from = 0;
	}
	do
		got = pread(l->fd, l->buffer + l->n, BUFFER - l->n,
			(off_t)(l->at + (int64_t)l->n));
	while (got < 0 && errno == EINTR);
	l->over = got <= 0;
	if (got < 0)
		l->error = errno;
	else
		l->n += (size_t)got;
}

bool lines_next(struct lines *l, struct untrusted *line, bool *whole)
{
	size_t used;
	char *end;

	for (;;) {
		end = l->n ? memchr(l->buffer + l->from, '\n', l->n) : NULL;
		if (end || l->over || l->n > RECORD_LINE_MAX)
			break;
		fill(l);
	}
	if (!l->n)
		return false;
	*whole = end != NULL;
	used = end ? (size_t)(end - (l->buffer + l->from)) + 1 : l->n;
	*line = untrusted_make(l->buffer + l->from, used - *whole);
	l->from += used;
	l->n -= used;
	l->at += (int64_t)used;
	return true;
}

/* --- the head --- */

static void head_text(const struct head *head, struct str *out)
{
	str_printf(out, "oogway audit head 1\n%s\n%llu\n%s\n", head->chain,
		(unsigned long long)head->seq, head->hash);
}

void head_make(struct head *head, const struct link *link, const struct signer *signer)
{
	struct str text;

	*head = (struct head){.seq = link->seq};
	memcpy(head->chain, link->chain, sizeof head->chain);
	memcpy(head->hash, link->hash, sizeof head->hash);
	str_init(&text, 512);
	head_text(head, &text);
	signer_sign(signer, untrusted_make(text.p, text.n), head->signature);
	str_release(&text);
}

void head_add(struct str *out, const struct head *head)
{
	str_printf(out,
		"{\"chain\":\"%s\",\"hash\":\"%s\",\"seq\":%llu,\"signature\":\"%s\"}",
		head->chain, head->hash, (unsigned long long)head->seq, head->signature);
}

bool head_read(struct untrusted line, struct head *out)
{
	struct head head = {0};
	struct untrusted value;

	line = untrusted_trim(line);
	if (canonical_read(line, NULL) != untrusted_size(line) || untrusted_empty(line))
		return false;
	if (!canonical_member(line, "chain", &value) ||
		untrusted_size(value) != ID_TEXT + 1 ||
		!text_to_id(untrusted_slice(value, 1, ID_TEXT - 1), head.chain,
			sizeof head.chain) ||
		!is_chain(head.chain))
		return false;
	if (!canonical_member(line, "hash", &value) ||
		!canonical_hex(value, SHA256_DIGITS, head.hash) ||
		!canonical_member(line, "seq", &value) ||
		!canonical_count(value, &head.seq) ||
		!canonical_member(line, "signature", &value) ||
		!canonical_hex(value, SIGNATURE_DIGITS, head.signature))
		return false;
	*out = head;
	return true;
}

bool head_holds(const struct head *head, const char *public_key)
{
	struct str text;
	bool ok;

	str_init(&text, 512);
	head_text(head, &text);
	ok = signature_holds(public_key, untrusted_make(text.p, text.n), head->signature);
	str_release(&text);
	return ok;
}

bool head_load(int chain, struct head *out)
{
	char text[TRAIL_HEAD_BYTES];
	int fd = openat(chain, "head", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);

	if (fd >= 0)
		close(fd);
	return n > 0 && head_read(untrusted_make(text, (size_t)n), out);
}
