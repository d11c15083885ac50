/* Typed settings: one const row each; values remember the place that set them. */
#ifndef BASE_SETTING_H
#define BASE_SETTING_H

#include "base/conf.h"
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
	SETTING_BOOL,     /* on, off */
	SETTING_INT,      /* within low..high */
	SETTING_DURATION, /* "5s"; low..high in ms */
	SETTING_SIZE,     /* "64MiB"; low..high in bytes */
	SETTING_TEXT,
	SETTING_ENUM, /* one of `choices`, separated by '|' */
};

struct setting_row {
	const char *name;
	enum setting_type type;
	const char *initial;
	const char *help; /* one line, no full stop */
	const char *choices;
	int64_t low, high;
};

struct setting_value {
	int64_t number;          /* bool, int, ms, bytes, or the index of the choice */
	char *text;              /* as written */
	struct conf_place place; /* file NULL: the default */
	bool final;
};

struct settings {
	const struct setting_row *rows;
	size_t count;
	struct setting_value *values;
};

/* Applies the defaults; a default that its own row refuses aborts (tests see it). */
void settings_init(struct settings *s, const struct setting_row *rows, size_t count);
void settings_release(struct settings *s);
/* Back to the defaults, except nothing: used before a reload. */
void settings_reset(struct settings *s);
bool settings_set(struct settings *s, const char *name, const char *value, bool final,
	struct conf_place place, struct err *err);
/* False with the sentence where it was made final. */
bool settings_free(const struct settings *s, int index, struct err *err);
/* Index of a name, or -1. */
int settings_find(const struct settings *s, const char *name);
/* The same; -1 with a sentence that has the nearest name. */
int settings_seek(const struct settings *s, const char *name, struct err *err);
int64_t settings_number(const struct settings *s, int index);
const char *settings_text(const struct settings *s, int index);
/* "set NAME = VALUE   # default" or "# /path:12" */
void settings_describe(const struct settings *s, int index, struct str *out);

#endif
