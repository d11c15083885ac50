/* Reads roles, responders and the conference bridge out of an incident's log. What is
 * said again replaces what was said before, whatever order the entries come in.
 * Pure; any thread. */
#include "model/response.h"

#include <string.h>

const char *const response_role_names[RESPONSE_ROLES] = {"commander", "scribe"};
const char *const responder_state_names[RESPONDER_STATE_COUNT] = {
	"pending", "joined", "declined", "cancelled"};

enum response_role response_role_find(const char *name)
{
	int kind = 0;

	while (kind < RESPONSE_ROLES && strcmp(response_role_names[kind], name) != 0)
		kind++;
	return (enum response_role)kind;
}

static struct untrusted name_in(struct untrusted line, size_t from)
{
	ptrdiff_t end;

	line = untrusted_slice(line, from, SIZE_MAX);
	end = untrusted_find(line, "(oogway ");
	if (end >= 0)
		line = untrusted_slice(line, 0, (size_t)end);
	line = untrusted_trim(line);
	if (untrusted_is(line, "nobody") || untrusted_is(line, "-"))
		return UNTRUSTED_NONE;
	return line;
}

static void read_role(struct response *out, const struct batch_entry *e)
{
	static const char *const starts[RESPONSE_ROLES] = {
		"role commander:", "role scribe:"};
	struct untrusted rest = e->text, line = UNTRUSTED_NONE;

	untrusted_line(&rest, &line);
	for (int i = 0; i < RESPONSE_ROLES; i++) {
		if (untrusted_find_nocase(line, starts[i]) != 0 ||
			e->at < out->roles_at[i])
			continue;
		out->roles_at[i] = e->at;
		out->roles[i] = name_in(line, strlen(starts[i]));
	}
}

static enum responder_state state_of(struct untrusted text)
{
	if (untrusted_is(text, "joined"))
		return RESPONDER_JOINED;
	if (untrusted_is(text, "declined"))
		return RESPONDER_DECLINED;
	return untrusted_is(text, "pending") ? RESPONDER_PENDING : RESPONDER_CANCELLED;
}

static void read_responder(struct response *out, const struct batch_entry *e)
{
	enum responder_state state = state_of(e->text);
	struct responder *r = out->responders;
	size_t i = 0;

	while (i < out->responder_count && !untrusted_eq(r[i].who, e->who))
		i++;
	if (i == RESPONDERS_MOST) {
		out->responders_cut = true;
		return;
	}
	if (i == out->responder_count)
		out->responder_count++;
	else if (e->at < r[i].at || (e->at == r[i].at && state == RESPONDER_PENDING))
		/* Asked and answered in one second: the answer counts. */
		return;
	r[i] = (struct responder){e->who, state, e->at};
}

static void read_bridge(struct response *out, const struct batch_entry *e)
{
	struct untrusted rest = e->text;

	out->number = out->link = UNTRUSTED_NONE;
	untrusted_line(&rest, &out->number);
	untrusted_line(&rest, &out->link);
}

void response_read(struct response *out, const struct batch_entry *entries, size_t count)
{
	bool noted = false;

	memset(out, 0, sizeof *out);
	/* Where the notes are known, what the log tells of one may be gone by now. */
	for (size_t i = 0; i < count; i++)
		noted |= untrusted_starts(entries[i].id, "note/");
	for (size_t i = 0; i < count; i++) {
		if (entries[i].kind == ENTRY_NOTE &&
			noted == untrusted_starts(entries[i].id, "note/"))
			read_role(out, &entries[i]);
		else if (entries[i].kind == ENTRY_RESPONDER)
			read_responder(out, &entries[i]);
		else if (entries[i].kind == ENTRY_BRIDGE)
			read_bridge(out, &entries[i]);
	}
}
