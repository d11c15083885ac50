/* A service graph: who calls whom. Nodes are services, hosts, databases, caches: whatever
 * has a name. Cycles, strangers and a graph without edges are all allowed. One owner,
 * any thread. */
#ifndef MODEL_GRAPH_H
#define MODEL_GRAPH_H

#include "model/intern.h"

enum {
	GRAPH_NODES = 20000,
	GRAPH_EDGES = 200000,
	GRAPH_NONE = INTERN_NONE,
};

struct graph_edge {
	uint32_t caller, callee;
};

struct graph {
	struct intern names; /* a node's id is its place here */
	struct graph_edge *edges;
	size_t edge_count, edge_cap;
	bool sorted; /* by caller, for graph_callees() */
};

void graph_init(struct graph *graph);
void graph_release(struct graph *graph);
/* The node of that name, made when it is new; GRAPH_NONE for an empty name and when
 * there is no room. */
uint32_t graph_node(struct graph *graph, struct untrusted name);
uint32_t graph_find(const struct graph *graph, struct untrusted name);
struct untrusted graph_name(const struct graph *graph, uint32_t node);
size_t graph_count(const struct graph *graph);
/* False when there is no room. A node that calls itself is no edge. */
bool graph_add(struct graph *graph, uint32_t caller, uint32_t callee);
/* Sorts the edges and drops doubles; before graph_callees(). */
void graph_settle(struct graph *graph);
/* The edges of one caller, side by side. */
const struct graph_edge *graph_callees(
	const struct graph *graph, uint32_t caller, size_t *count);
/* Marks in seen[graph_count()], which is false all over, whoever reaches `node` through
 * calls, with itself. */
void graph_callers_of(const struct graph *graph, uint32_t node, bool *seen);

#endif
