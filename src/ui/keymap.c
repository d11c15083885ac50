/* The live keymap: lines of the rc as bindings, found by
 * context and chord. Later lines replace earlier ones, so
 * the user's win. Main thread. */
#include "keymap.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static struct binding *same(
	struct keymap *keymap, const char *context, const int *keys, size_t count)
{
	for (size_t i = 0; i < keymap->count; i++) {
		struct binding *b = &keymap->list[i];

		if (b->count == count && !strcmp(b->context, context) &&
			!memcmp(b->keys, keys, count * sizeof *keys))
			return b;
	}
	return NULL;
}

/* A bound key that begins a longer chord can never be followed by the rest. */
static void warn_shadow(const struct keymap *keymap)
{
	char text[64];

	for (size_t i = 0; i < keymap->count; i++) {
		for (size_t k = 0; k < keymap->count; k++) {
			const struct binding *a = &keymap->list[i], *b = &keymap->list[k];

			if (a->count < b->count && !strcmp(a->context, b->context) &&
				!memcmp(a->keys, b->keys, a->count * sizeof *a->keys))
				log_add(LOG_WARN,
					"%s:%d: key %s in %s hides a longer chord (line "
					"%d)",
					a->place.file, a->place.line,
					binding_keys(a, text), a->context, b->place.line);
		}
	}
}

static bool same_command(const struct binding *a, const struct binding *b)
{
	return !strcmp(a->context, b->context) && !strcmp(a->command, b->command);
}

static bool named(const char *const *contexts, const char *context)
{
	while (*contexts && strcmp(*contexts, context))
		contexts++;
	return *contexts != NULL;
}

/* Its key does this where keymap_show() said: no inner context has another use of it. */
static bool answers(const struct keymap *keymap, const struct binding *b)
{
	const struct binding *found;

	return named(keymap->shown_in, b->context) &&
	       keymap_find(keymap, keymap->shown_in, b->keys, b->count, &found) ==
		       KEY_MATCH &&
	       found == b;
}

static bool works(const struct keymap *keymap, const struct binding *b)
{
	char menu[40];

	if (!keymap->shown_in[0] || answers(keymap, b))
		return true;
	snprintf(menu, sizeof menu, "menu %s", b->context);
	for (size_t i = 0; i < keymap->count; i++)
		if (!strcmp(keymap->list[i].command, menu) &&
			answers(keymap, &keymap->list[i]))
			return true;
	return false;
}

static void add_first(struct keymap *keymap, size_t i)
{
	for (size_t k = 0; k < keymap->first_count; k++)
		if (same_command(&keymap->list[keymap->firsts[k]], &keymap->list[i]))
			return;
	if (keymap->list[i].works)
		keymap->firsts[keymap->first_count++] = i;
}

/* Those of the innermost context come first: they are what one asks help for. */
static void find_firsts(struct keymap *keymap)
{
	const char *own = keymap->shown_in[0];

	mem_free(keymap->firsts);
	keymap->firsts =
		mem_new(keymap->count ? keymap->count : 1, sizeof *keymap->firsts);
	keymap->first_count = 0;
	for (size_t i = 0; i < keymap->count; i++)
		keymap->list[i].works = works(keymap, &keymap->list[i]);
	for (size_t i = 0; own && i < keymap->count; i++)
		if (!strcmp(keymap->list[i].context, own))
			add_first(keymap, i);
	for (size_t i = 0; i < keymap->count; i++)
		add_first(keymap, i);
}

void keymap_show(struct keymap *keymap, const char *const *contexts)
{
	size_t n = 0;

	for (; contexts[n] && n < KEYMAP_CONTEXTS; n++)
		keymap->shown_in[n] = contexts[n];
	keymap->shown_in[n] = NULL;
	find_firsts(keymap);
}

void binding_all_keys(
	const struct keymap *keymap, const struct binding *binding, struct str *out)
{
	char keys[64];

	for (size_t i = 0; i < keymap->count; i++)
		if (keymap->list[i].works && same_command(&keymap->list[i], binding))
			str_printf(out, "%s%s", out->n ? "  " : "",
				binding_keys(&keymap->list[i], keys));
}

void keymap_build(struct keymap *keymap, const struct rc *rc)
{
	keymap->count = 0;
	for (size_t i = 0; i < rc->bind_count; i++) {
		const struct rc_bind *from = &rc->binds[i];
		struct binding b = {.context = from->context,
			.command = from->command,
			.note = from->note,
			.place = from->place};
		struct binding *old;

		b.count = keyseq_parse(from->keys, b.keys, NULL);
		if (!b.count)
			continue;
		old = same(keymap, b.context, b.keys, b.count);
		if (old && b.command) {
			*old = b;
		} else if (old) {
			*old = keymap->list[--keymap->count];
		} else if (b.command) {
			MEM_ROOM(keymap->list, keymap->count, keymap->cap);
			keymap->list[keymap->count++] = b;
		}
	}
	warn_shadow(keymap);
	find_firsts(keymap);
}

void keymap_release(struct keymap *keymap)
{
	mem_free(keymap->list);
	mem_free(keymap->firsts);
	*keymap = (struct keymap){0};
}

enum key_match keymap_find(const struct keymap *keymap, const char *const *contexts,
	const int *keys, size_t count, const struct binding **out)
{
	bool prefix = false;

	for (; *contexts; contexts++) {
		for (size_t i = 0; i < keymap->count; i++) {
			const struct binding *b = &keymap->list[i];

			if (b->count < count || strcmp(b->context, *contexts) ||
				memcmp(b->keys, keys, count * sizeof *keys))
				continue;
			if (b->count == count) {
				*out = b;
				return KEY_MATCH;
			}
			prefix = true;
		}
		if (prefix)
			return KEY_PREFIX;
	}
	return KEY_NO_MATCH;
}

const struct binding *keymap_for(
	const struct keymap *keymap, const char *const *contexts, const char *command)
{
	const struct binding *best = NULL;

	for (; *contexts; contexts++) {
		for (size_t i = 0; i < keymap->count; i++) {
			const struct binding *b = &keymap->list[i];

			if (strcmp(b->context, *contexts) || strcmp(b->command, command))
				continue;
			/* The first line of the keymap that does it. */
			if (!best || b->count < best->count)
				best = b;
		}
		if (best)
			return best;
	}
	return NULL;
}

const char *binding_keys(const struct binding *binding, char out[64])
{
	char name[16];

	out[0] = '\0';
	for (size_t i = 0; i < binding->count; i++) {
		if (i)
			str_copy(out + strlen(out), 64 - strlen(out), " ");
		str_copy(out + strlen(out), 64 - strlen(out),
			keyseq_name(binding->keys[i], name));
	}
	return out;
}
