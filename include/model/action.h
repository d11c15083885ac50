/* An action: what somebody does upstream to an incident or an alert. A struct of
 * plain values: who sends it is connect/act.h, where it waits is store/outbox.h. */
#ifndef MODEL_ACTION_H
#define MODEL_ACTION_H

#include "base/crypto.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action_verb {
	ACTION_ACKNOWLEDGE,
	ACTION_UNACKNOWLEDGE,
	ACTION_RESOLVE,
	ACTION_SNOOZE, /* until_at */
	ACTION_NOTE,   /* ACTION_BODY */
	ACTION_ESCALATE,
	ACTION_REASSIGN, /* ACTION_WHOM: a user's id */
	ACTION_PRIORITY, /* ACTION_WHOM: a priority's name */
	ACTION_MERGE,    /* ACTION_WHOM: id of the incident it goes into */
	/* ACTION_WHOM: "@ada, @grace" or policies, commas between; ACTION_BODY: what they
	 * are told. */
	ACTION_RESPONDERS,
	/* ACTION_BODY: told to all who subscribed; until_at: when the next one is due. */
	ACTION_STATUS,
	ACTION_SILENCE, /* ACTION_MATCHERS, until_at, ACTION_BODY */
	ACTION_EXTEND,  /* of a silence: until_at */
	ACTION_EXPIRE,  /* of a silence */
	/* A handoff to one person: ACTION_TARGET is the address, ACTION_BODY when the
	 * shift began. */
	ACTION_MAIL,
	/* Somebody is put on call: ACTION_TARGET is the schedule, ACTION_WHOM the user,
	 * ACTION_FACTS since when and over whose shift, until_at. */
	ACTION_OVERRIDE,
	ACTION_END_OVERRIDE, /* ACTION_WHOM: its id; ACTION_FACTS as it was made */
	ACTION_NOTIFY,       /* ACTION_BODY, ACTION_FACTS: somebody is told of it */
	ACTION_VERB_COUNT,
};

enum action_text {
	ACTION_TARGET,   /* upstream id of the incident, alert or silence */
	ACTION_TITLE,    /* of the target, to be shown */
	ACTION_BODY,     /* note, comment */
	ACTION_WHOM,     /* see the verbs */
	ACTION_MATCHERS, /* a JSON list of {name, value, isRegex, isEqual} */
	ACTION_BY,       /* who does it */
	ACTION_TEXT_COUNT,
	/* Of a notice: a JSON object; beside an id in ACTION_WHOM: what that is. */
	ACTION_FACTS = ACTION_MATCHERS,
};

enum {
	ACTION_MAX_TEXT = 4000, /* bytes of one text */
	ACTION_SNOOZE_MOST_S = 604800,
	ACTION_MARKER = 13, /* "oogway " is not counted; with the NUL */
};

struct action {
	char id[ID_TEXT];
	enum action_verb verb;
	int attempts;     /* it was sent so often before, outcome unknown */
	int64_t until_at; /* UTC ms, 0: none */
	/* What the try before left: the id of a request that the server accepted and
	 * had not carried out yet. */
	struct untrusted earlier;
	struct untrusted texts[ACTION_TEXT_COUNT];
};

struct action_verb_row {
	const char *name;  /* "acknowledge": for records and scripts */
	const char *words; /* "acknowledge": begins a question */
	const char *past;  /* "acknowledged" */
	bool creates;      /* makes something new: never sent twice unseen */
	bool undoable;
	enum action_verb undo;
};

extern const struct action_verb_row action_verbs[ACTION_VERB_COUNT];
/* By name; ACTION_VERB_COUNT when there is none. */
enum action_verb action_verb_find(struct untrusted name);

/* What ACTION_OVERRIDE has in ACTION_FACTS. Of shift-based schedules the slot is a
 * rotation or a custom shift, and `displaced` whose shift of it is taken over. */
enum { OVERRIDE_ID = 80 };
struct override_facts {
	int64_t from_at;
	bool by_shifts, custom;
	char slot[OVERRIDE_ID], displaced[OVERRIDE_ID];
};
struct str;
void override_facts_print(const struct override_facts *facts, struct str *out);
bool override_facts_read(struct untrusted text, struct override_facts *out);

/* A short word that is in what a creating verb makes (a note's text, a silence's
 * comment), so that a re-send can look for it first. From the random part of the id. */
const char *action_marker(const struct action *action, char out[ACTION_MARKER]);

/* Of verbs that leave nothing upstream to look for: "try-2", which is kept as the result
 * of a try whose outcome is known, and handed back as `earlier`. */
const char *action_tried(const struct action *action, char *out, size_t size);
/* The try before had no effect, or there was none, or somebody has said to try again. */
bool action_last_known(const struct action *action);

#endif
