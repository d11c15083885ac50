/* The mails of handoffs that wait in the outbox, on their way to the server. */
#ifndef APP_HANDOFF_SEND_H
#define APP_HANDOFF_SEND_H

#include "app/app.h"

struct handoff_sender;

struct handoff_sender *handoff_sender_new(struct app *app);
/* What is under way has no known outcome; nobody is told of it any more. */
void handoff_sender_end(struct handoff_sender *sender);
void handoff_sender_free(struct handoff_sender *sender);
/* Claims what is due of one schedule after the other. */
void handoff_sender_due(struct handoff_sender *sender, const char *owner);
/* The outbox's source of a schedule: it holds a blank, so no line of the rc has it. */
enum { HANDOFF_SOURCE = 80 };
const char *handoff_source(const char *schedule, char out[HANDOFF_SOURCE]);

#endif
