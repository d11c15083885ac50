/* The thesaurus of the search: a table of rows, each of words. */
#ifndef ANALYSIS_LEXICON_H
#define ANALYSIS_LEXICON_H

enum lexicon_kind {
	LEXICON_SAME,   /* one thing under several names */
	LEXICON_STATE,  /* the same, and it says how something fares */
	LEXICON_RIVALS, /* of one family: one of them is not the other */
	LEXICON_FILLER, /* says little in an alert */
	LEXICON_STOP,   /* says nothing */
};

struct lexicon_row {
	enum lexicon_kind kind;
	const char *words; /* "oom out_of_memory"; NULL ends the table */
};

extern const struct lexicon_row lexicon[];

#endif
