/* What all readers of others' files share: which reader a text belongs to, and the lines
 * and sentences it leaves. Here is the one door to the rc: a name is made unique, a
 * line is split again as the rc would, and one that does not come back the same is
 * refused. Main thread. */
#include "import.h"

#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "base/yaml.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ARENA_MAX = 32 << 20, TITLE_COLUMNS = 60, NOTE_BYTES = 400, COMMENT_BYTES = 4096 };

static const struct import_format *const formats[] = {
	&grafana_format, &kube_format, &amtool_format, NULL};

/* --- what is there already --- */

static const struct rc_source *known_source(
	const struct import *im, const char *name, const char *kind, const char *url)
{
	for (int k = 0; k < 2 && im->known[k]; k++) {
		const struct rc *rc = im->known[k];

		for (size_t i = 0; i < rc->source_count; i++)
			if (name ? !strcmp(rc->sources[i].name, name)
				 : !strcmp(rc->sources[i].url, url) &&
						!strcmp(rc->sources[i].kind->name, kind))
				return &rc->sources[i];
	}
	return NULL;
}

static bool known_query(const struct import *im, const char *name)
{
	for (int k = 0; k < 2 && im->known[k]; k++)
		for (size_t i = 0; i < im->known[k]->query_count; i++)
			if (!strcmp(im->known[k]->queries[i].name, name))
				return true;
	return false;
}

/* The name of the query that asks this already, or NULL. */
static const char *same_query(const struct import *im, const char *expr)
{
	for (int k = 0; k < 2 && im->known[k]; k++)
		for (size_t i = 0; i < im->known[k]->query_count; i++) {
			const struct rc_query *q = &im->known[k]->queries[i];

			if (!strcmp(q->source, im->source) && !strcmp(q->expr, expr))
				return q->name;
		}
	for (size_t i = 0; i < im->item_count; i++)
		if (im->items[i].kind == IMPORT_QUERY &&
			!strcmp(im->items[i].value, expr))
			return im->items[i].name;
	return NULL;
}

static bool taken(const struct import *im, enum import_kind kind, const char *name)
{
	for (size_t i = 0; i < im->item_count; i++)
		if (im->items[i].kind == kind && !strcmp(im->items[i].name, name))
			return true;
	return kind == IMPORT_QUERY ? known_query(im, name)
				    : known_source(im, name, NULL, NULL) != NULL;
}

static bool charts(const struct rc_source *source)
{
	return source->kind->watches;
}

static const char *choose_source(const struct rc *rc)
{
	for (size_t i = 0; rc && i < rc->source_count; i++)
		if (charts(&rc->sources[i]))
			return rc->sources[i].name;
	return "prom";
}

void import_init(
	struct import *im, const struct rc *rc, const struct rc *more, const char *source)
{
	*im = (struct import){.known = {rc, more}};
	arena_init(&im->arena, ARENA_MAX);
	im->source = source ? source : choose_source(rc);
}

void import_release(struct import *im)
{
	arena_release(&im->arena);
	mem_free(im->items);
	mem_free(im->notes);
}

static bool has_room(struct import *im, bool query)
{
	size_t n = query ? im->queries : im->sources;
	size_t max = query ? RC_MAX_QUERIES : RC_MAX_SOURCES;

	for (int k = 0; k < 2 && im->known[k]; k++)
		n += query ? im->known[k]->query_count : im->known[k]->source_count;
	if (n >= max)
		import_lost(im, "all else: an rc has at most %zu %s", max,
			query ? "queries" : "sources");
	return n < max;
}

/* --- sentences --- */

