/* Alertmanager's API v2 as a source: the alerts there are now, muted ones included,
 * and the silences. The same fingerprint may come once for each group it is routed
 * to: it becomes one alert, which counts as muted only when it is so everywhere. From
 * the configuration, now and then, it learns what a pager calls an alert's group.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "connect/act.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "job.h"
#include "labels.h"
#include "raws.h"
#include "routes.h"
#include "seen.h"

#include <string.h>

enum {
	ALERTS_MAX_BODY = 128 << 20,
	SILENCES_MAX_BODY = 16 << 20,
	ERROR_MAX_BODY = 64 << 10,
	PATH_MAX_BYTES = 8 << 10,
	STATUS_MAX_BODY = ROUTES_MAX_CONFIG + (1 << 20),
	LIST_TEXT = 400,
	STATUS_EVERY_MS = 5 * 60 * 1000,
	STATUS_WAIT_MS = 1000, /* at the start alerts are asked for without it then */
};

enum ask_what { ALERTS, SILENCES, STATUS };

struct alertmanager {
	const struct source_conf *conf;
	const char *prefix;
	struct job alerts, silences, status;
	struct routes *routes; /* NULL: not known */
	struct raws raws;
	char opened[SOURCE_ID]; /* the alert that somebody looks at */
	int64_t status_asked_at;
	uint32_t hurry;
};

/* --- asking --- */

/* Somebody looks at another one: what the server says of it is wanted now. */
static void look_at(struct alertmanager *am, const struct source_window *window)
{
	const char *id = window->opened ? window->opened : "";

	if (!strcmp(id, am->opened))
		return;
	str_copy(am->opened, sizeof am->opened, id);
	if (*id)
		job_hurry(&am->alerts);
}

/* `filter` is matchers separated by commas, which may stand in quotes. */
static void add_filters(struct str *path, const char *filter)
{
	while (filter && *filter) {
		bool quoted = false;
		size_t n = 0;

		for (; filter[n] && (quoted || filter[n] != ','); n++) {
			if (filter[n] == '\\' && filter[n + 1])
				n++;
			else if (filter[n] == '"')
				quoted = !quoted;
		}
		str_puts(path, path->n && strchr(str_text(path), '?') ? "&" : "?");
		str_puts(path, "filter=");
		text_add_url(path, untrusted_trim(untrusted_make(filter, n)));
		filter += n + (filter[n] == ',');
	}
}

static bool ask(const struct alertmanager *am, struct arena *arena, enum ask_what what,
	struct ask *out)
{
	static const char *const names[] = {"alerts", "silences", "status"};
	static const size_t most[] = {
		ALERTS_MAX_BODY, SILENCES_MAX_BODY, STATUS_MAX_BODY};
	struct str path;

	str_init(&path, PATH_MAX_BYTES);
	str_printf(&path, "%s/%s", am->prefix, names[what]);
	if (what == ALERTS)
		add_filters(&path, am->conf->filter);
	if (what == ALERTS && am->conf->receiver) {
		str_puts(&path, strchr(str_text(&path), '?') ? "&" : "?");
		str_puts(&path, "receiver=");
		text_add_url(&path, untrusted_str(am->conf->receiver));
	}
	*out = (struct ask){.kind = ASK_HTTP,
		.id = what,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.max_bytes = most[what]};
	str_release(&path);
	return out->path != NULL;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct alertmanager *am = state;

	if (window->hurry != am->hurry) {
		am->hurry = window->hurry;
		job_hurry(&am->alerts);
		job_hurry(&am->silences);
	}
	look_at(am, window);
	/* First, so that alerts come with the keys of their pages. */
	if (!window->least && job_due(&am->status, now)) {
		job_ask(&am->status, now);
		am->status_asked_at = now;
		return ask(am, arena, STATUS, out);
	}
	if (am->status.open && !am->alerts.begun &&
		now - am->status_asked_at < STATUS_WAIT_MS) {
		out->kind = ASK_WAIT;
		out->until = am->status_asked_at + STATUS_WAIT_MS;
		return true;
	}
	/* What is due longer goes first: of a slow server both are heard. */
	if (job_due(&am->alerts, now) &&
		(!job_due(&am->silences, now) ||
			am->alerts.due_at <= am->silences.due_at)) {
		job_ask(&am->alerts, now);
		return ask(am, arena, ALERTS, out);
	}
	if (job_due(&am->silences, now)) {
		job_ask(&am->silences, now);
		return ask(am, arena, SILENCES, out);
	}
	out->kind = ASK_WAIT;
	out->until = job_until(&am->alerts, now + am->conf->every_ms);
	out->until = job_until(&am->silences, out->until);
	out->until = job_until(&am->status, out->until);
	return true;
}

