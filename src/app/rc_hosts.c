/* The rc's `hosts` lines, groups of machines, and `transport` lines, how they are
 * reached. The names of groups are worked out here, so that a wrong one is an error of
 * the rc and not of the night, and globs have something to find. Any thread, as rc.c. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "ops/inventory.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_MOST = 10000 };

static const char *no_group(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return NULL;
}

static const char *no_name(void *ctx, size_t i)
{
	(void)ctx;
	(void)i;
	return NULL;
}

/* Groups and globs are looked up when they are used. */
static bool take_word(struct rc *rc, const char *word, struct err *err)
{
	static const struct host_groups groups = {no_group, no_name, NULL};
	struct host_list list = {0};

	word += strspn(word, "!&,");
	if (!*word || *word == '@' || strpbrk(word, "*?"))
		return true;
	if (!hosts_of(&groups, word, &list, err))
		return false;
	for (size_t i = 0; i < list.count && rc->host_name_count < NAMES_MOST; i++) {
		MEM_ROOM(rc->host_names, rc->host_name_count, rc->host_name_cap);
		rc->host_names[rc->host_name_count++] = rc_keep(rc, list.names[i]);
	}
	host_list_release(&list);
	return true;
}

static struct rc_hosts *slot(struct rc *rc, const char *name)
{
	for (size_t i = 0; i < rc->host_group_count; i++)
		if (!strcmp(rc->host_groups[i].name, name))
			return &rc->host_groups[i];
	if (rc->host_group_count == RC_MAX_HOST_GROUPS)
		return NULL;
	MEM_ROOM(rc->host_groups, rc->host_group_count, rc->host_group_cap);
	rc->host_groups[rc->host_group_count] = (struct rc_hosts){0};
	return &rc->host_groups[rc->host_group_count++];
}

bool rc_run_hosts(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *name = line->words[1].text;
	char pattern[CONF_MAX_LINE] = "";
	struct rc_hosts *hosts;
	size_t n = 0;

	if (!rc_check_name(name, err))
		return false;
	if (!strcmp(name, "alert"))
		return err_set(err, ERR_INPUT,
			"@alert is the hosts of the alerts that "
			"are selected: take another name");
	if (strcmp(line->words[2].text, "="))
		return err_set(err, ERR_INPUT, "expected: hosts NAME = PATTERN");
	for (size_t i = 3; i < line->count; i++) {
		if (!take_word(rc, line->words[i].text, err))
			return false;
		n += (size_t)snprintf(pattern + n,
			n < sizeof pattern ? sizeof pattern - n : 0, "%s%s",
			i > 3 ? " " : "", line->words[i].text);
		if (n >= sizeof pattern)
			return err_set(err, ERR_LIMIT, "the pattern is too long");
	}
	hosts = slot(rc, name);
	/* Policy may speak of it. */
	if (hosts && hosts->system && !conf->final_allowed)
		return err_set(err, ERR_REFUSED,
			"the group %s is the system's (%s:%d): take another name", name,
			hosts->place.file, hosts->place.line);
	if (!hosts)
		return err_set(err, ERR_LIMIT, "at most %d groups", RC_MAX_HOST_GROUPS);
	*hosts = (struct rc_hosts){rc_keep(rc, name), rc_keep(rc, pattern), line->place,
		conf->final_allowed};
	return true;
}

bool rc_run_transport(struct conf *conf, const struct conf_line *line, struct err *err)
{
	static const char *const words[] = {[TRANSPORT_AUTO] = "auto",
		[TRANSPORT_LIBSSH] = "libssh",
		[TRANSPORT_OPENSSH] = "openssh"};
	struct rc *rc = conf->ctx;
	int transport = 0;

	while (transport <= TRANSPORT_OPENSSH &&
		strcmp(words[transport], line->words[1].text))
		transport++;
	if (transport > TRANSPORT_OPENSSH)
		return err_set(err, ERR_INPUT,
			"a transport is openssh, libssh or auto, not %s",
			line->words[1].text);
	if (rc->transport_count == RC_MAX_TRANSPORTS)
		return err_set(
			err, ERR_LIMIT, "at most %d transport lines", RC_MAX_TRANSPORTS);
	MEM_ROOM(rc->transports, rc->transport_count, rc->transport_cap);
	rc->transports[rc->transport_count++] =
		(struct rc_transport){transport, rc_keep(rc, line->words[2].text)};
	return true;
}
