/* Root causes of incidents: looked for by themselves for each new high one, one at a
 * time, kept in the store with the incident; and one for a script. Main thread. */
#ifndef APP_FINDINGS_H
#define APP_FINDINGS_H

#include "app/command.h"
#include "app/finding.h"

struct alert;
struct past_row;

enum found_state {
	FOUND_NOTHING, /* nobody has looked */
	FOUND_WAITING, /* another is looked into first */
	FOUND_LOOKING,
	FOUND_READY,
	FOUND_FAILED,
};

struct found {
	enum found_state state;
	uint32_t serial;               /* for findings_numbered(); 0: FOUND_NOTHING */
	const struct finding *finding; /* of the last time; NULL: none yet */
	char why[200];                 /* FOUND_FAILED */
};

struct findings;
struct findings *findings_new(struct app *app);
/* Before sources and tasks end; what is under way is broken off. */
void findings_end(struct findings *findings);
void findings_free(struct findings *findings);
void findings_tick(struct findings *findings, int64_t now);
/* What is known of an incident, or of one that tells of the same; what the store has of
 * it is read, and CHANGED_FINDINGS says when it has come. By the key of an alert, or of
 * one of the past. */
struct found findings_of(struct findings *findings, uint64_t key);
/* By its serial, as long as this process has it. */
struct found findings_numbered(const struct findings *findings, uint32_t serial);
/* Somebody wants it now, again if need be. False with a sentence. */
bool findings_look(struct findings *findings, uint64_t key, struct err *err);

/* For one command, which cmd_rca.c begins: the moment that it is about, where what is
 * known now is asked of the sources all the same, changes of then too. 0: now, or the
 * incident's. */
void findings_set_at(struct findings *findings, int64_t at);
/* It is printed when this is false. */
bool findings_busy(const struct findings *findings);
/* False when nothing was asked. */
bool findings_outcome(
	struct findings *findings, struct str *out, enum status *status, struct err *err);

#endif
