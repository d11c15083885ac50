/* Names of foreign ids. A full directory takes no more: those ids stay without a name,
 * and are not asked for again and again. */
#include "names.h"

#include "base/alloc.h"

enum { ARENA_BYTES = 4 << 20 };

void names_init(struct names *names)
{
	*names = (struct names){.count = 0};
	seen_init(&names->seen);
	arena_init(&names->arena, ARENA_BYTES);
}

void names_release(struct names *names)
{
	seen_release(&names->seen);
	arena_release(&names->arena);
	mem_free(names->rows);
	names->rows = NULL;
	names->count = names->cap = names->wanted = 0;
}

static struct name_row *row_of(struct names *names, struct untrusted id)
{
	size_t number = names->count;
	struct untrusted kept;

	if (seen_find(&names->seen, id, &number))
		return &names->rows[number];
	if (untrusted_empty(id) || untrusted_size(id) > NAMES_TEXT ||
		names->count == NAMES_MAX)
		return NULL;
	kept = untrusted_copy(&names->arena, id);
	if (untrusted_empty(kept))
		return NULL;
	seen_before(&names->seen, kept, &number);
	MEM_ROOM(names->rows, names->count, names->cap);
	names->rows[names->count++] = (struct name_row){.id = kept};
	return &names->rows[number];
}

struct untrusted names_of(struct names *names, struct untrusted id, bool want)
{
	size_t before = names->count;
	struct name_row *row = row_of(names, id);

	if (!row)
		return UNTRUSTED_NONE;
	/* Met for the first time. */
	if (want && names->count != before) {
		row->wanted = true;
		names->wanted++;
	}
	return row->name;
}

void names_put(struct names *names, struct untrusted id, struct untrusted name)
{
	struct name_row *row = row_of(names, id);

	if (row)
		row->name = untrusted_copy(
			&names->arena, untrusted_slice(name, 0, NAMES_TEXT));
}

bool names_next(struct names *names, struct untrusted *id)
{
	for (size_t i = 0; names->wanted && i < names->count; i++)
		if (names->rows[i].wanted) {
			names->rows[i].wanted = false;
			names->wanted--;
			*id = names->rows[i].id;
			return true;
		}
	return false;
}
