/* Reading robots.txt as RFC 9309 says: groups of user agents and their rules, the longest
 * match wins, and of two equal ones the one that allows. Hides how paths are compared:
 * with percent signs where they matter, and in a time that no pattern makes long. Any
 * thread. */
#include "robots.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

enum { LINES = 20000, AGENT = 64 };

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~", c));
}

/* %61 is a, %2f is %2F, and what is not ASCII has percent signs (section 2.2.2). False:
 * it is cut. */
static bool normalize(const char *from, char *to, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *from; from++) {
		unsigned char c = (unsigned char)*from;
		bool coded = c == '%' && hex(from[1]) >= 0 && hex(from[2]) >= 0;

		if (n + 4 > size)
			break;
		if (coded) {
			c = (unsigned char)(hex(from[1]) * 16 + hex(from[2]));
			from += 2;
		}
		if ((coded && !is_plain((char)c)) || c >= 0x80) {
			to[n++] = '%';
			to[n++] = digits[c >> 4];
			to[n++] = digits[c & 15];
		} else {
			to[n++] = (char)c;
		}
	}
	to[n] = '\0';
	return !*from;
}

/* The first `*` that leads nowhere is tried again one byte later: no recursion. */
static bool fits(const char *pattern, const char *path)
{
	const char *star = NULL, *again = NULL;

	for (;;) {
		if (*pattern == '*') {
			star = pattern++;
			again = path;
		} else if (!*pattern || (*pattern == '$' && !pattern[1] && !*path)) {
			return true;
		} else if (*path && *pattern == *path &&
			   !(*pattern == '$' && !pattern[1])) {
			pattern++;
			path++;
		} else if (star && *again) {
			pattern = star + 1;
			path = ++again;
		} else {
			return false;
		}
	}
}

bool robots_allow(const struct robots *robots, const char *path)
{
	char normal[4 * ROBOTS_PATTERN];
	size_t most = 0;
	bool allows = true;

	normalize(path, normal, sizeof normal);
	for (size_t i = 0; i < robots->count; i++) {
		const struct robots_rule *rule = &robots->rules[i];
		size_t n = strlen(rule->pattern);

		if (n < most || (n == most && !rule->allows) ||
			!fits(rule->pattern, normal))
			continue;
		most = n;
		allows = rule->allows;
	}
	return allows;
}

static void add_rule(struct robots *robots, struct untrusted value, bool allows)
{
	char text[2 * ROBOTS_PATTERN], pattern[ROBOTS_PATTERN];
	bool whole;

	/* "Disallow:" alone forbids nothing. */
	if (untrusted_empty(value) || robots->count == ROBOTS_RULES)
		return;
	text_line(value, text, sizeof text);
	whole = normalize(text, pattern, sizeof pattern) &&
		untrusted_size(value) < sizeof text - 1;
	/* The beginning of one that is too long forbids more, and may allow nothing. */
	if (!whole && allows)
		return;
	MEM_ROOM(robots->rules, robots->count, robots->cap);
	robots->rules[robots->count].allows = allows;
	str_copy(robots->rules[robots->count++].pattern, sizeof pattern, pattern);
}

/* "User-agent: name  # why" */
static bool read_pair(
	struct untrusted line, struct untrusted *name, struct untrusted *value)
{
	struct untrusted rest = line, part;
	ptrdiff_t colon;

	if (!untrusted_split(&rest, "#", &part))
		return false;
	colon = untrusted_find(part, ":");
	if (colon < 1)
		return false;
	*name = untrusted_trim(untrusted_slice(part, 0, (size_t)colon));
	*value = untrusted_trim(untrusted_slice(part, (size_t)colon + 1, SIZE_MAX));
	return true;
}

static bool is_called(struct untrusted name, const char *what)
{
	return untrusted_size(name) == strlen(what) &&
	       untrusted_find_nocase(name, what) == 0;
}

/* "oogway/1.0" is oogway. */
static bool is_agent(struct untrusted value, const char *agent)
{
	struct untrusted rest = value, word;

	return untrusted_word(&rest, " \t/", &word) && is_called(word, agent);
}

/* The rules of all groups for this agent; true: there is one. */
static bool read_groups(struct robots *robots, struct untrusted text, const char *agent)
{
	struct untrusted rest = text, line, name, value;
	bool ours = false, naming = false, found = false;

	for (int i = 0; i < LINES && untrusted_line(&rest, &line); i++) {
		if (!read_pair(line, &name, &value))
			continue;
		if (is_called(name, "user-agent")) {
			ours = (naming && ours) || is_agent(value, agent);
			naming = true;
			found |= ours;
			continue;
		}
		if (is_called(name, "allow") || is_called(name, "disallow")) {
			naming = false;
			if (ours)
				add_rule(robots, value, is_called(name, "allow"));
		}
	}
	return found;
}

void robots_read(struct robots *robots, struct untrusted text, const char *agent)
{
	*robots = (struct robots){0};
	text = untrusted_slice(text, 0, ROBOTS_BYTES);
	if (untrusted_starts(text, "\xef\xbb\xbf"))
		text = untrusted_slice(text, 3, SIZE_MAX);
	if (!read_groups(robots, text, agent))
		read_groups(robots, text, "*");
}

void robots_release(struct robots *robots)
{
	mem_free(robots->rules);
	*robots = (struct robots){0};
}
