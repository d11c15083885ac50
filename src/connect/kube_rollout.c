/* Rollouts and scaling of a cluster's workloads. A rollout of a Deployment is a new
 * ReplicaSet of it with another revision; that of a StatefulSet or DaemonSet another
 * template of its pods. One change stands for a rollout from its start to its end: its
 * words change, its id does not. Any thread, one at a time. */
#include "kube.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCALE_MS = 10 * 60 * 1000, /* steps that near are one change */
	MAX_TEMPLATE = 1 << 20,
	STAMP = 40,
};

/* What a revision runs. */
struct content {
	struct untrusted images; /* a line "container=image" each; owned */
	uint64_t template;
	char restarted[STAMP]; /* when somebody asked for new pods of the same */
};

/* A revision of a Deployment, as its ReplicaSet says it. */
struct kube_turn {
	char key[KUBE_KEY]; /* of the Deployment */
	char owner[KUBE_KEY];
	int64_t revision, created_at;
	struct content content;
};

enum progress { UNDER_WAY, DONE, STUCK };

/* What the object's status says of a revision. */
struct status {
	int64_t about;
	enum progress progress;
	int64_t done_at, ready;
};

struct kube_workload {
	uint32_t mark;
	bool seen; /* the object itself, not only a revision of it */
	int64_t replicas;
	struct content now;
	/* The last rollout; begun_at 0: none is known. */
	struct untrusted from; /* images before; owned */
	int64_t revision;      /* of `now`; 0: not known */
	int64_t begun_at;
	bool first, back, anew,
		same; /* the first; an old revision; new pods; no new image */
	struct status status;
	uint64_t told; /* hash of the words */
	int64_t scaled_from, scaled_at, scale_id;
};

static void content_free(struct content *content)
{
	untrusted_free(content->images);
	*content = (struct content){0};
}

static struct content content_copy(const struct content *from)
{
	struct content copy = *from;

	copy.images = untrusted_keep(from->images, KUBE_IMAGES);
	return copy;
}

void kube_workload_free(void *workload)
{
	struct kube_workload *w = workload;

	content_free(&w->now);
	untrusted_free(w->from);
	mem_free(w);
}

uint32_t *kube_workload_mark(void *workload)
{
	return &((struct kube_workload *)workload)->mark;
}

void kube_turns_drop(struct kube_world *world)
{
	for (size_t i = 0; i < world->turn_count; i++)
		content_free(&world->turns[i].content);
	world->turn_count = 0;
}

/* --- reading --- */

static void add_images(struct str *out, struct json containers)
{
	for (struct json e = json_first(containers); json_item(e); e = json_next(e)) {
		text_add_line(out, json_text(json_get(e, "name")), 80);
		str_putc(out, '=');
		text_add_line(out, json_text(json_get(e, "image")), 200);
		str_putc(out, '\n');
	}
}

static struct content read_content(struct json object)
{
	struct json template = json_get(object, "spec.template");
	struct content content = {0};
	struct str text;

	str_init(&text, KUBE_IMAGES);
	add_images(&text, json_get(template, "spec.initContainers"));
	add_images(&text, json_get(template, "spec.containers"));
	content.images = untrusted_keep(untrusted_str(str_text(&text)), KUBE_IMAGES);
	str_release(&text);
	str_init(&text, MAX_TEMPLATE);
	if (json_print(json_get(template, "spec"), &text))
		content.template = untrusted_hash(untrusted_str(str_text(&text)));
	str_release(&text);
	text_line(json_text(kube_member(json_get(template, "metadata.annotations"),
			  "kubectl.kubernetes.io/restartedAt")),
		content.restarted, STAMP);
	return content;
}

static int64_t read_revision(struct json object)
{
	int64_t revision = 0;

	json_i64(kube_member(json_get(object, "metadata.annotations"),
			 "deployment.kubernetes.io/revision"),
		&revision);
	return revision;
}

static int64_t number(struct json object, const char *path, int64_t otherwise)
{
	int64_t value;

	return json_i64(json_get(object, path), &value) ? value : otherwise;
}

/* --- words --- */

