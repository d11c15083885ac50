/* The `source` lines of the rc: where a source answers, how it is spoken to, and what of
 * it is taken. Hides which words belong to which kind, and where the hosts of a service
 * are. Any thread, one owner. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/docs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of http://HOST[:PORT][/…]: a host, and a port that there can be. */
static bool place_is_right(const char *url)
{
	const char *host = strstr(url, "://") + 3, *port = host + strcspn(host, "]/?#");
	const char *end = host + strcspn(host, "/?#");
	char *after;
	long number;

	if (*port != ']')
		port = host;
	port += strcspn(port, ":/?#");
	if (port == host)
		return false;
	if (*port != ':')
		return true;
	number = strtol(port + 1, &after, 10);
	return after == end && after > port + 1 && number > 0 && number <= 65535;
}

bool rc_check_url(const char *url, struct err *err)
{
	char link[2048];

	if (!text_to_link(untrusted_str(url), link, sizeof link))
		return err_set(err, ERR_INPUT,
			"url begins with http:// or https://, not %s", url);
	if (strchr(url, '@'))
		return err_set(err, ERR_INPUT,
			"no password in a URL: use user= and token-file=");
	if (!place_is_right(url))
		return err_set(err, ERR_INPUT,
			"url is http://HOST:PORT, a port 1 to 65535, not %s", url);
	return true;
}

static bool add_source(struct rc *rc, const struct rc_source *source, struct err *err)
{
	for (size_t i = 0; i < rc->source_count; i++) {
		const struct conf_place *place = &rc->sources[i].place;

		if (strcmp(rc->sources[i].name, source->name) != 0)
			continue;
		if (strcmp(place->file, source->place.file) != 0)
			return err_set(err, ERR_INPUT,
				"there is a source %s already (%s:%d)", source->name,
				place->file, place->line);
		return err_set(err, ERR_INPUT, "there is a source %s already (line %d)",
			source->name, place->line);
	}
	if (rc->source_count == RC_MAX_SOURCES)
		return err_set(err, ERR_LIMIT, "more than %d sources", RC_MAX_SOURCES);
	MEM_ROOM(rc->sources, rc->source_count, rc->source_cap);
	rc->sources[rc->source_count++] = *source;
	return true;
}

static bool no_such_kind(const char *word, struct err *err)
{
	const char *names[16];
	char near[80];
	size_t n = 0;

	for (; source_kinds[n] && n < 15; n++)
		names[n] = source_kinds[n]->name;
	names[n] = NULL;
	return err_set(err, ERR_INPUT, "no source kind is called %s%s", word,
		conf_nearest(word, names, sizeof *names, near));
}

/* The host of the region, or of the first one. */
static bool find_host(const struct source_kind *kind, const char *region,
	const char **url, struct err *err)
{
	const struct source_service *service = kind->service;
	struct str names;
	int i = 0;

	if (!service)
		return !region || err_set(err, ERR_INPUT,
					  "%s has no regions: url= says where it answers",
					  kind->name);
	while (region && i < SOURCE_MAX_HOSTS && service->hosts[i].region &&
		strcmp(service->hosts[i].region, region))
		i++;
	if (i < SOURCE_MAX_HOSTS && service->hosts[i].url &&
		(!region || service->hosts[i].region)) {
		*url = *url ? *url : service->hosts[i].url;
		return true;
	}
	str_init(&names, 100);
	for (i = 0; i < SOURCE_MAX_HOSTS && service->hosts[i].region; i++)
		str_printf(&names, "%s%s", i ? " or " : "", service->hosts[i].region);
	if (names.n)
		err_set(err, ERR_INPUT, "region of %s is %s, not %s", kind->name,
			str_text(&names), region);
	else
		err_set(err, ERR_INPUT, "%s has no regions", kind->name);
	str_release(&names);
	return false;
}

static bool check_site(const struct source_kind *kind, const char *site, struct err *err)
{
	char id[256];

	if (!site)
		return true;
	if (!kind->service || !kind->service->site)
		return err_set(err, ERR_INPUT, "%s belongs to no site", kind->name);
	if (str_starts(site, "https://") || str_starts(site, "http://"))
		return rc_check_url(site, err);
	return text_to_id(untrusted_str(site), id, sizeof id) ||
	       err_set(err, ERR_INPUT, "site is NAME.atlassian.net or its URL, not %s",
		       site);
}

static bool take_since(
	const struct conf_line *line, struct rc_source *source, struct err *err)
{
	const char *word = conf_value(line, 3, "since");

	source->since_ms = 180 * DAY_MS;
	if (!word || duration_parse(word, &source->since_ms))
		return true;
	source->since_ms = 0;
	source->no_past = !strcmp(word, "none");
	if (source->no_past || !strcmp(word, "all") ||
		time_parse(word, &source->since_at))
		return true;
	return err_set(err, ERR_INPUT,
		"since is a duration such as 90d, a date such as 2026-01-31, all or "
		"none, not %s",
		word);
}

/* "log,people": what is not named is left out. */
static bool take_fields(
	const struct conf_line *line, struct rc_source *source, struct err *err)
{
	struct untrusted rest = untrusted_str(conf_value(line, 3, "fields")), word;

	if (!conf_value(line, 3, "fields") || untrusted_is(rest, "all"))
		return true;
	source->left_out = FIELD_LOG | FIELD_PEOPLE;
	if (untrusted_is(rest, "none"))
		return true;
	while (untrusted_word(&rest, ",", &word)) {
		if (untrusted_is(word, "log"))
			source->left_out &= ~(unsigned)FIELD_LOG;
		else if (untrusted_is(word, "people"))
			source->left_out &= ~(unsigned)FIELD_PEOPLE;
		else
			return err_set(err, ERR_INPUT,
				"fields are log, people, all or none, not %s",
				conf_value(line, 3, "fields"));
	}
	return true;
}

