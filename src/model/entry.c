/* The words for what a log of an incident tells. Any thread. */
#include "model/entry.h"

const char *const entry_names[ENTRY_KIND_COUNT] = {
	[ENTRY_OTHER] = "other",
	[ENTRY_TRIGGER] = "triggered",
	[ENTRY_ACK] = "acknowledged",
	[ENTRY_UNACK] = "not acknowledged",
	[ENTRY_RESOLVE] = "resolved",
	[ENTRY_ESCALATE] = "escalated",
	[ENTRY_ASSIGN] = "assigned",
	[ENTRY_SNOOZE] = "snoozed",
	[ENTRY_NOTE] = "note",
};
