/* Runbooks for an alert. Hides how each reason is found, and where choices are kept: as
 * lines of an alert's name and a book's in what the console remembers. Nothing is kept
 * between two calls: the search is faster than a drawing. Main thread. */
#include "app/runbook_match.h"

#include "analysis/search.h"
#include "app/alerts.h"
#include "app/app.h"
#include "app/dossier.h"
#include "app/history.h"
#include "app/triggers.h"
#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 256, QUERY_BYTES = SEARCH_QUERY_BYTES, CHOICES = 500, MEMBERS = 8 };

static const char choices_key[] = "console/runbooks";

/* --- the list --- */

static bool has(const struct runbook_matches *all, const struct runbook_row *row)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->list[i].row == row)
			return true;
	return false;
}

static struct runbook_match *add(struct runbook_matches *to,
	const struct runbook_row *row, enum match_kind kind, const char *why)
{
	struct runbook_match *m;

	if (!row || to->count == MATCHES_MAX || has(to, row))
		return NULL;
	m = &to->list[to->count++];
	*m = (struct runbook_match){.row = row, .kind = kind, .sure = true};
	str_copy(m->why, sizeof m->why, why);
	return m;
}

/* --- choices --- */

static struct untrusted kept_choices(const struct app *app)
{
	size_t n;
	const void *bytes = history_kept(app->history, choices_key, &n);

	return untrusted_make(bytes, bytes ? n : 0);
}

/* "NAME\tBOOK" */
static bool read_choice(
	struct untrusted line, struct untrusted *name, struct untrusted *book)
{
	ptrdiff_t tab = untrusted_find(line, "\t");

	if (tab < 0)
		return false;
	*name = untrusted_slice(line, 0, (size_t)tab);
	*book = untrusted_slice(line, (size_t)tab + 1, SIZE_MAX);
	return true;
}

static const struct runbook_row *chosen(const struct app *app, struct untrusted alert)
{
	struct untrusted rest = kept_choices(app), line, name, book;
	char plain[NAME_BYTES], file[NAME_BYTES];

	text_line(alert, plain, sizeof plain);
	while (*plain && untrusted_line(&rest, &line))
		if (read_choice(line, &name, &book) && untrusted_is(name, plain))
			return runbooks_named(
				app->runbooks, text_line(book, file, sizeof file));
	return NULL;
}

/* --- runbook_url --- */

/* Letters and digits only, lower case: "disk-full.md" and DiskFull are the same. */
static void squeeze(struct untrusted text, char *out, size_t size)
{
	char line[NAME_BYTES];
	size_t n = 0;

	text_line(text, line, sizeof line);
	for (const char *p = line; *p && n + 1 < size; p++) {
		char c = *p >= 'A' && *p <= 'Z' ? (char)(*p + ('a' - 'A')) : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80))
			out[n++] = c;
	}
	out[n] = '\0';
}

/* The last part of its path that is a name, without .md, .html and what follows. */
static void url_name(struct untrusted url, char *out, size_t size)
{
	static const char *const endings[] = {".md", ".html", ".markdown"};
	struct untrusted rest = url, part, last = UNTRUSTED_NONE, end;
	char line[NAME_BYTES];

	untrusted_split(&rest, "?#", &part);
	rest = part;
	while (untrusted_split(&rest, "/", &end))
		if (!untrusted_empty(end))
			last = end;
	text_line(last, line, sizeof line);
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
		if (str_ends(line, endings[i]))
			line[strlen(line) - strlen(endings[i])] = '\0';
	squeeze(untrusted_str(line), out, size);
}

static bool is_called(const struct runbook_row *row, const char *wanted)
{
	struct untrusted rest = row->book.matches, word;
	char name[NAME_BYTES], squeezed[NAME_BYTES];
	const char *own = runbook_name(row, name, sizeof name);

	/* Within its site. */
	if (row->page && strchr(own, ':'))
		own = strchr(own, ':') + 1;
	squeeze(untrusted_str(own), squeezed, sizeof squeezed);
	if (!strcmp(squeezed, wanted))
		return true;
	while (untrusted_word(&rest, "[], \t", &word)) {
		squeeze(word, squeezed, sizeof squeezed);
		if (!strcmp(squeezed, wanted))
			return true;
	}
	return false;
}

