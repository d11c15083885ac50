/* A Kubernetes cluster as a source of changes. Each kind of object is listed once and
 * then watched in short turns: a watch is asked to end after a second, brings what has
 * happened since the last one, and no connection is held open for each console. What may
 * not be read is said and tried again later; the rest goes on.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "connect/source.h"

#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "job.h"
#include "kube.h"
#include "labels.h"

#include <stdio.h>
#include <string.h>

enum {
	MAX_SPACES = 8,
	PAGE = 500,
	LIST_MAX_BODY = 64 << 20,
	ERROR_MAX_BODY = 64 << 10,
	PATH_MAX_BYTES = 8 << 10,
	MAX_VERSION = 256,
	MAX_TOKEN = 4096,
	WATCH_MS = 1000,
	MAX_RESTARTS = 3,
	DENIED_MS = 5 * 60 * 1000,
};

static const struct resource {
	const char *name, *group, *query;
	bool space; /* lives in a namespace */
} resources[KUBE_KINDS] = {
	[KUBE_DEPLOYMENTS] = {"deployments", "/apis/apps/v1", "", true},
	[KUBE_REPLICASETS] = {"replicasets", "/apis/apps/v1", "", true},
	[KUBE_STATEFULSETS] = {"statefulsets", "/apis/apps/v1", "", true},
	[KUBE_DAEMONSETS] = {"daemonsets", "/apis/apps/v1", "", true},
	[KUBE_PODS] = {"pods", "/api/v1", "", true},
	[KUBE_NODES] = {"nodes", "/api/v1", "", false},
	[KUBE_EVENTS] = {"events", "/api/v1", "&fieldSelector=type%21%3DNormal", true},
};

/* One kind in one namespace, or in all. */
struct stream {
	enum kube_kind kind;
	const char *space;
	struct job job;
	char version[MAX_VERSION]; /* to watch from; "": it is to be listed */
	char more[MAX_TOKEN];      /* of the list's next page */
	uint32_t mark;             /* of the list under way; 0: none */
	int restarts;              /* of the list under way */
	bool denied;
};

struct kube {
	const struct source_conf *conf;
	char spaces[MAX_SPACES][64];
	struct stream streams[KUBE_KINDS * MAX_SPACES];
	int count;
	struct kube_world world;
	uint32_t hurry;
};

/* --- asking --- */

static void add_path(struct str *path, const struct stream *s)
{
	const struct resource *r = &resources[s->kind];

	str_puts(path, r->group);
	if (s->space)
		str_printf(path, "/namespaces/%s", s->space);
	str_printf(path, "/%s", r->name);
	if (*s->version) {
		str_printf(path, "?watch=1&allowWatchBookmarks=true&timeoutSeconds=%d",
			WATCH_MS / 1000);
		str_puts(path, "&resourceVersion=");
		text_add_url(path, untrusted_str(s->version));
	} else {
		str_printf(path, "?limit=%d", PAGE);
		if (*s->more) {
			str_puts(path, "&continue=");
			text_add_url(path, untrusted_str(s->more));
		}
	}
	str_puts(path, r->query);
}

static bool ask(const struct kube *kube, int number, struct arena *arena, struct ask *out)
{
	const struct stream *s = &kube->streams[number];
	struct str path;

	str_init(&path, PATH_MAX_BYTES);
	add_path(&path, s);
	*out = (struct ask){.kind = ASK_HTTP,
		.id = number,
		.method = "GET",
		.path = path.cut ? NULL : arena_strdup(arena, str_text(&path)),
		.holds_ms = *s->version ? WATCH_MS : 0,
		.max_bytes = LIST_MAX_BODY};
	str_release(&path);
	return out->path != NULL;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct kube *kube = state;
	int due = -1;

	if (window->hurry != kube->hurry) {
		kube->hurry = window->hurry;
		for (int i = 0; i < kube->count; i++)
			job_hurry(&kube->streams[i].job);
	}
	out->until = now + kube->conf->every_ms;
	for (int i = 0; i < kube->count; i++) {
		struct job *job = &kube->streams[i].job;

		out->until = job_until(job, out->until);
		/* What is due longest goes first. */
		if (job_due(job, now) &&
			(due < 0 || job->due_at < kube->streams[due].job.due_at))
			due = i;
	}
	if (due < 0) {
		out->kind = ASK_WAIT;
		return true;
	}
	job_ask(&kube->streams[due].job, now);
	return ask(kube, due, arena, out);
}

