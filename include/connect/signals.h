/* What a server that speaks Prometheus' API is asked about the window of an incident, and
 * what its answers mean: a few range queries, of those metrics that it has, read into a
 * capture. Pure; who asks and when is app/collect. */
#ifndef CONNECT_SIGNALS_H
#define CONNECT_SIGNALS_H

#include "connect/query.h"
#include "model/capture.h"

enum {
	SIGNALS_QUERIES = 40, /* of the user's `query` lines */
	SIGNALS_ASKS = 80,
	SIGNALS_POINTS = 2000, /* of one series: beyond, the step gets longer */
};

struct signals_conf {
	const struct source_query *queries; /* borrowed */
	size_t query_count;
	/* Matchers for each selector of ours, as namespace="shop"; "" or NULL: none. */
	const char *match;
	int64_t from, to; /* UTC ms */
	int64_t step_ms;
	int64_t timeout_ms; /* of one question */
};

struct signals;
struct signals *signals_new(const struct signals_conf *conf);
void signals_free(struct signals *signals);
/* The first question: which of the metrics that are known are there. */
struct query_ask signals_probe(const struct signals *signals);
/* Its answer: from now on there are questions. */
void signals_found(struct signals *signals, const struct batch *batch);
size_t signals_count(const struct signals *signals);
/* i < signals_count(); its texts are the signals'. */
struct query_ask signals_at(const struct signals *signals, size_t i);
/* What it is about, in a word or two. */
const char *signals_name(const struct signals *signals, size_t i);

/* Reads answers into one capture, of one source after the other, each from its first
 * question to its last: what is known of names is used for those behind. One owner, any
 * thread. */
struct signals_reader;
struct signals_reader *signals_reader_new(struct capture *capture);
void signals_reader_free(struct signals_reader *reader);
/* False with the server's reason; what it says beside an answer, and what did not fit,
 * becomes something missed in the capture. `source` names the server in that. */
bool signals_read(struct signals_reader *reader, const struct signals *signals, size_t i,
	const char *source, const struct query_body *body, struct err *err);
/* The node that somebody else calls so: a workload by its service, "orders-exporter" by
 * what it is for, "shop/orders" without its namespace; the name itself when nothing is
 * known. */
struct untrusted signals_node(const struct signals_reader *reader, struct untrusted name);
/* Of the nodes the one with the longest name that stands in these words as a word; empty
 * when none does. */
struct untrusted signals_named(const struct capture *capture, const char *words);

#endif
