/* How an incident is responded to, as its log has it: who has which role, who was asked
 * to join and what they said, where they talk. Texts are borrowed. Any thread.
 *
 * A role is a note whose first line begins with "Role commander:" or "Role scribe:", by
 * whatever way it was written; the newest counts, and "nobody" gives it back. */
#ifndef MODEL_RESPONSE_H
#define MODEL_RESPONSE_H

#include "model/batch.h"

enum { RESPONDERS_MOST = 100 };

enum response_role { RESPONSE_COMMANDER, RESPONSE_SCRIBE, RESPONSE_ROLES };
/* "commander", "scribe". */
extern const char *const response_role_names[RESPONSE_ROLES];
/* By its name, or RESPONSE_ROLES. */
enum response_role response_role_find(const char *name);

enum responder_state {
	RESPONDER_PENDING,
	RESPONDER_JOINED,
	RESPONDER_DECLINED,
	RESPONDER_CANCELLED,
	RESPONDER_STATE_COUNT,
};
extern const char *const responder_state_names[RESPONDER_STATE_COUNT];

struct responder {
	struct untrusted who;
	enum responder_state state;
	int64_t at;
};

struct response {
	struct untrusted roles[RESPONSE_ROLES]; /* who; empty: nobody */
	int64_t roles_at[RESPONSE_ROLES];
	struct untrusted number, link; /* of the conference bridge; may be empty */
	struct responder responders[RESPONDERS_MOST];
	size_t responder_count;
	bool responders_cut;
};

void response_read(struct response *out, const struct batch_entry *entries, size_t count);

#endif