/* --- reading --- */

static struct kube_view view_of(struct kube *kube, struct stream *s,
	const struct answer *answer, struct batch *batch)
{
	return (struct kube_view){.world = &kube->world,
		.kind = s->kind,
		.space = s->space,
		.mark = s->mark,
		.now = answer->now,
		.batch = batch};
}

static void restart(struct stream *s)
{
	s->version[0] = s->more[0] = '\0';
	s->mark = 0;
}

/* Neither a token nor a version is looked into: they go back as they came. */
static bool keep_word(struct json from, char *out, size_t size)
{
	struct untrusted word = json_text(from);

	if (untrusted_size(word) >= size)
		return false;
	text_line(word, out, size);
	return untrusted_is(word, out);
}

static bool no_list(const struct answer *answer, struct err *err)
{
	return err_set(err, ERR_INPUT,
		"%s: JSON, but not a list of Kubernetes: check url", answer->origin);
}

static bool take_list(struct kube *kube, struct stream *s, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	struct kube_view view;
	struct json_doc doc;
	struct json root, items;
	char kind[80];
	bool ok;

	if (!json_read(&doc, answer->body, LIST_MAX_BODY, err))
		return err_prefix(err, "%s: ", answer->origin);
	root = json_root(&doc);
	items = json_get(root, "items");
	text_line(json_text(json_get(root, "kind")), kind, sizeof kind);
	ok = str_ends(kind, "List") && (json_is_array(items) || !json_ok(items)) &&
	     keep_word(json_get(root, "metadata.continue"), s->more, sizeof s->more);
	if (!ok) {
		json_release(&doc);
		restart(s);
		return no_list(answer, err);
	}
	if (!s->mark)
		s->mark = kube_list_begin(&kube->world, s->kind);
	view = view_of(kube, s, answer, batch);
	for (struct json e = json_first(items); json_item(e); e = json_next(e))
		kube_object(&view, e);
	if (!*s->more) {
		kube_list_end(&view);
		s->mark = 0;
		s->restarts = 0;
		if (!keep_word(json_get(root, "metadata.resourceVersion"), s->version,
			    sizeof s->version))
			s->version[0] = '\0';
	}
	json_release(&doc);
	return true;
}

/* What a watch says when what it should go on from is forgotten. */
static bool is_gone(struct json status)
{
	int64_t code = 0;

	json_i64(json_get(status, "code"), &code);
	return code == 410;
}

static bool take_event(struct kube *kube, struct stream *s, struct json event,
	const struct kube_view *view, struct err *err)
{
	struct untrusted type = json_text(json_get(event, "type"));
	struct json object = json_get(event, "object");
	char words[200];

	if (untrusted_is(type, "ERROR")) {
		restart(s);
		if (is_gone(object))
			return true;
		return err_set(err, ERR_INPUT, "a watch of %s ended: %s",
			resources[s->kind].name,
			text_line(json_text(json_get(object, "message")), words,
				sizeof words));
	}
	if (untrusted_is(type, "DELETED"))
		kube_gone(view, object);
	else if (untrusted_is(type, "ADDED") || untrusted_is(type, "MODIFIED"))
		kube_object(view, object);
	if (!keep_word(json_get(object, "metadata.resourceVersion"), s->version,
		    sizeof s->version))
		restart(s);
	(void)kube;
	return true;
}

/* A line each. The last one may have been cut with the connection: it comes again. */
static bool take_watch(struct kube *kube, struct stream *s, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	struct kube_view view = view_of(kube, s, answer, batch);
	struct untrusted rest = answer->body, line;
	bool ok = true;

	while (ok && *s->version && untrusted_line(&rest, &line)) {
		struct json_doc doc;

		if (untrusted_empty(untrusted_trim(line)))
			continue;
		if (!json_read(&doc, line, LIST_MAX_BODY, err)) {
			if (untrusted_empty(rest)) {
				*err = (struct err){0};
				break;
			}
			restart(s);
			return err_prefix(err, "%s: a watch: ", answer->origin);
		}
		ok = take_event(kube, s, json_root(&doc), &view, err);
		json_release(&doc);
	}
	return ok;
}

