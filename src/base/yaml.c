/* libyaml's only home. Its events are written down as JSON, which base/json.c then
 * reads: so there is one kind of tree, with accessors that cannot fail. What could grow
 * beyond the file's own size (aliases) or without end (depth) is refused on the way. Any
 * thread. */
#include "base/yaml.h"

#include "base/text.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, GROWTH_MAX = 8 };

struct level {
	bool map;
	bool named;   /* the name of a member was written, its value comes */
	size_t count; /* values begun */
};

struct reader {
	yaml_parser_t parser;
	struct str json;
	struct level levels[DEPTH_MAX];
	int depth;
	int documents;
};

static bool at_place(const yaml_mark_t *mark, const char *what, struct err *err)
{
	return err_set(err, ERR_INPUT, "line %zu, column %zu: %s", mark->line + 1,
		mark->column + 1, what);
}

/* True when the value that comes is the name of a member. */
static bool wants_name(const struct reader *r)
{
	return r->depth && r->levels[r->depth - 1].map && !r->levels[r->depth - 1].named;
}

/* What stands before a value, or a name. */
static void begin_value(struct reader *r)
{
	struct level *top;

	if (!r->depth)
		return;
	top = &r->levels[r->depth - 1];
	if (top->named) {
		str_putc(&r->json, ':');
		top->named = false;
		return;
	}
	if (top->count++)
		str_putc(&r->json, ',');
	top->named = top->map;
}

static bool one_of(struct untrusted text, const char *const *words)
{
	for (; *words; words++)
		if (untrusted_is(text, *words))
			return true;
	return false;
}

static void add_scalar(struct reader *r, const yaml_event_t *event)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const yes[] = {"true", "True", "TRUE", NULL};
	static const char *const no[] = {"false", "False", "FALSE", NULL};
	struct untrusted text =
		untrusted_make(event->data.scalar.value, event->data.scalar.length);
	bool plain =
		event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !wants_name(r);

	begin_value(r);
	if (plain && one_of(text, nulls))
		str_puts(&r->json, "null");
	else if (plain && one_of(text, yes))
		str_puts(&r->json, "true");
	else if (plain && one_of(text, no))
		str_puts(&r->json, "false");
	else
		text_add_json(&r->json, text);
}

static bool open_level(struct reader *r, const yaml_event_t *event, struct err *err)
{
	bool map = event->type == YAML_MAPPING_START_EVENT;

	if (wants_name(r))
		return at_place(&event->start_mark,
			"the name of a member is a list or a mapping", err);
	if (r->depth == DEPTH_MAX)
		return at_place(&event->start_mark, "nested deeper than 32", err);
	begin_value(r);
	r->levels[r->depth++] = (struct level){.map = map};
	str_putc(&r->json, map ? '{' : '[');
	return true;
}

static bool take_event(struct reader *r, const yaml_event_t *event, struct err *err)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return !r->documents++ ||
		       at_place(&event->start_mark, "more than one document", err);
	case YAML_ALIAS_EVENT:
		return at_place(&event->start_mark,
			"an alias (*NAME) is not read: write its value out", err);
	case YAML_SCALAR_EVENT:
		add_scalar(r, event);
		return true;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return open_level(r, event, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		str_putc(&r->json, r->levels[--r->depth].map ? '}' : ']');
		return true;
	default:
		return true;
	}
}

static bool read_events(struct reader *r, struct err *err)
{
	for (bool more = true; more;) {
		yaml_event_t event;
		bool ok;

		if (!yaml_parser_parse(&r->parser, &event)) {
			const char *why = r->parser.problem;

			return at_place(&r->parser.problem_mark,
				why ? why : "this is not YAML", err);
		}
		more = event.type != YAML_STREAM_END_EVENT;
		ok = take_event(r, &event, err);
		yaml_event_delete(&event);
		if (!ok)
			return false;
	}
	return r->documents || err_set(err, ERR_INPUT, "it is empty");
}

bool yaml_parse(struct json_doc *doc, const void *text, size_t n, size_t max_bytes,
	struct err *err)
{
	struct reader r = {0};
	bool ok;

	*doc = (struct json_doc){0};
	if (n > max_bytes)
		return err_set(err, ERR_LIMIT, "larger than %zu KiB", max_bytes / 1024);
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, ERR_LIMIT, "no memory to read it");
	str_init(&r.json, GROWTH_MAX * max_bytes);
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, text, n);
	ok = read_events(&r, err);
	yaml_parser_delete(&r.parser);
	if (ok)
		ok = json_parse(doc, str_text(&r.json), r.json.n, r.json.max, err);
	str_release(&r.json);
	return ok;
}
