/* The objects of a cluster by their kind: pods whose containers end, nodes that come and
 * go, warnings; and what all kinds share. A list says again what a watch has said, so a
 * change has an id that is made of what happened, never of when it was heard.
 * Any thread, one at a time. */
#include "kube.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "labels.h"

#include <stdio.h>
#include <string.h>

enum {
	MAX_CONTAINERS = 16,
	MAX_TOLD = 20000,
	TOLD_MS = 10 * 60 * 1000,
	NAME = 260,
};

struct pod {
	uint32_t mark;
	char workload[NAME];
	size_t count;
	struct {
		uint64_t name;
		int64_t restarts;
	} containers[MAX_CONTAINERS];
};

struct node {
	uint32_t mark;
	bool down, cordoned;
};

/* --- what all share --- */

bool kube_key(struct json object, char *out)
{
	struct untrusted space = json_text(json_get(object, "metadata.namespace"));
	struct untrusted name = json_text(json_get(object, "metadata.name"));
	char text[2][NAME];

	if (untrusted_empty(name))
		return false;
	text_line(space, text[0], NAME);
	text_line(name, text[1], NAME);
	snprintf(out, KUBE_KEY, "%s%s%s", text[0], *text[0] ? "/" : "", text[1]);
	return true;
}

struct json kube_member(struct json object, const char *name)
{
	for (struct json e = json_first(object); json_item(e); e = json_next(e))
		if (untrusted_is(json_name(e), name))
			return e;
	return (struct json){0};
}

struct json kube_condition(struct json object, const char *type)
{
	for (struct json e = json_first(json_get(object, "status.conditions"));
		json_item(e); e = json_next(e))
		if (untrusted_is(json_text(json_get(e, "type")), type))
			return e;
	return (struct json){0};
}

bool kube_tells(struct kube_world *world, const char *key, int64_t at)
{
	char id[KUBE_KEY + 24];
	int n = snprintf(id, sizeof id, "%s/%lld", key, (long long)(at / TOLD_MS));

	if (map_get(&world->told, id, (size_t)n))
		return false;
	if (world->told.count == MAX_TOLD) {
		map_release(&world->told);
		map_init(&world->told);
	}
	map_put(&world->told, id, (size_t)n, world);
	return true;
}

void kube_change(const struct kube_view *view, const char *id, int64_t at,
	struct untrusted service, const char *summary)
{
	struct batch_change *change = batch_add_change(view->batch);

	if (!change)
		return;
	change->id = batch_keep_str(view->batch, id);
	change->summary = batch_keep_str(view->batch, summary);
	change->service = batch_keep(view->batch, service);
	change->at = at;
}

/* Is it worth a word? A list tells of a day, a watch of what is now. */
static bool recent(const struct kube_view *view, int64_t at)
{
	return at && at >= view->now - KUBE_CHANGES_MS && at <= view->now + MINUTE_MS;
}

/* --- pods --- */

static bool ends_with(struct untrusted text, struct untrusted tail)
{
	size_t n = untrusted_size(text), m = untrusted_size(tail);

	return m && n > m + 1 &&
	       untrusted_eq(untrusted_slice(text, n - m, SIZE_MAX), tail) &&
	       untrusted_is(untrusted_slice(text, n - m - 1, 1), "-");
}

/* The Deployment, StatefulSet, DaemonSet or Job that made the pod; else its own name. */
static struct untrusted workload_of(struct json pod)
{
	struct untrusted name = json_text(json_get(pod, "metadata.name"));
	struct untrusted hash = json_text(
		kube_member(json_get(pod, "metadata.labels"), "pod-template-hash"));

	for (struct json e = json_first(json_get(pod, "metadata.ownerReferences"));
		json_item(e); e = json_next(e)) {
		if (!json_bool(json_get(e, "controller"), false))
			continue;
		name = json_text(json_get(e, "name"));
		if (untrusted_is(json_text(json_get(e, "kind")), "ReplicaSet") &&
			ends_with(name, hash))
			name = untrusted_slice(
				name, 0, untrusted_size(name) - untrusted_size(hash) - 1);
	}
	return name;
}

