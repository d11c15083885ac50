/* libnotify by dlopen: six calls, declared here. A daemon that hangs holds a background
 * worker up for as long as D-Bus waits, never main; meanwhile notices replace each
 * other. The body goes out as its markup wants it, so no word becomes a tag. */
#include "io/desktop.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "io/task.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TITLE_MAX = 240, BODY_MAX = 2000, URGENCY_NORMAL = 1, URGENCY_CRITICAL = 2 };

struct notification;
struct error;

static struct libnotify {
	int (*init)(const char *app);
	struct notification *(*make)(
		const char *summary, const char *body, const char *icon);
	void (*set_urgency)(struct notification *n, int urgency);
	int (*show)(struct notification *n, struct error **error);
	void (*unref)(void *object);
	void (*error_free)(struct error *error);
} calls;

/* Of the worker: there is one task, so one thread at a time is here. */
static enum { UNTRIED, OPEN, ABSENT } library;

struct words {
	char title[TITLE_MAX], body[BODY_MAX];
	bool urgent;
};

struct desktop {
	struct task task;
	struct task_pool *pool;
	struct words now, then;
	bool running, waiting, orphan;
};

/* --- the worker --- */

static bool open_library(void)
{
	static const struct {
		const char *name;
		void *at;
	} wanted[] = {
		{"notify_init", &calls.init},
		{"notify_notification_new", &calls.make},
		{"notify_notification_set_urgency", &calls.set_urgency},
		{"notify_notification_show", &calls.show},
		{"g_object_unref", &calls.unref},
		{"g_error_free", &calls.error_free},
	};
	/* GLib does not survive being closed. */
	void *lib = dlopen("libnotify.so.4", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);

	for (size_t i = 0; lib && i < sizeof wanted / sizeof *wanted; i++) {
		void *call = dlsym(lib, wanted[i].name);

		if (!call)
			return false;
		memcpy(wanted[i].at, &call, sizeof call);
	}
	return lib && calls.init("oogway");
}

/* Without one GLib would try to start a bus of its own. */
static bool has_bus(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char path[200];

	if (getenv("DBUS_SESSION_BUS_ADDRESS"))
		return true;
	snprintf(path, sizeof path, "%s/bus", runtime ? runtime : "");
	return runtime && !access(path, F_OK);
}

static void work(struct task *task)
{
	struct desktop *d = (struct desktop *)task;
	struct notification *n;
	struct error *error = NULL;

	if (library == UNTRIED && has_bus())
		library = open_library() ? OPEN : ABSENT;
	if (library != OPEN)
		return;
	n = calls.make(d->now.title, d->now.body, NULL);
	if (!n)
		return;
	calls.set_urgency(n, d->now.urgent ? URGENCY_CRITICAL : URGENCY_NORMAL);
	if (!calls.show(n, &error)) {
		log_add(LOG_INFO, "no desktop took a notice");
		if (error)
			calls.error_free(error);
	}
	calls.unref(n);
}

/* --- main --- */

static void start(struct desktop *d);

static void done(struct task *task)
{
	struct desktop *d = (struct desktop *)task;

	d->running = false;
	if (d->orphan) {
		mem_free(d);
	} else if (d->waiting) {
		d->waiting = false;
		d->now = d->then;
		start(d);
	}
}

static void start(struct desktop *d)
{
	d->running = true;
	d->task = (struct task){.work = work, .done = done, .class = TASK_BACKGROUND};
	task_submit(d->pool, &d->task);
}

struct desktop *desktop_new(struct task_pool *pool)
{
	struct desktop *d = mem_new(1, sizeof *d);

	d->pool = pool;
	return d;
}

void desktop_free(struct desktop *d)
{
	if (!d)
		return;
	d->orphan = true;
	if (!d->running)
		mem_free(d);
}

void desktop_show(
	struct desktop *d, struct untrusted title, struct untrusted body, bool urgent)
{
	struct words *words = d->running ? &d->then : &d->now;
	struct str text;

	text_line(title, words->title, sizeof words->title);
	str_init(&text, BODY_MAX - 1);
	text_add_html(&text, body);
	str_copy(words->body, sizeof words->body, str_text(&text));
	str_release(&text);
	words->urgent = urgent;
	if (d->running)
		d->waiting = true;
	else
		start(d);
}
