/* Which editor, as words. The user's own variables decide, as everywhere; nothing is
 * expanded in them, so that no file's name is ever read as more than one word. Pure but
 * for the environment. */
#include "app/editor.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

size_t program_argv(const char *program, const char *path, char *text, size_t size,
	const char *argv[EDITOR_WORDS])
{
	char *rest = text, *word;
	size_t n = 0;

	str_copy(text, size, program);
	while (n < EDITOR_WORDS - 2 && (word = strsep(&rest, " ")))
		if (*word)
			argv[n++] = word;
	argv[n++] = path;
	argv[n] = NULL;
	return n;
}

void editor_argv(
	const char *path, char *text, size_t size, const char *argv[EDITOR_WORDS])
{
	const char *editor = getenv("VISUAL");

	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	program_argv(editor, path, text, size, argv);
}
