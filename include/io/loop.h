/* The event loop (libuv inside). Everything here belongs to main. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop *loop_new(void);
/* All watches and timers must have been freed. */
void loop_free(struct loop *loop);
/* Until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* events: LOOP_READ | LOOP_WRITE, or -1 when the descriptor is broken. */
struct loop_watch *loop_watch(struct loop *loop, int fd, int events,
	void (*ready)(void *ctx, int events), void *ctx);
void loop_watch_change(struct loop_watch *watch, int events);
void loop_watch_free(struct loop_watch *watch);

struct loop_timer *loop_timer(struct loop *loop, void (*fire)(void *ctx), void *ctx);
/* Once after delay_ms, never in this turn: 0 is the next one, without a wait between.
 * Starting again replaces the old time. */
void loop_timer_start(struct loop_timer *timer, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_active(const struct loop_timer *timer);
void loop_timer_free(struct loop_timer *timer);

/* Called about once a second for as long as the loop runs, all from one wake-up:
 * periodic work goes here, so that a resting console wakes once a second. */
void loop_on_tick(struct loop *loop, void (*tick)(void *ctx, int64_t now), void *ctx);
/* Called at the end of each turn, before the loop sleeps. */
void loop_on_turn(struct loop *loop, void (*turn)(void *ctx), void *ctx);
void loop_on_signal(struct loop *loop, int signal, void (*got)(void *ctx), void *ctx);
/* Removes all hooks with that ctx: before it is freed, as the loop goes on turning while
 * tasks end. Not from inside a hook. */
void loop_off(struct loop *loop, void *ctx);

/* Until when (time_mono_us) long work may go on in this turn before it leaves the rest
 * to the next: 2.5 ms of it in all, less what the turn has done already, but always
 * enough to get on. */
int64_t loop_slice_end(const struct loop *loop);

struct loop_turn {
	int64_t wall_us, cpu_us;
};
/* The longest turns so far: by the clock, and by what main itself worked in one. */
struct loop_turn loop_longest(const struct loop *loop);
/* For io/ only: the uv_loop_t. */
void *loop_uv(struct loop *loop);

#endif
