/* The service graph: an edge list, sorted once it is complete. What is asked of it are
 * the callees of a node and all who reach one, both of which stand cycles. */
#include "model/graph.h"

#include "base/alloc.h"

#include <stdlib.h>

void graph_init(struct graph *graph)
{
	*graph = (struct graph){0};
	intern_init(&graph->names, GRAPH_NODES);
}

void graph_release(struct graph *graph)
{
	intern_release(&graph->names);
	mem_free(graph->edges);
	*graph = (struct graph){0};
}

uint32_t graph_node(struct graph *graph, struct untrusted name)
{
	return intern_id(&graph->names, name);
}

uint32_t graph_find(const struct graph *graph, struct untrusted name)
{
	return intern_find(&graph->names, name);
}

struct untrusted graph_name(const struct graph *graph, uint32_t node)
{
	return intern_at(&graph->names, node);
}

size_t graph_count(const struct graph *graph)
{
	return graph->names.count;
}

static int compare(const void *a, const void *b)
{
	const struct graph_edge *x = a, *y = b;

	if (x->caller != y->caller)
		return x->caller < y->caller ? -1 : 1;
	return (x->callee > y->callee) - (x->callee < y->callee);
}

void graph_settle(struct graph *graph)
{
	size_t kept = 0;

	if (graph->sorted)
		return;
	if (graph->edge_count)
		qsort(graph->edges, graph->edge_count, sizeof *graph->edges, compare);
	for (size_t i = 0; i < graph->edge_count; i++)
		if (!kept || compare(&graph->edges[kept - 1], &graph->edges[i]))
			graph->edges[kept++] = graph->edges[i];
	graph->edge_count = kept;
	graph->sorted = true;
}

bool graph_add(struct graph *graph, uint32_t caller, uint32_t callee)
{
	if (caller == callee || caller == GRAPH_NONE || callee == GRAPH_NONE)
		return caller == callee && caller != GRAPH_NONE;
	/* Calls come one by one out of traces: the same few edges, over and over. */
	if (graph->edge_count == GRAPH_EDGES)
		graph_settle(graph);
	if (graph->edge_count == GRAPH_EDGES)
		return false;
	MEM_ROOM(graph->edges, graph->edge_count, graph->edge_cap);
	graph->edges[graph->edge_count++] = (struct graph_edge){caller, callee};
	graph->sorted = false;
	return true;
}

const struct graph_edge *graph_callees(
	const struct graph *graph, uint32_t caller, size_t *count)
{
	size_t low = 0, high = graph->edge_count, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (graph->edges[mid].caller < caller)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < graph->edge_count && graph->edges[end].caller == caller;)
		end++;
	*count = end - low;
	return graph->edges + low;
}

void graph_callers_of(const struct graph *graph, uint32_t node, bool *seen)
{
	bool more = node < graph_count(graph);

	if (more)
		seen[node] = true;
	while (more) {
		more = false;
		for (size_t i = 0; i < graph->edge_count; i++) {
			const struct graph_edge *e = &graph->edges[i];

			if (seen[e->callee] && !seen[e->caller])
				more = seen[e->caller] = true;
		}
	}
}
