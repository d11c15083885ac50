/* What the program prints of itself is what lies in the tree: the man pages and the
 * example rc. When it is not, `make docs` writes them anew. Also: every row that a man
 * page shows has words. */
#include "app/demo.h"
#include "app/keyseq.h"
#include "app/option.h"
#include "app/print_man.h"
#include "app/role.h"
#include "app/setting.h"
#include "ui/console.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void same(const char *path, struct str *printed)
{
	static char there[1 << 20];
	FILE *f = fopen(path, "re");
	size_t n;

	if (!f)
		fail_msg("%s: not there; run make docs", path);
	n = fread(there, 1, sizeof there, f);
	fclose(f);
	if (n != printed->n || memcmp(there, str_text(printed), n))
		fail_msg("%s is not what the program prints; run make docs", path);
	str_release(printed);
}

static void man_pages(void **state)
{
	struct commands commands = {0};
	struct str out;

	(void)state;
	commands_add(&commands, app_commands, NULL);
	commands_add(&commands, console_commands, NULL);
	commands_add(&commands, demo_commands, NULL);
	str_init(&out, 1 << 20);
	man_print(1, &commands, &out);
	same("docs/oogway.1", &out);
	str_init(&out, 1 << 20);
	man_print(5, &commands, &out);
	same("docs/oogway.rc.5", &out);
}

static void example_rc(void **state)
{
	struct str out;

	(void)state;
	str_init(&out, 1 << 20);
	rc_print_example(&out);
	same("oogway.rc.example", &out);
}

static void said(const char *name, const char *help)
{
	if (!help || !*help || strchr(".\n", help[strlen(help) - 1]))
		fail_msg("%s: one line of help without a full stop, not %s", name,
			help ? help : "nothing");
}

static void every_row_has_words(void **state)
{
	(void)state;
	for (int i = 0; i < OPTION_COUNT; i++)
		said(option_rows[i].name, option_rows[i].help);
	for (int i = 0; i < SET_COUNT_; i++)
		said(setting_rows[i].name, setting_rows[i].help);
	for (int i = 0; i < ROLE_COUNT; i++)
		said(role_rows[i].name, role_rows[i].help);
	for (const struct keyseq_context *c = keyseq_contexts; c->name; c++)
		said(c->name, c->help);
	for (const struct command *c = app_commands; c->name; c++)
		said(c->name, c->help);
	for (const struct command *c = console_commands; c->name; c++)
		said(c->name, c->help);
	for (const struct rc_key *k = rc_keys; k->verb; k++)
		said(k->name, k->help);
	for (const struct conf_verb *v = rc_verbs; v->name; v++)
		assert_non_null(v->help);
	for (const struct conf_verb *w = conf_words; w->name; w++)
		assert_non_null(w->help);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(man_pages),
		cmocka_unit_test(example_rc),
		cmocka_unit_test(every_row_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
