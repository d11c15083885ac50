/* What is remembered of a cluster's objects, and the changes that follow from them:
 * rollouts and how they end, scaling, containers that end, warnings, nodes. Belongs to
 * a source's state; any thread, one at a time. */
#ifndef SRC_CONNECT_KUBE_H
#define SRC_CONNECT_KUBE_H

#include "base/json.h"
#include "base/map.h"
#include "model/batch.h"

#include <stdbool.h>
#include <stdint.h>

/* Pods before events: an event names its pod. */
enum kube_kind {
	KUBE_DEPLOYMENTS,
	KUBE_REPLICASETS,
	KUBE_STATEFULSETS,
	KUBE_DAEMONSETS,
	KUBE_PODS,
	KUBE_NODES,
	KUBE_EVENTS,
	KUBE_KINDS,
};

/* How far back a list tells of what it finds; an API server keeps events for an hour,
 * a Deployment its last ReplicaSets. */
#define KUBE_CHANGES_MS (24 * INT64_C(3600000))

struct kube_turn;

struct kube_world {
	struct map objects[KUBE_KINDS]; /* "namespace/name", or "name" of a node */
	struct map told;                /* what is told once in a while only */
	struct kube_turn *turns;        /* of a list of ReplicaSets until its end */
	size_t turn_count, turn_cap;
	uint32_t mark; /* of the last list */
};

/* Where an object comes from, and what it is for. */
struct kube_view {
	struct kube_world *world;
	enum kube_kind kind;
	const char *space; /* the namespace that is listed, NULL: all */
	uint32_t mark;     /* of the list; 0: it is an event of a watch */
	int64_t now;
	struct batch *batch;
};

void kube_world_init(struct kube_world *world);
void kube_world_release(struct kube_world *world);
/* A list begins; its objects carry this mark. */
uint32_t kube_list_begin(struct kube_world *world, enum kube_kind kind);
/* An object as it is now. */
void kube_object(const struct kube_view *view, struct json object);
void kube_gone(const struct kube_view *view, struct json object);
/* All of it came: what was not in it is gone. */
void kube_list_end(const struct kube_view *view);

/* --- between the files of this part --- */

enum { KUBE_KEY = 512, KUBE_SUMMARY = 400, KUBE_IMAGES = 2048 };

/* "namespace/name" in *out, which has KUBE_KEY bytes; false: the object has none. */
bool kube_key(struct json object, char *out);
/* False: that was told already, of the same ten minutes. */
bool kube_tells(struct kube_world *world, const char *key, int64_t at);
void kube_change(const struct kube_view *view, const char *id, int64_t at,
	struct untrusted service, const char *summary);
/* A member whose name has dots in it, such as an annotation's. */
struct json kube_member(struct json object, const char *name);
/* Of its status, by its type; empty when there is none. */
struct json kube_condition(struct json object, const char *type);

/* Deployments, StatefulSets and DaemonSets. */
struct kube_workload;
void kube_workload(const struct kube_view *view, const char *key, struct json object);
void kube_workload_free(void *workload);
uint32_t *kube_workload_mark(void *workload);
/* A revision of a Deployment. */
void kube_replicaset(const struct kube_view *view, struct json object);
void kube_replicasets_end(const struct kube_view *view);
void kube_turns_drop(struct kube_world *world);

#endif