static bool same_page(struct untrusted a, struct untrusted b)
{
	size_t n = untrusted_size(a), m = untrusted_size(b);

	n -= n && untrusted_is(untrusted_slice(a, n - 1, 1), "/");
	m -= m && untrusted_is(untrusted_slice(b, m - 1, 1), "/");
	return n && untrusted_eq(untrusted_slice(a, 0, n), untrusted_slice(b, 0, m));
}

/* "#disk-full" of a URL is the section that is called Disk full. */
static void seek_section(struct runbook_row *row, struct untrusted fragment)
{
	struct untrusted rest = row->text, line;
	char wanted[NAME_BYTES], heading[NAME_BYTES];

	row->section = 0;
	squeeze(fragment, wanted, sizeof wanted);
	for (int n = 1; *wanted && untrusted_line(&rest, &line); n++) {
		if (!untrusted_starts(line, "#"))
			continue;
		squeeze(line, heading, sizeof heading);
		if (!strcmp(heading, wanted)) {
			row->section = n;
			return;
		}
	}
}

/* A page of a site, whatever stands behind its '#'. */
static const struct runbook_row *by_page(const struct app *app, struct untrusted url)
{
	struct untrusted fragment = url, page;

	untrusted_split(&fragment, "#", &page);
	for (size_t i = 0; i < runbooks_count(app->runbooks); i++) {
		const struct runbook_row *row = runbooks_at(app->runbooks, i);
		struct untrusted own = untrusted_str(row->path);

		if (!row->page || !same_page(own, page))
			continue;
		seek_section(runbooks_known(app->runbooks, row->id), fragment);
		return row;
	}
	return NULL;
}

static const struct runbook_row *by_url(const struct app *app, struct untrusted url)
{
	const struct runbook_row *page;
	char wanted[NAME_BYTES];

	if (untrusted_empty(url))
		return NULL;
	page = by_page(app, url);
	if (page)
		return page;
	url_name(url, wanted, sizeof wanted);
	for (size_t i = 0; *wanted && i < runbooks_count(app->runbooks); i++)
		if (is_called(runbooks_at(app->runbooks, i), wanted))
			return runbooks_at(app->runbooks, i);
	return NULL;
}

/* --- front matter --- */

static bool names(const struct runbook_row *row, struct untrusted alert)
{
	struct untrusted rest = row->book.matches, word;

	while (untrusted_word(&rest, "[], \t", &word))
		if (untrusted_eq(word, alert))
			return true;
	return false;
}

static struct untrusted label(const void *ctx, const char *name)
{
	return alert_label_value(ctx, name);
}

/* With names and labels both must fit; labels that cannot be read name nothing. */
static bool is_named(const struct runbook_row *row, struct untrusted name,
	const struct alert *alert, bool *by_name)
{
	*by_name = names(row, name);
	if (!*by_name && !untrusted_empty(row->book.matches))
		return false;
	if (row->labels.count)
		return alert && matchers_hold(&row->labels, label, alert);
	return *by_name && untrusted_empty(row->book.labels);
}

/* One's own go before the built-in ones, those for some labels before those for all. */
static void add_named(const struct app *app, struct untrusted name,
	const struct alert *alert, struct runbook_matches *to)
{
	for (int pass = 0; pass < 4; pass++)
		for (size_t i = 0; i < runbooks_count(app->runbooks); i++) {
			const struct runbook_row *row = runbooks_at(app->runbooks, i);
			bool by_name;

			if (row->built_in != (pass >= 2) ||
				(row->labels.count == 0) != (pass % 2) ||
				!is_named(row, name, alert, &by_name))
				continue;
			add(to, row, MATCH_NAMED,
				by_name ? "it names this alert"
					: "it names these labels");
		}
}

/* --- words --- */

static void why_found(const struct app *app, struct untrusted query,
	enum search_mode mode, uint32_t doc, char *out, size_t size)
{
	const struct search *index = runbooks_index(app->runbooks);
	const struct runbook_section *section;
	struct untrusted rest, piece;
	struct str why;

	*out = '\0';
	if (!index)
		return;
	str_init(&why, 2000);
	section = runbooks_section(app->runbooks, doc);
	search_why(index, query, mode, doc, &why);
	if (section && why.n) {
		str_puts(&why, "; at ");
		rest = section->heading;
		/* Without what escapes its letters. */
		while (untrusted_split(&rest, "\\`", &piece))
			text_add_line(&why, piece, 80);
	}
	text_line(untrusted_make(why.p, why.n), out, size);
	str_release(&why);
}