/* "registry:5000/team/api:1.3" is api:1.3; a digest is cut to what one can compare. */
static void add_image(struct str *out, struct untrusted image)
{
	ptrdiff_t at;

	while ((at = untrusted_find(image, "/")) >= 0)
		image = untrusted_slice(image, (size_t)at + 1, SIZE_MAX);
	at = untrusted_find(image, "@sha256:");
	if (at >= 0)
		image = untrusted_slice(
			image, 0, (size_t)at + sizeof "@sha256:" - 1 + 12);
	text_add_line(out, image, 100);
}

static bool split_line(
	struct untrusted *rest, struct untrusted *name, struct untrusted *image)
{
	ptrdiff_t at;

	if (!untrusted_line(rest, image))
		return false;
	at = untrusted_find(*image, "=");
	*name = untrusted_slice(*image, 0, at < 0 ? 0 : (size_t)at);
	*image = untrusted_slice(*image, at < 0 ? 0 : (size_t)at + 1, SIZE_MAX);
	return true;
}

static struct untrusted image_of(struct untrusted images, struct untrusted container)
{
	struct untrusted name, image;

	while (split_line(&images, &name, &image))
		if (untrusted_eq(name, container))
			return image;
	return UNTRUSTED_NONE;
}

/* "api:1.2 → api:1.3, proxy:4 → proxy:5", or all images when none was before. */
static void add_images_change(struct str *out, struct untrusted from, struct untrusted to)
{
	struct untrusted rest = to, name, image;
	const char *between = "";

	while (split_line(&rest, &name, &image)) {
		struct untrusted before = image_of(from, name);

		if (untrusted_eq(before, image))
			continue;
		str_puts(out, between);
		if (!untrusted_empty(before)) {
			add_image(out, before);
			str_puts(out, " → ");
		}
		add_image(out, image);
		between = ", ";
	}
}

static void add_content(struct str *out, const struct kube_workload *w)
{
	if (w->first)
		str_puts(out, "first, ");
	if (!w->same || w->first) {
		add_images_change(
			out, w->first ? UNTRUSTED_NONE : w->from, w->now.images);
		return;
	}
	str_puts(out, w->anew ? "the same again, " : "other settings, ");
	add_images_change(out, UNTRUSTED_NONE, w->now.images);
}

static void add_progress(struct str *out, const struct kube_workload *w)
{
	char text[TIME_TEXT];

	if (w->status.progress == STUCK)
		str_printf(out, "; stuck, %lld of %lld pods ready",
			(long long)w->status.ready, (long long)w->replicas);
	else if (w->status.progress == UNDER_WAY)
		str_puts(out, "; under way");
	else if (w->status.done_at > w->begun_at)
		str_printf(out, "; done after %s",
			duration_text(w->status.done_at - w->begun_at, text));
	else
		str_puts(out, "; done");
}

static struct untrusted name_in(const char *key)
{
	const char *slash = strchr(key, '/');

	return untrusted_str(slash ? slash + 1 : key);
}

/* Its words, when they are others than those that were told last. */
static void tell_rollout(
	const struct kube_view *view, const char *key, struct kube_workload *w)
{
	char id[KUBE_KEY + 32];
	struct str text;
	uint64_t hash;

	if (!w->begun_at || w->status.about != w->revision)
		return;
	str_init(&text, KUBE_SUMMARY);
	str_printf(&text, "%s r%lld of %s: ", w->back ? "rollback" : "rollout",
		(long long)w->revision, key);
	add_content(&text, w);
	add_progress(&text, w);
	hash = untrusted_hash(untrusted_str(str_text(&text)));
	snprintf(id, sizeof id, "%s/r%lld", key, (long long)w->revision);
	if (hash != w->told)
		kube_change(view, id, w->begun_at, name_in(key), str_text(&text));
	w->told = hash;
	str_release(&text);
}

/* --- rollouts --- */

/* From what it ran to `next`, which is copied. */
static void begin_rollout(
	struct kube_workload *w, const struct content *next, int64_t revision, int64_t at)
{
	bool known = !untrusted_empty(w->now.images);