static void add_limit(struct str *out, struct json pod, struct untrusted container)
{
	for (struct json e = json_first(json_get(pod, "spec.containers")); json_item(e);
		e = json_next(e)) {
		struct untrusted limit =
			json_text(json_get(e, "resources.limits.memory"));

		if (!untrusted_eq(json_text(json_get(e, "name")), container) ||
			untrusted_empty(limit))
			continue;
		str_puts(out, " at its limit of ");
		text_add_line(out, limit, 20);
	}
}

/* Why a container ended: "OOM killed at its limit of 256Mi", "Error, exit 3". */
static void add_reason(
	struct str *out, struct json pod, struct untrusted container, struct json ended)
{
	struct untrusted reason = json_text(json_get(ended, "reason"));
	int64_t code;

	if (untrusted_is(reason, "OOMKilled")) {
		str_puts(out, "OOM killed");
		add_limit(out, pod, container);
		return;
	}
	str_puts(out, "ended: ");
	text_add_line(
		out, untrusted_empty(reason) ? untrusted_str("unknown") : reason, 60);
	if (json_i64(json_get(ended, "exitCode"), &code))
		str_printf(out, ", exit %lld", (long long)code);
}

static void tell_end(const struct kube_view *view, const struct pod *pod,
	struct json object, struct json status)
{
	struct untrusted name = json_text(json_get(status, "name"));
	struct json ended = json_get(status, "lastState.terminated");
	char key[KUBE_KEY], id[2 * KUBE_KEY + 64], pod_key[KUBE_KEY], container[NAME],
		reason[80];
	struct str text;
	int64_t at, restarts = 0;

	if (!json_time(json_get(ended, "finishedAt"), &at) || !recent(view, at) ||
		!kube_key(object, pod_key))
		return;
	text_line(name, container, sizeof container);
	text_line(json_text(json_get(ended, "reason")), reason, sizeof reason);
	snprintf(key, sizeof key, "pod/%.200s/%.100s/%.80s", pod->workload, container,
		reason);
	if (!kube_tells(view->world, key, at))
		return;
	json_i64(json_get(status, "restartCount"), &restarts);
	str_init(&text, KUBE_SUMMARY);
	str_printf(&text, "pod %s: container %s ", pod_key, container);
	add_reason(&text, object, name, ended);
	str_printf(&text, "; restarted %lld time%s", (long long)restarts,
		restarts == 1 ? "" : "s");
	snprintf(id, sizeof id, "pod/%s/%s/%lld", pod_key, container,
		(long long)(at / SECOND_MS));
	kube_change(view, id, at, untrusted_str(pod->workload), str_text(&text));
	str_release(&text);
}

static void read_containers(const struct kube_view *view, struct pod *pod, bool known,
	struct json object, struct json list)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		uint64_t name = untrusted_hash(json_text(json_get(e, "name")));
		int64_t restarts = 0;
		size_t i = 0;

		json_i64(json_get(e, "restartCount"), &restarts);
		while (i < pod->count && pod->containers[i].name != name)
			i++;
		if (i == MAX_CONTAINERS)
			return;
		if (i == pod->count) {
			pod->count++;
			pod->containers[i].name = name;
			pod->containers[i].restarts = known ? 0 : -1;
		}
		if (restarts > pod->containers[i].restarts && restarts > 0)
			tell_end(view, pod, object, e);
		pod->containers[i].restarts = restarts;
	}
}

static void read_pod(const struct kube_view *view, const char *key, struct json object)
{
	struct map *pods = &view->world->objects[KUBE_PODS];
	struct pod *pod = map_get(pods, key, strlen(key));
	bool known = pod != NULL;

	if (!pod) {
		pod = mem_new(1, sizeof *pod);
		map_put(pods, key, strlen(key), pod);
	}
	text_line(workload_of(object), pod->workload, sizeof pod->workload);
	pod->mark = view->mark ? view->mark : pod->mark;
	read_containers(view, pod, known, object,
		json_get(object, "status.initContainerStatuses"));
	read_containers(
		view, pod, known, object, json_get(object, "status.containerStatuses"));
}

