/* Lines of a followed file from many hosts, in the order in which they came: a ring, with
 * what each host has not ended yet beside it. Main thread. */
#include "app/remote.h"
#include "remote_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

enum { LINE_BYTES = 8 << 10 };

struct followed {
	struct followed_line lines[FOLLOWED_LINES];
	uint64_t next; /* id of the next line; the first is 1 */
	char **hosts;  /* names, and what of a line each has begun */
	struct str *begun;
	size_t host_count;
};

struct followed *followed_new(const struct fan *fan)
{
	struct followed *followed = mem_new(1, sizeof *followed);

	followed->next = 1;
	followed->host_count = fan_count(fan);
	followed->hosts = mem_new(followed->host_count, sizeof *followed->hosts);
	followed->begun = mem_new(followed->host_count, sizeof *followed->begun);
	for (size_t i = 0; i < followed->host_count; i++) {
		followed->hosts[i] = mem_strdup(fan_host(fan, i)->name);
		str_init(&followed->begun[i], LINE_BYTES);
	}
	return followed;
}

void followed_free(struct followed *followed)
{
	if (!followed)
		return;
	for (size_t i = 0; i < FOLLOWED_LINES; i++)
		untrusted_free(followed->lines[i].text);
	for (size_t i = 0; i < followed->host_count; i++) {
		mem_free(followed->hosts[i]);
		str_release(&followed->begun[i]);
	}
	mem_free(followed->hosts);
	mem_free(followed->begun);
	mem_free(followed);
}

static void add_line(struct followed *followed, size_t host)
{
	struct followed_line *line = &followed->lines[followed->next % FOLLOWED_LINES];
	struct str *begun = &followed->begun[host];

	untrusted_free(line->text);
	*line = (struct followed_line){.id = followed->next++,
		.host = followed->hosts[host],
		.text = untrusted_keep(untrusted_make(begun->p, begun->n), LINE_BYTES)};
	str_reset(begun);
}

void followed_add(struct followed *followed, size_t host, struct untrusted bytes)
{
	size_t n;
	const char *p = text_raw(bytes, &n);

	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t part = end ? (size_t)(end - p) : n;

		str_add(&followed->begun[host], p, part);
		if (end) {
			add_line(followed, host);
			part++;
		}
		p += part;
		n -= part;
	}
}

size_t followed_count(const struct followed *followed)
{
	uint64_t lines = followed ? followed->next - 1 : 0;

	return lines < FOLLOWED_LINES ? (size_t)lines : FOLLOWED_LINES;
}

const struct followed_line *followed_line(const struct followed *followed, size_t i)
{
	return &followed->lines[(followed->next - followed_count(followed) + i) %
				FOLLOWED_LINES];
}

const struct followed_line *followed_find(const struct followed *followed, uint64_t id)
{
	const struct followed_line *line;

	if (!followed || !id || id >= followed->next)
		return NULL;
	line = &followed->lines[id % FOLLOWED_LINES];
	return line->id == id ? line : NULL;
}
