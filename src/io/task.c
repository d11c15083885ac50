/* Tasks on libuv's thread pool. Background tasks queue here and go out one at a
 * time; interactive ones go out at once. */
#include "io/task.h"

#include "base/alloc.h"
#include "io/loop.h"

#include <uv.h>

struct task_pool {
	uv_loop_t *uv;
	struct task *waiting, **waiting_end; /* background, not started */
	struct task *background;             /* running */
	int busy;
};

struct task_pool *task_pool_new(struct loop *loop)
{
	struct task_pool *pool = mem_new(1, sizeof *pool);

	pool->uv = loop_uv(loop);
	pool->waiting_end = &pool->waiting;
	return pool;
}

static void work(uv_work_t *request)
{
	struct task *task = request->data;

	if (!atomic_load(&task->cancel_))
		task->work(task);
}

static void start(struct task *task);

static void after(uv_work_t *request, int status)
{
	struct task *task = request->data;
	struct task_pool *pool = task->pool_;

	mem_free(request);
	task->request_ = NULL;
	if (status == UV_ECANCELED)
		atomic_store(&task->cancel_, true);
	pool->busy--;
	if (pool->background == task) {
		pool->background = pool->waiting;
		if (pool->background) {
			pool->waiting = pool->background->next_;
			if (!pool->waiting)
				pool->waiting_end = &pool->waiting;
			start(pool->background);
		}
	}
	task->done(task);
}

static void start(struct task *task)
{
	uv_work_t *request = mem_new(1, sizeof *request);

	request->data = task;
	task->request_ = request;
	uv_queue_work(task->pool_->uv, request, work, after);
}

void task_submit(struct task_pool *pool, struct task *task)
{
	atomic_init(&task->cancel_, false);
	task->pool_ = pool;
	task->next_ = NULL;
	task->request_ = NULL;
	pool->busy++;
	if (task->class == TASK_INTERACTIVE) {
		start(task);
	} else if (!pool->background) {
		pool->background = task;
		start(task);
	} else {
		*pool->waiting_end = task;
		pool->waiting_end = &task->next_;
	}
}

void task_cancel(struct task *task)
{
	atomic_store(&task->cancel_, true);
	if (task->request_)
		uv_cancel(task->request_);
}

bool task_cancelled(struct task *task)
{
	return atomic_load(&task->cancel_);
}

void task_pool_free(struct task_pool *pool)
{
	if (!pool)
		return;
	for (struct task *t = pool->waiting; t; t = t->next_)
		atomic_store(&t->cancel_, true);
	if (pool->background)
		task_cancel(pool->background);
	while (pool->busy)
		uv_run(pool->uv, UV_RUN_ONCE);
	mem_free(pool);
}
