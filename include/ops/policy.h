/* What a command can do, judged by its argv, and whether it may. A command is "read" only
 * when its program, its verb and each of its options are known to change nothing (the
 * table is src/ops/policy_table.c); what is not known is "change". Any thread. */
#ifndef OPS_POLICY_H
#define OPS_POLICY_H

#include "base/err.h"
#include "ops/audit.h"

#include <stdbool.h>
#include <stddef.h>

/* A line of the rc: what may be, where and when. Patterns are separated by commas, with
 * * and ?; @GROUP is a group of hosts. NULL matches anything. Texts are borrowed. */
struct policy_rule {
	bool deny;
	bool approve;            /* what it allows needs an approval */
	bool system;             /* of a file that is root's: no later line widens it */
	const char *hosts;       /* all of the deed's match, to allow; one, to deny */
	const char *books;       /* the runbook's name; what is of none never matches */
	unsigned classes;        /* 1 << AUDIT_…; 0: any */
	int from_min, until_min; /* local minutes of the day; the same: always */
	const char *where;       /* "oogway.rc:12", for sentences */
};

/* What somebody may do now, and why not. */
struct policy {
	bool demo, readonly, past;
	const char *broken;       /* why nothing at all may be done; or NULL */
	enum audit_class most;    /* of `set run.allow`; AUDIT_UNCLASSED: nothing */
	enum audit_class approve; /* from this class on; AUDIT_UNCLASSED: none */
	bool breakglass;          /* approvals are lifted */
	bool best_effort;         /* what cannot be recorded is done all the same */
	const struct policy_rule *rules;
	size_t rule_count;
	int minute; /* of the local day, now */
	/* The host is in the group. NULL, or a group that is not known: a deny matches,
	 * an allow does not. */
	bool (*in_group)(void *ctx, const char *group, const char *host, bool *known);
	void *group_ctx;
};

/* What is to be done, as far as policy looks at it. */
struct policy_deed {
	enum audit_class class;
	const char *book;         /* NULL: no step of a runbook */
	const char *const *hosts; /* names; none: nothing of hosts */
	size_t host_count;
};

enum { POLICY_WHY = 80, POLICY_DECISION = 120 };

struct judgement {
	enum audit_class class;
	bool sudo;            /* through sudo */
	char why[POLICY_WHY]; /* when it is not read: "-delete" */
};

void policy_judge(const char *const *argv, size_t argc, struct judgement *out);
/* The worse of two; shell is the worst, as nobody can say what it does. */
enum audit_class policy_worse(enum audit_class a, enum audit_class b);

/* False with a sentence. decision: one line for the audit, in both cases. Deny wins;
 * where there is a line that allows, in the system's file or in the user's, one of that
 * file must allow it. */
bool policy_allows(const struct policy *policy, const struct policy_deed *deed,
	char decision[POLICY_DECISION], struct err *err);
/* What is allowed needs an approval first. */
bool policy_approves(const struct policy *policy, const struct policy_deed *deed);
/* One of the patterns matches the name. */
bool policy_matches(const char *patterns, const char *name);

#endif