/* --- reading --- */

/* "silence a, b" from a list of ids; nothing from an empty one. */
static void add_ids(struct str *out, const char *what, struct json list)
{
	const char *before = what;

	if (!json_is_array(list))
		return;
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (before == what && out->n)
			str_puts(out, "; ");
		str_puts(out, before);
		text_add_line(out, json_text(e), 80);
		before = ", ";
	}
}

static struct untrusted muted_by(struct batch *batch, struct json status)
{
	struct untrusted text;
	struct str out;

	str_init(&out, LIST_TEXT);
	add_ids(&out, "silence ", json_get(status, "silencedBy"));
	add_ids(&out, "inhibited by ", json_get(status, "inhibitedBy"));
	add_ids(&out, "muted by ", json_get(status, "mutedBy"));
	text = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return text;
}

static struct untrusted receivers(struct batch *batch, struct json list)
{
	struct untrusted text;
	struct str out;

	str_init(&out, LIST_TEXT);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (out.n)
			str_puts(&out, ", ");
		text_add_line(&out, json_text(json_get(e, "name")), 80);
	}
	text = batch_keep_str(batch, str_text(&out));
	str_release(&out);
	return text;
}

/* The page of the server that shows alerts of this name. Grafana's own Alertmanager has
 * none: there it is the page of the rule, as the alert says it. */
static struct untrusted page(const struct alertmanager *am, struct batch *batch,
	struct untrusted name, struct untrusted rule)
{
	struct str filter, out;
	struct untrusted text;

	if (strstr(am->conf->url, "/api/alertmanager/"))
		return batch_keep(batch, rule);

	str_init(&filter, 1024);
	str_puts(&filter, "{alertname=");
	text_add_promql(&filter, name);
	str_putc(&filter, '}');
	str_init(&out, 4096);
	str_printf(&out, "%.*s/#/alerts?filter=",
		(int)(strlen(am->conf->url) - (*am->prefix ? 0 : strlen("/api/v2"))),
		am->conf->url);
	text_add_url(&out, untrusted_make(filter.p, filter.n));
	text = filter.cut || out.cut ? UNTRUSTED_NONE
				     : batch_keep_str(batch, str_text(&out));
	str_release(&filter);
	str_release(&out);
	return text;
}

static enum alert_state state_of(struct json alert, int64_t ended_at, int64_t now)
{
	if (ended_at && ended_at <= now)
		return ALERT_RESOLVED;
	if (untrusted_is(json_text(json_get(alert, "status.state")), "suppressed"))
		return ALERT_SILENCED;
	return ALERT_FIRING;
}

static void merge(struct batch *batch, struct alert_draft *old, struct json alert,
	enum alert_state state)
{
	struct untrusted more = receivers(batch, json_get(alert, "receivers"));
	struct str out;

	if (old->state == ALERT_SILENCED && state == ALERT_FIRING) {
		old->state = ALERT_FIRING;
		old->texts[ALERT_ACKED_BY] = UNTRUSTED_NONE;
	}
	if (untrusted_eq(more, old->texts[ALERT_ASSIGNED]) || untrusted_empty(more))
		return;
	str_init(&out, LIST_TEXT);
	text_add_line(&out, old->texts[ALERT_ASSIGNED], LIST_TEXT);
	str_puts(&out, ", ");
	text_add_line(&out, more, LIST_TEXT);
	old->texts[ALERT_ASSIGNED] = batch_keep_str(batch, str_text(&out));
	str_release(&out);
}

static void fill_page_keys(
	const struct alertmanager *am, struct batch *batch, struct alert_draft *draft)
{
	char keys[ROUTES_MAX_KEYS][SHA256_DIGITS + 1];
	size_t n = am->routes ? routes_keys(am->routes, draft->labels, draft->label_count,
					keys)
			      : 0;
	struct str out;

	if (!n)
		return;
	str_init(&out, sizeof keys);
	for (size_t i = 0; i < n; i++)
		str_printf(&out, "%s%s", i ? " " : "", keys[i]);
	draft->texts[ALERT_PAGE_KEYS] = batch_keep_str(batch, str_text(&out));
	str_release(&out);
}

/* Kept as it is when it is another one: its times move with each word of its rule. The
 * one that is looked at comes with every reading. */
static void keep_raw(struct alertmanager *am, struct batch *batch,
	const struct alert_draft *draft, struct json alert)
{
	struct untrusted id = draft->texts[ALERT_ID];
	struct str stamp;

	if (untrusted_is(id, am->opened)) {
		raw_give(batch, id, alert);
		return;
	}
	str_init(&stamp, LIST_TEXT * 2);
	str_printf(&stamp, "%lld %d ", (long long)draft->started_at, draft->state);
	text_add_line(&stamp, draft->texts[ALERT_ACKED_BY], LIST_TEXT);
	raws_add(&am->raws, batch, alert, id, untrusted_make(stamp.p, stamp.n));
	str_release(&stamp);
}