	untrusted_free(w->from);
	w->from = w->now.images;
	w->now.images = UNTRUSTED_NONE;
	w->first = !known && revision == 1;
	w->same = known && untrusted_eq(w->from, next->images);
	w->anew = strcmp(w->now.restarted, next->restarted) != 0;
	w->now = content_copy(next);
	w->revision = revision;
	w->begun_at = at;
	w->back = false;
	w->told = 0;
}

static struct kube_workload *workload_at(
	struct kube_world *world, enum kube_kind kind, const char *key)
{
	struct kube_workload *w = map_get(&world->objects[kind], key, strlen(key));

	if (!w) {
		w = mem_new(1, sizeof *w);
		map_put(&world->objects[kind], key, strlen(key), w);
	}
	return w;
}

static bool read_turn(struct json object, struct kube_turn *turn)
{
	char space[260], name[260] = "";

	*turn = (struct kube_turn){.revision = read_revision(object)};
	for (struct json e = json_first(json_get(object, "metadata.ownerReferences"));
		json_item(e); e = json_next(e))
		if (json_bool(json_get(e, "controller"), false) &&
			untrusted_is(json_text(json_get(e, "kind")), "Deployment"))
			text_line(json_text(json_get(e, "name")), name, sizeof name);
	if (!*name || turn->revision < 1)
		return false;
	text_line(json_text(json_get(object, "metadata.namespace")), space, sizeof space);
	snprintf(turn->key, sizeof turn->key, "%s/%s", space, name);
	json_time(json_get(object, "metadata.creationTimestamp"), &turn->created_at);
	turn->content = read_content(object);
	return true;
}

/* A watch says that there is a newer revision. One whose ReplicaSet is older than the
 * rollout before is an old one that somebody went back to. */
static void take_turn(const struct kube_view *view, const struct kube_turn *turn)
{
	struct kube_workload *w = workload_at(view->world, KUBE_DEPLOYMENTS, turn->key);
	bool back = w->begun_at && turn->created_at < w->begun_at;

	if (turn->revision <= w->revision)
		return;
	begin_rollout(w, &turn->content, turn->revision,
		back || !turn->created_at ? view->now : turn->created_at);
	w->back = back;
	tell_rollout(view, turn->key, w);
}

void kube_replicaset(const struct kube_view *view, struct json object)
{
	struct kube_world *world = view->world;
	struct kube_turn turn;

	if (!read_turn(object, &turn))
		return;
	if (!view->mark) {
		take_turn(view, &turn);
		content_free(&turn.content);
		return;
	}
	MEM_ROOM(world->turns, world->turn_count, world->turn_cap);
	world->turns[world->turn_count++] = turn;
}

static int compare_turns(const void *a, const void *b)
{
	const struct kube_turn *x = a, *y = b;
	int order = strcmp(x->key, y->key);

	return order ? order : (x->revision > y->revision) - (x->revision < y->revision);
}

/* The revisions of one Deployment, oldest first: the way that it went. Those before the
 * last one are over. */
static void walk_turns(
	const struct kube_view *view, const struct kube_turn *turns, size_t count)
{
	struct kube_workload *w = workload_at(view->world, KUBE_DEPLOYMENTS, turns->key);
	const struct status status = w->status;
	int64_t newest = 0;

	if (turns[count - 1].revision <= w->revision)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct kube_turn *turn = &turns[i];
		bool back = turn->created_at < newest, last = i + 1 == count;

		newest = back ? newest : turn->created_at;
		if (turn->revision <= w->revision)
			continue;
		/* Of an old one that was gone back to nobody says when. */
		begin_rollout(w, &turn->content, turn->revision,
			back || turn->created_at < view->now - KUBE_CHANGES_MS
				? 0
				: turn->created_at);
		w->status =
			last ? status
			     : (struct status){.about = w->revision, .progress = DONE};
		tell_rollout(view, turn->key, w);
	}
}

void kube_replicasets_end(const struct kube_view *view)
{
	struct kube_world *world = view->world;
	size_t n = world->turn_count;

	qsort(world->turns, n, sizeof *world->turns, compare_turns);
	for (size_t i = 0, next; i < n; i = next) {
		next = i + 1;
		while (next < n && !strcmp(world->turns[i].key, world->turns[next].key))
			next++;
		walk_turns(view, &world->turns[i], next - i);
	}
	kube_turns_drop(world);
}

