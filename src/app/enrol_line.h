/* The words of `source add` as a line of the rc. Main thread. */
#ifndef SRC_APP_ENROL_LINE_H
#define SRC_APP_ENROL_LINE_H

#include "trial.h"

struct enrol_line {
	struct rc *rc; /* what it says; its first source */
	struct trial_choices choices;
	char *words[CHOOSE_COUNT]; /* own copies of them */
	struct str text; /* "source NAME KIND KEY=VALUE …", without a filter */
};

/* False with a sentence: a wrong word, a secret among them, a name that is taken. */
bool enrol_line_read(struct enrol_line *line, const struct app *app, size_t argc,
	const char *const *argv, struct err *err);
void enrol_line_release(struct enrol_line *line);
/* Refuses a word that says a secret itself. */
bool enrol_word_check(const char *word, struct err *err);
/* The text of the file with the line behind it; in the profile's block, if any. */
void enrol_file_add(struct str *out, const char *text, const char *profile,
	const char *line, const char *filter);
/* … without the line that begins at `at`; a block that gets empty goes with it. */
void enrol_file_remove(struct str *out, const char *text, int at);

#endif
