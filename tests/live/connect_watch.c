/* Watches one source for some seconds and prints its batches and status changes:
 *   connect_watch KIND URL SECONDS [--every MS] [--from MAIL] [--secret-env NAME]
 *                 [--ca FILE] [--history S] [--quiet] [QUERY …] */
#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "connect/poll.h"
#include "io/loop.h"
#include "io/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct poll *poll;
static struct loop *loop;
static bool quiet;
static int batches;
static size_t points;
static int64_t slowest_us;

static bool on_batch(void *ctx, int source, const struct batch *batch, size_t *taken)
{
	struct str out;

	(void)ctx, (void)source, (void)taken;
	batches++;
	for (size_t i = 0; i < batch->series_count; i++)
		points += batch->series[i].count;
	if (quiet)
		return true;
	str_init(&out, 1 << 20);
	batch_print(batch, &out);
	printf("--- batch %d\n%s", batches, str_text(&out));
	str_release(&out);
	return true;
}

static void on_status(void *ctx, int source)
{
	static const char *const names[] = {"starting", "ok", "failing", "paused"};
	const struct poll_status *s = poll_status(poll, source);

	(void)ctx;
	printf("--- status %s%s%s%s%s%s%s\n", names[s->state], s->survival ? " slow" : "",
		s->partial ? " partial" : "", *s->error.text ? ": " : "", s->error.text,
		*s->warning ? " | warning: " : "", s->warning);
}

/* Processor time between two ends of a turn: what this thread did, whatever else the
 * machine was doing. */
static int64_t turn_cpu_us, turn_cpu_last;

static void on_turn(void *ctx)
{
	struct timespec t;
	int64_t now;

	(void)ctx;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	now = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
	if (turn_cpu_last && now - turn_cpu_last > turn_cpu_us)
		turn_cpu_us = now - turn_cpu_last;
	turn_cpu_last = now;
}

static void on_tick(void *ctx, int64_t now)
{
	(void)ctx;
	poll_tick(poll, now);
}

static void on_end(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

int main(int argc, char **argv)
{
	struct source_query queries[64] = {0};
	struct poll_options o = {.conf = {.name = "watched",
					 .queries = queries,
					 .every_ms = 5000,
					 .timeout_ms = 4000}};
	struct poll_events events = {on_batch, on_status, NULL};
	struct source_window window = {0};
	struct secret *secret = NULL;
	struct task_pool *pool;
	struct loop_timer *end;
	struct http *http;
	struct err err;
	int64_t history = 0;

	if (argc < 4)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	o.kind = source_kind_find(argv[1]);
	o.conf.url = argv[2];
	for (int i = 4; i < argc; i++) {
		if (!strcmp(argv[i], "--quiet"))
			quiet = true;
		else if (!strcmp(argv[i], "--every"))
			o.conf.every_ms = atoll(argv[++i]);
		else if (!strcmp(argv[i], "--timeout"))
			o.conf.timeout_ms = atoll(argv[++i]);
		else if (!strcmp(argv[i], "--from"))
			o.conf.from = argv[++i];
		else if (!strcmp(argv[i], "--ca"))
			o.tls.ca_file = argv[++i];
		else if (!strcmp(argv[i], "--history"))
			history = atoll(argv[++i]);
		else if (!strcmp(argv[i], "--secret-env"))
			o.secret = secret = secret_from_env(argv[++i], &err);
		else if (o.conf.query_count < 64) {
			queries[o.conf.query_count].name = argv[i];
			queries[o.conf.query_count++].expr = argv[i];
		}
	}
	loop = loop_new();
	pool = task_pool_new(loop);
	http = http_new(loop, pool);
	poll = poll_new(loop, pool, http, &events);
	if (history) {
		window.from = time_now_ms() - history * SECOND_MS;
		window.step_ms = history * SECOND_MS / 240;
		poll_set_window(poll, &window);
	}
	loop_on_tick(loop, on_tick, NULL);
	loop_on_turn(loop, on_turn, NULL);
	if (!o.kind || poll_add(poll, &o, &err) < 0) {
		fprintf(stderr, "%s\n", o.kind ? err.text : "no such kind");
		return 1;
	}
	end = loop_timer(loop, on_end, NULL);
	loop_timer_start(end, atoll(argv[3]) * SECOND_MS);
	loop_run(loop);
	slowest_us = loop_longest(loop).wall_us;
	printf("--- %d batches, %zu points, %llu answers, %llu failures, p95 %lld ms, "
	       "longest turn %lld us (%lld us of processor)\n",
		batches, points, (unsigned long long)poll_status(poll, 0)->answers,
		(unsigned long long)poll_status(poll, 0)->failures,
		(long long)poll_status(poll, 0)->p95_ms, (long long)slowest_us,
		(long long)turn_cpu_us);
	loop_timer_free(end);
	poll_free(poll);
	poll = NULL;
	http_free(http);
	task_pool_free(pool);
	loop_free(loop);
	secret_free(secret);
	return 0;
}
