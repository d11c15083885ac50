/* What a command can do, judged by its argv, and whether it may. A command is "read" only
 * when its program, its verb and each of its options are known to change nothing (the
 * table is src/ops/policy_table.c); what is not known is "change". Any thread. */
#ifndef OPS_POLICY_H
#define OPS_POLICY_H

#include "base/err.h"
#include "ops/audit.h"

#include <stdbool.h>
#include <stddef.h>

/* What somebody may do now, and why not. */
struct policy {
	bool demo, readonly, past;
	enum audit_class most; /* of `set run.allow`; AUDIT_UNCLASSED: nothing */
};

enum { POLICY_WHY = 80, POLICY_DECISION = 80 };

struct judgement {
	enum audit_class class;
	bool sudo;            /* through sudo */
	char why[POLICY_WHY]; /* when it is not read: "-delete" */
};

void policy_judge(const char *const *argv, size_t argc, struct judgement *out);
/* The worse of two; shell is the worst, as nobody can say what it does. */
enum audit_class policy_worse(enum audit_class a, enum audit_class b);

/* False with a sentence. decision: one line for the audit, in both cases. */
bool policy_allows(const struct policy *policy, enum audit_class class,
	char decision[POLICY_DECISION], struct err *err);

#endif