static void __attribute__((format(printf, 3, 0)))
tell(struct import *im, bool lost, const char *fmt, va_list ap)
{
	char words[NOTE_BYTES], text[NOTE_BYTES];
	struct import_note note = {im->file, NULL, lost};

	im->lost += lost;
	vsnprintf(words, sizeof words, fmt, ap);
	text_line(untrusted_str(words), text, sizeof text);
	for (size_t i = im->note_count; i-- > 0 && im->notes[i].file == im->file;)
		if (!strcmp(im->notes[i].text, text))
			return;
	note.text = arena_strdup(&im->arena, text);
	if (im->note_count == IMPORT_MAX_NOTES || !note.text) {
		im->notes_more++;
		return;
	}
	MEM_ROOM(im->notes, im->note_count, im->note_cap);
	im->notes[im->note_count++] = note;
}

void import_note(struct import *im, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(im, false, fmt, ap);
	va_end(ap);
}

void import_lost(struct import *im, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(im, true, fmt, ap);
	va_end(ap);
}

/* --- texts --- */

const char *import_word(struct import *im, struct untrusted u)
{
	struct str text;
	const char *word = NULL;

	str_init(&text, CONF_MAX_LINE);
	text_add_line(&text, u, SIZE_MAX);
	if (text.n && !text.cut && untrusted_is(u, str_text(&text)))
		word = arena_strdup(&im->arena, str_text(&text));
	str_release(&text);
	return word;
}

const char *import_title(struct import *im, struct untrusted u)
{
	struct str text;
	const char *title;

	str_init(&text, 4 * TITLE_COLUMNS);
	text_add_line(&text, untrusted_trim(u), TITLE_COLUMNS);
	title = arena_strdup(&im->arena, str_text(&text));
	str_release(&text);
	return title ? title : "";
}

/* --- lines --- */

static bool add(struct import *im, const struct import_item *item)
{
	if (im->item_count == IMPORT_MAX_ITEMS || im->arena.full) {
		import_lost(im, "%s: more than can be imported at once", item->name);
		return false;
	}
	MEM_ROOM(im->items, im->item_count, im->item_cap);
	im->items[im->item_count] = *item;
	im->items[im->item_count++].file = im->file;
	return true;
}

void import_comment(struct import *im, const char *fmt, ...)
{
	char words[COMMENT_BYTES], text[COMMENT_BYTES];
	struct import_item item = {.kind = IMPORT_COMMENT, .name = "a comment"};
	struct str line;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	str_init(&line, CONF_MAX_LINE);
	str_puts(&line, "# ");
	str_puts(&line, text_line(untrusted_str(words), text, sizeof text));
	/* At its end a backslash would take the next line into the comment. */
	if (str_ends(str_text(&line), "\\"))
		str_putc(&line, '.');
	item.line = arena_strdup(&im->arena, str_text(&line));
	add(im, &item);
	str_release(&line);
}

void import_add_word(struct str *words, const char *key, const char *value)
{
	struct str word;

	if (!*value)
		return;
	str_init(&word, CONF_MAX_LINE);
	str_printf(&word, "%s=%s", key, value);
	str_putc(words, ' ');
	conf_quote(words, str_text(&word));
	str_release(&word);
}

/* The rc reads from the line what was meant. */
static bool comes_back(
	const struct str *line, const char *verb, const struct import_item *item)
{
	struct conf_line words;
	char text[CONF_MAX_LINE + CONF_MAX_WORDS];
	const char *value;

	if (line->cut || line->n >= CONF_MAX_LINE || str_ends(str_text(line), "\\") ||
		!conf_split(str_text(line), &words, text, sizeof text, NULL))
		return false;
	value = item->kind == IMPORT_QUERY ? words.rest : conf_value(&words, 3, "url");
	return words.count > 2 && !strcmp(words.words[0].text, verb) &&
	       !strcmp(words.words[1].text, item->name) && value &&
	       !strcmp(value, item->value);
}

static bool add_line(struct import *im, const char *verb, struct import_item *item,
	const struct str *line)
{
	if (!comes_back(line, verb, item)) {
		import_lost(im, "%s: it does not fit one line of the rc", item->name);
		return false;
	}
	item->line = arena_strdup(&im->arena, str_text(line));
	item->value = arena_strdup(&im->arena, item->value);
	item->name = arena_strdup(&im->arena, item->name);
	return add(im, item);
}

