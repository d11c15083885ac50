/* What the detectors cost, and how quiet they are where nothing happens: series made up
 * from a fixed seed, with a day, a week, noise that remembers or does not, and bursts
 * of one to three points some times a day that are as usual as the rest. One
 * configuration for all, the console's. How right they are on labelled data: judgement.
 *
 * After three weeks a week is counted: findings of 200 series a night. Then each series
 * steps up for good at a moment of its own, or its noise becomes five times as large. */
#include "analysis/anomaly.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SERIES = 200, LEARN_DAYS = 21, QUIET_DAYS = 7, PASSES = 5, COST_POINTS = 400000 };

#define MONDAY INT64_C(1699833600000)

static uint64_t seed;
static int64_t state[DETECTOR_MAX_STATE / sizeof(int64_t)];

static double uniform(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (double)(seed >> 11) / 9007199254740992.0;
}

static double gauss(void)
{
	return sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform());
}

struct source {
	double level, swing, noise, memory, weekend, phase, error, burst;
	int64_t interval_ms;
	int burst_left;
	bool counts; /* whole numbers that come as they like */
};

static struct source source_new(int64_t interval_ms)
{
	struct source s = {.interval_ms = interval_ms};

	s.level = pow(10, 1 + 5 * uniform());
	s.swing = 0.6 * s.level * uniform();
	s.noise = s.level * (0.01 + 0.09 * uniform());
	s.memory = uniform() < 0.5 ? 0 : 0.8 * uniform();
	s.weekend = uniform() < 0.5 ? 1 : 0.7 + 0.3 * uniform();
	s.phase = 6.283185307179586 * uniform();
	s.counts = uniform() < 0.25;
	return s;
}

static double usual(const struct source *s, int64_t i)
{
	int64_t at = i * s->interval_ms, day = at / DAY_MS;
	double part = (double)(at % DAY_MS) / (double)DAY_MS;

	return (s->level + s->swing * sin(6.283185307179586 * part + s->phase)) *
	       (day % 7 >= 5 ? s->weekend : 1);
}

static double deviation(const struct source *s)
{
	return s->counts ? sqrt(s->noise * s->noise + s->level) : s->noise;
}

static double next_value(struct source *s, int64_t i, double more)
{
	double value = usual(s, i) + more;

	s->error = s->memory * s->error +
		   sqrt(1 - s->memory * s->memory) * gauss() * s->noise;
	if (uniform() < (double)s->interval_ms / (8.0 * HOUR_MS)) {
		s->burst_left = 1 + (int)(3 * uniform());
		s->burst = deviation(s) * (3 + 3 * uniform());
	}
	value += s->error + (s->burst_left > 0 ? s->burst : 0);
	s->burst_left -= s->burst_left > 0;
	if (!s->counts)
		return value;
	value += sqrt(fmax(value, 0)) * gauss();
	return fmax(0, round(value));
}

struct tally {
	int findings, early, delays[SERIES], delay_count, missed;
	bool shakes; /* instead of a step */
};

static struct verdict feed(const struct detector_class *class,
	const struct detector_config *config, int64_t i, double value)
{
	return detector_feed(class, state, config,
		(struct point){MONDAY + i * config->interval_ms, value});
}

static void run_quiet(const struct detector_class *class,
	const struct detector_config *config, struct source *s, struct tally *t)
{
	int64_t hold = anomaly_hold_ms(config->interval_ms), day;
	struct anomaly_track track = {0};

	for (int64_t i = 0; i * s->interval_ms < (LEARN_DAYS + QUIET_DAYS) * DAY_MS;
		i++) {
		struct verdict v = feed(class, config, i, next_value(s, i, 0));

		day = i * s->interval_ms / DAY_MS;
		anomaly_over(&track, i * s->interval_ms, hold);
		if (anomaly_feed(&track, &v, i * s->interval_ms, UNIT_NONE) !=
			ANOMALY_BEGAN)
			continue;
		t->findings += day >= LEARN_DAYS;
		t->early += day < LEARN_DAYS;
	}
}

