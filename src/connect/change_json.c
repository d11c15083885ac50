/* One row for each member that may hold a change's words, time, service or link, in the
 * order in which they are tried: PagerDuty's change events, GitHub's and GitLab's
 * releases and deployments, and flat objects of one's own. Any thread. */
#include "connect/change_json.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "labels.h"

#include <string.h>

enum { MAX_CHANGES = 100, ID_TEXT_MAX = 300 };

static const char *const summaries[] = {"summary", "payload.summary", "event.data.title",
	"release.name", "release.tag_name", "deployment.description",
	"deployment.environment", "commit.title", "title", "message", "text", "name",
	NULL};
static const char *const times[] = {"timestamp", "payload.timestamp", "event.occurred_at",
	"release.published_at", "deployment.created_at", "released_at",
	"status_changed_at", "created_at", "time", "at", "date", NULL};
static const char *const services[] = {"service", "payload.source", "source",
	"repository.full_name", "project.path_with_namespace", "app", NULL};
static const char *const links[] = {"link", "release.html_url", "deployment.url",
	"deployable_url", "url", "html_url", NULL};

static struct untrusted first_text(struct json j, const char *const *paths)
{
	struct untrusted text = UNTRUSTED_NONE;

	for (; *paths && untrusted_empty(text); paths++)
		text = untrusted_trim(json_text(json_get(j, *paths)));
	return text;
}

static int64_t first_time(struct json j, int64_t otherwise)
{
	int64_t at;

	for (const char *const *path = times; *path; path++)
		if (json_time(json_get(j, *path), &at))
			return at;
	return otherwise;
}

static bool add(
	struct json j, const struct change_origin *origin, size_t i, struct batch *batch)
{
	struct untrusted summary = first_text(j, summaries);
	struct untrusted id = json_text(json_get(j, "id"));
	struct batch_change *change;
	struct str key;

	if (untrusted_empty(summary) || !(change = batch_add_change(batch)))
		return false;
	str_init(&key, ID_TEXT_MAX);
	str_printf(&key, "%s/", origin->prefix);
	text_add_line(&key, untrusted_empty(id) ? origin->name : id, 200);
	if (untrusted_empty(id))
		str_printf(&key, "/%zu", i);
	change->id = batch_keep_str(batch, str_text(&key));
	str_release(&key);
	change->at = first_time(j, origin->at);
	change->summary = batch_keep(batch, summary);
	change->service = batch_keep(batch, first_text(j, services));
	if (untrusted_empty(change->service))
		change->service = batch_keep(batch, origin->service);
	change->link = batch_keep(batch, first_text(j, links));
	if (untrusted_empty(change->link))
		change->link = batch_keep(batch,
			json_text(json_get(json_first(json_get(j, "links")), "href")));
	return true;
}

bool change_json_read(struct untrusted body, const struct change_origin *origin,
	struct batch *batch, struct err *err)
{
	struct json_doc doc;
	struct json root;
	size_t n, added = 0, i = 0;
	const char *text = text_raw(body, &n);

	if (!json_parse(&doc, text ? text : "", n, CHANGE_JSON_MAX, err))
		return false;
	root = json_root(&doc);
	if (json_is_array(root))
		for (struct json e = json_first(root); json_item(e) && i < MAX_CHANGES;
			e = json_next(e))
			added += add(e, origin, i++, batch);
	else
		added += add(root, origin, i, batch);
	json_release(&doc);
	if (added)
		return true;
	return err_set(err, ERR_INPUT, "JSON, but without a summary, title or message");
}
