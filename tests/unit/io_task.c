/* Tasks: each work is followed by its done, background ones go one at a time and in
 * order, what is cancelled is told, and the pool's end waits. Also built with TSan. */
#include "io/loop.h"
#include "io/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST = 200, WORDS = 500 };

struct job {
	struct task task;
	int number, worked;
	int words[WORDS]; /* written by the thread, read on main */
};

static struct loop *loop;
static struct task_pool *pool;
static struct job jobs[MOST];
static int ended, order[MOST];
static int expected; /* done calls until the loop stops */
static atomic_int at_once, most_at_once;

static void work(struct task *task)
{
	struct job *job = (struct job *)task;
	int now = atomic_fetch_add(&at_once, 1) + 1;

	if (task->class == TASK_BACKGROUND && now > atomic_load(&most_at_once))
		atomic_store(&most_at_once, now);
	for (int i = 0; i < WORDS; i++)
		job->words[i] = job->number + i;
	job->worked++;
	usleep(200);
	atomic_fetch_sub(&at_once, 1);
}

static void done(struct task *task)
{
	struct job *job = (struct job *)task;

	order[ended++] = job->number;
	if (ended == expected)
		loop_stop(loop);
}

static void submit(int number, enum task_class class)
{
	struct job *job = &jobs[number];

	*job = (struct job){
		.task = {.work = work, .done = done, .class = class}, .number = number};
	task_submit(pool, &job->task);
}

static int set_up(void **state)
{
	(void)state;
	loop = loop_new();
	pool = task_pool_new(loop);
	ended = expected = 0;
	atomic_store(&most_at_once, 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	task_pool_free(pool);
	loop_free(loop);
	return 0;
}

static void many(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++)
		submit(i, i % 2 ? TASK_INTERACTIVE : TASK_BACKGROUND);
	expected = MOST;
	loop_run(loop);
	for (int i = 0; i < MOST; i++) {
		assert_int_equal(jobs[i].worked, 1);
		for (int k = 0; k < WORDS; k++)
			assert_int_equal(jobs[i].words[k], i + k);
	}
}

static void one_at_a_time(void **state)
{
	(void)state;
	for (int i = 0; i < 40; i++)
		submit(i, TASK_BACKGROUND);
	expected = 40;
	loop_run(loop);
	assert_int_equal(atomic_load(&most_at_once), 1);
	for (int i = 0; i < 40; i++)
		assert_int_equal(order[i], i);
}

static void cancelled(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		submit(i, TASK_BACKGROUND);
	for (int i = 10; i < 20; i++)
		task_cancel(&jobs[i].task);
	expected = 20;
	loop_run(loop);
	for (int i = 0; i < 20; i++) {
		assert_int_equal(task_cancelled(&jobs[i].task), i >= 10);
		assert_int_equal(jobs[i].worked, i < 10);
	}
}

/* Nobody runs the loop: the pool's end does, and each done is called. */
static void ends_with_the_pool(void **state)
{
	(void)state;
	for (int i = 0; i < MOST; i++)
		submit(i, i % 3 ? TASK_INTERACTIVE : TASK_BACKGROUND);
	task_pool_free(pool);
	pool = NULL;
	assert_int_equal(ended, MOST);
	for (int i = 0; i < MOST; i++)
		assert_true(jobs[i].worked || task_cancelled(&jobs[i].task));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(many, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_at_a_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cancelled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ends_with_the_pool, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
