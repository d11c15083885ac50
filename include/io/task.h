/* Tasks: work on a pool thread, its end on main.
 *
 * `work` touches the task and nothing else. `done` runs on main, also for a
 * cancelled task (see task_cancelled). The task is the caller's memory, embedded in
 * a struct of its own, and must live until done has been called. */
#ifndef IO_TASK_H
#define IO_TASK_H

#include <stdatomic.h>
#include <stdbool.h>

struct loop;
struct task_pool;

enum task_class {
	TASK_INTERACTIVE, /* somebody waits for it */
	TASK_BACKGROUND,  /* one at a time, so that it never delays the others */
};

struct task {
	void (*work)(struct task *task);
	void (*done)(struct task *task);
	enum task_class class;
	/* the pool's */
	atomic_bool cancel_;
	struct task *next_;
	struct task_pool *pool_;
	void *request_;
};

struct task_pool *task_pool_new(struct loop *loop);
/* Waits for what runs; what has not started is cancelled and its done is called. */
void task_pool_free(struct task_pool *pool);
void task_submit(struct task_pool *pool, struct task *task);
/* Asks it to stop; done is still called. */
void task_cancel(struct task *task);
bool task_cancelled(struct task *task);

#endif
