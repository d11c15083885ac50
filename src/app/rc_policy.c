/* `policy` lines of the rc: who may do what where and when, and the signed file that they
 * may come from. Hides how the words of a line become the row that ops/policy.h judges
 * by; a word that is not understood is a fault, and the line then allows nothing. Any
 * thread; reads files. */
#include "rc_parts.h"

#include "app/setting.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>

static bool take_classes(const char *word, unsigned *out, struct err *err)
{
	for (const char *at = word; at && *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		int class = AUDIT_READ;

		while (class < AUDIT_CLASS_COUNT &&
			(strlen(audit_class_name((enum audit_class) class)) != n ||
				strncmp(audit_class_name((enum audit_class) class), at,
					n) != 0))
			class ++;
		if (class == AUDIT_CLASS_COUNT)
			return err_set(err, ERR_INPUT,
				"class is of read, change, destroy and shell, not %s",
				word);
		*out |= 1u << class;
		at += n;
	}
	return true;
}

bool rc_take_hours(const struct conf_line *line, const char *key, int *from, int *to,
	struct err *err)
{
	const char *word = conf_value(line, 2, key);
	int h, m, h2, m2, end = 0;

	if (!word)
		return true;
	if (sscanf(word, "%2d:%2d-%2d:%2d%n", &h, &m, &h2, &m2, &end) != 4 || word[end] ||
		h < 0 || h > 23 || h2 < 0 || h2 > 23 || m < 0 || m > 59 || m2 < 0 ||
		m2 > 59 || (h == h2 && m == m2))
		return err_set(err, ERR_INPUT,
			"%s is two times of the day such as 22:00-07:00, not %s", key,
			word);
	*from = 60 * h + m;
	*to = 60 * h2 + m2;
	return true;
}

static bool take_approve(
	const struct conf_line *line, struct policy_rule *rule, struct err *err)
{
	const char *word = conf_value(line, 2, "approve");

	rule->approve = word && !strcmp(word, "on");
	if (rule->approve && rule->deny)
		return err_set(err, ERR_INPUT, "what is denied needs no approval");
	return !word || rule->approve || !strcmp(word, "off") ||
	       err_set(err, ERR_INPUT, "approve is on or off, not %s", word);
}

/* "oogway.rc:12" */
static const char *place_of(struct rc *rc, const struct conf_place *place)
{
	const char *slash = strrchr(place->file, '/');
	char text[80];

	snprintf(text, sizeof text, "%.60s:%d", slash ? slash + 1 : place->file,
		place->line);
	return rc_keep(rc, text);
}

bool rc_run_policy(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *what = line->words[1].text;
	struct policy_rule rule = {
		.deny = !strcmp(what, "deny"), .system = conf->final_allowed};

	if (!rule.deny && strcmp(what, "allow") != 0)
		return err_set(
			err, ERR_INPUT, "expected: policy allow or deny, not %s", what);
	if (!rc_check_keys(line, 2, "policy", err) ||
		!take_classes(conf_value(line, 2, "class"), &rule.classes, err) ||
		!rc_take_hours(line, "hours", &rule.from_min, &rule.until_min, err) ||
		!take_approve(line, &rule, err))
		return false;
	if (rc->policy_count == RC_MAX_POLICIES)
		return err_set(
			err, ERR_LIMIT, "more than %d policy lines", RC_MAX_POLICIES);
	rule.hosts = rc_keep(rc, conf_value(line, 2, "hosts"));
	rule.books = rc_keep(rc, conf_value(line, 2, "runbook"));
	rule.where = place_of(rc, &line->place);
	MEM_ROOM(rc->policies, rc->policy_count, rc->policy_cap);
	rc->policies[rc->policy_count++] = rule;
	return true;
}

/* --- a signed file --- */

bool rc_may_set_policy(const struct conf *conf, const char *name, struct err *err)
{
	struct rc *rc = conf->ctx;

	if (conf->final_allowed ||
		(strcmp(name, setting_rows[SET_POLICY_FILE].name) &&
			strcmp(name, setting_rows[SET_POLICY_KEY].name)))
		return true;
	/* Left out, it would forbid nothing. */
	if (rc->reads_system && !rc->policy_broken)
		rc->policy_broken = "the system's rc names a policy, and others than "
				    "root can write to it";
	return err_set(err, ERR_REFUSED,
		"%s counts in /etc/oogway/oogway.rc alone, while that is root's", name);
}

/* Of the very bytes that are read then; what it includes has to be signed, too. */
static bool is_signed(void *ctx, const char *path, struct untrusted text, struct err *err)
{
	struct rc *rc = ctx;
	const char *key = settings_text(&rc->settings, SET_POLICY_KEY);
	char name[4096], signature[SIGNATURE_DIGITS + 1];
	struct str file;
	bool ok;

	if ((size_t)snprintf(name, sizeof name, "%s.sig", path) >= sizeof name)
		return err_set(err, ERR_LIMIT, "its name is too long");
	conf_note(&rc->conf, name);
	str_init(&file, SIGNATURE_DIGITS + 8);
	ok = file_read(name, &file, err);
	if (ok) {
		text_line(untrusted_trim(untrusted_make(file.p, file.n)), signature,
			sizeof signature);
		ok = signature_holds(key, text, signature) ||
		     err_set(err, ERR_REFUSED,
			     "its signature (%.200s) does not hold for policy.key", name);
	}
	str_release(&file);
	return ok;
}

void rc_read_signed(struct rc *rc)
{
	const char *path = settings_text(&rc->settings, SET_POLICY_FILE);
	size_t errors = rc->conf.errors_total;
	char why[600];

	if (!strcmp(path, "none") || !*path)
		return;
	rc->conf.accept = is_signed;
	rc->conf.final_allowed = true;
	conf_read_file(&rc->conf, path, false);
	rc->conf.accept = NULL;
	if (rc->conf.errors_total == errors)
		return;
	snprintf(why, sizeof why, "the signed policy cannot be trusted: %.200s: %s", path,
		errors < rc->conf.error_count ? rc->conf.errors[errors].text
					      : "it has errors");
	rc->policy_broken = rc_keep(rc, why);
}
