/* Label sets of the Prometheus family: printing, identity, and what they say about an
 * alert. Any thread. */
#ifndef SRC_CONNECT_LABELS_H
#define SRC_CONNECT_LABELS_H

#include "base/json.h"
#include "model/batch.h"

enum {
	LABELS_MAX = ALERT_MAX_PAIRS,
	LABELS_MAX_TEXT = 4096, /* printed; longer sets end with their hash */
};

/* Copies into the batch's arena; a text that does not fit sets `cut`. */
struct untrusted batch_keep(struct batch *batch, struct untrusted text);
struct untrusted batch_keep_str(struct batch *batch, const char *text);
/* The first warning of a batch stays. */
void batch_warn(struct batch *batch, const char *text);

/* {a="b",c="d"} sorted by name, without __name__ and oogway_query; empty when
 * nothing is left. */
struct untrusted labels_print(struct batch *batch, struct json labels);
/* What a printed set says of one label, up to an escaped quote; empty without it. */
struct untrusted labels_value(struct untrusted printed, const char *name);
/* The server's identity of an alert: 64-bit FNV-1a over the sorted set, in hex. */
struct untrusted labels_fingerprint(struct batch *batch, struct json labels);
/* Copies a set, sorted by name; more than LABELS_MAX set `cut`. */
size_t labels_keep(struct batch *batch, struct json from, const struct pair **out);
/* Labels and annotations, and title, severity, service, group, summary and runbook
 * from them. */
void labels_fill_alert(struct batch *batch, struct alert_draft *alert, struct json labels,
	struct json annotations);

#endif
