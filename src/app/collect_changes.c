/* The store's changes of a span, for what collects an incident's window. Hides the read
 * and the rows. Main thread. */
#include "collect_changes.h"

#include "base/alloc.h"
#include "store/change.h"

static void got(void *ctx, const struct change_rows *rows, const struct err *err)
{
	struct collect_changes *how = ctx;

	for (size_t i = 0; !err && i < rows->count; i++)
		how->each(how->ctx, rows->rows[i].at, rows->rows[i].service,
			rows->rows[i].summary);
	how->end(how->ctx, err);
	mem_free(how);
}

void collect_changes_later(
	struct store *store, int64_t from, int64_t to, const struct collect_changes *how)
{
	change_span_later(store, (struct change_query){from, to + 1}, got,
		mem_dup(how, sizeof *how));
}
