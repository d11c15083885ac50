/* The event loop: libuv behind plain watches, timers, one tick a second and one hook
 * at the end of each turn. Hides libuv's handles and their closing; measures how long
 * the longest turn kept everything else waiting. Main only. */
#include "io/loop.h"

#include "base/alloc.h"
#include "base/time.h"

#include <time.h>
#include <uv.h>

enum { MAX_HOOKS = 8, MAX_SIGNALS = 8, SLICE_US = 2500, SLICE_LEAST_US = 500 };

struct loop_signal {
	uv_signal_t handle;
	void (*got)(void *ctx);
	void *ctx;
};

struct loop {
	uv_loop_t uv;
	uv_prepare_t prepare;
	uv_idle_t awake; /* no wait while a timer is due in the next turn */
	uv_check_t check;
	uv_timer_t tick;
	struct loop_timer *soon; /* due in the next turn, oldest first */
	uint64_t turn;
	int64_t last_us, last_cpu_us;
	struct loop_turn longest;
	uint64_t last_idle_ns;
	int tick_count, turn_count, signal_count;
	bool firing; /* a timer of ours is being told */
	struct {
		void (*fn)(void *ctx, int64_t now);
		void *ctx;
	} ticks[MAX_HOOKS];
	struct {
		void (*fn)(void *ctx);
		void *ctx;
	} turns[MAX_HOOKS];
	struct loop_signal signals[MAX_SIGNALS];
};

struct loop_watch {
	uv_poll_t handle;
	void (*ready)(void *ctx, int events);
	void *ctx;
};

struct loop_timer {
	uv_timer_t handle;
	struct loop_timer *next; /* of `soon` */
	uint64_t turn;           /* in which it was put there */
	bool soon;
	void (*fire)(void *ctx);
	void *ctx;
};

static int64_t cpu_us(void)
{
	struct timespec at;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return at.tv_sec * INT64_C(1000000) + at.tv_nsec / 1000;
}

/* A turn is all that runs between two waits for events: the time since the last one
 * began to wait, less the time waited. What of it was this thread's own work is counted
 * apart: on a busy machine the rest is others'. */
static void measure(struct loop *loop)
{
	int64_t now = time_mono_us(), cpu = cpu_us(), took;
	uint64_t idle = uv_metrics_idle_time(&loop->uv);

	took = now - loop->last_us - (int64_t)((idle - loop->last_idle_ns) / 1000);
	if (loop->last_us && took > loop->longest.wall_us)
		loop->longest.wall_us = took;
	if (loop->last_us && cpu - loop->last_cpu_us > loop->longest.cpu_us)
		loop->longest.cpu_us = cpu - loop->last_cpu_us;
	loop->last_us = now;
	loop->last_cpu_us = cpu;
	loop->last_idle_ns = idle;
}

int64_t loop_slice_end(const struct loop *loop)
{
	int64_t now = time_mono_us();
	uint64_t idle = uv_metrics_idle_time((uv_loop_t *)(uintptr_t)&loop->uv);
	int64_t left = SLICE_US;

	if (loop->last_us)
		left -= now - loop->last_us -
			(int64_t)((idle - loop->last_idle_ns) / 1000);
	return now + (left > SLICE_LEAST_US ? left : SLICE_LEAST_US);
}

static void end_turn(uv_prepare_t *handle)
{
	struct loop *loop = handle->data;

	for (int i = 0; i < loop->turn_count; i++)
		loop->turns[i].fn(loop->turns[i].ctx);
	measure(loop);
	loop->turn++;
}

static void on_tick(uv_timer_t *handle)
{
	struct loop *loop = handle->data;
	int64_t now = time_now_ms(), delay = 1000 - now % 1000;

	if (delay < 100)
		delay += 1000;
	uv_timer_start(handle, on_tick, (uint64_t)delay, 0);
	for (int i = 0; i < loop->tick_count; i++)
		loop->ticks[i].fn(loop->ticks[i].ctx, now);
}

struct loop *loop_new(void)
{
	struct loop *loop = mem_new(1, sizeof *loop);

