/* Opens libcurl and looks up what io/http and io/mail call of it, in a task. Once: it
 * stays open, and what is missing now is looked for again at the next transfer, as
 * somebody may install it. The list of those who wait is main's; the task writes the
 * calls and its error, which main reads when it is done. */
#include "curl.h"

#include "io/task.h"

#include <dlfcn.h>
#include <stddef.h>

#define FIND(name) {"curl_" #name, offsetof(struct curl_calls, name)},

struct curl_calls curl;

static const struct {
	const char *name;
	size_t at;
} calls[] = {CURL_CALLS(FIND)};

static struct {
	struct task task;
	struct err err;
	bool running, open;
	struct curl_waiter *waiters;
} opening;

/* libcurl brings GnuTLS along for protocols that are never asked for here (LDAP, RTMP).
 * It looks for this name before it prepares itself, which takes 2 MiB; a libcurl that
 * does use it prepares it by its own call. The linker is told to show the name. */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void)
{
	return 1;
}

static bool find_calls(struct err *err)
{
	static void *library;

	if (!library)
		library = dlopen("libcurl.so.4", RTLD_LAZY | RTLD_LOCAL);
	if (!library)
		return err_set(err, ERR_MISSING,
			"libcurl.so.4 cannot be opened: install libcurl4 (Debian) or "
			"libcurl");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		void *found = dlsym(library, calls[i].name);

		if (!found)
			return err_set(err, ERR_MISSING,
				"this libcurl is too old: it has no %s()", calls[i].name);
		*(void **)((char *)&curl + calls[i].at) = found;
	}
	return true;
}

static void opening_work(struct task *task)
{
	(void)task;
	if (find_calls(&opening.err))
		curl.global_init(CURL_GLOBAL_DEFAULT);
}

static void opening_done(struct task *task)
{
	struct curl_waiter *w;

	if (task_cancelled(task) && !opening.err.kind)
		err_set(&opening.err, ERR_CANCELLED, "stopped");
	opening.running = false;
	opening.open = !opening.err.kind;
	while ((w = opening.waiters)) {
		opening.waiters = w->next_;
		w->waiting_ = false;
		w->opened(w->ctx, opening.open ? NULL : &opening.err);
	}
}

bool curl_open(struct task_pool *pool, struct curl_waiter *waiter)
{
	if (opening.open)
		return true;
	if (!waiter->waiting_) {
		waiter->waiting_ = true;
		waiter->next_ = opening.waiters;
		opening.waiters = waiter;
	}
	if (!opening.running) {
		opening.running = true;
		opening.err = (struct err){0};
		opening.task = (struct task){.work = opening_work,
			.done = opening_done,
			.class = TASK_INTERACTIVE};
		task_submit(pool, &opening.task);
	}
	return false;
}

void curl_forget(struct curl_waiter *waiter)
{
	for (struct curl_waiter **at = &opening.waiters; *at; at = &(*at)->next_)
		if (*at == waiter) {
			*at = waiter->next_;
			break;
		}
	waiter->waiting_ = false;
}
