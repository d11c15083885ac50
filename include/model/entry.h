/* What happened to an incident, as its source's log tells it. */
#ifndef MODEL_ENTRY_H
#define MODEL_ENTRY_H

/* Stored by number: new ones go to the end. */
enum entry_kind {
	ENTRY_OTHER,
	ENTRY_TRIGGER,
	ENTRY_ACK,
	ENTRY_UNACK,
	ENTRY_RESOLVE,
	ENTRY_ESCALATE,
	ENTRY_ASSIGN,
	ENTRY_SNOOZE,
	ENTRY_NOTE,
	ENTRY_NOTIFY, /* somebody was told */
	ENTRY_ALERT,  /* one of its alerts began */
	/* Of one responder, text: "pending", "joined", "declined", "user_cancelled". */
	ENTRY_RESPONDER,
	ENTRY_BRIDGE, /* text: a number, newline, a link; either may be missing */
	ENTRY_KIND_COUNT,
};

/* As the pager has it. Stored by number. */
enum urgency { URGENCY_UNKNOWN, URGENCY_LOW, URGENCY_HIGH, URGENCY_COUNT };

#endif