	uv_loop_init(&loop->uv);
	uv_prepare_init(&loop->uv, &loop->prepare);
	uv_timer_init(&loop->uv, &loop->tick);
	uv_idle_init(&loop->uv, &loop->awake);
	uv_check_init(&loop->uv, &loop->check);
	loop->prepare.data = loop->tick.data = loop->check.data = loop->uv.data = loop;
	uv_loop_configure(&loop->uv, UV_METRICS_IDLE_TIME);
	uv_prepare_start(&loop->prepare, end_turn);
	uv_unref((uv_handle_t *)&loop->prepare);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	uv_close((uv_handle_t *)&loop->prepare, NULL);
	uv_close((uv_handle_t *)&loop->tick, NULL);
	uv_close((uv_handle_t *)&loop->awake, NULL);
	uv_close((uv_handle_t *)&loop->check, NULL);
	for (int i = 0; i < loop->signal_count; i++)
		uv_close((uv_handle_t *)&loop->signals[i].handle, NULL);
	/* A stop that nobody waited for must not cut the closing short. */
	while (uv_run(&loop->uv, UV_RUN_DEFAULT))
		;
	uv_loop_close(&loop->uv);
	mem_free(loop);
}

void loop_run(struct loop *loop)
{
	if (loop->tick_count && !uv_is_active((uv_handle_t *)&loop->tick)) {
		uv_update_time(&loop->uv);
		uv_timer_start(
			&loop->tick, on_tick, (uint64_t)(1000 - time_now_ms() % 1000), 0);
	}
	uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
	uv_stop(&loop->uv);
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
	struct loop_watch *watch = handle->data;
	int out = status < 0 ? -1 : 0;

	if (status >= 0 && (events & (UV_READABLE | UV_DISCONNECT)))
		out |= LOOP_READ;
	if (status >= 0 && (events & UV_WRITABLE))
		out |= LOOP_WRITE;
	watch->ready(watch->ctx, out);
}

static int uv_events(int events)
{
	return (events & LOOP_READ ? UV_READABLE : 0) |
	       (events & LOOP_WRITE ? UV_WRITABLE : 0);
}

struct loop_watch *loop_watch(struct loop *loop, int fd, int events,
	void (*ready)(void *ctx, int events), void *ctx)
{
	struct loop_watch *watch = mem_new(1, sizeof *watch);

	watch->ready = ready;
	watch->ctx = ctx;
	if (uv_poll_init(&loop->uv, &watch->handle, fd)) {
		mem_free(watch);
		return NULL;
	}
	watch->handle.data = watch;
	loop_watch_change(watch, events);
	return watch;
}

void loop_watch_change(struct loop_watch *watch, int events)
{
	if (events)
		uv_poll_start(&watch->handle, uv_events(events), on_ready);
	else
		uv_poll_stop(&watch->handle);
}

static void free_watch(uv_handle_t *handle)
{
	mem_free(handle->data);
}

void loop_watch_free(struct loop_watch *watch)
{
	if (watch)
		uv_close((uv_handle_t *)&watch->handle, free_watch);
}

static void tell(struct loop *loop, struct loop_timer *timer)
{
	/* What fires may be freed by it, the loop may not. */
	loop->firing = true;
	timer->fire(timer->ctx);
	loop->firing = false;
}

static void on_timer(uv_timer_t *handle)
{
	tell(handle->loop->data, handle->data);
}

static void unlink_soon(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->soon;

	if (!timer->soon)
		return;
	while (*at != timer)
		at = &(*at)->next;
	*at = timer->next;
	timer->next = NULL;
	timer->soon = false;
	if (!loop->soon) {
		uv_idle_stop(&loop->awake);
		uv_check_stop(&loop->check);
	}
}

/* What was put there since the turn began waits for the next one. */
static void on_check(uv_check_t *handle)
{
	struct loop *loop = handle->data;
	struct loop_timer *timer;

	while ((timer = loop->soon) && timer->turn != loop->turn) {
		unlink_soon(loop, timer);
		tell(loop, timer);
	}
}

