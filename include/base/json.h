/* JSON: total accessors over cJSON (a missing or wrong member is an empty value,
 * never a crash), and a writer that cannot produce a bad document. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cJSON;

/* A borrowed value; valid while its document lives. */
struct json {
	const struct cJSON *node_;
};

struct json_doc {
	struct cJSON *root_;
};

/* The whole text must be one value (nothing but blanks behind it), nested at most
 * 64 deep, at most max_bytes long. Safe on any thread. */
bool json_parse(struct json_doc *doc, const void *text, size_t n, size_t max_bytes,
	struct err *err);
void json_release(struct json_doc *doc);
/* The same of a text that others wrote. */
bool json_read(
	struct json_doc *doc, struct untrusted text, size_t max_bytes, struct err *err);
struct json json_root(const struct json_doc *doc);

bool json_ok(struct json j); /* something is there, and it is not null */
bool json_is_object(struct json j);
bool json_is_array(struct json j);
bool json_is_text(struct json j);
/* Member by exact name; path steps are separated by '.': "service.summary". */
struct json json_get(struct json j, const char *path);
/* for (struct json e = json_first(list); json_item(e); e = json_next(e)) */
struct json json_first(struct json j);
struct json json_next(struct json j);
bool json_item(struct json j);
size_t json_count(struct json j);
/* The member's own name while walking an object. */
struct untrusted json_name(struct json j);

/* Strings only; numbers and others give the empty text. A NUL in it is U+FFFD. */
struct untrusted json_text(struct json j);
/* Numbers, and strings that are numbers. */
bool json_number(struct json j, double *out);
bool json_i64(struct json j, int64_t *out);
bool json_bool(struct json j, bool otherwise);
/* The value as one line of JSON; numbers as near as a double holds them. False when it
 * does not fit; *out is then as it was. */
bool json_print(struct json j, struct str *out);
/* The same for somebody who reads: a line for each member, tabs before it. */
bool json_pretty(struct json j, struct str *out);
/* RFC 3339 strings to UTC ms; false when absent or zero ("0001-01-01…"). */
bool json_time(struct json j, int64_t *out);

/* --- writing: one document into a str --- */
struct json_out {
	struct str *to;
	bool comma;
};

void json_begin(struct json_out *o, struct str *to);
/* name is NULL inside arrays and for the root. */
void json_open(struct json_out *o, const char *name, char bracket);
void json_shut(struct json_out *o, char bracket);
void json_put_text(struct json_out *o, const char *name, struct untrusted value);
void json_put_str(struct json_out *o, const char *name, const char *value);
void json_put_i64(struct json_out *o, const char *name, int64_t value);
/* Reads back as the same number; NaN and infinities become null. */
void json_put_double(struct json_out *o, const char *name, double value);
void json_put_bool(struct json_out *o, const char *name, bool value);
/* RFC 3339 UTC with milliseconds; 0 becomes null. */
void json_put_time(struct json_out *o, const char *name, int64_t at);
/* A member whose name is foreign (labels). */
void json_put_pair(struct json_out *o, struct untrusted name, struct untrusted value);

#endif
