/* Log lines of sources. A source gives those of the window in pages, newest first, and
 * then what comes, which may be late: so they are sorted by time whenever some came, and
 * each has an id of its own that stays. Main thread. */
#include "log_lines.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

void log_lines_init(struct log_lines *lines)
{
	*lines = (struct log_lines){.newest = LOG_LINES_FIRST};
	map_init(&lines->ids);
}

void log_lines_release(struct log_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		mem_free(lines->rows[i]);
	mem_free(lines->rows);
	map_release(&lines->ids);
}

static void drop(struct log_lines *lines, struct log_row *row)
{
	map_del(&lines->ids, &row->seq, sizeof row->seq);
	mem_free(row);
}

static struct untrusted pack(char **to, struct untrusted text)
{
	size_t n;
	const void *raw = text_raw(text, &n);
	struct untrusted copy = untrusted_make(*to, n);

	if (n)
		memcpy(*to, raw, n);
	*to += n;
	return copy;
}

static void add(struct log_lines *lines, int source, const struct batch_line *from)
{
	const struct logline *l = &from->line;
	struct untrusted labels = untrusted_slice(from->labels, 0, BATCH_MAX_LABEL_BYTES);
	struct untrusted text = untrusted_slice(l->text, 0, LOGLINE_MAX_BYTES);
	struct log_row *row = mem_new(
		1, sizeof *row + untrusted_size(l->host) + untrusted_size(l->unit) +
			   untrusted_size(text) + untrusted_size(labels));
	char *to = (char *)(row + 1);

	row->seq = ++lines->newest;
	row->at = l->at;
	row->at_ns = from->at_ns;
	row->level = l->level;
	row->source = source;
	row->host = pack(&to, l->host);
	row->unit = pack(&to, l->unit);
	row->text = pack(&to, text);
	row->labels = pack(&to, labels);
	MEM_ROOM(lines->rows, lines->count, lines->cap);
	lines->rows[lines->count++] = row;
	map_put(&lines->ids, &row->seq, sizeof row->seq, row);
}

static int by_time(const void *a, const void *b)
{
	const struct log_row *x = *(struct log_row *const *)a;
	const struct log_row *y = *(struct log_row *const *)b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->at_ns != y->at_ns)
		return x->at_ns < y->at_ns ? -1 : 1;
	return x->seq < y->seq ? -1 : 1;
}

static bool drop_source(struct log_lines *lines, int source)
{
	size_t kept = 0, before = lines->count;

	for (size_t i = 0; i < before; i++) {
		if (lines->rows[i]->source == source)
			drop(lines, lines->rows[i]);
		else
			lines->rows[kept++] = lines->rows[i];
	}
	lines->count = kept;
	return kept != before;
}

void log_lines_forget(struct log_lines *lines, int source)
{
	drop_source(lines, source);
	lines->of[source] = (struct lines_of){0};
}

void log_lines_trim(struct log_lines *lines, size_t most)
{
	size_t over = lines->count > most ? lines->count - most : 0;

	for (size_t i = 0; i < over; i++) {
		struct lines_of *of = &lines->of[lines->rows[i]->source];

		of->whole = false;
		of->lost = lines->rows[i]->at + 1;
		if (of->from < of->lost)
			of->from = of->lost;
		drop(lines, lines->rows[i]);
	}
	if (!over)
		return;
	lines->count -= over;
	memmove(lines->rows, lines->rows + over, lines->count * sizeof *lines->rows);
}

/* What did not fit stays away, also when all that is behind it came. */
static void tell(struct lines_of *of, const struct batch_lines_of *said)
{
	of->told = true;
	of->whole = said->whole && !of->lost;
	of->from = said->from > of->lost ? said->from : of->lost;
}

bool log_lines_take(
	struct log_lines *lines, int source, const struct batch *batch, size_t most)
{
	const struct batch_lines_of *of = batch->lines_of;
	bool changed = batch->line_count > 0;

	if (of) {
		if (of->anew)
			log_lines_forget(lines, source);
		tell(&lines->of[source], of);
		changed = true;
	}
	for (size_t i = 0; i < batch->line_count; i++)
		add(lines, source, &batch->lines[i]);
	if (batch->line_count)
		qsort(lines->rows, lines->count, sizeof(struct log_row *), by_time);
	log_lines_trim(lines, most);
	return changed;
}

const struct log_row *log_lines_find(const struct log_lines *lines, uint64_t id)
{
	return map_get(&lines->ids, &id, sizeof id);
}
