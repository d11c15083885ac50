/* Prints the line that ops/remote_line.c makes of its arguments. With --nul in front,
 * reads words that end with NUL from standard input instead. */
#include "ops/remote_line.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 600, BYTES = 4 << 20 };

int main(int argc, char **argv)
{
	const char *words[WORDS + 1] = {0};
	size_t n = 0, size = 0;
	char *text = mem_new(1, BYTES);
	struct str out;
	struct err err;

	for (int i = 1; i < argc && n < WORDS; i++)
		words[n++] = argv[i];
	if (n && !strcmp(words[0], "--nul")) {
		n = 0;
		size = fread(text, 1, BYTES - 1, stdin);
		for (size_t at = 0; at < size && n < WORDS; at += strlen(text + at) + 1)
			words[n++] = text + at;
		words[n] = NULL;
	}
	str_init(&out, 1 << 20);
	if (!remote_line_add(&out, words, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	fwrite(out.p, 1, out.n, stdout);
	str_release(&out);
	mem_free(text);
	return 0;
}
