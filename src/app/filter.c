/* The filter grammar of `/`: REGEX, !REGEX, -f FUZZY, -l NAME=VALUE[,NAME!=VALUE].
 * A row matches when any of its columns does (labels: when all do). Main thread. */
#include "app/listing.h"
#include "base/alloc.h"
#include "base/regex.h"
#include "base/str.h"

#include <string.h>

enum { LABELS_MAX = 8, WORD_MAX = 128 };

struct filter_label {
	char name[WORD_MAX], value[WORD_MAX];
	bool not ;
};

struct filter {
	struct regex *re;
	bool inverse;
	char fuzzy[WORD_MAX];
	struct filter_label labels[LABELS_MAX];
	size_t label_count;
};

static bool parse_labels(struct filter *f, const char *text, struct err *err)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		const char *eq = memchr(text, '=', n);
		struct filter_label *l = &f->labels[f->label_count];
		size_t name;

		if (!eq || eq == text)
			return err_set(err, ERR_INPUT,
				"expected -l NAME=VALUE or NAME!=VALUE, separated by "
				"commas");
		if (f->label_count == LABELS_MAX)
			return err_set(err, ERR_LIMIT, "at most %d labels", LABELS_MAX);
		name = (size_t)(eq - text);
		l->not = eq[-1] == '!';
		name -= l->not ;
		if (name >= WORD_MAX || n - (size_t)(eq - text) > WORD_MAX)
			return err_set(err, ERR_LIMIT, "label too long");
		memcpy(l->name, text, name);
		memcpy(l->value, eq + 1, n - (size_t)(eq - text) - 1);
		f->label_count++;
		text += n + (text[n] == ',');
	}
	return f->label_count || err_set(err, ERR_INPUT, "expected -l NAME=VALUE");
}

struct filter *filter_new(const char *text, struct err *err)
{
	struct filter *f = mem_new(1, sizeof *f);
	bool ok = true;

	if (str_starts(text, "-f")) {
		text += 2 + strspn(text + 2, " ");
		ok = str_copy(f->fuzzy, sizeof f->fuzzy, text) ||
		     err_set(err, ERR_LIMIT, "filter too long");
	} else if (str_starts(text, "-l")) {
		ok = parse_labels(f, text + 2 + strspn(text + 2, " "), err);
	} else {
		f->inverse = text[0] == '!';
		f->re = regex_new(text + f->inverse, err);
		ok = f->re != NULL;
	}
	if (ok)
		return f;
	filter_free(f);
	return NULL;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	regex_free(f->re);
	mem_free(f);
}

static struct untrusted column_named(const struct app *app, const struct listing *listing,
	const void *row, const char *name, struct cell *cell)
{
	for (size_t i = 0; i < listing->column_count; i++) {
		if (strcmp(listing->columns[i].name, name))
			continue;
		listing->columns[i].cell(app, row, cell);
		return cell->text;
	}
	return UNTRUSTED_NONE;
}

static bool match_labels(const struct filter *f, const struct app *app,
	const struct listing *listing, const void *row)
{
	for (size_t i = 0; i < f->label_count; i++) {
		struct cell cell = {0};
		struct untrusted value = listing->label
						 ? listing->label(row, f->labels[i].name)
						 : column_named(app, listing, row,
							   f->labels[i].name, &cell);

		if (untrusted_is(value, f->labels[i].value) == f->labels[i].not )
			return false;
	}
	return true;
}

bool filter_match(const struct filter *f, const struct app *app,
	const struct listing *listing, const void *row)
{
	if (f->label_count)
		return match_labels(f, app, listing, row);
	for (size_t i = 0; i < listing->column_count; i++) {
		struct cell cell = {0};

		if (listing->columns[i].flags & COLUMN_SPARK)
			continue;
		listing->columns[i].cell(app, row, &cell);
		if (f->re ? regex_match(f->re, cell.text, 0, NULL, NULL)
			  : untrusted_fuzzy(cell.text, f->fuzzy) >= 0)
			return !f->inverse;
	}
	return f->inverse;
}

bool listing_is_words(const char *text)
{
	return *text && *text != '-' && !strpbrk(text, "\\^$*+?()[]{}|!");
}
