/* Results side by side: hosts with the same end and the same bytes are one group, the
 * others are shown by how they differ from the largest. Streams are compared by the
 * SHA-256 of all they held; differences are of the lines that are kept in memory (longest
 * common subsequence, O(n m)). Pure. */
#include "fan_compare.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIFF_LINES = 400, DIFF_AROUND = 1, LINE_COLUMNS = 400, NAMES_PRINTED = 12 };

/* --- groups --- */

static void key_of(const struct fan_host *host, char *out, size_t size)
{
	/* Without an intent there are no streams; reasons name the host. */
	if (!host->intent)
		snprintf(out, size, "%d", host->state);
	else
		snprintf(out, size, "%d %d %s %s %s", host->state, host->exit_code,
			host->signal, host->hashes[0], host->hashes[1]);
}

static int by_size(const void *a, const void *b)
{
	const struct fan_group *x = a, *y = b;

	if (x->begun != y->begun)
		return x->begun ? -1 : 1;
	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->first < y->first ? -1 : 1;
}

/* Numbers in the order in which they were found become those after sorting. */
static void renumber(
	struct fan_host *hosts, size_t count, const struct fan_group *groups, size_t n)
{
	int *now = mem_new(n + 1, sizeof *now);

	for (size_t g = 0; g < n; g++)
		now[hosts[groups[g].first].group] = (int)g;
	for (size_t i = 0; i < count; i++)
		if (hosts[i].group >= 0)
			hosts[i].group = now[hosts[i].group];
	mem_free(now);
}

size_t fan_group_hosts(struct fan_host *hosts, size_t count, struct fan_group **out)
{
	struct fan_group *groups = mem_new(count + 1, sizeof *groups);
	struct map map;
	size_t n = 0;

	map_init(&map);
	for (size_t i = 0; i < count; i++) {
		char key[2 * SHA256_DIGITS + 60];
		struct fan_group *group;

		hosts[i].group = -1;
		if (hosts[i].state <= FAN_RUNNING)
			continue;
		key_of(&hosts[i], key, sizeof key);
		group = map_get(&map, key, strlen(key));
		if (!group) {
			group = &groups[n++];
			group->first = i;
			group->begun = hosts[i].intent != 0;
			map_put(&map, key, strlen(key), group);
		}
		group->count++;
		hosts[i].group = (int)(group - groups);
	}
	map_release(&map);
	qsort(groups, n, sizeof *groups, by_size);
	renumber(hosts, count, groups, n);
	*out = groups;
	return n;
}

/* --- differences --- */

struct lines {
	struct untrusted list[DIFF_LINES];
	size_t n;
	bool more;
};

static void split(const struct str *text, struct lines *out)
{
	struct untrusted rest = untrusted_make(text->p, text->n), line;

	out->n = 0;
	out->more = false;
	while (untrusted_line(&rest, &line)) {
		if (out->n == DIFF_LINES) {
			out->more = true;
			return;
		}
		out->list[out->n++] = line;
	}
}

static void put(struct str *out, char sign, struct untrusted line)
{
	str_putc(out, sign);
	text_add_line(out, line, LINE_COLUMNS);
	str_putc(out, '\n');
}

/* longest[i][j]: of the lines from i and j on. */
static uint16_t *longest_common(const struct lines *a, const struct lines *b)
{
	size_t width = b->n + 1;
	uint16_t *longest = mem_new((a->n + 1) * width, sizeof *longest);

	for (size_t i = a->n; i-- > 0;)
		for (size_t j = b->n; j-- > 0;) {
			uint16_t *at = &longest[i * width + j];

			if (untrusted_eq(a->list[i], b->list[j]))
				*at = (uint16_t)(at[width + 1] + 1);
			else
				*at = at[width] > at[1] ? at[width] : at[1];
		}
	return longest;
}

/* Signs of the edit script, with the lines they are about. */
struct edit {
	char sign;
	struct untrusted line;
};

static size_t edits(const struct lines *a, const struct lines *b, struct edit *out)
{
	uint16_t *longest = longest_common(a, b);
	size_t width = b->n + 1, i = 0, j = 0, n = 0;

	while (i < a->n || j < b->n) {
		const uint16_t *at = &longest[i * width + j];

		if (i < a->n && j < b->n && untrusted_eq(a->list[i], b->list[j])) {
			out[n++] = (struct edit){' ', a->list[i++]};
			j++;
		} else if (j == b->n || (i < a->n && at[width] >= at[1])) {
			out[n++] = (struct edit){'-', a->list[i++]};
		} else {
			out[n++] = (struct edit){'+', b->list[j++]};
		}
	}
	mem_free(longest);
	return n;
}

static bool near_change(const struct edit *list, size_t n, size_t at)
{
	size_t from = at > DIFF_AROUND ? at - DIFF_AROUND : 0;

	for (size_t i = from; i < n && i <= at + DIFF_AROUND; i++)
		if (list[i].sign != ' ')
			return true;
	return false;
}

void fan_differ(const struct fan_host *from, const struct fan_host *to, int stream,
	struct str *out)
{
	struct lines *a = mem_new(1, sizeof *a), *b = mem_new(1, sizeof *b);
	struct edit *list = mem_new(2 * DIFF_LINES, sizeof *list);
	size_t n;