static void stay_awake(uv_idle_t *handle)
{
	(void)handle;
}

static void start_soon(struct loop *loop, struct loop_timer *timer)
{
	struct loop_timer **at = &loop->soon;

	if (timer->soon)
		return;
	while (*at)
		at = &(*at)->next;
	*at = timer;
	timer->soon = true;
	timer->turn = loop->turn;
	uv_idle_start(&loop->awake, stay_awake);
	uv_check_start(&loop->check, on_check);
}

struct loop_timer *loop_timer(struct loop *loop, void (*fire)(void *ctx), void *ctx)
{
	struct loop_timer *timer = mem_new(1, sizeof *timer);

	timer->fire = fire;
	timer->ctx = ctx;
	uv_timer_init(&loop->uv, &timer->handle);
	timer->handle.data = timer;
	return timer;
}

void loop_timer_start(struct loop_timer *timer, int64_t delay_ms)
{
	struct loop *loop = timer->handle.loop->data;

	if (delay_ms <= 0) {
		uv_timer_stop(&timer->handle);
		start_soon(loop, timer);
		return;
	}
	unlink_soon(loop, timer);
	/* While timers fire their time stands still: if it went on, two that work in
	 * slices would call each other up in the same turn, without end. */
	if (!loop->firing)
		uv_update_time(timer->handle.loop);
	uv_timer_start(&timer->handle, on_timer, (uint64_t)delay_ms, 0);
}

void loop_timer_stop(struct loop_timer *timer)
{
	unlink_soon(timer->handle.loop->data, timer);
	uv_timer_stop(&timer->handle);
}

bool loop_timer_active(const struct loop_timer *timer)
{
	return timer->soon || uv_is_active((const uv_handle_t *)&timer->handle);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (!timer)
		return;
	unlink_soon(timer->handle.loop->data, timer);
	uv_close((uv_handle_t *)&timer->handle, free_watch);
}

void loop_on_tick(struct loop *loop, void (*tick)(void *ctx, int64_t now), void *ctx)
{
	if (loop->tick_count == MAX_HOOKS)
		return;
	loop->ticks[loop->tick_count].fn = tick;
	loop->ticks[loop->tick_count++].ctx = ctx;
}

void loop_on_turn(struct loop *loop, void (*turn)(void *ctx), void *ctx)
{
	if (loop->turn_count == MAX_HOOKS)
		return;
	loop->turns[loop->turn_count].fn = turn;
	loop->turns[loop->turn_count++].ctx = ctx;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct loop_signal *s = handle->data;

	(void)number;
	if (s->got)
		s->got(s->ctx);
}

void loop_on_signal(struct loop *loop, int signal, void (*got)(void *ctx), void *ctx)
{
	struct loop_signal *s = &loop->signals[loop->signal_count];

	if (loop->signal_count == MAX_SIGNALS)
		return;
	loop->signal_count++;
	s->got = got;
	s->ctx = ctx;
	uv_signal_init(&loop->uv, &s->handle);
	s->handle.data = s;
	uv_signal_start(&s->handle, on_signal, signal);
	uv_unref((uv_handle_t *)&s->handle);
}

void loop_off(struct loop *loop, void *ctx)
{
	int turns = 0, ticks = 0;

	for (int i = 0; i < loop->turn_count; i++)
		if (loop->turns[i].ctx != ctx)
			loop->turns[turns++] = loop->turns[i];
	for (int i = 0; i < loop->tick_count; i++)
		if (loop->ticks[i].ctx != ctx)
			loop->ticks[ticks++] = loop->ticks[i];
	loop->turn_count = turns;
	loop->tick_count = ticks;
	/* A signal stays caught: what comes now must not end the program half-way. */
	for (int i = 0; i < loop->signal_count; i++)
		if (loop->signals[i].ctx == ctx)
			loop->signals[i].got = NULL;
}

struct loop_turn loop_longest(const struct loop *loop)
{
	return loop->longest;
}

void *loop_uv(struct loop *loop)
{
	return &loop->uv;
}
