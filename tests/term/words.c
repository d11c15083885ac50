/*
 * Splitting a line of a script into words: the quotes and escapes that people know from
 * the shell, and variables from the environment; nothing is run.
 */
#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* $NAME or ${NAME}; an unknown one is empty, a $ without a name is itself. */
static void expand(const char **in, char **out, char *end)
{
	bool braces = (*in)[1] == '{';
	const char *name = *in + 1 + braces;
	size_t size = 0;
	char key[128];
	const char *value;

	while (isalnum((unsigned char)name[size]) || name[size] == '_')
		size++;
	if (size == 0 || size >= sizeof key) {
		*(*out)++ = *(*in)++;
		return;
	}
	snprintf(key, sizeof key, "%.*s", (int)size, name);
	value = getenv(key);
	while (value && *value && *out < end)
		*(*out)++ = *value++;
	*in = name + size + (braces && name[size] == '}');
}

static char unescape(const char **in)
{
	static const char from[] = "ntre\\\"'$# ", to[] = "\n\t\r\033\\\"'$# ";
	const char *at = strchr(from, **in);
	unsigned byte;

	if (**in == 'x' && sscanf(*in + 1, "%2x", &byte) == 1) {
		*in += 3;
		return (char)byte;
	}
	if (!at || !**in)
		return '\\'; /* not an escape: stays as it is, \033 for printf */
	(*in)++;
	return to[at - from];
}

/* One word: bare, "with \escapes" or 'literal', or such pieces joined. False at the end
 * of the line; a missing quote ends at the line's end. */
static bool next_word(const char **in, char **out, char *end, bool variables)
{
	char quote = 0;

	while (**in == ' ' || **in == '\t')
		(*in)++;
	if (!**in || **in == '#')
		return false;
	while (**in && (quote || (**in != ' ' && **in != '\t')) && *out < end) {
		if (quote ? **in == quote : **in == '"' || **in == '\'') {
			quote = quote ? 0 : **in;
			(*in)++;
		} else if (**in == '\\' && quote != '\'' && (*in)[1]) {
			(*in)++;
			*(*out)++ = unescape(in);
		} else if (**in == '$' && quote != '\'' && variables) {
			expand(in, out, end);
		} else {
			*(*out)++ = *(*in)++;
		}
	}
	*(*out)++ = '\0';
	return true;
}

void words_split(struct words *words, char *store, size_t size, bool variables)
{
	const char *line = words->rest;
	char *end = store + size - 1;

	words->count = 0;
	while (words->count < WORDS_MAX - 1 && store < end) {
		char *word = store;

		if (!next_word(&line, &store, end, variables))
			break;
		words->word[words->count++] = word;
	}
	words->word[words->count] = NULL;
}