static bool check_url(struct import *im, const char *name, const char *url)
{
	char link[2048];

	if (text_to_link(untrusted_str(url), link, sizeof link) && !strchr(url, '@'))
		return true;
	import_lost(im, "source %s: its URL cannot stand in the rc", name);
	return false;
}

static bool offered(const struct import *im, const char *kind, const char *url)
{
	for (size_t i = 0; i < im->item_count; i++)
		if (im->items[i].kind == IMPORT_SOURCE &&
			!strcmp(im->items[i].of, kind) &&
			!strcmp(im->items[i].value, url))
			return true;
	return false;
}

void import_add_source(struct import *im, const char *name, const char *kind,
	const char *from, const char *words)
{
	struct import_item item = {.kind = IMPORT_SOURCE, .of = kind};
	const struct rc_source *there;
	char unique[64], url[2048];
	struct str line;

	/* As the rc keeps it. */
	str_copy(url, sizeof url, from);
	for (size_t n = strlen(url); n && url[n - 1] == '/'; n--)
		url[n - 1] = '\0';
	if (!has_room(im, false))
		return;
	snprintf(unique, sizeof unique, "%s", name);
	for (int n = 2; taken(im, IMPORT_SOURCE, unique); n++)
		snprintf(unique, sizeof unique, "%.40s-%d", name, n);
	if (!check_url(im, unique, strlen(from) < sizeof url ? url : ""))
		return;
	there = known_source(im, NULL, kind, url);
	if (there || offered(im, kind, url)) {
		if (there)
			import_note(im, "%s is in the rc already, as source %s", url,
				there->name);
		return;
	}
	item.name = unique;
	item.value = url;
	str_init(&line, CONF_MAX_LINE);
	str_printf(&line, "source %s %s", unique, kind);
	import_add_word(&line, "url", url);
	str_puts(&line, words);
	im->sources += add_line(im, "source", &item, &line);
	str_release(&line);
}

static void put_limit(struct str *line, const char *key, double value)
{
	if (!isnan(value))
		str_printf(line, " %s=%.10g", key, value);
}

/* The title, else with the row's before it, else with a number. */
static void unique_query(
	const struct import *im, const char *name, const char *row, struct str *out)
{
	str_puts(out, name);
	if (*row && taken(im, IMPORT_QUERY, name)) {
		str_reset(out);
		str_printf(out, "%s: %s", row, name);
	}
	for (int n = 2; taken(im, IMPORT_QUERY, str_text(out)); n++) {
		str_reset(out);
		str_printf(out, "%s %d", name, n);
	}
}

void import_add_query(struct import *im, const struct import_item *query, const char *row)
{
	struct import_item item = *query;
	const char *there = same_query(im, query->value);
	struct str name, line;

	if (there) {
		import_note(im, "%s asks the same as %s", query->name, there);
		return;
	}
	if (!has_room(im, true))
		return;
	str_init(&name, CONF_MAX_LINE);
	str_init(&line, CONF_MAX_LINE);
	unique_query(im, query->name, row, &name);
	item.kind = IMPORT_QUERY;
	item.name = str_text(&name);
	item.of = im->source;
	str_puts(&line, "query ");
	conf_quote(&line, item.name);
	import_add_word(&line, "source", im->source);
	if (item.unit != UNIT_NONE)
		str_printf(&line, " unit=%s", unit_name(item.unit));
	put_limit(&line, "warn", item.limits.warn);
	put_limit(&line, "critical", item.limits.critical);
	str_printf(&line, " -- %s", item.value);
	im->queries += add_line(im, "query", &item, &line);
	str_release(&name);
	str_release(&line);
}

/* --- reading --- */