static bool check_receiver(
	const struct conf_line *line, const struct source_kind *kind, struct err *err)
{
	return !conf_value(line, 3, "receiver") || kind == &alertmanager_source ||
	       err_set(err, ERR_INPUT, "%s has no receivers", kind->name);
}

static bool check_query(
	const struct conf_line *line, const struct source_kind *kind, struct err *err)
{
	const char *query = conf_value(line, 3, "query");

	if (query && !kind->logs)
		return err_set(err, ERR_INPUT, "query= is of loki; %s has `query` lines",
			kind->name);
	return !kind->logs || (query && *query == '{') ||
	       err_set(err, ERR_INPUT,
		       "source %s needs query={LABEL=\"VALUE\"}: which lines are read",
		       line->words[1].text);
}

static bool take_pages(
	const struct conf_line *line, struct rc_source *source, struct err *err)
{
	const char *word = conf_value(line, 3, "pages");
	int64_t pages = DOCS_PAGES;

	if (word && !source->kind->site)
		return err_set(err, ERR_INPUT, "%s has no pages", source->kind->name);
	if (word && (!untrusted_to_i64(untrusted_str(word), &pages) || pages < 1 ||
			    pages > DOCS_PAGES_MOST))
		return err_set(err, ERR_INPUT, "pages is a number from 1 to %d, not %s",
			DOCS_PAGES_MOST, word);
	source->pages = (size_t)pages;
	return true;
}

/* Another one is another history: it is read anew. */
static const char *keep_scope(struct rc *rc, const struct rc_source *s)
{
	const char *words[] = {s->filter, s->receiver ? "receiver=" : NULL, s->receiver,
		s->left_out & FIELD_PEOPLE ? "without people" : NULL};
	const char *kept;
	struct str text;

	str_init(&text, CONF_MAX_LINE);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i] && *words[i])
			str_printf(&text, "%s%s",
				text.n && words[i] != s->receiver ? " " : "", words[i]);
	kept = rc_keep(rc, str_text(&text));
	str_release(&text);
	return kept;
}

bool rc_run_source(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *url = conf_value(line, 3, "url");
	const char *region = conf_value(line, 3, "region");
	const char *site = conf_value(line, 3, "site");
	struct rc_source s = {.timeout_ms = 10 * SECOND_MS, .place = line->place};
	char *slash;

	if (!rc_check_name(line->words[1].text, err))
		return false;
	s.kind = source_kind_find(line->words[2].text);
	if (!s.kind)
		return no_such_kind(line->words[2].text, err);
	if (!rc_check_keys(line, 3, "source", err) ||
		!find_host(s.kind, region, &url, err) || !check_site(s.kind, site, err))
		return false;
	if (!url)
		return err_set(err, ERR_INPUT, "source %s needs url=http://HOST:PORT",
			line->words[1].text);
	s.every_ms = s.kind->site   ? HOUR_MS
		     : s.kind->logs ? 5 * SECOND_MS
				    : 15 * SECOND_MS;
	if (!rc_check_url(url, err) ||
		!rc_take_duration(line, "every", SECOND_MS,
			s.kind->site ? DAY_MS : HOUR_MS, &s.every_ms, err) ||
		!rc_take_duration(
			line, "timeout", 100, 5 * MINUTE_MS, &s.timeout_ms, err) ||
		!take_since(line, &s, err) || !take_fields(line, &s, err) ||
		!check_receiver(line, s.kind, err) || !check_query(line, s.kind, err) ||
		!take_pages(line, &s, err))
		return false;
	s.name = rc_keep(rc, line->words[1].text);
	slash = (char *)(uintptr_t)rc_keep(rc, url);
	/* Of a page it is a part. */
	for (size_t n = s.kind->site ? 0 : strlen(slash); n && slash[n - 1] == '/'; n--)
		slash[n - 1] = '\0';
	s.url = slash;
	s.from = rc_keep(rc, conf_value(line, 3, "from"));
	s.org = rc_keep(rc, conf_value(line, 3, "org"));
	s.region = rc_keep(rc, region);
	s.site = rc_keep(rc, site);
	s.filter = rc_keep(rc, conf_value(line, 3, "filter"));
	s.receiver = rc_keep(rc, conf_value(line, 3, "receiver"));
	s.query = rc_keep(rc, conf_value(line, 3, "query"));
	s.user = rc_keep(rc, conf_value(line, 3, "user"));
	s.token_env = rc_keep(rc, conf_value(line, 3, "token-env"));
	s.token_command = rc_keep(rc, conf_value(line, 3, "token-command"));
	s.token_file = rc_keep_path(rc, line, conf_value(line, 3, "token-file"));
	s.unix_socket = rc_keep_path(rc, line, conf_value(line, 3, "unix"));
	s.ca_file = rc_keep_path(rc, line, conf_value(line, 3, "ca-file"));
	s.cert_file = rc_keep_path(rc, line, conf_value(line, 3, "cert-file"));
	s.key_file = rc_keep_path(rc, line, conf_value(line, 3, "key-file"));
	s.scope = keep_scope(rc, &s);
	return add_source(rc, &s, err);
}
