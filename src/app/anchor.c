/* Anchors: the line of a chain's `head` (number and hash of the newest record, signed) as
 * a note on the incident that a step was run for. Whoever copies the note into a file can
 * have `audit verify --against` compare with it. Main thread. */
#include "anchor.h"

#include "app/actions.h"
#include "app/audits.h"
#include "app/command.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "ops/verify.h"

#include <stdio.h>
#include <string.h>

enum { HEAD_MOST = 1000, PATH_TEXT = AUDIT_PATH + ID_TEXT + 8 };

#define BETWEEN_MS (10 * MINUTE_MS)

static bool wanted(const struct app *app)
{
	for (size_t i = 0; i < app->rc->sink_count; i++)
		if (app->rc->sinks[i].kind == SINK_NOTE)
			return true;
	return false;
}

static bool head_line(const struct app *app, char out[HEAD_MOST], struct err *err)
{
	char folder[AUDIT_PATH], chain[ID_TEXT], path[PATH_TEXT];
	struct str text;
	bool ok;

	if (!audits_folder(app->audits, folder, err) || !audit_newest(folder, chain))
		return false;
	snprintf(path, sizeof path, "%s/%s/head", folder, chain);
	str_init(&text, HEAD_MOST - 1);
	ok = file_read(path, &text, err);
	if (ok)
		text_line(untrusted_trim(untrusted_make(text.p, text.n)), out, HEAD_MOST);
	str_release(&text);
	return ok;
}

void anchor_put(struct app *app, uint64_t alert, int64_t *last_at)
{
	char head[HEAD_MOST];
	const struct wish wish = {.verb = ACTION_NOTE,
		.targets = &alert,
		.count = 1,
		.body = head,
		.origin = "sink",
		.asked = true};
	struct err err = {0};

	if (!alert || !wanted(app) || (*last_at && app->now - *last_at < BETWEEN_MS))
		return;
	*last_at = app->now;
	if (!head_line(app, head, &err) ||
		actions_wish(app->actions, &wish, &err) != STATUS_PENDING)
		log_add(LOG_WARN, "audit: no anchor on the incident: %s", err.text);
}
