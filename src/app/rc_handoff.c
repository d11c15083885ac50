/* The rc's `handoff` lines: schedules, and the mail that each shift ends with. Parsed at
 * the border, so that what is kept is times, addresses and a way to the server that
 * cannot be without TLS. Any thread, as rc.c; reads zone files. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "zonefile.h"

#include <stdlib.h>
#include <string.h>

enum { ADDRESS = 256 };

/* The zone is right from two years ago to six years ahead. */
static bool take_plan(struct rc_handoff *h, const struct conf_line *line, struct err *err)
{
	const char *at = conf_value(line, 2, "at");
	int64_t now = time_now_ms();

	if (!at)
		return err_set(err, ERR_INPUT, "handoff %s needs \"at=Mon 09:00\"",
			line->words[1].text);
	return shift_parse(&h->plan, at, err) &&
	       zone_named(&h->plan.zone, h->zone, now - 2 * 366 * DAY_MS,
		       now + 6 * 366 * DAY_MS, err);
}

static bool take_people(
	struct rc *rc, struct rc_handoff *h, const char *text, struct err *err)
{
	struct untrusted rest = untrusted_str(text), word;
	char address[ADDRESS];

	while (text && untrusted_split(&rest, ",", &word)) {
		word = untrusted_trim(word);
		if (untrusted_empty(word))
			continue;
		if (!text_to_mailbox(word, address, sizeof address)) {
			text_line(word, address, 80);
			return err_set(
				err, ERR_INPUT, "to: %s is not a mail address", address);
		}
		if (h->to_count == RC_MAX_PEOPLE)
			return err_set(err, ERR_LIMIT, "to: at most %d addresses",
				RC_MAX_PEOPLE);
		h->to[h->to_count++] = rc_keep(rc, address);
	}
	return true;
}

static bool take_sender(
	struct rc *rc, struct rc_handoff *h, const char *text, struct err *err)
{
	char address[ADDRESS];

	if (!text)
		return true;
	if (!text_to_mailbox(untrusted_str(text), address, sizeof address))
		return err_set(err, ERR_INPUT, "from: %.80s is not a mail address", text);
	h->from = rc_keep(rc, address);
	return true;
}

static bool take_server(
	struct rc *rc, struct rc_handoff *h, const char *text, struct err *err)
{
	const char *colon = text ? strrchr(text, ':') : NULL;
	char host[256], *end;
	long port = 0;

	if (!text)
		return true;
	if (colon) {
		port = strtol(colon + 1, &end, 10);
		if (end == colon + 1 || *end || port < 1 || port > 65535)
			return err_set(err, ERR_INPUT,
				"smtp is HOST or HOST:PORT, not %.80s", text);
	}
	if (!str_copy(host, sizeof host, text))
		return err_set(err, ERR_INPUT, "smtp: the name is too long");
	if (colon)
		host[colon - text] = '\0';
	h->host = rc_keep(rc, host);
	h->port = (int)port;
	return true;
}

/* One of the words; the first when nothing is said. */
static bool take_choice(const struct conf_line *line, const char *key,
	const char *const *words, int *out, struct err *err)
{
	const char *word = conf_value(line, 2, key);
	char near[80];

	*out = 0;
	if (!word)
		return true;
	for (; words[*out]; (*out)++)
		if (!strcmp(words[*out], word))
			return true;
	return err_set(err, ERR_INPUT, "%s is %s or %s, not %.40s%s", key, words[0],
		words[1], word, conf_nearest(word, words, sizeof *words, near));
}

static bool take_mail(struct rc *rc, struct rc_handoff *h, const struct conf_line *line,
	struct err *err)
{
	static const char *const tls[] = {"starttls", "tls", NULL};
	static const char *const auth[] = {"plain", "login", "xoauth2", NULL};
	static const char *const send[] = {"by-hand", "at-end", NULL};
	int chosen_tls, chosen_auth, chosen_send;

	if (!take_people(rc, h, conf_value(line, 2, "to"), err) ||
		!take_sender(rc, h, conf_value(line, 2, "from"), err) ||
		!take_server(rc, h, conf_value(line, 2, "smtp"), err) ||
		!take_choice(line, "tls", tls, &chosen_tls, err) ||
		!take_choice(line, "auth", auth, &chosen_auth, err) ||
		!take_choice(line, "send", send, &chosen_send, err))
		return false;
	h->tls = chosen_tls ? MAIL_TLS : MAIL_STARTTLS;
	h->sends = chosen_send;
	h->user = rc_keep(rc, conf_value(line, 2, "user"));
	h->auth = !h->user           ? MAIL_AUTH_NONE
		  : chosen_auth == 0 ? MAIL_AUTH_PLAIN
		  : chosen_auth == 1 ? MAIL_AUTH_LOGIN
				     : MAIL_AUTH_XOAUTH2;
	h->password_env = rc_keep(rc, conf_value(line, 2, "password-env"));
	h->password_command = rc_keep(rc, conf_value(line, 2, "password-command"));
	h->password_file = rc_keep_path(rc, line, conf_value(line, 2, "password-file"));
	h->ca_file = rc_keep_path(rc, line, conf_value(line, 2, "ca-file"));
	if (h->user && !h->password_file && !h->password_env && !h->password_command)
		return err_set(err, ERR_INPUT,
			"user needs password-file, password-env or password-command");
	if (h->sends && (!h->host || !h->from || !h->to_count))
		return err_set(err, ERR_INPUT, "send=at-end needs to, from and smtp");
	return true;
}

bool rc_run_handoff(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	struct rc_handoff h = {.place = line->place};

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "handoff", err))
		return false;
	h.name = rc_keep(rc, line->words[1].text);
	h.zone = rc_keep(rc, conf_value(line, 2, "zone"));
	if (!take_plan(&h, line, err) || !take_mail(rc, &h, line, err))
		return false;
	for (size_t i = 0; i < rc->handoff_count; i++)
		if (!strcmp(rc->handoffs[i].name, h.name))
			return err_set(err, ERR_INPUT,
				"there is a handoff %s already (line %d)", h.name,
				rc->handoffs[i].place.line);
	if (rc->handoff_count == RC_MAX_HANDOFFS)
		return err_set(err, ERR_LIMIT, "more than %d handoffs", RC_MAX_HANDOFFS);
	MEM_ROOM(rc->handoffs, rc->handoff_count, rc->handoff_cap);
	rc->handoffs[rc->handoff_count++] = h;
	return true;
}
