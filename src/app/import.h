/* What `source import` makes of a file of another program: lines for the rc, and
 * sentences about what it left out. Reading is a pure function of the bytes but for the
 * file of credentials that an amtool configuration names. Main thread. */
#ifndef APP_IMPORT_H
#define APP_IMPORT_H

#include "app/rc.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"
#include "base/unit.h"

enum {
	IMPORT_MAX_BYTES = 8 << 20,      /* of a dashboard */
	IMPORT_MAX_YAML_BYTES = 1 << 20, /* of a configuration */
	IMPORT_MAX_ITEMS = 2000,
	IMPORT_MAX_NOTES = 500,
};

enum import_kind {
	IMPORT_COMMENT, /* text only */
	IMPORT_SOURCE,
	IMPORT_QUERY,
};

struct import_item {
	enum import_kind kind;
	const char *name;
	const char *of;    /* the source's kind; the source a query asks */
	const char *value; /* its url; its expression */
	const char *file;  /* where it comes from */
	const char *line;  /* of the rc, as it is printed */
	enum unit unit;
	struct limits limits; /* NAN: none */
};

struct import_note {
	const char *file, *text;
	bool lost; /* something was asked for and is not in the lines */
};

struct import {
	struct arena arena;
	const struct rc *known[2]; /* what there is already, or NULL */
	const char *source;        /* that queries ask */
	const char *file, *folder; /* of what is read now; the folder of stdin is "" */
	struct import_item *items;
	size_t item_count, item_cap, queries, sources;
	struct import_note *notes;
	size_t note_count, note_cap, notes_more, lost;
};

/* The known rcs are borrowed; either may be NULL. source NULL: the one that the rc has,
 * else "prom". */
void import_init(struct import *im, const struct rc *rc, const struct rc *more,
	const char *source);
void import_release(struct import *im);
/* Recognises the text by what it holds. false: *err says why nothing could be read. */
bool import_read(
	struct import *im, const char *file, const struct str *text, struct err *err);
/* Lines that can be appended to an rc; nothing when there is nothing to import. */
void import_print(const struct import *im, int64_t now, struct str *out);
void import_print_json(const struct import *im, struct str *out);

/* --- for the readers of a format --- */
struct import_format {
	const char *name; /* "Grafana dashboard" */
	bool (*is)(struct json root);
	void (*read)(struct import *im, struct json root);
};
extern const struct import_format grafana_format, kube_format, amtool_format;

void import_note(struct import *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* … about something that is not in the lines: the exit status tells too. */
void import_lost(struct import *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The text, when it can stand in the rc as it is: printable, one line, not empty. */
const char *import_word(struct import *im, struct untrusted u);
/* Printable, at most 60 columns; always possible. */
const char *import_title(struct import *im, struct untrusted u);
/* "# " and the text */
void import_comment(struct import *im, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A further word KEY=VALUE for a source's line; an empty value adds none. */
void import_add_word(struct str *words, const char *key, const char *value);
/* name is what it would like to be called; words are its KEY=VALUE. */
void import_add_source(struct import *im, const char *name, const char *kind,
	const char *url, const char *words);
/* query->name, value, unit and limits; row is the title of its part, or "". */
void import_add_query(
	struct import *im, const struct import_item *query, const char *row);

#endif