static void read_alert(struct alertmanager *am, struct json alert, int64_t now,
	struct seen *seen, struct batch *batch)
{
	struct json labels = json_get(alert, "labels");
	struct untrusted id = json_text(json_get(alert, "fingerprint"));
	struct alert_draft *draft;
	size_t number = batch->alert_count;
	int64_t ended_at = 0;
	enum alert_state state;

	if (!json_is_object(labels)) {
		/* Never silently short. */
		batch->partial = true;
		batch_warn(batch, "an alert without labels was left out");
		return;
	}
	if (untrusted_empty(id))
		id = labels_fingerprint(batch, labels);
	json_time(json_get(alert, "endsAt"), &ended_at);
	state = state_of(alert, ended_at, now);
	if (seen_before(seen, id, &number)) {
		merge(batch, &batch->alerts[number], alert, state);
		return;
	}
	draft = batch_add_alert(batch);
	if (!draft)
		return;
	labels_fill_alert(batch, draft, labels, json_get(alert, "annotations"));
	fill_page_keys(am, batch, draft);
	draft->state = state;
	draft->ended_at = state == ALERT_RESOLVED ? ended_at : 0;
	json_time(json_get(alert, "startsAt"), &draft->started_at);
	json_time(json_get(alert, "updatedAt"), &draft->updated_at);
	draft->texts[ALERT_ID] = batch_keep(batch, id);
	if (state == ALERT_SILENCED)
		draft->texts[ALERT_ACKED_BY] = muted_by(batch, json_get(alert, "status"));
	draft->texts[ALERT_ASSIGNED] = receivers(batch, json_get(alert, "receivers"));
	draft->texts[ALERT_SOURCE_EXPR] =
		batch_keep(batch, json_text(json_get(alert, "generatorURL")));
	draft->texts[ALERT_LINK] = page(
		am, batch, draft->texts[ALERT_TITLE], draft->texts[ALERT_SOURCE_EXPR]);
	keep_raw(am, batch, draft, alert);
}

static void print_matcher(struct str *out, struct json matcher)
{
	bool equal = json_bool(json_get(matcher, "isEqual"), true);
	bool regex = json_bool(json_get(matcher, "isRegex"), false);
	char name[128];

	if (out->n)
		str_putc(out, ',');
	if (text_to_id(json_text(json_get(matcher, "name")), name, sizeof name))
		str_puts(out, name);
	else
		text_add_promql(out, json_text(json_get(matcher, "name")));
	str_puts(out, equal ? (regex ? "=~" : "=") : (regex ? "!~" : "!="));
	text_add_promql(out, json_text(json_get(matcher, "value")));
}

static void read_silence(struct json silence, struct batch *batch)
{
	struct untrusted state = json_text(json_get(silence, "status.state"));
	struct json matchers = json_get(silence, "matchers");
	struct batch_silence *s;
	struct str printed;

	if (!json_is_object(silence) || untrusted_is(state, "expired"))
		return;
	s = batch_add_silence(batch);
	if (!s)
		return;
	str_init(&printed, LABELS_MAX_TEXT);
	for (struct json m = json_first(matchers); json_item(m); m = json_next(m))
		print_matcher(&printed, m);
	s->matchers = batch_keep_str(batch, str_text(&printed));
	str_release(&printed);
	s->id = batch_keep(batch, json_text(json_get(silence, "id")));
	s->comment = batch_keep(batch, json_text(json_get(silence, "comment")));
	s->author = batch_keep(batch, json_text(json_get(silence, "createdBy")));
	s->active = untrusted_is(state, "active");
	json_time(json_get(silence, "startsAt"), &s->starts_at);
	json_time(json_get(silence, "endsAt"), &s->ends_at);
}

/* All that there is of the one that is looked at came with the list. */
static void say_opened(const struct alertmanager *am, struct batch *batch, bool listed)
{
	struct batch_opened *said;

	if (!*am->opened || !(said = arena_alloc(batch->arena, sizeof *said)))
		return;
	*said = (struct batch_opened){
		.incident = batch_keep_str(batch, am->opened), .ended = true};
	if (!listed)
		said->lacks = untrusted_str("the server lists it no more");
	batch->opened = said;
}

static void read_alerts(
	struct alertmanager *am, struct json list, int64_t now, struct batch *batch)
{
	size_t number = 0;
	struct seen seen;

