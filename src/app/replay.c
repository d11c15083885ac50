/* Playing a recording. Its file lies in the folder of runs and nowhere else: the name
 * comes from a record, and records are foreign text once they are read back. Hides how
 * time goes on: the clock since it was started, times the speed. Main thread; reading is
 * a task. */
#include "app/replay.h"

#include "app/audits.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"

#include <fcntl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICK_MS = 40, PATH_TEXT = 4300, WORD_TEXT = 120, SPEED_MOST = 64 };

struct reading {
	struct task task;
	struct replay *replay; /* NULL: nobody waits */
	char path[PATH_TEXT];
	struct recording recording;
	struct err err;
};

struct replay {
	struct app *app;
	uint64_t seq;
	struct reading *reading;
	struct recording recording;
	bool there;
	struct err err;
	struct loop_timer *timer;
	bool playing, behind;
	double speed;
	int64_t place_ms, since; /* where it was at `since` (monotonic) */
	size_t until;
	char word[WORD_TEXT]; /* that was looked for; "": errors */
};

struct replay *replay_new(struct app *app)
{
	struct replay *replay = mem_new(1, sizeof *replay);

	replay->app = app;
	replay->speed = 1;
	return replay;
}

static void abandon(struct replay *replay)
{
	if (replay->reading)
		replay->reading->replay = NULL;
	replay->reading = NULL;
}

void replay_end(struct replay *replay)
{
	abandon(replay);
	loop_timer_free(replay->timer);
	replay->timer = NULL;
}

void replay_free(struct replay *replay)
{
	if (!replay)
		return;
	recording_release(&replay->recording);
	mem_free(replay);
}

/* --- time --- */

static int64_t place(const struct replay *replay)
{
	int64_t at = replay->place_ms;

	if (replay->playing)
		at += (int64_t)((double)(time_mono_ms() - replay->since) * replay->speed);
	return at < replay->recording.length_ms ? at : replay->recording.length_ms;
}

static void stand(struct replay *replay, int64_t at)
{
	replay->place_ms = at < 0 ? 0
			   : at > replay->recording.length_ms
				   ? replay->recording.length_ms
				   : at;
	replay->since = time_mono_ms();
}