/* Half a day later it would be the new habit already. */
static void run_break(const struct detector_class *class,
	const struct detector_config *config, struct source *s, struct tally *t)
{
	int64_t day = DAY_MS / s->interval_ms;
	int64_t begin = (LEARN_DAYS + QUIET_DAYS) * day;
	int64_t step = begin + (int64_t)(uniform() * (double)day);
	double more = fmax(10 * deviation(s), 0.3 * s->level);
	double shake = 5 * deviation(s);

	for (int64_t i = begin; i < step + day / 2; i++) {
		struct verdict v = feed(class, config, i,
			next_value(s, i,
				i < step    ? 0
				: t->shakes ? shake * gauss()
					    : more));

		if (i < step || !v.anomalous)
			continue;
		t->delays[t->delay_count++] = (int)(i - step + 1);
		return;
	}
	t->missed++;
}

static int by_size(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void run_all(
	const struct detector_class *class, int64_t interval_ms, struct tally *t)
{
	struct detector_config config;

	detector_config_init(
		&config, UNIT_NONE, (struct limits){NAN, NAN, false}, interval_ms);
	for (int k = 0; k < SERIES; k++) {
		struct source s;

		seed = 88172645463325252 + (uint64_t)k * 0x9e3779b97f4a7c15;
		s = source_new(interval_ms);
		detector_start(class, state);
		run_quiet(class, &config, &s, t);
		run_break(class, &config, &s, t);
	}
	qsort(t->delays, (size_t)t->delay_count, sizeof *t->delays, by_size);
}

static void print_delays(const char *what, const struct tally *t)
{
	int n = t->delay_count;

	printf("    %s is seen after %d points (p90 %d), %d of %d not\n", what,
		n ? t->delays[n / 2] : 0, n ? t->delays[n * 9 / 10] : 0, t->missed,
		SERIES);
}

static void bench_quiet(const struct detector_class *class, int64_t interval_ms)
{
	struct tally steps = {0}, shakes = {.shakes = true};

	run_all(class, interval_ms, &steps);
	run_all(class, interval_ms, &shakes);
	printf("  %-9s %5d min  %6.2f a night, %.2f while learning\n", class->name,
		(int)(interval_ms / MINUTE_MS), (double)steps.findings / QUIET_DAYS,
		(double)steps.early / LEARN_DAYS);
	print_delays("a step", &steps);
	print_delays("noise", &shakes);
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The best of some passes: others run beside it. */
static void bench_cost(const struct detector_class *class, int64_t interval_ms)
{
	static double values[COST_POINTS];
	struct detector_config config;
	struct source s;
	double best = INFINITY;

	seed = 88172645463325252;
	s = source_new(interval_ms);
	for (int64_t i = 0; i < COST_POINTS; i++)
		values[i] = next_value(&s, i, 0);
	detector_config_init(
		&config, UNIT_NONE, (struct limits){NAN, NAN, false}, interval_ms);
	for (int pass = 0; pass < PASSES; pass++) {
		double begin = cpu_s();

		detector_start(class, state);
		for (int64_t i = 0; i < COST_POINTS; i++)
			feed(class, &config, i, values[i]);
		best = fmin(best, cpu_s() - begin);
	}
	printf("  %-9s %5d min  %6.2f M points/s, %zu bytes a series\n", class->name,
		(int)(interval_ms / MINUTE_MS), COST_POINTS / best / 1e6,
		class->state_size);
}

int main(void)
{
	static const struct detector_class *const classes[] = {
		&detector_seasonal, &detector_fused};
	static const int64_t intervals[] = {MINUTE_MS, 5 * MINUTE_MS};

	setenv("TZ", "UTC", 1);
	printf("detector cost, one core\n");
	for (int c = 0; c < 2; c++)
		for (int i = 0; i < 2; i++)
			bench_cost(classes[c], intervals[i]);
	printf("detector quiet: findings of %d series\n", SERIES);
	for (int c = 0; c < 2; c++)
		for (int i = 0; i < 2; i++)
			bench_quiet(classes[c], intervals[i]);
	return 0;
}