/* Opened, it begins at the section that says it. */
static void note_section(const struct app *app, const struct search_hit *hit)
{
	const struct runbook_section *section =
		runbooks_section(app->runbooks, hit->part);
	struct runbook_row *row =
		runbooks_known(app->runbooks, runbooks_at(app->runbooks, hit->doc)->id);

	if (row)
		row->section = section ? section->line : 0;
}

static void add_found(
	const struct app *app, struct untrusted query, struct runbook_matches *to)
{
	const struct search *index = runbooks_index(app->runbooks);
	struct search_answer answer = {0};
	bool sure;

	if (index)
		search_query(index, query, SEARCH_ALERT, &answer);
	sure = answer.sure >= search_sure_from;
	for (size_t i = 0; i < answer.count && to->count < MATCHES_MAX; i++) {
		struct runbook_match *m = add(to,
			runbooks_at(app->runbooks, answer.hits[i].doc), MATCH_FOUND, "");

		if (!m)
			continue;
		m->sure = sure && !i;
		note_section(app, &answer.hits[i]);
		why_found(app, query, SEARCH_ALERT, answer.hits[i].part, m->why,
			sizeof m->why);
		/* It names the same things by no word of the alert. */
		if (!*m->why)
			to->count--;
	}
}

/* "DiskFull: /var is at 97 %." */
static void compose(struct str *out, struct untrusted name, struct untrusted summary)
{
	text_add_line(out, name, QUERY_BYTES / 4);
	if (!untrusted_empty(name) && !untrusted_empty(summary))
		str_puts(out, ": ");
	text_add_line(out, summary, QUERY_BYTES);
}

static void find(const struct app *app, struct untrusted name, struct untrusted summary,
	struct runbook_matches *out)
{
	struct str query;

	str_init(&query, QUERY_BYTES);
	compose(&query, name, summary);
	add_found(app, untrusted_make(query.p, query.n), out);
	str_release(&query);
	out->none = !out->count || !out->list[0].sure;
}

/* The alert, and others that tell of the same: a page says less than the rule behind it.
 * In an order that does not change. */
static size_t members(const struct app *app, const struct alert *alert,
	const struct alert *out[MEMBERS])
{
	size_t n = 0;

	out[n++] = alert;
	for (const struct alert *t = NULL; (t = alerts_twin(app->alerts, alert, t));) {
		size_t at = n;

		if (t->key == alert->key || n == MEMBERS)
			continue;
		for (; at > 1 && out[at - 1]->key > t->key; at--)
			out[at] = out[at - 1];
		out[at] = t;
		n++;
	}
	return n;
}

static void add_proposed(
	const struct app *app, const struct alert *alert, struct runbook_matches *to)
{
	const struct proposal *p = proposal_for(app->triggers, alert);
	char why[MATCH_WHY];

	if (p)
		add(to, runbooks_named(app->runbooks, p->runbook), MATCH_PROPOSED,
			proposal_words(p, why, sizeof why));
}

static void add_known(
	const struct app *app, const struct alert *alert, struct runbook_matches *out)
{
	const struct alert *all[MEMBERS];
	size_t n = members(app, alert, all);

	add_proposed(app, alert, out);
	for (size_t i = 0; i < n; i++)
		add(out, chosen(app, alert_text(all[i], ALERT_TITLE)), MATCH_CHOSEN,
			"chosen before");
	for (size_t i = 0; i < n; i++)
		add(out, by_url(app, alert_text(all[i], ALERT_RUNBOOK)), MATCH_URL,
			"the alert's runbook_url");
	for (size_t i = 0; i < n; i++)
		add_named(app, alert_text(all[i], ALERT_TITLE), all[i], out);
}

/* --- public --- */

void runbook_matches(
	const struct app *app, const struct alert *alert, struct runbook_matches *out)
{
	*out = (struct runbook_matches){0};
	add_known(app, alert, out);
	find(app, alert_text(alert, ALERT_TITLE), alert_text(alert, ALERT_SUMMARY), out);
}

void runbook_matches_text(const struct app *app, struct untrusted name,
	struct untrusted summary, struct runbook_matches *out)
{
	*out = (struct runbook_matches){0};
	add(out, chosen(app, name), MATCH_CHOSEN, "chosen before");
	add_named(app, name, NULL, out);
	find(app, name, summary, out);
}

void runbook_matches_past(const struct app *app, uint64_t key, struct untrusted title,
	struct runbook_matches *out)
{
	char name[NAME_BYTES];

