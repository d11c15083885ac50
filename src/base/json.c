/* cJSON's only home. Depth and size are checked before cJSON sees the text; what it
 * hands out is only ever borrowed. The one thing it shares between parses is the place
 * of its last error, which nobody here reads. Any thread. */
#include "base/json.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, NAME_MAX_BYTES = 80 };

/* True at \u0000 or at a bare NUL: where cJSON's strings would end too early. */
static bool is_nul(const char *text, size_t i, size_t n)
{
	return !text[i] || (n - i >= 6 && !memcmp(text + i, "\\u0000", 6));
}

/* False when nested, outside strings, deeper than DEPTH_MAX. Counts the NULs in
 * strings. */
static bool depth_ok(const char *text, size_t n, size_t *nuls)
{
	int depth = 0;
	bool quoted = false;

	*nuls = 0;
	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (quoted) {
			*nuls += is_nul(text, i, n);
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '[' || c == '{') {
			if (++depth > DEPTH_MAX)
				return false;
		} else if (c == ']' || c == '}') {
			depth--;
		}
	}
	return true;
}

/* A copy, *n bytes long, in which each NUL of a string is U+FFFD, so that what follows
 * it is not lost and no name becomes another by being cut. */
static char *without_nuls(const char *text, size_t *n, size_t nuls)
{
	char *copy = mem_new(*n + nuls * 6, 1);
	bool quoted = false;
	size_t used = 0;

	for (size_t i = 0; i < *n; i++) {
		if (quoted && is_nul(text, i, *n)) {
			memcpy(copy + used, "\\ufffd", 6);
			used += 6;
			i += text[i] ? 5 : 0;
			continue;
		}
		if (text[i] == '"')
			quoted = !quoted;
		copy[used++] = text[i];
		if (quoted && text[i] == '\\' && i + 1 < *n)
			copy[used++] = text[++i];
	}
	*n = used;
	return copy;
}

static bool only_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t' || !*p))
		p++;
	return p == end;
}