	split(&from->shown[stream], a);
	split(&to->shown[stream], b);
	n = edits(a, b, list);
	for (size_t i = 0; i < n; i++)
		if (near_change(list, n, i))
			put(out, list[i].sign, list[i].line);
	if (a->more || b->more)
		str_printf(out, " (only the first %d lines are compared)\n", DIFF_LINES);
	mem_free(list);
	mem_free(a);
	mem_free(b);
}

/* --- as text --- */

static void print_names(const struct fan *fan, int group, size_t count, struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < fan_count(fan) && n < NAMES_PRINTED; i++)
		if (fan_host(fan, i)->group == group)
			str_printf(out, "%s%s", n++ ? " " : "", fan_host(fan, i)->name);
	if (count > n)
		str_printf(out, " and %zu more", count - n);
}

static void print_stream(const struct fan_host *host, int stream, struct str *out)
{
	struct untrusted rest =
		untrusted_make(host->shown[stream].p, host->shown[stream].n);
	struct untrusted line;

	if (stream && host->bytes[1])
		str_puts(out, "-- stderr\n");
	if (host->cut[stream] && host->bytes[stream])
		str_puts(
			out, "-- not all of it could be recorded: its file ends early\n");
	else if (host->dropped[stream])
		str_printf(out, "-- the end of it; all %llu bytes are in %s\n",
			(unsigned long long)host->bytes[stream], host->files[stream]);
	while (untrusted_line(&rest, &line)) {
		text_add_line(out, line, 4000);
		str_putc(out, '\n');
	}
}

static void print_difference(
	const struct fan_host *most, const struct fan_host *host, struct str *out)
{
	static const char *const names[2] = {"stdout", "stderr"};

	for (int k = 0; k < 2; k++) {
		if (!strcmp(most->hashes[k], host->hashes[k]))
			continue;
		str_printf(out, "-- %s, against %s\n", names[k], most->name);
		fan_differ(most, host, k, out);
	}
}

/* One that all have is told once, and one that names its host is not told twice. */
static void print_reasons(const struct fan *fan, int group, struct str *out)
{
	const char *told = "";

	for (size_t i = 0; i < fan_count(fan); i++) {
		const struct fan_host *host = fan_host(fan, i);

		if (host->group != group || !*host->why || !strcmp(told, host->why))
			continue;
		told = host->why;
		str_puts(out, "   ");
		if (host->intent && !str_starts(host->why, host->name))
			str_printf(out, "%s: ", host->name);
		str_printf(out, "%s\n", host->why);
	}
}

static bool has_output(const struct fan_host *host)
{
	return host->bytes[0] || host->bytes[1];
}

void fan_print(struct fan *fan, struct str *out)
{
	size_t count;
	const struct fan_group *groups = fan_compare(fan, &count);
	const struct fan_host *most = NULL;
	char text[200];

	for (size_t g = 0; g < count; g++) {
		const struct fan_host *host = fan_host(fan, groups[g].first);

		str_printf(out,
			"== %s: %zu host%s: ", fan_result(host, text, sizeof text),
			groups[g].count, groups[g].count == 1 ? "" : "s");
		print_names(fan, (int)g, groups[g].count, out);
		str_putc(out, '\n');
		print_reasons(fan, (int)g, out);
		/* Against the first group that printed something, as the largest. */
		if (most && has_output(host) && groups[0].count > 1) {
			print_difference(most, host, out);
		} else {
			print_stream(host, 0, out);
			print_stream(host, 1, out);
		}
		if (!most && has_output(host))
			most = host;
	}
	str_printf(out, "%s\n", fan_summary(fan, text, sizeof text));
}

void fan_json(const struct fan_host *host, struct json_out *o)
{
	char text[200];

	json_put_str(o, "host", host->name);
	json_put_str(o, "way", host->way);
	json_put_str(o, "state", fan_state_names[host->state]);
	json_put_str(o, "result", fan_result(host, text, sizeof text));
	if (host->exit_code >= 0 && host->intent)
		json_put_i64(o, "exit", host->exit_code);
	json_put_str(o, "signal", host->signal);
	json_put_str(o, "why", host->why);
	json_put_i64(o, "group", host->group);
	json_put_i64(o, "ms",
		host->ended_at && host->started_at ? host->ended_at - host->started_at
						   : 0);
	json_put_text(o, "stdout", untrusted_make(host->shown[0].p, host->shown[0].n));
	json_put_text(o, "stderr", untrusted_make(host->shown[1].p, host->shown[1].n));
	json_put_i64(o, "stdout_bytes", (int64_t)host->bytes[0]);
	json_put_i64(o, "stderr_bytes", (int64_t)host->bytes[1]);
	json_put_str(o, "stdout_sha256", host->hashes[0]);
	json_put_str(o, "stderr_sha256", host->hashes[1]);
	json_put_str(o, "stdout_file", host->files[0] ? host->files[0] : "");
	json_put_str(o, "stderr_file", host->files[1] ? host->files[1] : "");
	json_put_i64(o, "audit", (int64_t)host->intent);
}
