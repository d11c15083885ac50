/* Clusters: incidents that are the same problem again. Titles with one template and
 * one service are a cell; cells are joined when
 *   - a word of theirs is a name: at one place of else equal templates of one service
 *     at least CLUSTER_NAMES different words were seen;
 *   - one took over from the other (a rule or a host was renamed): their templates have
 *     half their words in common, they never overlap in time, and that would be chance
 *     less than once in CLUSTER_CHANCE times (of all ways to interleave so many);
 *   - somebody said so. What was said wins over the rest: cells with one label are
 *     together, cells with different labels never.
 * Without labels the order of adding makes no difference. One owner, any thread. */
#ifndef ANALYSIS_CLUSTER_H
#define ANALYSIS_CLUSTER_H

#include "analysis/template.h"

enum {
	CLUSTER_NAMES = 4,
	CLUSTER_CHANCE = 2000,
	CLUSTER_CELLS = 20000, /* what is new beyond is one cell */
};

enum cluster_reason {
	CLUSTER_BY_NAME = 1 << 0,
	CLUSTER_BY_RENAME = 1 << 1,
	CLUSTER_BY_HAND = 1 << 2,
};

struct clusters;

struct cluster_cell {
	uint64_t id; /* the same for the same template and service, always */
	int64_t first_at, last_at;
	size_t count;
	uint64_t label;                  /* what was said by hand; 0: nothing */
	struct untrusted text;           /* a title with its masks */
	struct untrusted title, service; /* as it first came */
};

struct cluster {
	uint64_t id; /* of the cell that was first: stays as long as that is first */
	size_t cells, count;
	unsigned reasons;
	uint32_t cell, first; /* the one seen most often speaks for all */
};

struct clusters *clusters_new(void);
void clusters_free(struct clusters *clusters);
/* Counts one incident; returns its cell. */
uint32_t clusters_add(struct clusters *clusters, struct untrusted title,
	struct untrusted service, int64_t at);
/* The cell of this title, if it was added; false: it is new. */
bool clusters_find(const struct clusters *clusters, struct untrusted title,
	struct untrusted service, uint32_t *cell);
/* Titles like this one have this label from now on; 0: none. Returns the cell. */
uint32_t clusters_label(struct clusters *clusters, struct untrusted title,
	struct untrusted service, uint64_t label);
/* Makes the clusters of what was added; cheap when nothing was. Before the next: */
void clusters_settle(struct clusters *clusters);
size_t clusters_count(const struct clusters *clusters);
const struct cluster *clusters_at(const struct clusters *clusters, size_t i);
size_t clusters_of(const struct clusters *clusters, uint32_t cell);
size_t clusters_cells(const struct clusters *clusters);
/* Borrowed until the next cell is made. */
const struct cluster_cell *clusters_cell(const struct clusters *clusters, uint32_t cell);

struct cluster_near {
	uint32_t cell;
	double score; /* 1: the same template and service */
};
/* The cells most like a title, best first: similarity of the words, a quarter less for
 * another service. Returns how many. */
size_t clusters_near(const struct clusters *clusters, struct untrusted title,
	struct untrusted service, struct cluster_near *out, size_t max);

#endif
