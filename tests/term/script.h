#ifndef TERM_SCRIPT_H
#define TERM_SCRIPT_H

#include <stdbool.h>
#include <stdio.h>

struct script_options {
	const char *tmp; /* a fresh folder: TMP of the script */
	double slowness; /* factor on every time limit; 1 = as written */
	bool generate;   /* rewrite the .screen files instead of comparing */
	bool verbose;    /* name each directive as it runs */
	FILE *out;
};

/* Runs one script file in this process, whose environment and handled signals it changes.
 * Prints why and where it failed. Returns the number of failed directives. */
int script_run(const char *path, const struct script_options *options, int *checks);

/* The language, from the table that implements it. */
void script_help(FILE *out);

#endif
