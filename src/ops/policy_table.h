/* The table of programs that policy knows. */
#ifndef OPS_POLICY_TABLE_H
#define OPS_POLICY_TABLE_H

#include "ops/audit.h"

/* Verbs are the operands in front: "rollout status". All of a program's rows are tried
 * in their order, "" matches any. */
struct policy_verb {
	const char *words; /* several, separated by '|' */
	enum audit_class class;
};

enum policy_flag {
	POLICY_BARE = 1 << 0,   /* an operand behind its verb makes it a change */
	POLICY_LONG1 = 1 << 1,  /* long options have one dash (ip) */
	POLICY_WRAPS = 1 << 2,  /* runs its operands: they are judged */
	POLICY_SKIPS = 1 << 3,  /* … behind the first of them (timeout 5 cmd) */
	POLICY_ROOT = 1 << 4,   /* … as root */
	POLICY_PLUS = 1 << 5,   /* BARE, but for operands that begin with + (date) */
	POLICY_HTTP = 1 << 6,   /* operands that are no http or https make it a change */
	POLICY_EQUALS = 1 << 7, /* operands with a = make it a change (sysctl) */
	/* What stands before the verb must take a value: its parser takes the word behind
	 * any other option for one, and so another word for the verb. */
	POLICY_VERB_FIRST = 1 << 8,
};

struct policy_program {
	const char *names; /* several, separated by blanks */
	/* Options that change nothing, as for getopt: "n:" takes a value. Others make it
	 * a change. */
	const char *shorts;
	const char *longs; /* "all max-depth=", blanks between */
	/* Options that say what is worse, by their whole word or up to '='. */
	const char *destroys;
	unsigned flags;
	const struct policy_verb *verbs; /* ended by NULL words; NULL: it reads */
};

extern const struct policy_program policy_programs[]; /* ended by NULL names */

#endif
