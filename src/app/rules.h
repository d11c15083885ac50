/* The alerting rules of all sources that tell theirs, and which rule an alert is of. */
#ifndef SRC_APP_RULES_H
#define SRC_APP_RULES_H

#include "app/app.h"
#include "model/alert.h"
#include "model/batch.h"

struct rule {
	struct untrusted name, expr;
	const struct pair *labels; /* that it sets; values may be templates */
	size_t label_count;
	uint64_t measures; /* see promexpr_measures(); asked for when it is needed */
	bool measured;
};

struct charts;
struct rules *charts_rules(const struct charts *charts);

struct rules *rules_new(struct app *app);
void rules_free(struct rules *rules);
/* A snapshot replaces what the source had; rules that were handed out are then gone.
 * True when they differ. */
bool rules_apply(struct rules *rules, int source, const struct batch *batch);
/* The source is gone. */
void rules_forget(struct rules *rules, int source);
size_t rules_count(const struct rules *rules, int source);

struct rule_match {
	int source;
	const struct rule *rule;
	/* The alert as its rule's own source lists it: its labels are those of the
	 * result and of the rule, nothing else. NULL when it is not listed there. */
	const struct alert *instance;
};

enum rules_found { RULES_FOUND, RULES_NONE, RULES_SEARCHING };

/* A search through all alerts that are listed may take several turns. Zeroed, it is at
 * its begin. */
struct rule_search {
	const struct alert *alert; /* what is searched for */
	uint32_t version;          /* of the list; another one: from the begin */
	size_t at;
	int best;
	const struct alert *best_alert;
	struct rule_match match;
	bool by_words; /* no rule has its name; else a rule is found, its alert not yet */
};

/* By the label alertname, else by the title or a word in it, else by an alert of the
 * same summary. Looked for where the alert came from, then at the server that its
 * generatorURL names, then anywhere; of several with that name the one whose labels
 * the alert has: it is search->match then. RULES_NONE: why says what was looked through,
 * one sentence. RULES_SEARCHING: until (time_mono_us) came first; call again. */
enum rules_found rules_search(const struct rules *rules, const struct alert *alert,
	struct rule_search *search, int64_t until, char *why, size_t size);
/* Names of the rules that look at the same metrics, at most max. At most so many rules
 * are read in one call that it is short: what was not read yet is not known. */
size_t rules_measuring(
	struct rules *rules, uint64_t measures, struct untrusted *names, size_t max);
/* 1 when printed labels ({a="b",c="d"}) hold this one, -1 when they hold another value,
 * 0 when they do not name it. */
int printed_label(struct untrusted printed, const struct pair *label);
/* The rule sets this label itself, or its server does (alertname, alertgroup). */
bool rule_sets(const struct rule *rule, struct untrusted label);

#endif
