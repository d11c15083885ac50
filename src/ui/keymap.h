/* Bindings: keys in a context to a command line. Main thread. */
#ifndef UI_KEYMAP_H
#define UI_KEYMAP_H

#include "app/keyseq.h"
#include "app/rc.h"

#include <stdbool.h>
#include <stddef.h>

struct binding {
	const char *context; /* from the rc */
	int keys[KEYSEQ_MAX];
	size_t count;
	const char *command;
	const char *note; /* or NULL */
	struct conf_place place;
	bool works; /* where keymap_show() said */
};

enum { KEYMAP_CONTEXTS = 3 };

struct keymap {
	struct binding *list;
	size_t count, cap;
	/* Of the bindings that work, the first of each context to the same command. */
	size_t *firsts;
	size_t first_count;
	const char *shown_in[KEYMAP_CONTEXTS + 1]; /* empty: everywhere */
};

enum key_match { KEY_NO_MATCH, KEY_PREFIX, KEY_MATCH };

/* Later lines of the rc replace earlier ones; texts are borrowed from it. */
void keymap_build(struct keymap *keymap, const struct rc *rc);
void keymap_release(struct keymap *keymap);
/* From now on keymap->firsts and binding_all_keys() tell what works in these contexts,
 * and in the menus that open from there. contexts: as below, of static texts. */
void keymap_show(struct keymap *keymap, const char *const *contexts);
/* contexts: innermost first, NULL-ended; a match in an inner one wins. */
enum key_match keymap_find(const struct keymap *keymap, const char *const *contexts,
	const int *keys, size_t count, const struct binding **out);
/* The shortest key that runs exactly this command in these contexts; NULL if none. */
const struct binding *keymap_for(
	const struct keymap *keymap, const char *const *contexts, const char *command);
/* All keys of that context that run the same, "j  <Down>". */
void binding_all_keys(
	const struct keymap *keymap, const struct binding *binding, struct str *out);
/* "g g", "<C-x>". */
const char *binding_keys(const struct binding *binding, char out[64]);

#endif
