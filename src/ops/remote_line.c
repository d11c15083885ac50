/* Two forms. Words of letters, digits and a few signs that no shell reads as more stand
 * as they are behind exec, which looks for a program and nothing else. Otherwise each
 * word is put in single quotes with every other byte as \0ooo, and a fixed script for
 * /bin/sh decodes them. In such quotes only ' and \ and ! and a newline mean anything to
 * any of the shells: of these there is only \ before a 0, which all take as it stands.
 * Pure. */
#include "remote_line.h"

#include <string.h>

/* No ' \ ! or newline. The stroke keeps newlines at the end, and is no part of a
 * character in any encoding. */
static const char decoder[] = "exec /bin/sh -c 'for a do shift; b=$(printf %b/ \"$a\"); "
			      "set -- \"$@\" \"${b%/}\"; done; exec \"$@\"' sh";

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("_./:@+,-", c));
}

/* "=" may stand inside a word, where no shell expands it. */
static bool word_is_plain(const char *word)
{
	if (!*word || *word == '=')
		return false;
	for (; *word; word++)
		if (!is_plain(*word) && *word != '=')
			return false;
	return true;
}

/* What zsh takes for a part of exec. */
static bool program_is_plain(const char *word)
{
	static const char *const modifiers[] = {
		"builtin", "command", "exec", "nocorrect", "noglob"};

	for (size_t i = 0; i < sizeof modifiers / sizeof modifiers[0]; i++)
		if (!strcmp(word, modifiers[i]))
			return false;
	return *word != '-' && !strchr(word, '=');
}

static void add_word(struct str *out, const char *word)
{
	str_puts(out, " '");
	for (; *word; word++) {
		if (is_plain(*word))
			str_putc(out, *word);
		else
			str_printf(out, "\\0%03o", (unsigned char)*word);
	}
	str_putc(out, '\'');
}

bool remote_line_add(struct str *out, const char *const *argv, struct err *err)
{
	bool plain = argv[0] && program_is_plain(argv[0]);
	size_t before = out->n;

	if (!argv[0] || !*argv[0])
		return err_set(err, ERR_USAGE, "there is no command");
	for (size_t i = 0; argv[i]; i++)
		plain &= word_is_plain(argv[i]);
	str_puts(out, plain ? "exec" : decoder);
	for (size_t i = 0; argv[i]; i++) {
		if (plain)
			str_printf(out, " %s", argv[i]);
		else
			add_word(out, argv[i]);
	}
	if (out->cut || out->n - before > REMOTE_LINE_BYTES)
		return err_set(err, ERR_LIMIT,
			"the command is longer than %d KiB, which no host takes",
			REMOTE_LINE_BYTES >> 10);
	return true;
}
