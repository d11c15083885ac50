/* The one line language of rc files, keymaps, themes and the ':' line.
 *
 *   file    = { line }
 *   line    = [ word { blank word } [ blank "--" blank rest ] ] [ comment ] newline
 *   word    = bare | quoted | NAME=quoted     bare: no blank, no '"' at its start
 *   quoted  = '"' { char | '\"' | '\\' } '"'
 *   comment = '#' at the start of a line, or behind a blank and before a blank or
 *             the end of the line (so that #ff8800 is a word)
 *   a trailing '\' joins the next line, in a comment too; places are those of the
 *   first line, columns count on
 *   "--" as a bare word ends the words: `rest` is everything behind it, as written
 *
 *   include [-q] FILE        relative to the including file; -q: no error when
 *                            there is none
 *   if EXPR … else … end     EXPR: NAME, !NAME, NAME == | != | < | <= | > | >= WORD
 *   profile NAME … end       lines of the chosen profile only
 *
 * Everything else is a verb from the caller's table. */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include "base/err.h"
#include "base/str.h"

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONF_MAX_BYTES = 1 << 20, /* of one file */
	CONF_MAX_WORDS = 64,
	CONF_MAX_LINE = 8192,
	CONF_MAX_DEPTH = 8, /* of includes and of if/profile blocks */
	CONF_MAX_ERRORS = 200,
	CONF_MAX_PROFILES = 200,
	CONF_MAX_READS = 200, /* texts and files, includes repeated */
};

/* The file of what was typed at ':'. */
#define CONF_TYPED "the command line"

struct conf_place {
	const char *file; /* lives as long as the struct conf */
	int line, column; /* from 1; column in bytes */
};

struct conf_word {
	const char *text; /* NUL-terminated, unquoted */
	int column;
	bool quoted;
};

struct conf_line {
	struct conf_place place;
	struct conf_word words[CONF_MAX_WORDS];
	size_t count;
	const char *rest; /* behind "--"; NULL without one */
	int rest_column;
};

/* Splits one line. text_out holds the words; the line borrows from it. */
bool conf_split(const char *line, struct conf_line *out, char *text_out, size_t text_size,
	struct err *err);

struct conf;

struct conf_verb {
	const char *name;
	size_t min, max; /* words behind the verb; max 0: any number */
	const char *usage;
	/* Returns false with a sentence in *err. */
	bool (*run)(struct conf *conf, const struct conf_line *line, struct err *err);
	const char *help; /* sentences, for the man page; or NULL */
};

/* The words of the language itself (include, if …); run is NULL. */
extern const struct conf_verb conf_words[];

struct conf_error {
	struct conf_place place;
	char text[360];
};

/* A file as it was when it was opened; all 0: there was none that can be read. */
struct conf_stamp {
	int64_t changed_ns, bytes;
	uint64_t inode;
};

struct conf_file {
	char *name; /* of a text that was no file: what it was called */
	struct conf_stamp stamp;
};

struct conf {
	const struct conf_verb *verbs; /* ends with a NULL name */
	void *ctx;
	/* Value of a name in `if`, NULL when unknown. */
	const char *(*lookup)(void *ctx, const char *name);
	const char *profile; /* chosen profile or NULL */
	/* Before a file's text is read; false with a sentence: it is not. Or NULL. */
	bool (*accept)(
		void *ctx, const char *path, struct untrusted text, struct err *err);
	/* Filled by reading. */
	struct conf_error *errors;
	size_t error_count, error_cap;
	size_t errors_total;     /* also those beyond CONF_MAX_ERRORS */
	struct conf_file *files; /* also those that were not there */
	size_t file_count, file_cap;
	char **profiles; /* names seen */
	size_t profile_count, profile_cap;
	bool profile_found; /* the chosen one is there */
	bool final_allowed; /* this file may mark settings final */
	bool torn;          /* a file was changed while it was read */
	int depth;
	size_t reading[CONF_MAX_DEPTH + 1]; /* of files, one for each depth */
	int reads;
};

/* Reads all of it; every wrong line is one error, the others still count. Returns
 * true when there was no error. `name` is what errors call the text. */
bool conf_read_text(struct conf *conf, const char *name, const char *text, size_t n);
/* A file that cannot be read is an error of its own, unless `quiet`. Only plain files
 * are read, and /dev/null; a FIFO is not waited for, a dead file system is. */
bool conf_read_file(struct conf *conf, const char *path, bool quiet);
/* Puts the errors in order: those of no file, then by file as read, and by line. */
void conf_sort_errors(struct conf *conf);
/* What the file is now; false: there is none that can be read. */
bool conf_stamp(const char *path, struct conf_stamp *out);
bool conf_stamp_same(const struct conf_stamp *a, const struct conf_stamp *b);
/* It counts among the files that were read, as a change of it changes them. */
void conf_note(struct conf *conf, const char *path);
/* The file was there when it was to be read. */
bool conf_had(const struct conf *conf, const char *path);
void conf_release(struct conf *conf);
/* Adds an error of the caller's own; the file's name is borrowed. */
void conf_complain(struct conf *conf, struct conf_place place, const char *text);

/* key=value words from word `from` on: a name before them may hold a '=' itself. NULL
 * when absent. */
const char *conf_value(const struct conf_line *line, size_t from, const char *key);
/* Refuses a key=value word whose key is not in the NULL-ended list, naming the
 * nearest one. from: first word to look at. */
bool conf_check_keys(const struct conf_line *line, size_t from, const char *const *keys,
	struct err *err);
/* "did you mean X?" in out, or "" when nothing is near. */
const char *conf_nearest(
	const char *word, const char *const *names, size_t stride, char out[80]);
/* Quotes a word if it needs it; what is written splits back into that word, unless
 * it holds a newline. */
void conf_quote(struct str *out, const char *word);

#endif