/* --- nodes --- */

static void tell_node(const struct kube_view *view, const char *name, const char *what,
	int64_t at, struct json why)
{
	char id[KUBE_KEY + 80];
	struct str text;

	str_init(&text, KUBE_SUMMARY);
	str_printf(&text, "node %s %s", name, what);
	if (json_ok(why)) {
		str_puts(&text, ": ");
		text_add_line(&text, json_text(json_get(why, "reason")), 60);
		if (!untrusted_empty(json_text(json_get(why, "message"))))
			str_puts(&text, ", ");
		text_add_line(&text, json_text(json_get(why, "message")), 200);
	}
	snprintf(id, sizeof id, "node/%s/%s/%lld", name, what, (long long)at);
	kube_change(view, id, at, untrusted_str(name), str_text(&text));
	str_release(&text);
}

static void read_node(const struct kube_view *view, const char *key, struct json object)
{
	struct map *nodes = &view->world->objects[KUBE_NODES];
	struct node *node = map_get(nodes, key, strlen(key));
	struct json ready = kube_condition(object, "Ready");
	bool known = node != NULL, down, cordoned;
	int64_t at = 0;

	if (!node) {
		node = mem_new(1, sizeof *node);
		map_put(nodes, key, strlen(key), node);
	}
	node->mark = view->mark ? view->mark : node->mark;
	down = json_ok(ready) &&
	       !untrusted_is(json_text(json_get(ready, "status")), "True");
	cordoned = json_bool(json_get(object, "spec.unschedulable"), false);
	json_time(json_get(ready, "lastTransitionTime"), &at);
	if (down != node->down && recent(view, at))
		tell_node(view, key, down ? "not ready" : "ready again", at,
			down ? ready : (struct json){0});
	if (known && cordoned != node->cordoned)
		tell_node(view, key, cordoned ? "cordoned" : "uncordoned", view->now,
			(struct json){0});
	node->down = down;
	node->cordoned = cordoned;
}

/* --- warnings --- */

static int64_t event_time(struct json event)
{
	static const char *const names[] = {"lastTimestamp", "series.lastObservedTime",
		"eventTime", "firstTimestamp", "metadata.creationTimestamp"};
	int64_t at;

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (json_time(json_get(event, names[i]), &at))
			return at;
	return 0;
}

/* The workload of the pod that it is about, or the name of what it is about. */
static struct untrusted event_service(const struct kube_view *view, struct json about)
{
	char key[KUBE_KEY], text[2][NAME];
	const struct pod *pod;

	text_line(json_text(json_get(about, "namespace")), text[0], NAME);
	text_line(json_text(json_get(about, "name")), text[1], NAME);
	snprintf(key, sizeof key, "%s/%s", text[0], text[1]);
	pod = map_get(&view->world->objects[KUBE_PODS], key, strlen(key));
	return pod && untrusted_is(json_text(json_get(about, "kind")), "Pod")
		       ? untrusted_str(pod->workload)
		       : json_text(json_get(about, "name"));
}

