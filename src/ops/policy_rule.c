/* What is allowed: the state that oogway is in, the worst class, and the lines of the rc.
 * A line counts in its layer, the system's or the user's, and each layer that allows
 * anything must allow the deed; so the user's can only narrow. Pure. */
#include "ops/policy.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* --- patterns --- */

static bool glob(const char *p, size_t n, const char *name)
{
	while (n) {
		if (*p == '*') {
			do
				if (glob(p + 1, n - 1, name))
					return true;
			while (*name++);
			return false;
		}
		if (!*name || (*p != '?' && *p != *name))
			return false;
		p++;
		n--;
		name++;
	}
	return !*name;
}

bool policy_matches(const char *patterns, const char *name)
{
	for (const char *at = patterns; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");

		if (n && glob(at, n, name))
			return true;
		at += n;
	}
	return false;
}

/* One of the patterns, or of the groups among them. */
static bool host_in(
	const struct policy *policy, const struct policy_rule *rule, const char *host)
{
	for (const char *at = rule->hosts; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		char word[120];
		bool known = false, in;

		snprintf(word, sizeof word, "%.*s", (int)n, at);
		at += n;
		if (*word != '@') {
			if (policy_matches(word, host))
				return true;
			continue;
		}
		in = policy->in_group &&
		     policy->in_group(policy->group_ctx, word + 1, host, &known);
		/* What cannot be known is not allowed by it, and is denied. */
		if (known ? in : rule->deny)
			return true;
	}
	return false;
}

static bool hosts_match(const struct policy *policy, const struct policy_rule *rule,
	const struct policy_deed *deed)
{
	size_t in = 0;

	if (!rule->hosts)
		return true;
	for (size_t i = 0; i < deed->host_count; i++)
		in += host_in(policy, rule, deed->hosts[i]);
	return rule->deny ? in > 0 : in && in == deed->host_count;
}

static bool in_hours(const struct policy_rule *rule, int minute)
{
	if (rule->from_min == rule->until_min)
		return true;
	if (rule->from_min < rule->until_min)
		return minute >= rule->from_min && minute < rule->until_min;
	return minute >= rule->from_min || minute < rule->until_min;
}

static bool rule_matches(const struct policy *policy, const struct policy_rule *rule,
	const struct policy_deed *deed)
{
	return (!rule->classes || rule->classes >> deed->class & 1) &&
	       (!rule->books ||
		       (deed->book && policy_matches(rule->books, deed->book))) &&
	       in_hours(rule, policy->minute) && hosts_match(policy, rule, deed);
}

/* --- layers --- */

/* The first line of the layer that allows it; *any: the layer allows something. */
static const struct policy_rule *allowed_by(const struct policy *policy,
	const struct policy_deed *deed, bool system, bool *any)
{
	*any = false;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->deny || rule->system != system)
			continue;
		*any = true;
		if (rule_matches(policy, rule, deed))
			return rule;
	}
	return NULL;
}

static bool refuse(char decision[POLICY_DECISION], const char *why, struct err *err)
{
	snprintf(decision, POLICY_DECISION, "refused: %s", why);
	return err_set(err, ERR_REFUSED, "%s: nothing was done", why);
}

static bool rules_allow(const struct policy *policy, const struct policy_deed *deed,
	const char **where, char decision[POLICY_DECISION], struct err *err)
{
	char why[POLICY_DECISION - 16];

	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!rule->deny || !rule_matches(policy, rule, deed))
			continue;
		snprintf(why, sizeof why, "policy deny at %s forbids it", rule->where);
		return refuse(decision, why, err);
	}
	for (int system = 1; system >= 0; system--) {
		bool any;
		const struct policy_rule *rule = allowed_by(policy, deed, system, &any);

		if (any && !rule) {
			snprintf(why, sizeof why,
				"no policy line of %s allows class %s there and now",
				system ? "the system" : "the rc",
				audit_class_name(deed->class));
			return refuse(decision, why, err);
		}
		if (rule)
			*where = rule->where;
	}
	return true;
}

bool policy_allows(const struct policy *policy, const struct policy_deed *deed,
	char decision[POLICY_DECISION], struct err *err)
{
	const char *state = policy->demo       ? "playing its demo"
			    : policy->readonly ? "read-only"
			    : policy->past     ? "looking at the past (. returns to now)"
					       : NULL,
		   *where = NULL;

	if (policy->broken) {
		snprintf(decision, POLICY_DECISION, "refused: %s", policy->broken);
		return err_set(err, ERR_REFUSED, "%s: nothing was done", policy->broken);
	}
	if (state) {
		snprintf(decision, POLICY_DECISION, "refused: %s", state);
		return err_set(err, ERR_REFUSED, "oogway is %s: nothing was done", state);
	}
	if (deed->class == AUDIT_UNCLASSED || deed->class > policy->most) {
		snprintf(decision, POLICY_DECISION, "refused: over run.allow");
		return err_set(err, ERR_REFUSED,
			"class %s is more than `set run.allow` lets pass: nothing was "
			"done",
			audit_class_name(deed->class));
	}
	if (!rules_allow(policy, deed, &where, decision, err))
		return false;
	if (where)
		snprintf(decision, POLICY_DECISION, "allowed: policy at %s", where);
	else
		snprintf(decision, POLICY_DECISION, "allowed: run.allow lets %s pass",
			audit_class_name(policy->most));
	return true;
}

bool policy_approves(const struct policy *policy, const struct policy_deed *deed)
{
	if (policy->breakglass)
		return false;
	if (policy->approve && deed->class >= policy->approve)
		return true;
	/* Not only the first that allows it: a wider line above takes none away. */
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!rule->deny && rule->approve && rule_matches(policy, rule, deed))
			return true;
	}
	return false;
}
