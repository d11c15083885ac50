/* What must hold for every report in each of its forms, whatever was said in it. The
 * checks read the bytes on their own. NULL: all is well; else the place where it is
 * not. */
#ifndef TESTS_UNIT_REPORT_CHECK_H
#define TESTS_UNIT_REPORT_CHECK_H

#include "base/text.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Every character draws itself; only line feeds besides. */
static const char *printable_problem(const char *text)
{
	size_t n = strlen(text), used;
	uint32_t cp;

	for (size_t i = 0; i < n; i += used) {
		used = utf8_decode(text + i, n - i, &cp);
		if (!used || (cp != '\n' && !utf8_printable(cp)))
			return text + i;
	}
	return NULL;
}

/* No line is wider, but for the addresses at the end. */
static const char *plain_problem(const char *text, int columns)
{
	const char *links = NULL, *end;

	for (const char *at = strstr(text, "\nLinks\n"); at;
		at = strstr(at + 1, "\nLinks\n"))
		links = at;
	for (const char *line = text; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return line;
		if ((!links || line < links) &&
			text_width(untrusted_make(line, (size_t)(end - line)), 400) >
				columns)
			return line;
		if (end > line && end[-1] == ' ')
			return line;
	}
	return printable_problem(text);
}

/* Unescaped | of a line. */
static int pipes(const char *line, const char *end)
{
	int n = 0;

	for (; line < end; line++) {
		n += *line == '|';
		line += *line == '\\';
	}
	return n;
}

/* Rows have as many cells as their table's head, fences are closed, and what would be
 * HTML, a picture or an address of its own is escaped. */
static const char *markdown_problem(const char *text)
{
	const char *end, *fence = NULL;
	size_t ticks = 0;
	int cells = 0;

	for (const char *line = text; *line; line = end + 1) {
		size_t run = strspn(line, "`");

		end = strchr(line, '\n');
		if (!end)
			return line;
		if (fence) {
			if (run >= ticks && line + run == end)
				fence = NULL;
			continue;
		}
		if (run >= 3) {
			fence = line;
			ticks = run;
			if (line + run != end)
				return line;
			continue;
		}
		if (*line == '|' && !cells)
			cells = pipes(line, end);
		else if (*line != '|')
			cells = 0;
		if (cells && pipes(line, end) != cells)
			return line;
		if (!strncmp(line, "<!-- -->\n", 9))
			continue;
		for (const char *p = line; p < end; p++) {
			if (*p == '`') {
				p = memchr(p + 1, '`', (size_t)(end - p - 1));
				if (!p)
					return line;
				continue;
			}
			if (*p == '<' || (*p == '!' && p[1] == '['))
				return line;
			if (!strncmp(p, "://", 3) && strncmp(p - 6, "(https://", 9) &&
				strncmp(p - 5, "(http://", 8))
				return line;
			p += *p == '\\';
		}
	}
	return fence ? fence : printable_problem(text);
}

/* One tag; *p stands behind its <. Attributes are quoted and hold no < or >. */
static bool tag_ok(const char **p, bool *ends, char name[8])
{
	size_t n;

	*ends = **p == '/';
	*p += *ends;
	n = strspn(*p, "abcdefghijklmnopqrstuvwxyz0123456789");
	if (!n || n > 7)
		return false;
	memcpy(name, *p, n);
	name[n] = '\0';
	*p += n;
	while (**p == ' ') {
		n = strspn(++*p, "abcdefghijklmnopqrstuvwxyz");
		if (!n || !strncmp(*p, "on", 2) || strncmp(*p + n, "=\"", 2))
			return false;
		*p += n + 2;
		n = strcspn(*p, "\"<>\n");
		if ((*p)[n] != '"')
			return false;
		*p += n + 1;
	}
	return *(*p)++ == '>';
}

/* Tags are known and closed in order; &, < and > never stand alone. */
static const char *html_problem(const char *text)
{
	static const char known[] =
		" html head meta title style body table tr td th h1 h2 h3 p a img span "
		"strong pre ";
	static const char *const skip[] = {"<!DOCTYPE html>",
		"<!--[if mso]><table "
		"role=\"presentation\" width=\"660\"><tr><td><![endif]-->",
		"<!--[if mso]></td></tr></table><![endif]-->"};
	char open[64][8], name[8], word[16];
	int depth = 0;
	bool ends, skipped;

	for (const char *p = text, *at; *(at = p);) {
		p++;
		skipped = false;
		for (size_t i = 0; i < sizeof skip / sizeof *skip; i++)
			if (!strncmp(at, skip[i], strlen(skip[i]))) {
				p = at + strlen(skip[i]);
				skipped = true;
			}
		if (skipped || (*at != '<' && *at != '>' && *at != '&'))
			continue;
		if (*at == '&' &&
			strspn(p, "abcdefghijklmnopqrstuvwxyz#0123456789") > 0 &&
			p[strspn(p, "abcdefghijklmnopqrstuvwxyz#0123456789")] == ';')
			continue;
		if (*at != '<' || !tag_ok(&p, &ends, name))
			return at;
		strcat(strcat(strcpy(word, " "), name), " ");
		if (!strstr(known, word))
			return at;
		if (!strcmp(name, "meta") || !strcmp(name, "img"))
			continue;
		if (ends ? !depth-- || strcmp(open[depth], name) : depth == 64)
			return at;
		if (!ends)
			strcpy(open[depth++], name);
	}
	return depth ? text + strlen(text) : printable_problem(text);
}

#endif