static void read_event(const struct kube_view *view, struct json event)
{
	struct json about = json_get(event, "involvedObject");
	struct untrusted service = event_service(view, about);
	char key[KUBE_KEY], name[NAME], reason[80], uid[80], id[120];
	int64_t at = event_time(event), count = 0;
	struct str text;

	if (untrusted_is(json_text(json_get(event, "type")), "Normal") ||
		!recent(view, at) ||
		!text_to_id(json_text(json_get(event, "metadata.uid")), uid, sizeof uid))
		return;
	text_line(service, name, sizeof name);
	text_line(json_text(json_get(event, "reason")), reason, sizeof reason);
	snprintf(key, sizeof key, "event/%s/%s", name, reason);
	if (!kube_tells(view->world, key, at))
		return;
	str_init(&text, KUBE_SUMMARY);
	str_printf(&text, "%s, ", *reason ? reason : "warning");
	text_add_line(&text, json_text(json_get(about, "kind")), 40);
	str_putc(&text, ' ');
	text_add_line(&text, json_text(json_get(about, "name")), 100);
	str_puts(&text, ": ");
	text_add_line(&text, json_text(json_get(event, "message")), 200);
	if (json_i64(json_get(event, "count"), &count) && count > 1)
		str_printf(&text, " (%lld times)", (long long)count);
	snprintf(id, sizeof id, "event/%s", uid);
	kube_change(view, id, at, service, str_text(&text));
	str_release(&text);
}

/* --- lists --- */

/* Pods and nodes begin with their mark; workloads know where theirs is. */
static uint32_t mark_of(enum kube_kind kind, void *object)
{
	return kind < KUBE_PODS ? *kube_workload_mark(object) : *(uint32_t *)object;
}

static void object_free(enum kube_kind kind, void *object)
{
	if (kind < KUBE_PODS)
		kube_workload_free(object);
	else
		mem_free(object);
}

void kube_world_init(struct kube_world *world)
{
	*world = (struct kube_world){0};
	for (int i = 0; i < KUBE_KINDS; i++)
		map_init(&world->objects[i]);
	map_init(&world->told);
}

void kube_world_release(struct kube_world *world)
{
	for (int i = 0; i < KUBE_KINDS; i++) {
		const char *key;
		void *object;

		for (size_t at = 0; map_each(&world->objects[i], &at, &key, &object);)
			object_free((enum kube_kind)i, object);
		map_release(&world->objects[i]);
	}
	map_release(&world->told);
	kube_turns_drop(world);
	mem_free(world->turns);
}

uint32_t kube_list_begin(struct kube_world *world, enum kube_kind kind)
{
	if (kind == KUBE_REPLICASETS)
		kube_turns_drop(world);
	if (!++world->mark)
		world->mark = 1;
	return world->mark;
}

void kube_object(const struct kube_view *view, struct json object)
{
	char key[KUBE_KEY];

	if (!kube_key(object, key))
		return;
	if (view->kind == KUBE_REPLICASETS)
		kube_replicaset(view, object);
	else if (view->kind == KUBE_PODS)
		read_pod(view, key, object);
	else if (view->kind == KUBE_NODES)
		read_node(view, key, object);
	else if (view->kind == KUBE_EVENTS)
		read_event(view, object);
	else
		kube_workload(view, key, object);
}

static void drop(const struct kube_view *view, const char *key)
{
	void *object = map_del(&view->world->objects[view->kind], key, strlen(key));

	if (object)
		object_free(view->kind, object);
}

void kube_gone(const struct kube_view *view, struct json object)
{
	char key[KUBE_KEY];

	if (view->kind != KUBE_REPLICASETS && view->kind != KUBE_EVENTS &&
		kube_key(object, key))
		drop(view, key);
}

static bool in_space(const char *key, const char *space)
{
	size_t n = space ? strlen(space) : 0;

	return !space || (!strncmp(key, space, n) && key[n] == '/');
}

void kube_list_end(const struct kube_view *view)
{
	struct map *objects = &view->world->objects[view->kind];
	char **gone = NULL;
	size_t count = 0, cap = 0;
	const char *key;
	void *object;

	for (size_t at = 0; map_each(objects, &at, &key, &object);) {
		if (mark_of(view->kind, object) == view->mark ||
			!in_space(key, view->space))
			continue;
		MEM_ROOM(gone, count, cap);
		gone[count++] = mem_strdup(key);
	}
	for (size_t i = 0; i < count; i++) {
		drop(view, gone[i]);
		mem_free(gone[i]);
	}
	mem_free(gone);
	if (view->kind == KUBE_REPLICASETS)
		kube_replicasets_end(view);
}