	*out = (struct runbook_matches){0};
	for (size_t i = 0; i < MATCHES_MAX; i++)
		if (*dossier_book(app, key, i, name, sizeof name))
			add(out, runbooks_named(app->runbooks, name), MATCH_CHOSEN,
				"it was run for this");
	add(out, chosen(app, title), MATCH_CHOSEN, "chosen before");
	add_named(app, title, NULL, out);
	/* Neither its labels nor its summary are kept. */
	find(app, title, UNTRUSTED_NONE, out);
}

bool runbook_is_named(
	const struct app *app, const struct runbook_row *row, const struct alert *alert)
{
	bool by_name;

	return is_named(row, alert_text(alert, ALERT_TITLE), alert, &by_name) ||
	       by_url(app, alert_text(alert, ALERT_RUNBOOK)) == row;
}

/* Without the reasons, which take most of the time: a handoff asks for many. */
static const struct runbook_row *best_found(
	const struct app *app, const struct alert *alert)
{
	const struct search *index = runbooks_index(app->runbooks);
	struct search_answer answer = {0};
	struct str query;

	str_init(&query, QUERY_BYTES);
	compose(&query, alert_text(alert, ALERT_TITLE), alert_text(alert, ALERT_SUMMARY));
	if (index)
		search_query(
			index, untrusted_make(query.p, query.n), SEARCH_ALERT, &answer);
	str_release(&query);
	return answer.count && answer.sure >= search_sure_from
		       ? runbooks_at(app->runbooks, answer.hits[0].doc)
		       : NULL;
}

const struct runbook_row *runbook_best(const struct app *app, const struct alert *alert)
{
	struct runbook_matches all = {0};

	add_known(app, alert, &all);
	return all.count ? all.list[0].row : best_found(app, alert);
}

/* What is remembered, without what it says of this alert. */
static void copy_choices(const struct app *app, const char *without, struct str *to)
{
	struct untrusted rest = kept_choices(app), line, name, book;
	size_t count = 0;

	while (count < CHOICES && untrusted_line(&rest, &line)) {
		if (!read_choice(line, &name, &book) || untrusted_is(name, without))
			continue;
		text_add_line(to, name, NAME_BYTES);
		str_putc(to, '\t');
		text_add_line(to, book, NAME_BYTES);
		str_putc(to, '\n');
		count++;
	}
}

void runbook_choose(
	struct app *app, const struct alert *alert, const struct runbook_row *row)
{
	struct runbook_matches all;
	char name[NAME_BYTES], book[NAME_BYTES];
	struct str text;
	size_t first = 0;

	text_line(alert_text(alert, ALERT_TITLE), name, sizeof name);
	runbook_matches(app, alert, &all);
	while (first < all.count && all.list[first].kind <= MATCH_CHOSEN)
		first++;
	str_init(&text, 200 << 10);
	if (*name && !(first < all.count && all.list[first].row == row))
		str_printf(&text, "%s\t%s\n", name, runbook_name(row, book, sizeof book));
	copy_choices(app, name, &text);
	history_keep(app->history, choices_key, str_text(&text), text.n);
	str_release(&text);
	app_changed(app, CHANGED_RUNBOOKS);
}

size_t runbook_search(const struct app *app, struct untrusted words,
	struct runbook_found *out, size_t max)
{
	const struct search *index = runbooks_index(app->runbooks);
	struct search_answer answer = {0};
	size_t count = 0;

	if (index)
		search_query(index, words, SEARCH_TYPING, &answer);
	for (size_t i = 0; i < answer.count && count < max; i++) {
		struct runbook_found *to = &out[count];

		*to = (struct runbook_found){
			runbooks_at(app->runbooks, answer.hits[i].doc),
			answer.hits[i].score, ""};
		note_section(app, &answer.hits[i]);
		why_found(app, words, SEARCH_TYPING, answer.hits[i].part, to->why,
			sizeof to->why);
		if (*to->why)
			count++;
	}
	return count;
}

void runbook_found_why(const struct app *app, struct untrusted words,
	const struct runbook_row *row, char *out, size_t size)
{
	*out = '\0';
	for (size_t i = 0; i < runbooks_count(app->runbooks); i++)
		if (runbooks_at(app->runbooks, i) == row)
			why_found(app, words, SEARCH_TYPING,
				row->section ? runbooks_part(app->runbooks, (uint32_t)i,
						       row->section)
					     : (uint32_t)i,
				out, size);
}