/* YAML too may begin with a brace; what tools write then is JSON. */
static bool parse(struct json_doc *doc, const char *text, size_t n, struct err *err)
{
	struct untrusted start = untrusted_trim(untrusted_make(text, n));

	if (untrusted_starts(start, "{") || untrusted_starts(start, "["))
		return json_parse(doc, text, n, IMPORT_MAX_BYTES, err);
	return yaml_parse(doc, text, n, IMPORT_MAX_YAML_BYTES, err);
}

static void set_file(struct import *im, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *folder = slash ? arena_strndup(&im->arena, file,
					     slash == file ? 1 : (size_t)(slash - file))
				   : "";

	im->file = arena_strdup(&im->arena, file);
	im->folder = folder ? folder : "";
	if (!im->file)
		im->file = "";
}

bool import_read(
	struct import *im, const char *file, const struct str *text, struct err *err)
{
	struct json_doc doc;
	const struct import_format *const *format = formats;
	struct json root;
	size_t sources = im->sources, queries = im->queries;

	set_file(im, file);
	if (!parse(&doc, str_text(text), text->n, err))
		return false;
	root = json_root(&doc);
	while (*format && !(*format)->is(root))
		format++;
	if (!*format) {
		json_release(&doc);
		return err_set(err, ERR_INPUT,
			"neither a Grafana dashboard, an amtool configuration nor a "
			"kubeconfig");
	}
	(*format)->read(im, root);
	json_release(&doc);
	import_note(im, "%s: %zu source%s, %zu quer%s", (*format)->name,
		im->sources - sources, im->sources - sources == 1 ? "" : "s",
		im->queries - queries, im->queries - queries == 1 ? "y" : "ies");
	return true;
}

/* --- printing --- */

static void print_head(const char *file, int64_t now, struct str *out)
{
	char at[TIME_TEXT], text[400];

	str_printf(out, "# %.10s, oogway source import: %s.\n", time_rfc3339(now, at),
		text_line(untrusted_str(strcmp(file, "-") ? file : "standard input"),
			text, sizeof text));
}

void import_print(const struct import *im, int64_t now, struct str *out)
{
	const char *file = NULL;

	for (size_t i = 0; i < im->item_count; i++) {
		const struct import_item *item = &im->items[i];

		if (item->file != file)
			print_head(item->file, now, out);
		file = item->file;
		str_printf(out, "%s\n", item->line);
	}
}

static void print_item(const struct import_item *item, struct json_out *o)
{
	static const char *const kinds[] = {
		[IMPORT_SOURCE] = "source", [IMPORT_QUERY] = "query"};
	bool query = item->kind == IMPORT_QUERY;

	json_put_str(o, "kind", kinds[item->kind]);
	json_put_str(o, "file", item->file);
	json_put_str(o, "name", item->name);
	json_put_str(o, query ? "source" : "source_kind", item->of);
	json_put_str(o, query ? "expr" : "url", item->value);
	if (query) {
		json_put_str(o, "unit", unit_name(item->unit));
		json_put_double(o, "warn", item->limits.warn);
		json_put_double(o, "critical", item->limits.critical);
	}
	json_put_str(o, "line", item->line);
}

static void print_note(const struct import_note *note, struct json_out *o)
{
	json_put_str(o, "kind", note->lost ? "skipped" : "note");
	json_put_str(o, "file", note->file);
	json_put_str(o, "text", note->text);
}

void import_print_json(const struct import *im, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.import/1");
	json_put_bool(&o, "complete", !im->lost);
	json_shut(&o, '}');
	str_putc(out, '\n');
	for (size_t i = 0; i < im->item_count + im->note_count; i++) {
		bool item = i < im->item_count;

		if (item && im->items[i].kind == IMPORT_COMMENT)
			continue;
		json_begin(&o, out);
		json_open(&o, NULL, '{');
		if (item)
			print_item(&im->items[i], &o);
		else
			print_note(&im->notes[i - im->item_count], &o);
		json_shut(&o, '}');
		str_putc(out, '\n');
	}
}
