/* A recording that is played: one at a time, read by a task, with its place in time.
 * Whoever draws it feeds the events up to that place to a terminal of its own. Main. */
#ifndef APP_REPLAY_H
#define APP_REPLAY_H

#include "app/app.h"
#include "app/command.h"
#include "ops/recording.h"

struct replay;

struct replay *replay_new(struct app *app);
/* Before the pool is freed. */
void replay_end(struct replay *replay);
void replay_free(struct replay *replay);

/* Reads what the audit's record of that number has recorded, itself or its outcome; false
 * with a sentence. Nothing is shown before replay_recording() is there. */
bool replay_open(struct replay *replay, uint64_t seq, struct err *err);
/* What would be played, at once: for a script, which waits for the disk. Release it. */
bool replay_read(struct app *app, uint64_t seq, struct recording *out, struct err *err);
/* The record is there and has recorded something; reads the audit. */
bool replay_is_there(struct app *app, uint64_t seq, struct err *err);
/* NULL: not read yet, or it cannot be: *why says which. */
const struct recording *replay_recording(const struct replay *replay, const char **why);
uint64_t replay_seq(const struct replay *replay);
/* Events before this one are to be seen now. */
size_t replay_until(const struct replay *replay);
/* "0:12 of 3:40, 2x, paused" */
const char *replay_words(const struct replay *replay, char *out, size_t size);
/* Whoever draws is behind, and wants another turn. */
void replay_behind(struct replay *replay);

enum status cmd_replay_pause(struct call *call, struct err *err);
enum status cmd_replay_speed(struct call *call, struct err *err);
enum status cmd_replay_seek(struct call *call, struct err *err);
enum status cmd_replay_find(struct call *call, struct err *err);
enum status cmd_replay_error(struct call *call, struct err *err);
/* The next place, or the one before, of what was looked for. */
bool replay_again(struct replay *replay, int by);

#endif
