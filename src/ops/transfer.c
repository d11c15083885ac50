/* The two directions of a transfer, each a short row of requests around a pipeline of
 * reads or writes. Hides that answers come in any order, that a read may be short, and
 * that files here are touched by tasks only. Main thread, but for the tasks. */
#include "ops/transfer.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "io/task.h"
#include "sftp.h"
#include "tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WIDE = 16, CHUNK = 256 << 10, OUT_MOST = 1 << 20, IN_MOST = 1 << 20 };

enum at {
	AT_VERSION,
	AT_OPEN,
	AT_MOVING, /* the pipeline */
	AT_MODE,
	AT_CLOSE,
	AT_RENAME,
	AT_RENAME_PLAIN,
	AT_DONE,
};

struct part {
	uint32_t id;
	uint64_t offset;
	uint32_t size;
	bool here, end;
	struct str data;
};

struct transfer {
	struct task task; /* first: of files here */
	struct transfer_how how;
	char here[TRANSFER_PATH], there[TRANSFER_PATH], part_name[TRANSFER_PATH];
	char id[ID_TEXT];
	struct ssh_call *call;
	struct str in, out;
	enum at at;
	uint32_t next_id, wanted; /* wanted: the request, outside the pipeline */
	struct untrusted handle;  /* owned */
	struct part parts[WIDE];  /* a ring: the oldest first */
	size_t first, count;
	uint64_t offset, bytes;
	struct tape *tape; /* getting */
	bool tape_full, tape_over, file_over, reading, working, stopping, told;
	int fd; /* putting */
	uint32_t mode;
	struct digest *digest;
	char hash[SHA256_DIGITS + 1];
	char *chunk; /* the task's, while it reads */
	size_t chunk_n, chunk_at;
	struct err task_err, err;
	bool part_there; /* the other name is taken over there */
};

static void advance(struct transfer *t);

/* --- the end --- */

static void tell(struct transfer *t)
{
	if (t->told || t->call || t->working || (t->tape && !t->tape_over))
		return;
	t->told = true;
	t->how.ended(t->how.ctx, t->err.kind ? &t->err : NULL);
}