/* What the text looks like, for the message: HTML is the usual surprise. */
static const char *guess(const char *text, size_t n)
{
	while (n && (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t'))
		text++, n--;
	if (!n)
		return "an empty body";
	if (*text == '<')
		return "an HTML or XML page";
	if (*text == '{' || *text == '[')
		return "cut or damaged JSON";
	return "something else";
}

static bool parse(struct json_doc *doc, const char *p, size_t n, struct err *err)
{
	const char *end = NULL;

	doc->root_ = cJSON_ParseWithLengthOpts(p, n, &end, false);
	if (!doc->root_)
		return err_set(err, ERR_INPUT, "expected JSON, got %s (byte %zu of %zu)",
			guess(p, n), end ? (size_t)(end - p) : 0, n);
	if (!only_blanks(end, p + n)) {
		json_release(doc);
		return err_set(err, ERR_INPUT,
			"JSON followed by something else at byte %zu", (size_t)(end - p));
	}
	return true;
}

bool json_parse(struct json_doc *doc, const void *text, size_t n, size_t max_bytes,
	struct err *err)
{
	size_t nuls;
	char *copy;
	bool ok;

	doc->root_ = NULL;
	if (n > max_bytes)
		return err_set(err, ERR_LIMIT, "the answer is larger than %zu KiB",
			max_bytes / 1024);
	if (!depth_ok(text, n, &nuls))
		return err_set(err, ERR_INPUT, "JSON nested deeper than %d", DEPTH_MAX);
	if (!nuls)
		return parse(doc, text, n, err);
	copy = without_nuls(text, &n, nuls);
	ok = parse(doc, copy, n, err);
	mem_free(copy);
	return ok;
}

void json_release(struct json_doc *doc)
{
	cJSON_Delete(doc->root_);
	doc->root_ = NULL;
}

static struct json wrap(const cJSON *node)
{
	return (struct json){node};
}

struct json json_root(const struct json_doc *doc)
{
	return wrap(doc->root_);
}

bool json_ok(struct json j)
{
	return j.node_ && !cJSON_IsNull(j.node_);
}

bool json_item(struct json j)
{
	return j.node_ != NULL;
}

bool json_is_object(struct json j)
{
	return j.node_ && cJSON_IsObject(j.node_);
}

bool json_is_array(struct json j)
{
	return j.node_ && cJSON_IsArray(j.node_);
}

bool json_is_text(struct json j)
{
	return j.node_ && cJSON_IsString(j.node_);
}

struct json json_get(struct json j, const char *path)
{
	char step[NAME_MAX_BYTES];

	while (json_is_object(j)) {
		const char *dot = strchr(path, '.');
		size_t n = dot ? (size_t)(dot - path) : strlen(path);

		if (n >= sizeof step)
			return wrap(NULL);
		memcpy(step, path, n);
		step[n] = '\0';
		j = wrap(cJSON_GetObjectItemCaseSensitive(j.node_, step));
		if (!dot)
			return j;
		path = dot + 1;
	}
	return wrap(NULL);
}

struct json json_first(struct json j)
{
	if (!json_is_array(j) && !json_is_object(j))
		return wrap(NULL);
	return wrap(j.node_->child);
}

struct json json_next(struct json j)
{
	return wrap(j.node_ ? j.node_->next : NULL);
}

size_t json_count(struct json j)
{
	size_t n = 0;

	for (struct json e = json_first(j); json_item(e); e = json_next(e))
		n++;
	return n;
}

struct untrusted json_name(struct json j)
{
	return untrusted_str(j.node_ ? j.node_->string : NULL);
}

struct untrusted json_text(struct json j)
{
	return json_is_text(j) ? untrusted_str(j.node_->valuestring) : UNTRUSTED_NONE;
}

bool json_number(struct json j, double *out)
{
	if (json_is_text(j))
		return untrusted_to_double(json_text(j), out);
	if (!j.node_ || !cJSON_IsNumber(j.node_))
		return false;
	*out = j.node_->valuedouble;
	return true;
}

bool json_i64(struct json j, int64_t *out)
{
	double d;

	if (json_is_text(j))
		return untrusted_to_i64(json_text(j), out);
	if (!json_number(j, &d) || !(fabs(d) <= 9007199254740992.0))
		return false;
	*out = (int64_t)d;
	return true;
}

bool json_bool(struct json j, bool otherwise)
{
	return j.node_ && cJSON_IsBool(j.node_) ? cJSON_IsTrue(j.node_) : otherwise;
}

static bool add_text(char *text, struct str *out)
{
	size_t n = text ? strlen(text) : 0;
	bool fits = text && out->n + n < out->max && str_add(out, text, n);

	cJSON_free(text);
	return fits;
}

bool json_print(struct json j, struct str *out)
{
	return add_text(j.node_ ? cJSON_PrintUnformatted(j.node_) : NULL, out);
}

bool json_pretty(struct json j, struct str *out)
{
	return add_text(j.node_ ? cJSON_Print(j.node_) : NULL, out);
}

bool json_time(struct json j, int64_t *out)
{
	int64_t at;

	if (!untrusted_to_time(json_text(j), &at) || at <= 0)
		return false;
	*out = at;
	return true;
}

void json_begin(struct json_out *o, struct str *to)
{
	*o = (struct json_out){.to = to};
}

static void member(struct json_out *o, const char *name)
{
	if (o->comma)
		str_putc(o->to, ',');
	o->comma = true;
	if (name)
		str_printf(o->to, "\"%s\":", name);
}

void json_open(struct json_out *o, const char *name, char bracket)
{
	member(o, name);
	str_putc(o->to, bracket);
	o->comma = false;
}

void json_shut(struct json_out *o, char bracket)
{
	str_putc(o->to, bracket);
	o->comma = true;
}

void json_put_text(struct json_out *o, const char *name, struct untrusted value)
{
	member(o, name);
	text_add_json(o->to, value);
}

void json_put_str(struct json_out *o, const char *name, const char *value)
{
	json_put_text(o, name, untrusted_str(value));
}

void json_put_i64(struct json_out *o, const char *name, int64_t value)
{
	member(o, name);
	str_printf(o->to, "%lld", (long long)value);
}

void json_put_double(struct json_out *o, const char *name, double value)
{
	char text[40];

	member(o, name);
	if (!isfinite(value)) {
		str_puts(o->to, "null");
		return;
	}
	/* The shorter form when it reads back as the same number. */
	snprintf(text, sizeof text, "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof text, "%.17g", value);
	str_puts(o->to, text);
}

void json_put_bool(struct json_out *o, const char *name, bool value)
{
	member(o, name);
	str_puts(o->to, value ? "true" : "false");
}

void json_put_time(struct json_out *o, const char *name, int64_t at)
{
	char text[TIME_TEXT];

	member(o, name);
	if (at)
		str_printf(o->to, "\"%s\"", time_rfc3339(at, text));
	else
		str_puts(o->to, "null");
}

void json_put_pair(struct json_out *o, struct untrusted name, struct untrusted value)
{
	member(o, NULL);
	text_add_json(o->to, name);
	str_putc(o->to, ':');
	text_add_json(o->to, value);
}

bool json_read(
	struct json_doc *doc, struct untrusted text, size_t max_bytes, struct err *err)
{
	size_t n;
	const char *bytes = text_raw(text, &n);

	return json_parse(doc, bytes ? bytes : "", n, max_bytes, err);
}
