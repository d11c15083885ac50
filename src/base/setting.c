/* Typed settings over a const table. Hides how each type is read and what its row
 * allows; a value that is refused changes nothing. Values keep the place that set
 * them, so the struct conf that was read must live as long. Main thread. */
#include "base/setting.h"

#include "base/alloc.h"
#include "base/time.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_bool(const char *text, int64_t *out)
{
	static const char *const words[] = {"off", "on", "no", "yes", "false", "true"};

	for (int i = 0; i < 6; i++) {
		if (!strcmp(text, words[i])) {
			*out = i % 2;
			return true;
		}
	}
	return false;
}

static bool parse_int(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && end != text && !*end;
}

static bool parse_size(const char *text, int64_t *out)
{
	static const char *const names[] = {"B", "KiB", "MiB", "GiB"};
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || end == text || n < 0)
		return false;
	for (int i = 0; i < 4; i++) {
		if (!strcmp(end, names[i]) && n <= INT64_MAX >> (10 * i)) {
			*out = (int64_t)n << (10 * i);
			return true;
		}
	}
	return false;
}

static bool parse_choice(const char *choices, const char *text, int64_t *out)
{
	size_t n = strlen(text);
	int64_t index = 0;

	while (*choices) {
		size_t m = strcspn(choices, "|");

		if (m == n && !strncmp(choices, text, n)) {
			*out = index;
			return true;
		}
		index++;
		choices += m + (choices[m] == '|');
	}
	return false;
}

static bool parse(
	const struct setting_row *row, const char *text, int64_t *out, struct err *err)
{
	static const char *const wanted[] = {
		[SETTING_BOOL] = "on or off",
		[SETTING_INT] = "a whole number",
		[SETTING_DURATION] = "a duration such as 5s or 2m",
		[SETTING_SIZE] = "a size such as 64MiB",
	};
	char low[TIME_TEXT], high[TIME_TEXT];
	bool ok = false, ranged = row->high > row->low;

	*out = 0;
	switch (row->type) {
	case SETTING_BOOL:
		ok = parse_bool(text, out);
		break;
	case SETTING_INT:
		ok = parse_int(text, out);
		break;
	case SETTING_DURATION:
		ok = duration_parse(text, out);
		break;
	case SETTING_SIZE:
		ok = parse_size(text, out);
		break;
	case SETTING_TEXT:
		return true;
	case SETTING_ENUM:
		if (parse_choice(row->choices, text, out))
			return true;
		return err_set(err, ERR_INPUT, "%s is one of %s, not %s", row->name,
			row->choices, text);
	}
	if (!ok)
		return err_set(err, ERR_INPUT, "%s is %s, not %s", row->name,
			wanted[row->type], text);
	if (!ranged || (*out >= row->low && *out <= row->high))
		return true;
	if (row->type == SETTING_DURATION)
		return err_set(err, ERR_INPUT, "%s goes from %s to %s, not %s", row->name,
			duration_text(row->low, low), duration_text(row->high, high),
			text);
	return err_set(err, ERR_INPUT, "%s goes from %lld to %lld, not %s", row->name,
		(long long)row->low, (long long)row->high, text);
}

static void store(struct setting_value *value, const char *text, int64_t number)
{
	char *copy = mem_strdup(text);

	mem_free(value->text);
	value->text = copy;
	value->number = number;
}

void settings_reset(struct settings *s)
{
	struct err err;

	for (size_t i = 0; i < s->count; i++) {
		int64_t number;

		if (!parse(&s->rows[i], s->rows[i].initial, &number, &err)) {
			fprintf(stderr, "oogway: default: %s\n", err.text);
			abort();
		}
		store(&s->values[i], s->rows[i].initial, number);
		s->values[i].place = (struct conf_place){0};
		s->values[i].final = false;
	}
}

void settings_init(struct settings *s, const struct setting_row *rows, size_t count)
{
	s->rows = rows;
	s->count = count;
	s->values = mem_new(count, sizeof *s->values);
	settings_reset(s);
}

void settings_release(struct settings *s)
{
	for (size_t i = 0; i < s->count; i++)
		mem_free(s->values[i].text);
	mem_free(s->values);
	*s = (struct settings){0};
}

int settings_find(const struct settings *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->rows[i].name, name))
			return (int)i;
	return -1;
}

/* The rows are counted, the names that conf_nearest() takes end with NULL. */
static bool no_such(const struct settings *s, const char *name, struct err *err)
{
	const char **names = mem_new(s->count + 1, sizeof *names);
	char near[80];

	for (size_t i = 0; i < s->count; i++)
		names[i] = s->rows[i].name;
	conf_nearest(name, names, sizeof *names, near);
	mem_free(names);
	return err_set(err, ERR_INPUT, "no setting is called %s%s", name, near);
}

bool settings_free(const struct settings *s, int index, struct err *err)
{
	const struct setting_value *value = &s->values[index];

	return !value->final ||
	       err_set(err, ERR_REFUSED, "%s is final, set at %s:%d", s->rows[index].name,
		       value->place.file ? value->place.file : "?", value->place.line);
}

int settings_seek(const struct settings *s, const char *name, struct err *err)
{
	int i = settings_find(s, name);

	if (i < 0)
		no_such(s, name, err);
	return i;
}

bool settings_set(struct settings *s, const char *name, const char *value, bool final,
	struct conf_place place, struct err *err)
{
	int i = settings_seek(s, name, err);
	int64_t number;

	if (i < 0)
		return false;
	if (!settings_free(s, i, err))
		return false;
	if (!parse(&s->rows[i], value, &number, err))
		return false;
	store(&s->values[i], value, number);
	s->values[i].place = place;
	s->values[i].final = final;
	return true;
}

int64_t settings_number(const struct settings *s, int index)
{
	return s->values[index].number;
}

const char *settings_text(const struct settings *s, int index)
{
	return s->values[index].text;
}

void settings_describe(const struct settings *s, int index, struct str *out)
{
	const struct setting_value *v = &s->values[index];

	str_printf(out, "set %s = ", s->rows[index].name);
	conf_quote(out, v->text);
	if (!v->place.file)
		str_puts(out, "   # default");
	else if (strcmp(v->place.file, CONF_TYPED) != 0)
		str_printf(out, "   # %s:%d%s", v->place.file, v->place.line,
			v->final ? ", final" : "");
	else
		str_printf(out, "   # %s", v->place.file);
}
