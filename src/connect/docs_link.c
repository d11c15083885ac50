/* URLs of a site of pages: which lie in it, what a link leads to (RFC 3986, 5.2), what a
 * page is called. A link that would do something when it is followed is none. Any
 * thread. */
#include "connect/docs.h"

#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How many bytes of it are scheme and host; 0: it is no URL. */
static size_t origin_size(const char *url)
{
	size_t n = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
	size_t host = n ? strcspn(url + n, "/?#") : 0;

	return host ? n + host : 0;
}

bool docs_place(const char *url, const char *filter, char origin[DOCS_URL],
	char prefix[DOCS_PATH])
{
	size_t n = origin_size(url), size;
	const char *path = url + n, *slash, *name;

	if (!n || n >= DOCS_URL)
		return false;
	snprintf(origin, DOCS_URL, "%.*s", (int)n, url);
	if (filter && *filter) {
		snprintf(prefix, DOCS_PATH, "%s%s", *filter == '/' ? "" : "/", filter);
		return strlen(filter) + 2 < DOCS_PATH;
	}
	size = strcspn(path, "?#");
	if (size + 2 >= DOCS_PATH)
		return false;
	snprintf(prefix, DOCS_PATH, "%.*s", (int)size, path);
	slash = strrchr(prefix, '/');
	name = slash ? slash + 1 : prefix;
	/* "index.html" and "viewpage.action" are files; "runbooks" is a folder. */
	if (strchr(name, '.') || path[size] == '?')
		prefix[name - prefix] = '\0';
	size = strlen(prefix);
	if (!size || prefix[size - 1] != '/')
		str_copy(prefix + size, DOCS_PATH - size, "/");
	return true;
}

/* "/a/b/../c/./d" is "/a/c/d"; nothing leads above the root. */
static bool remove_dots(const char *path, char out[DOCS_PATH])
{
	size_t n = 0;

	while (*path == '/') {
		size_t part = strcspn(++path, "/");

		if (part == 2 && !strncmp(path, "..", 2)) {
			while (n && out[--n] != '/')
				;
		} else if (!(part == 1 && *path == '.')) {
			if (n + part + 2 > DOCS_PATH)
				return false;
			out[n++] = '/';
			memcpy(out + n, path, part);
			n += part;
		}
		path += part;
		/* "/a/." and "/a/.." are folders. */
		if (!*path && path[-1] == '.' &&
			(part == 1 || (part == 2 && path[-2] == '.')) &&
			n + 2 < DOCS_PATH)
			out[n++] = '/';
	}
	if (!n)
		out[n++] = '/';
	out[n] = '\0';
	return true;
}

/* Following it may change something, or shows a page once more: a part of its path is
 * such a word, or its query has one. */
static bool does_something(const char *path)
{
	static const char *const words[] = {"login", "logout", "signin", "sign_in",
		"signout", "sign_out", "logoff", "edit", "editpage", "delete", "remove",
		"removepage", "export", "history"};
	static const char *const asks[] = {
		"action=", "do=", "oldid=", "diff=", "printable=", "replytocom=", "edit",
		"delete", "remove", "login", "logout", "export"};
	struct untrusted rest = untrusted_make(path, strcspn(path, "?")), part;
	const char *query = strchr(path, '?');

	while (untrusted_word(&rest, "/.:", &part))
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (untrusted_size(part) == strlen(words[i]) &&
				untrusted_find_nocase(part, words[i]) == 0)
				return true;
	for (size_t i = 0; query && i < sizeof asks / sizeof *asks; i++)
		if (strcasestr(query, asks[i]))
			return true;
	return false;
}

/* Its ending says that it is no page. */
static bool is_file(const char *path)
{
	static const char *const endings[] = {".png", ".jpg", ".jpeg", ".gif", ".svg",
		".ico", ".webp", ".css", ".js", ".json", ".xml", ".pdf", ".zip", ".gz",
		".tgz", ".tar", ".mp4", ".webm", ".mp3", ".woff", ".woff2", ".ttf",
		".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".exe", ".deb", ".rpm",
		".iso", ".bin", ".rss", ".atom"};
	size_t n = strcspn(path, "?");

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t k = strlen(endings[i]);

		if (n > k && !strncasecmp(path + n - k, endings[i], k))
			return true;
	}
	return false;
}