static void rename_work(struct task *task)
{
	struct transfer *t = (struct transfer *)task;

	/* A tape of nothing makes no file. */
	if (!t->err.kind && !t->bytes)
		close(open(t->part_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (t->err.kind) {
		unlink(t->part_name);
	} else if (rename(t->part_name, t->here)) {
		err_set(&t->task_err, ERR_IO, "cannot write %s: %s", t->here,
			strerror(errno));
		unlink(t->part_name);
	}
}

static void task_done(struct task *task)
{
	struct transfer *t = (struct transfer *)task;

	t->working = false;
	if (t->task_err.kind && !t->err.kind)
		t->err = t->task_err;
	tell(t);
}

static void work(struct transfer *t, void (*what)(struct task *task))
{
	t->working = true;
	t->task =
		(struct task){.work = what, .done = task_done, .class = TASK_INTERACTIVE};
	task_submit(t->how.pool, &t->task);
}

static void tape_ended(void *ctx)
{
	struct transfer *t = ctx;

	t->tape_over = true;
	if (tape_error(t->tape) && !t->err.kind)
		t->err = *tape_error(t->tape);
	tape_hash(t->tape, t->hash);
	work(t, rename_work);
}

static void flush(struct transfer *t);

/* What was begun over there is taken away again; the server ends with its input. */
static void give_up(struct transfer *t)
{
	if (!t->call)
		return;
	if (t->part_there)
		sftp_put_remove(&t->out, t->next_id++, t->part_name);
	t->part_there = false;
	flush(t);
	ssh_call_close_input(t->call);
}

static void fail(struct transfer *t, const struct err *err)
{
	if (!t->err.kind)
		t->err = *err;
	give_up(t);
}

static void on_end(void *ctx, const struct ssh_end *end)
{
	struct transfer *t = ctx;

	t->call = NULL;
	if (t->at != AT_DONE && !t->err.kind && !t->stopping) {
		if (end->err.kind)
			t->err = end->err;
		else
			err_set(&t->err, ERR_NET, "it ended before all was there");
	}
	if (t->stopping && t->at != AT_DONE)
		err_set(&t->err, ERR_CANCELLED, "stopped");
	if (t->tape)
		tape_end(t->tape, tape_ended);
	tell(t);
}

/* --- requests --- */

static void flush(struct transfer *t)
{
	size_t n;

	if (!t->call || !t->out.n)
		return;
	n = ssh_call_write(t->call, t->out.p, t->out.n);
	memmove(t->out.p, t->out.p + n, t->out.n - n);
	t->out.n -= n;
}

static uint32_t ask(struct transfer *t)
{
	return t->wanted = t->next_id++;
}

static void begin_open(struct transfer *t)
{
	t->at = AT_OPEN;
	if (t->how.gets)
		sftp_put_open(&t->out, ask(t), t->there, SFTP_TO_READ, 0);
	else
		sftp_put_open(&t->out, ask(t), t->part_name,
			SFTP_TO_WRITE | SFTP_TO_CREATE | SFTP_NEW_ONLY, 0600);
}

static void begin_close(struct transfer *t)
{
	t->at = AT_CLOSE;
	sftp_put_handle(&t->out, SFTP_CLOSE, ask(t), t->handle);
}

static void done(struct transfer *t)
{
	t->at = AT_DONE;
	ssh_call_close_input(t->call);
}

static struct part *part_at(struct transfer *t, size_t i)
{
	return &t->parts[(t->first + i) % WIDE];
}

static struct part *part_add(struct transfer *t, uint32_t size)
{
	struct part *part = part_at(t, t->count++);

	part->id = t->next_id++;
	part->offset = t->offset;
	part->size = size;
	part->here = part->end = false;
	str_reset(&part->data);
	t->offset += size;
	return part;
}

/* --- getting --- */

static void ask_more(struct transfer *t)
{
	while (t->count < WIDE && !t->tape_full && !t->file_over) {
		const struct part *part = part_add(t, SFTP_PART);

		sftp_put_read(&t->out, part->id, t->handle, part->offset, part->size);
	}
}

static void take_in_order(struct transfer *t)
{
	while (t->count && part_at(t, 0)->here && !t->tape_full) {
		struct part *part = part_at(t, 0);

		if (part->end) {
			t->file_over = true;
			t->count = 0;
			break;
		}
		t->bytes += part->data.n;
		t->tape_full |=
			!tape_add(t->tape, untrusted_make(part->data.p, part->data.n));
		if (part->data.n < part->size) {
			/* The rest of it is asked for, before what comes behind. */
			part->offset += part->data.n;
			part->size -= (uint32_t)part->data.n;
			part->id = t->next_id++;
			part->here = false;
			str_reset(&part->data);
			sftp_put_read(
				&t->out, part->id, t->handle, part->offset, part->size);
			return;
		}
		t->first = (t->first + 1) % WIDE;
		t->count--;
	}
	if (t->file_over)
		begin_close(t);
	else
		ask_more(t);
}

static void tape_written(void *ctx)
{
	struct transfer *t = ctx;

	t->tape_full = false;
	if (tape_error(t->tape)) {
		fail(t, tape_error(t->tape));
		return;
	}
	if (t->at == AT_MOVING && t->call && !t->file_over) {
		take_in_order(t);
		flush(t);
	}
}

static void take_part(struct transfer *t, const struct sftp_packet *p)
{
	size_t n;
	const void *bytes = text_raw(p->text, &n);

	for (size_t i = 0; i < t->count; i++) {
		struct part *part = part_at(t, i);

		if (part->id != p->id || part->here)
			continue;
		part->here = true;
		part->end = p->type == SFTP_STATUS;
		if (n > part->size || (p->type == SFTP_DATA && !n))
			fail(t, &(struct err){
					ERR_INPUT, "it answers what was not asked"});
		else if (!part->end)
			str_add(&part->data, bytes, n);
		return;
	}
}

/* --- putting --- */

static void read_work(struct task *task)
{
	struct transfer *t = (struct transfer *)task;
	struct stat file;
	ssize_t n;

	if (t->fd < 0) {
		t->fd = open(t->here, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (t->fd < 0 || fstat(t->fd, &file) || !S_ISREG(file.st_mode)) {
			err_set(&t->task_err, ERR_IO, "cannot read %s: %s", t->here,
				t->fd < 0 ? strerror(errno) : "it is no file");
			return;
		}
		t->mode = file.st_mode & 0777;
	}
	do
		n = read(t->fd, t->chunk, CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		err_set(&t->task_err, ERR_IO, "cannot read %s: %s", t->here,
			strerror(errno));
		return;
	}
	digest_add(t->digest, t->chunk, (size_t)n);
	t->chunk_n = (size_t)n;
}

static void read_done(struct task *task)
{
	struct transfer *t = (struct transfer *)task;

	t->working = t->reading = false;
	t->chunk_at = 0;
	t->file_over = !t->chunk_n;
	if (t->task_err.kind) {
		fail(t, &t->task_err);
		tell(t);
		return;
	}
	if (!t->call) {
		tell(t);
		return;
	}
	if (t->at == AT_VERSION)
		begin_open(t);
	advance(t);
}

static void read_more(struct transfer *t)
{
	if (t->reading || t->file_over || t->err.kind)
		return;
	t->reading = t->working = true;
	t->chunk_n = 0;
	t->task = (struct task){
		.work = read_work, .done = read_done, .class = TASK_INTERACTIVE};
	task_submit(t->how.pool, &t->task);
}

static void write_more(struct transfer *t)
{
	while (t->count < WIDE && t->chunk_at < t->chunk_n && !t->reading) {
		size_t n = t->chunk_n - t->chunk_at;
		const struct part *part;

		n = n < SFTP_PART ? n : SFTP_PART;
		part = part_add(t, (uint32_t)n);
		sftp_put_write(&t->out, part->id, t->handle, part->offset,
			untrusted_make(t->chunk + t->chunk_at, n));
		t->chunk_at += n;
		t->bytes += n;
	}
	if (t->chunk_at == t->chunk_n && !t->file_over)
		read_more(t);
	if (t->file_over && !t->count && !t->reading) {
		digest_end(t->digest, t->hash);
		t->digest = NULL;
		t->at = AT_MODE;
		sftp_put_mode(&t->out, ask(t), t->handle, t->mode);
	}
}

static void drop_part(struct transfer *t, uint32_t id)
{
	for (size_t i = 0; i < t->count; i++)
		if (part_at(t, i)->id == id)
			part_at(t, i)->here = true;
	while (t->count && part_at(t, 0)->here) {
		t->first = (t->first + 1) % WIDE;
		t->count--;
	}
}

/* --- answers --- */

static void refused(struct transfer *t, const struct sftp_packet *p, const char *what)
{
	char words[120];
	struct err err;

	text_line(p->text, words, sizeof words);
	err_set(&err, p->status == SFTP_DENIED ? ERR_REFUSED : ERR_IO,
		"%s over there: %s", what, *words ? words : "refused");
	fail(t, &err);
}

static void opened(struct transfer *t, const struct sftp_packet *p)
{
	if (p->type != SFTP_HANDLE || untrusted_empty(p->text) ||
		untrusted_size(p->text) > SFTP_HANDLE_MOST) {
		refused(t, p, t->how.gets ? "cannot read it" : "cannot write there");
		return;
	}
	t->handle = untrusted_keep(p->text, SFTP_HANDLE_MOST);
	t->part_there = !t->how.gets;
	t->at = AT_MOVING;
	advance(t);
}

static void moved(struct transfer *t, const struct sftp_packet *p)
{
	bool at_end = p->type == SFTP_STATUS && p->status == SFTP_EOF;

	if (t->how.gets && (p->type == SFTP_DATA || at_end)) {
		take_part(t, p);
		take_in_order(t);
	} else if (!t->how.gets && p->type == SFTP_STATUS && p->status == SFTP_OK) {
		drop_part(t, p->id);
		write_more(t);
	} else {
		refused(t, p, t->how.gets ? "cannot read it" : "cannot write there");
	}
}

static void settled(struct transfer *t, const struct sftp_packet *p)
{
	bool ok = p->type == SFTP_STATUS && p->status == SFTP_OK;

	if (t->at == AT_MODE) {
		/* Some servers do not let it be set: it then stays 0600. */
		begin_close(t);
	} else if (t->at == AT_CLOSE && (t->how.gets || !ok)) {
		if (ok)
			done(t);
		else
			refused(t, p, "cannot close it");
	} else if (t->at == AT_CLOSE) {
		t->at = AT_RENAME;
		sftp_put_rename(&t->out, ask(t), t->part_name, t->there, true);
	} else if (t->at == AT_RENAME && !ok && p->status == SFTP_NO_SUCH) {
		t->at = AT_RENAME_PLAIN;
		sftp_put_rename(&t->out, ask(t), t->part_name, t->there, false);
	} else if (ok) {
		done(t);
	} else {
		refused(t, p, "cannot put it in its place");
	}
}

static void take_packet(struct transfer *t, const struct sftp_packet *p)
{
	if (t->err.kind || t->at == AT_DONE)
		return;
	if (t->at == AT_VERSION && p->type == SFTP_VERSION) {
		/* What cannot be read here is not begun there. */
		if (t->how.gets)
			begin_open(t);
		else
			read_more(t);
		return;
	}
	/* Reads behind the end of the file are answered still. */
	if (t->at != AT_MOVING && p->id != t->wanted)
		return;
	if (t->at == AT_OPEN)
		opened(t, p);
	else if (t->at == AT_MOVING)
		moved(t, p);
	else if (t->at > AT_MOVING)
		settled(t, p);
}

static void advance(struct transfer *t)
{
	if (t->at == AT_MOVING && t->how.gets)
		ask_more(t);
	else if (t->at == AT_MOVING)
		write_more(t);
	flush(t);
}

static void on_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	struct transfer *t = ctx;
	struct sftp_packet packet;
	size_t used, from = 0;
	enum sftp_verdict verdict = SFTP_WHOLE;

	if (is_error)
		return;
	tape_show(bytes, &t->in);
	while (verdict == SFTP_WHOLE) {
		verdict = sftp_take(
			untrusted_make(t->in.p + from, t->in.n - from), &packet, &used);
		if (verdict != SFTP_WHOLE)
			break;
		take_packet(t, &packet);
		from += used;
	}
	memmove(t->in.p, t->in.p + from, t->in.n - from);
	t->in.n -= from;
	if (verdict == SFTP_BROKEN || t->in.cut)
		fail(t, &(struct err){ERR_INPUT, "what it answers is not SFTP"});
	flush(t);
}

static void on_room(void *ctx)
{
	flush(ctx);
}

/* --- */

struct transfer *transfer_start(const struct transfer_how *how)
{
	struct transfer *t = mem_new(1, sizeof *t);
	const struct ssh_call_options options = {.target = how->target,
		.subsystem = "sftp",
		.writes = true,
		.bytes = on_bytes,
		.room = on_room,
		.end = on_end,
		.ctx = t};

	t->how = *how;
	t->fd = -1;
	str_copy(t->here, sizeof t->here, how->here);
	str_copy(t->there, sizeof t->there, how->there);
	id_new(0, t->id);
	snprintf(t->part_name, sizeof t->part_name, "%s.%.8s.part",
		how->gets ? how->here : how->there, t->id + 28);
	str_init(&t->in, IN_MOST);
	str_init(&t->out, OUT_MOST);
	for (size_t i = 0; i < WIDE; i++)
		str_init(&t->parts[i].data, SFTP_PART);
	if (how->gets) {
		const struct tape_how tape = {how->pool, t->part_name, tape_written, t};

		t->tape = tape_new(&tape);
	} else {
		t->digest = digest_new();
		t->chunk = mem_new(1, CHUNK);
	}
	t->call = ssh_call_start(how->net, &options);
	sftp_put_init(&t->out);
	flush(t);
	return t;
}

void transfer_stop(struct transfer *t)
{
	t->stopping = true;
	if (t->call && t->part_there)
		give_up(t);
	else if (t->call)
		ssh_call_stop(t->call);
}

uint64_t transfer_bytes(const struct transfer *t)
{
	return t->bytes;
}

const char *transfer_hash(const struct transfer *t)
{
	return t->hash;
}

void transfer_free(struct transfer *t)
{
	char hash[SHA256_DIGITS + 1];

	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	if (t->digest)
		digest_end(t->digest, hash);
	tape_free(t->tape);
	untrusted_free(t->handle);
	for (size_t i = 0; i < WIDE; i++)
		str_release(&t->parts[i].data);
	str_release(&t->in);
	str_release(&t->out);
	mem_free(t->chunk);
	mem_free(t);
}