/* {"kind":"Status","message":"…"} */
static bool refused(const struct answer *answer, struct err *err)
{
	struct untrusted words = UNTRUSTED_NONE;
	struct json_doc doc = {NULL};

	if (!answer->status)
		return false;
	if (json_read(&doc, answer->body, ERROR_MAX_BODY, NULL))
		words = json_text(json_get(json_root(&doc), "message"));
	answer_refused(answer, words, err);
	json_release(&doc);
	return false;
}

/* What may not be read is left alone for a while, unless that is all there is. */
static bool take_denied(struct kube *kube, struct stream *s, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	char words[160];

	restart(s);
	s->denied = true;
	for (int i = 0; i < kube->count; i++)
		if (!kube->streams[i].denied) {
			snprintf(words, sizeof words, "may not read %s%s%s",
				resources[s->kind].name, s->space ? " of " : "",
				s->space ? s->space : "");
			batch_warn(batch, words);
			batch->partial = true;
			return true;
		}
	return refused(answer, err);
}

/* A list that is read more slowly than its token lives begins anew, at once; what a watch
 * should go on from is listed when its turn comes. */
static bool take_expired(struct stream *s, const struct answer *answer, struct err *err)
{
	bool list = !*s->version;

	restart(s);
	if (!list)
		return true;
	if (++s->restarts <= MAX_RESTARTS)
		return true;
	s->restarts = 0;
	return err_set(err, ERR_LIMIT,
		"%s: the list of %s expires before all of its pages are read",
		answer->origin, resources[s->kind].name);
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct kube *kube = state;
	struct stream *s = &kube->streams[answer->id];
	bool ok = true, denied = answer->status == 403 || answer->status == 404;

	if (answer->status == 200)
		ok = *s->version ? take_watch(kube, s, answer, batch, err)
				 : take_list(kube, s, answer, batch, err);
	else if (answer->status == 410)
		ok = take_expired(s, answer, err);
	else if (denied)
		ok = take_denied(kube, s, answer, batch, err);
	else
		ok = refused(answer, err);
	s->denied = s->denied && answer->status != 200;
	job_done(&s->job, answer, ok);
	if (denied && ok)
		job_put_off(&s->job, answer->now, DENIED_MS);
	else if (ok && (*s->more || s->restarts))
		job_hurry(&s->job);
	return ok;
}

/* --- life --- */

static bool take_spaces(
	struct kube *kube, const struct source_conf *conf, int *count, struct err *err)
{
	struct untrusted rest = untrusted_str(conf->filter), word;

	*count = 0;
	while (untrusted_word(&rest, ", ", &word)) {
		if (*count == MAX_SPACES)
			return err_set(err, ERR_LIMIT,
				"source %s: more than %d namespaces in filter: leave it "
				"away, and all are read",
				conf->name, MAX_SPACES);
		if (!text_to_id(word, kube->spaces[*count], sizeof kube->spaces[0]))
			return err_set(err, ERR_USAGE,
				"source %s: filter is a list of namespaces", conf->name);
		++*count;
	}
	return true;
}

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct kube *kube = state;
	int spaces;

	kube->conf = conf;
	if (conf->timeout_ms < 2 * WATCH_MS)
		return err_set(err, ERR_USAGE,
			"source %s: timeout must be 2s or more: a watch takes one",
			conf->name);
	if (!take_spaces(kube, conf, &spaces, err))
		return false;
	for (int kind = 0; kind < KUBE_KINDS; kind++)
		for (int i = 0; i < (resources[kind].space && spaces ? spaces : 1); i++) {
			struct stream *s = &kube->streams[kube->count++];

			s->kind = (enum kube_kind)kind;
			s->space =
				resources[kind].space && spaces ? kube->spaces[i] : NULL;
			job_init(&s->job, conf->every_ms,
				conf->seed + (uint64_t)kube->count);
		}
	kube_world_init(&kube->world);
	return true;
}

static void stop(void *state)
{
	kube_world_release(&((struct kube *)state)->world);
}

const struct source_kind kubernetes_source = {
	.name = "kubernetes",
	.help = "Kubernetes: rollouts, scaling, OOM kills and restarts, nodes, warnings",
	.changes_ms = KUBE_CHANGES_MS,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct kube),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};