/* Blanks and what is not ASCII get percent signs; control characters make it none. */
static bool plain_link(struct untrusted link, char *out, size_t size)
{
	struct untrusted rest = link, part;
	char text[DOCS_URL];
	size_t n = 0;

	if (!untrusted_split(&rest, "#", &part) || untrusted_size(part) >= sizeof text)
		return false;
	text_line(part, text, sizeof text);
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (n + 4 > size || c == '"' || c == '<' || c == '>' || c == '^' ||
			c == '\\')
			return false;
		if (c <= ' ' || c >= 0x7f)
			n += (size_t)snprintf(out + n, size - n, "%%%02X", c);
		else
			out[n++] = (char)c;
	}
	out[n] = '\0';
	return n > 0;
}

/* What stands behind the host of a link that names one; NULL: it names another. */
static const char *behind_host(const char *link, const char *host)
{
	size_t n = strlen(host);

	return !strncasecmp(link, host, n) && strchr("/?", link[n]) ? link + n : NULL;
}

/* Path and query of it, from the root; false: it is of another origin. */
static bool absolute(
	const char *origin, const char *from, const char *link, char out[2 * DOCS_URL])
{
	size_t folder = strcspn(from, "?");
	bool scheme = link[strcspn(link, ":/?")] == ':', host = str_starts(link, "//");

	if (scheme || host)
		link = behind_host(link, scheme ? origin : strchr(origin, ':') + 1);
	if (!link)
		return false;
	if (scheme || host || *link == '/')
		folder = 0;
	else if (*link != '?')
		while (folder && from[folder - 1] != '/')
			folder--;
	snprintf(out, 2 * DOCS_URL, "%.*s%s%s", (int)folder, from,
		!folder && *link != '/' ? "/" : "", link);
	return true;
}

bool docs_resolve(
	const char *origin, const char *from, struct untrusted link, char out[DOCS_PATH])
{
	char text[DOCS_URL], whole[2 * DOCS_URL], path[DOCS_PATH];
	size_t n;

	if (!plain_link(link, text, sizeof text) || !absolute(origin, from, text, whole))
		return false;
	n = strcspn(whole, "?");
	if (n + 1 >= sizeof path)
		return false;
	snprintf(path, sizeof path, "%.*s", (int)n, whole);
	if (!remove_dots(path, out) || strlen(out) + strlen(whole + n) + 1 > DOCS_PATH)
		return false;
	str_copy(out + strlen(out), DOCS_PATH - strlen(out), whole + n);
	return !is_file(out) && !does_something(out);
}

bool docs_holds(const char *url, const char *filter, const char *page)
{
	char origin[DOCS_URL], prefix[DOCS_PATH];
	size_t n;

	if (!docs_place(url, filter, origin, prefix))
		return false;
	n = strlen(origin);
	if (strncmp(page, origin, n) != 0)
		return false;
	/* The first page is one, wherever it lies. */
	return str_starts(page + n, prefix) || !strcmp(page, url) ||
	       (!page[n] && !url[n + strspn(url + n, "/")]);
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* "redis.html?v=1" is redis-v-1. */
static size_t ending_size(const char *rest)
{
	static const char *const endings[] = {".html", ".htm", ".md", ".txt", ".action"};

	for (size_t i = 0; *rest == '.' && i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);

		if (!strncmp(rest, endings[i], n) && strchr("?/", rest[n]))
			return n;
	}
	return 0;
}

const char *docs_name(
	const char *url, const char *filter, const char *page, char *out, size_t size)
{
	char origin[DOCS_URL], prefix[DOCS_PATH];
	const char *rest = page;
	size_t n = 0;

	*out = '\0';
	if (!strcmp(url, page) || !docs_place(url, filter, origin, prefix))
		return out;
	if (str_starts(rest, origin))
		rest += strlen(origin);
	if (str_starts(rest, prefix))
		rest += strlen(prefix);
	for (; *rest && n + 1 < size; rest++) {
		rest += ending_size(rest);
		if (is_word(*rest))
			out[n++] = *rest;
		else if (*rest && n && out[n - 1] != '-')
			out[n++] = '-';
		if (!*rest)
			break;
	}
	while (n && out[n - 1] == '-')
		n--;
	out[n] = '\0';
	return out;
}