/* How many events are before it; they are in the order of their times. */
static size_t events_until(const struct recording *r, int64_t at)
{
	size_t low = 0, high = r->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->events[mid].at_ms <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void show(struct replay *replay)
{
	replay->until = events_until(&replay->recording, place(replay));
	app_changed(replay->app, CHANGED_REPLAY);
}

static void tick(void *ctx)
{
	struct replay *replay = ctx;
	bool over = place(replay) >= replay->recording.length_ms;

	if (replay->playing && over) {
		stand(replay, replay->recording.length_ms);
		replay->playing = false;
	}
	replay->behind = false;
	show(replay);
	if (replay->playing)
		loop_timer_start(replay->timer, TICK_MS);
}

void replay_behind(struct replay *replay)
{
	replay->behind = true;
	if (replay->timer)
		loop_timer_start(replay->timer, 1);
}

/* --- reading --- */

static bool read_file(struct reading *reading, struct str *text)
{
	int fd = open(reading->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char part[65536];
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		err_set(&reading->err, ERR_MISSING,
			"the recording is not there any more: %s",
			fd < 0 ? strerror(errno) : "not a plain file");
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (text->n <= RECORDING_MOST && (n = read(fd, part, sizeof part)) > 0)
		str_add(text, part, (size_t)n);
	if (n < 0)
		err_set(&reading->err, ERR_IO, "the recording cannot be read: %s",
			strerror(errno));
	close(fd);
	return n >= 0;
}

/* What a command said went wrong lies beside what it printed: behind it, as nobody knows
 * any more what came between. */
static void add_errors(struct reading *reading, struct str *text)
{
	size_t n = strlen(reading->path);
	struct str errors;

	if (n < 4 || strcmp(reading->path + n - 4, ".out"))
		return;
	str_copy(reading->path + n - 4, 5, ".err");
	str_init(&errors, RECORDING_MOST + 131072);
	if (!read_file(reading, &errors))
		reading->err = (struct err){0};
	if (errors.n && text->n && text->p[text->n - 1] != '\n')
		str_putc(text, '\n');
	if (errors.n)
		str_puts(text, "stderr:\n");
	str_add(text, errors.p, errors.n);
	str_release(&errors);
}

static void read_work(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	bool there;
	struct str text;

	str_init(&text, 2 * (RECORDING_MOST + 131072));
	there = read_file(reading, &text);
	if (there)
		add_errors(reading, &text);
	if (there)
		recording_read(&reading->recording,
			untrusted_make(text.p ? text.p : "", text.n), &reading->err);
	str_release(&text);
}

static void read_done(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	struct replay *replay = reading->replay;

	if (replay) {
		replay->reading = NULL;
		replay->err = reading->err;
		replay->there = !reading->err.kind;
		recording_release(&replay->recording);
		replay->recording = reading->recording;
		reading->recording = (struct recording){0};
		stand(replay, 0);
		/* What has no times is there at once. */
		replay->playing = replay->there && replay->recording.length_ms > 0;
		if (replay->playing)
			loop_timer_start(replay->timer, TICK_MS);
		show(replay);
	}
	recording_release(&reading->recording);
	mem_free(reading);
}

/* Of a record, or of what came of it. */
static bool file_of(
	const struct app *app, uint64_t seq, char out[PATH_TEXT], struct err *err)
{
	const struct audit_row *row = audits_find(app->audits, seq);
	char state[4096], id[80];

	if (row && !row->recording && row->outcome)
		row = audits_find(app->audits, row->outcome);
	if (!row)
		return err_set(err, ERR_MISSING,
			"record %llu is not listed: :audit reads the newest",
			(unsigned long long)seq);
	if (!row->recording || !text_to_id(untrusted_str(row->recording), id, sizeof id))
		return err_set(err, ERR_MISSING,
			"record %llu has recorded nothing that could be played",
			(unsigned long long)seq);
	if (!file_state_folder(state, sizeof state, err))
		return false;
	snprintf(out, PATH_TEXT, "%s/runs/%s", state, id);
	return true;
}

bool replay_open(struct replay *replay, uint64_t seq, struct err *err)
{
	char path[PATH_TEXT];
	struct reading *reading;

	if (!file_of(replay->app, seq, path, err))
		return false;
	abandon(replay);
	if (!replay->timer)
		replay->timer = loop_timer(replay->app->loop, tick, replay);
	replay->seq = seq;
	replay->there = replay->playing = false;
	replay->err = (struct err){0};
	replay->speed = 1;
	replay->until = 0;
	reading = mem_new(1, sizeof *reading);
	reading->task = (struct task){
		.work = read_work, .done = read_done, .class = TASK_INTERACTIVE};
	reading->replay = replay;
	str_copy(reading->path, sizeof reading->path, path);
	replay->reading = reading;
	task_submit(replay->app->pool, &reading->task);
	return true;
}

bool replay_is_there(struct app *app, uint64_t seq, struct err *err)
{
	char path[PATH_TEXT];

	return audits_load(app->audits, err) && file_of(app, seq, path, err);
}

bool replay_read(struct app *app, uint64_t seq, struct recording *out, struct err *err)
{
	struct reading reading = {0};

	if (!audits_load(app->audits, err) || !file_of(app, seq, reading.path, err))
		return false;
	read_work(&reading.task);
	*out = reading.recording;
	if (reading.err.kind)
		*err = reading.err;
	return !reading.err.kind;
}

const struct recording *replay_recording(const struct replay *replay, const char **why)
{
	*why = replay->err.kind  ? replay->err.text
	       : replay->reading ? "reading the recording"
	       : replay->there   ? ""
				 : "nothing is played";
	return replay->there ? &replay->recording : NULL;
}

uint64_t replay_seq(const struct replay *replay)
{
	return replay->seq;
}

size_t replay_until(const struct replay *replay)
{
	return replay->until;
}

static const char *clock_words(int64_t ms, char out[24])
{
	snprintf(out, 24, "%lld:%02lld", (long long)(ms / 60000),
		(long long)(ms / 1000 % 60));
	return out;
}

const char *replay_words(const struct replay *replay, char *out, size_t size)
{
	char at[24], of[24];

	if (!replay->there)
		snprintf(out, size, "record %llu", (unsigned long long)replay->seq);
	else if (!replay->recording.timed)
		snprintf(out, size, "record %llu, its output%s",
			(unsigned long long)replay->seq,
			replay->recording.cut ? ", the beginning of it" : "");
	else
		snprintf(out, size, "record %llu, %s of %s, %gx%s%s",
			(unsigned long long)replay->seq, clock_words(place(replay), at),
			clock_words(replay->recording.length_ms, of), replay->speed,
			replay->playing ? "" : ", paused",
			replay->recording.cut ? ", cut short" : "");
	return out;
}

/* --- commands --- */

static bool played(struct call *call, struct err *err)
{
	const struct replay *replay = call->app->replay;

	return replay->there ||
	       err_set(err, ERR_MISSING, "nothing is played: audit replay SEQ");
}

enum status cmd_replay_pause(struct call *call, struct err *err)
{
	struct replay *replay = call->app->replay;
	int64_t at = place(replay);

	if (!played(call, err))
		return STATUS_FAILED;
	/* At its end it begins anew. */
	if (!replay->playing && at >= replay->recording.length_ms)
		at = 0;
	stand(replay, at);
	replay->playing = !replay->playing && replay->recording.length_ms > 0;
	if (replay->playing)
		loop_timer_start(replay->timer, TICK_MS);
	show(replay);
	return STATUS_DONE;
}

enum status cmd_replay_speed(struct call *call, struct err *err)
{
	struct replay *replay = call->app->replay;
	double speed = replay->speed;

	if (!played(call, err))
		return STATUS_FAILED;
	if (!strcmp(call->argv[0], "+"))
		speed *= 2;
	else if (!strcmp(call->argv[0], "-"))
		speed /= 2;
	else if (!untrusted_to_double(untrusted_str(call->argv[0]), &speed))
		speed = 0;
	if (!(speed >= 1.0 / 8 && speed <= SPEED_MOST)) {
		err_set(err, ERR_USAGE, "a speed goes from 0.125 to %d, or + or -",
			SPEED_MOST);
		return STATUS_USAGE;
	}
	stand(replay, place(replay));
	replay->speed = speed;
	show(replay);
	return STATUS_DONE;
}

/* "+10s", "-10s", "1m30s" from the beginning. */
enum status cmd_replay_seek(struct call *call, struct err *err)
{
	struct replay *replay = call->app->replay;
	const char *word = call->argv[0];
	bool by = *word == '+' || *word == '-';
	int64_t ms = 0;

	if (!played(call, err))
		return STATUS_FAILED;
	if (!duration_parse(word + by, &ms) && strcmp(word, "0") != 0) {
		err_set(err, ERR_USAGE, "expected: replay seek +10s, -10s or 1m30s");
		return STATUS_USAGE;
	}
	if (by)
		ms = place(replay) + (*word == '-' ? -ms : ms);
	stand(replay, ms);
	show(replay);
	return STATUS_DONE;
}

/* Stands there, paused, with that event the last that is seen. */
static bool go_to(struct replay *replay, size_t event)
{
	if (event == SIZE_MAX)
		return false;
	replay->playing = false;
	stand(replay, replay->recording.events[event].at_ms);
	show(replay);
	replay->until = event + 1;
	return true;
}

bool replay_again(struct replay *replay, int by)
{
	size_t from = replay->until ? replay->until - 1 : 0;

	if (!replay->there)
		return false;
	return go_to(replay,
		*replay->word ? recording_find(&replay->recording, from, by, replay->word)
			      : recording_error(&replay->recording, from));
}

enum status cmd_replay_find(struct call *call, struct err *err)
{
	struct replay *replay = call->app->replay;
	size_t found;

	if (!played(call, err))
		return STATUS_FAILED;
	str_copy(replay->word, sizeof replay->word, call->rest);
	/* From here on, then from the beginning. */
	found = recording_find(&replay->recording,
		replay->until ? replay->until - 1 : SIZE_MAX, 1, replay->word);
	if (found == SIZE_MAX)
		found = recording_find(&replay->recording, SIZE_MAX, 1, replay->word);
	if (go_to(replay, found))
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "it is not in the recording: %.80s", call->rest);
	return STATUS_FAILED;
}

enum status cmd_replay_error(struct call *call, struct err *err)
{
	struct replay *replay = call->app->replay;

	if (!played(call, err))
		return STATUS_FAILED;
	*replay->word = '\0';
	if (replay_again(replay, 1))
		return STATUS_DONE;
	err_set(err, ERR_MISSING, "no further error is in it");
	return STATUS_FAILED;
}