/* --- the objects themselves --- */

/* All pods are of the newest template, and ready. */
static bool complete(enum kube_kind kind, struct json object, int64_t replicas)
{
	static const struct {
		const char *updated, *ready;
	} names[] = {
		[KUBE_DEPLOYMENTS] = {"status.updatedReplicas",
			"status.availableReplicas"},
		[KUBE_STATEFULSETS] = {"status.updatedReplicas", "status.readyReplicas"},
		[KUBE_DAEMONSETS] = {"status.updatedNumberScheduled",
			"status.numberAvailable"},
	};
	struct untrusted revision = json_text(json_get(object, "status.updateRevision"));
	bool updated = number(object, names[kind].updated, 0) >= replicas;

	/* A StatefulSet whose update is over does not count them any more. */
	if (!untrusted_empty(revision))
		updated |= untrusted_eq(
			revision, json_text(json_get(object, "status.currentRevision")));
	return updated && number(object, names[kind].ready, 0) >= replicas &&
	       number(object, "status.replicas", replicas) <= replicas &&
	       number(object, "status.observedGeneration", 0) >=
		       number(object, "metadata.generation", 0);
}

static void read_status(const struct kube_view *view, struct kube_workload *w,
	struct json object, int64_t about)
{
	struct json progressing = kube_condition(object, "Progressing");
	struct status *s = &w->status;
	int64_t at = view->now;

	if (about != s->about)
		*s = (struct status){.about = about};
	s->ready = number(object,
		view->kind == KUBE_DAEMONSETS ? "status.numberReady"
					      : "status.readyReplicas",
		0);
	if (complete(view->kind, object, w->replicas)) {
		json_time(json_get(progressing, "lastUpdateTime"), &at);
		if (s->progress != DONE)
			s->done_at = at;
		s->progress = DONE;
	} else if (untrusted_is(json_text(json_get(progressing, "reason")),
			   "ProgressDeadlineExceeded")) {
		s->progress = STUCK;
	} else if (s->progress != DONE) {
		/* A pod that falls after the rollout was done is none. */
		s->progress = UNDER_WAY;
	}
}

static void tell_scale(const struct kube_view *view, const char *key,
	struct kube_workload *w, int64_t replicas, int64_t generation)
{
	char id[KUBE_KEY + 40], text[KUBE_SUMMARY];

	if (view->now - w->scaled_at > SCALE_MS) {
		w->scaled_from = w->replicas;
		w->scale_id = generation;
	}
	w->scaled_at = view->now;
	snprintf(id, sizeof id, "%s/scale/%lld", key, (long long)w->scale_id);
	snprintf(text, sizeof text, "scaled %s from %lld to %lld", key,
		(long long)w->scaled_from, (long long)replicas);
	kube_change(view, id, view->now, name_in(key), text);
}

/* Those without revisions of their own: another template is another rollout. */
static void take_template(const struct kube_view *view, struct kube_workload *w,
	struct json object, int64_t generation)
{
	struct content next = read_content(object);

	if (!w->seen) {
		content_free(&w->now);
		w->now = next;
		w->revision = generation;
		return;
	}
	if (next.template != w->now.template || strcmp(next.restarted, w->now.restarted))
		begin_rollout(w, &next, generation, view->now);
	content_free(&next);
}

void kube_workload(const struct kube_view *view, const char *key, struct json object)
{
	struct kube_workload *w = workload_at(view->world, view->kind, key);
	bool daemon = view->kind == KUBE_DAEMONSETS;
	int64_t generation = number(object, "metadata.generation", 0);
	int64_t replicas = number(
		object, daemon ? "status.desiredNumberScheduled" : "spec.replicas", 1);

	w->mark = view->mark ? view->mark : w->mark;
	if (w->seen && replicas != w->replicas && !daemon)
		tell_scale(view, key, w, replicas, generation);
	w->replicas = replicas;
	if (view->kind != KUBE_DEPLOYMENTS)
		take_template(view, w, object, generation);
	read_status(view, w, object,
		view->kind == KUBE_DEPLOYMENTS ? read_revision(object) : w->revision);
	w->seen = true;
	tell_rollout(view, key, w);
}