	seen_init(&seen);
	raws_begin(&am->raws);
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		read_alert(am, e, now, &seen, batch);
	raws_settle(&am->raws);
	say_opened(am, batch, seen_find(&seen, untrusted_str(am->opened), &number));
	seen_release(&seen);
	batch->alerts_snapshot = true;
}

/* An error is a bare JSON string, or {"code":…,"message":"…"} of its router. */
static bool refused(const struct answer *answer, struct err *err)
{
	struct untrusted words = UNTRUSTED_NONE;
	struct json_doc doc = {NULL};
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!answer->status)
		return false;
	if (n && json_parse(&doc, text, n, ERROR_MAX_BODY, NULL)) {
		words = json_text(json_root(&doc));
		if (untrusted_empty(words))
			words = json_text(json_get(json_root(&doc), "message"));
	}
	answer_refused(answer, words, err);
	json_release(&doc);
	return false;
}

static bool read_list(struct alertmanager *am, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	struct json_doc doc;
	struct json list;
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!json_parse(&doc, text ? text : "", n, ALERTS_MAX_BODY, err))
		return err_prefix(err, "%s: ", answer->origin);
	list = json_root(&doc);
	if (!json_is_array(list)) {
		json_release(&doc);
		return err_set(err, ERR_INPUT,
			"%s: JSON, but not a list of Alertmanager: check url",
			answer->origin);
	}
	if (answer->id == ALERTS) {
		read_alerts(am, list, answer->now, batch);
	} else {
		for (struct json e = json_first(list); json_item(e); e = json_next(e))
			read_silence(e, batch);
		batch->silences_snapshot = true;
	}
	json_release(&doc);
	return true;
}

/* All peers of a cluster list all of its peers: the first of their names stands for it,
 * whoever of them is asked. */
static void read_cluster(struct batch *batch, struct json cluster)
{
	struct json peers = json_get(cluster, "peers");
	struct untrusted first = UNTRUSTED_NONE;
	size_t count = 0;

	for (struct json e = json_first(peers); json_item(e); e = json_next(e)) {
		struct untrusted name = json_text(json_get(e, "name"));

		if (untrusted_empty(name))
			continue;
		if (!count++ || untrusted_cmp(name, first) < 0)
			first = name;
	}
	batch->cluster_told = true;
	batch->cluster = count > 1 ? untrusted_hash(first) : 0;
}

/* What it cannot say, nothing is made of: the alerts are what counts. */
static void read_status(
	struct alertmanager *am, const struct answer *answer, struct batch *batch)
{
	struct routes *routes = NULL;
	struct json_doc doc;
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!n || !json_parse(&doc, text, n, STATUS_MAX_BODY, NULL))
		return;
	routes =
		routes_new(json_text(json_get(json_root(&doc), "config.original")), NULL);
	read_cluster(batch, json_get(json_root(&doc), "cluster"));
	json_release(&doc);
	routes_free(am->routes);
	am->routes = routes;
}

/* Never an error: a server that does not say it is only joined less well. */
static void take_status(
	struct alertmanager *am, const struct answer *answer, struct batch *batch)
{
	bool known = am->routes != NULL;

	if (answer->status == 200)
		read_status(am, answer, batch);
	if (!known && am->routes && am->alerts.begun)
		job_hurry(&am->alerts);
	job_done(&am->status, answer, true);
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct alertmanager *am = state;
	bool ok;

	if (answer->id == STATUS) {
		take_status(am, answer, batch);
		return true;
	}
	ok = answer->status == 200 ? read_list(am, answer, batch, err)
				   : refused(answer, err);
	job_done(answer->id == ALERTS ? &am->alerts : &am->silences, answer, ok);
	return ok;
}

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct alertmanager *am = state;

	am->conf = conf;
	am->prefix = str_ends(conf->url, "/api/v2") ? "" : "/api/v2";
	if ((conf->filter && strlen(conf->filter) > PATH_MAX_BYTES / 4) ||
		(conf->receiver && strlen(conf->receiver) > PATH_MAX_BYTES / 8))
		return err_set(
			err, ERR_LIMIT, "source %s: filter is too long", conf->name);
	job_init(&am->alerts, conf->every_ms, conf->seed);
	job_init(&am->silences, conf->every_ms, conf->seed);
	job_init(&am->status, STATUS_EVERY_MS, conf->seed + 1);
	raws_init(&am->raws);
	return true;
}

static void stop(void *state)
{
	struct alertmanager *am = state;

	routes_free(am->routes);
	raws_release(&am->raws);
}

const struct source_kind alertmanager_source = {
	.name = "alertmanager",
	.help = "Prometheus Alertmanager: alerts and silences",
	.opens = true,
	.alerts = true,
	.actions = &alertmanager_actions,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct alertmanager),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};
