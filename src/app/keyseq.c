/* Key names to codes and back, and the contexts in which keys are
 * bound. Knows nothing of terminals: ui/keys.c maps what a
 * terminal sends to these codes. Pure. */
#include "app/keyseq.h"

#include "base/conf.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	int key;
} names[] = {
	{"Enter", KEYCODE_ENTER},
	{"Esc", KEYCODE_ESC},
	{"Tab", KEYCODE_TAB},
	{"S-Tab", KEYCODE_BACKTAB},
	{"BS", KEYCODE_BACKSPACE},
	{"Backspace", KEYCODE_BACKSPACE},
	{"Del", KEYCODE_DELETE},
	{"Ins", KEYCODE_INSERT},
	{"Up", KEYCODE_UP},
	{"Down", KEYCODE_DOWN},
	{"Left", KEYCODE_LEFT},
	{"Right", KEYCODE_RIGHT},
	{"Home", KEYCODE_HOME},
	{"End", KEYCODE_END},
	{"PgUp", KEYCODE_PGUP},
	{"PgDn", KEYCODE_PGDN},
	{"Space", ' '},
	{"lt", '<'},
	{"Bar", '|'},
};

const struct keyseq_context keyseq_contexts[] = {
	{"global", "everywhere"},
	{"list", "every pane with rows"},
	{"overview", "pane 1"},
	{"alerts", "pane 2"},
	{"metrics", "pane 3"},
	{"anomalies", "pane 4"},
	{"logs", "pane 5"},
	{"runbooks", "pane 6"},
	{"sources", "pane 7"},
	{"events", "pane 8"},
	{"processes", "pane 9"},
	{"detail", "an alert, a runbook and the other views without a name here"},
	{"runbook", "a runbook that is open"},
	{"remote", "hosts of a run on other machines"},
	{"remotehost", "one of them"},
	{"followed", "lines of a file on other machines"},
	{"findings", "the root cause of an incident"},
	{"actions", "the list of actions"},
	{"silences", "the list of silences"},
	{"triggers", "the list of triggers"},
	{"slos", "the list of objectives"},
	{"chart", "the chart of a metric"},
	{"trends", "the trends"},
	{"past", "the incidents behind a bar of the trends"},
	{"help", "the list of keys"},
	{"options", "the list of settings"},
	{"audit", "the audit"},
	{"replay", "a recording that is played"},
	{"handoff", "the handoff of a shift"},
	{"oncall", "who is on call in each schedule"},
	{"shifts", "the shifts of one schedule"},
	{"incident", "the menu of what can be done to an incident"},
	{"snooze", "the menu of how long"},
	{"parts", "the menu of the parts of the trends"},
	{"take", "the menu of how long the pager is taken"},
	{0},
};

bool keyseq_context(const char *name, struct err *err)
{
	char near[80];

	for (size_t i = 0; keyseq_contexts[i].name; i++)
		if (!strcmp(keyseq_contexts[i].name, name))
			return true;
	return err_set(err, ERR_INPUT, "no context is called %s%s", name,
		conf_nearest(
			name, &keyseq_contexts->name, sizeof *keyseq_contexts, near));
}

static int named_key(const char *name, size_t n)
{
	char *end;
	long f;

	if (n == 3 && (name[0] == 'C' || name[0] == 'c') && name[1] == '-') {
		char c = name[2];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if (c >= 'a' && c <= 'z' && c != 'i' && c != 'm')
			return c - 'a' + 1;
		return 0;
	}
	if ((name[0] == 'F' || name[0] == 'f') && n >= 2) {
		f = strtol(name + 1, &end, 10);
		if (end == name + n && f >= 1 && f <= 12)
			return KEYCODE_F1 + (int)f - 1;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strlen(names[i].name) == n && !strncasecmp(names[i].name, name, n))
			return names[i].key;
	return 0;
}

static int parse_key(const char *text, size_t n)
{
	uint32_t cp;

	if (n > 2 && text[0] == '<' && text[n - 1] == '>')
		return named_key(text + 1, n - 2);
	if (utf8_decode(text, n, &cp) == n && utf8_printable(cp))
		return (int)cp;
	return 0;
}

size_t keyseq_parse(const char *text, int keys[KEYSEQ_MAX], struct err *err)
{
	size_t count = 0;

	while (*text) {
		size_t n = strcspn(text, " ");
		int key = n ? parse_key(text, n) : 0;

		if (!n) {
			text++;
			continue;
		}
		if (!key) {
			err_set(err, ERR_INPUT,
				"no key is called %.*s; write a, G, <Enter>, <C-x>, <F1> "
				"or "
				"a quoted chord such as \"g g\"",
				(int)n, text);
			return 0;
		}
		if (count == KEYSEQ_MAX) {
			err_set(err, ERR_INPUT, "a chord has at most %d keys",
				KEYSEQ_MAX);
			return 0;
		}
		keys[count++] = key;
		text += n;
	}
	if (!count)
		err_set(err, ERR_INPUT, "expected a key");
	return count;
}

bool keyseq_check(const char *text, struct err *err)
{
	int keys[KEYSEQ_MAX];

	return keyseq_parse(text, keys, err) > 0;
}

const char *keyseq_named(size_t i)
{
	return i < sizeof names / sizeof names[0] ? names[i].name : NULL;
}

const char *keyseq_name(int key, char out[16])
{
	char utf8[4];
	size_t n;

	if (key >= 1 && key <= 26) {
		snprintf(out, 16, "<C-%c>", key + 'a' - 1);
		return out;
	}
	if (key >= KEYCODE_F1 && key <= KEYCODE_F12) {
		snprintf(out, 16, "<F%d>", key - KEYCODE_F1 + 1);
		return out;
	}
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (names[i].key == key) {
			snprintf(out, 16, "<%s>", names[i].name);
			return out;
		}
	}
	if (key <= 0 || key >= KEY_BASE) {
		snprintf(out, 16, "<?>");
		return out;
	}
	n = utf8_encode((uint32_t)key, utf8);
	memcpy(out, utf8, n);
	out[n] = '\0';
	return out;
}
