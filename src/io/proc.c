/* Children on libuv: argv only, own process group, output cut into lines, an end that
 * is told once. Hides pipes, terminals made for a child, partial lines and the order in
 * which exit and end of output arrive. Main only. */
#include "io/proc.h"

#include "base/alloc.h"
#include "base/secret.h"
#include "base/str.h"
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <uv.h>

enum { READ_SIZE = 16384 };

struct proc {
	uv_process_t process;
	uv_pipe_t out, in, errors;
	uv_timer_t timer;
	uv_write_t write;
	struct proc_options options;
	struct str line;
	char *input;
	int handles; /* open ones */
	int exit_code;
	size_t waiting; /* bytes that are being written to it */
	bool wants_room, input_over;
	bool exited, out_done, errors_done, killed, stopped, timed_out, skipping;
	char buffer[READ_SIZE];
};

static void gone(uv_handle_t *handle)
{
	struct proc *proc = handle->data;

	if (--proc->handles)
		return;
	str_release(&proc->line);
	if (proc->options.secret)
		secret_wipe(proc->buffer, sizeof proc->buffer);
	mem_free(proc->input);
	mem_free(proc);
}

static void close_handle(struct proc *proc, void *handle)
{
	(void)proc;
	if (!uv_is_closing(handle))
		uv_close(handle, gone);
}

static void close_all(struct proc *proc)
{
	close_handle(proc, &proc->timer);
	close_handle(proc, &proc->out);
	close_handle(proc, &proc->in);
	close_handle(proc, &proc->errors);
	close_handle(proc, &proc->process);
}

static void finish(struct proc *proc)
{
	struct err why;

	if (!proc->exited || !proc->out_done || !proc->errors_done)
		return;
	if (!proc->killed && proc->line.n)
		proc->options.line(
			proc->options.ctx, untrusted_make(proc->line.p, proc->line.n));
	if (!proc->killed && proc->timed_out) {
		err_set(&why, ERR_TIMEOUT, "%s did not end in time",
			proc->options.argv ? "it" : "");
		proc->options.end(proc->options.ctx, proc->exit_code, &why);
	} else if (!proc->killed) {
		proc->options.end(proc->options.ctx, proc->exit_code, NULL);
	}
	close_all(proc);
}

static void on_exit_(uv_process_t *process, int64_t status, int signal_)
{
	struct proc *proc = process->data;

	proc->exited = true;
	proc->exit_code = signal_ ? 128 + signal_ : (int)status;
	finish(proc);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct proc *proc = handle->data;

	(void)suggested;
	*buf = uv_buf_init(proc->buffer, READ_SIZE);
}

static void take(struct proc *proc, const char *p, size_t n)
{
	while (n && !proc->killed) {
		const char *end = memchr(p, '\n', n);
		size_t part = end ? (size_t)(end - p) : n;

		if (!proc->skipping)
			str_add(&proc->line, p, part);
		if (proc->line.cut)
			proc->skipping = true;
		if (end) {
			proc->options.line(proc->options.ctx,
				untrusted_make(proc->line.p, proc->line.n));
			str_reset(&proc->line);
			proc->skipping = false;
			part++;
		}
		p += part;
		n -= part;
	}
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct proc *proc = stream->data;

	if (n > 0 && proc->options.bytes) {
		if (!proc->killed)
			proc->options.bytes(proc->options.ctx,
				stream == (uv_stream_t *)&proc->errors,
				untrusted_make(buf->base, (size_t)n));
	} else if (n > 0) {
		take(proc, buf->base, (size_t)n);
	} else if (n < 0) {
		if (stream == (uv_stream_t *)&proc->errors)
			proc->errors_done = true;
		else
			proc->out_done = true;
		finish(proc);
	}
}

/* The group: a shell's children would outlive it. Its number is ours until it is
 * waited for. */
static void signal_group(const struct proc *proc, int number)
{
	if (!proc->exited && proc->process.pid > 0)
		kill(proc->options.terminal ? proc->process.pid : -proc->process.pid,
			number);
}

static void on_timeout(uv_timer_t *timer)
{
	struct proc *proc = timer->data;
	bool again = proc->timed_out || proc->killed || proc->stopped;

	proc->timed_out |= !proc->stopped;
	if (proc->exited) {
		/* A child of its own holds the pipe; the number may be another's now. */
		proc->out_done = proc->errors_done = true;
		finish(proc);
		return;
	}
	signal_group(proc, again ? SIGKILL : SIGTERM);
	uv_timer_start(timer, on_timeout, 2000, 0);
}

static void on_written(uv_write_t *write, int status)
{
	struct proc *proc = write->data;

	(void)status;
	close_handle(proc, &proc->in);
}

/* --- what is written to it later --- */

struct piece {
	uv_write_t write;
	struct proc *proc;
	size_t n;
	char bytes[];
};

static void end_input(struct proc *proc)
{
	if (proc->input_over && !proc->waiting)
		close_handle(proc, &proc->in);
}

static void on_piece(uv_write_t *write, int status)
{
	struct piece *piece = write->data;
	struct proc *proc = piece->proc;

	proc->waiting -= piece->n;
	secret_wipe(piece->bytes, piece->n);
	mem_free(piece);
	if (status)
		proc->input_over = true;
	end_input(proc);
	if (proc->wants_room && !proc->killed && proc->options.room && !status) {
		proc->wants_room = false;
		proc->options.room(proc->options.ctx);
	}
}

size_t proc_write(struct proc *proc, const void *bytes, size_t n)
{
	size_t room = PROC_WAITING_BYTES - proc->waiting;
	struct piece *piece;
	uv_buf_t buf;

	if (n > room) {
		n = room;
		proc->wants_room = true;
	}
	if (!n || proc->input_over || uv_is_closing((uv_handle_t *)&proc->in))
		return n;
	piece = mem_new(1, sizeof *piece + n);
	*piece = (struct piece){.proc = proc, .n = n};
	memcpy(piece->bytes, bytes, n);
	piece->write.data = piece;
	buf = uv_buf_init(piece->bytes, (unsigned)n);
	proc->waiting += n;
	if (uv_write(&piece->write, (uv_stream_t *)&proc->in, &buf, 1, on_piece)) {
		proc->waiting -= n;
		mem_free(piece);
	}
	return n;
}

void proc_close_input(struct proc *proc)
{
	proc->input_over = true;
	end_input(proc);
}

/* --- a terminal of its own --- */

static void set_size(int fd, int columns, int rows)
{
	const struct winsize size = {
		.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};

	ioctl(fd, TIOCSWINSZ, &size);
}

void proc_resize(struct proc *proc, int columns, int rows)
{
	uv_os_fd_t fd;

	if (proc->exited || uv_fileno((uv_handle_t *)&proc->out, &fd))
		return;
	set_size(fd, columns, rows);
	/* It is of no session that has this terminal, so nobody else tells it. */
	kill(proc->process.pid, SIGWINCH);
}

/* Its end of a new terminal, or -1; ours is read and written as pipes are. */
static int open_terminal(struct proc *proc, struct err *err)
{
	int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), theirs = -1, copy = -1;
	char name[64];

	if (ours >= 0 && !grantpt(ours) && !unlockpt(ours) &&
		!ptsname_r(ours, name, sizeof name)) {
		theirs = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
		copy = fcntl(ours, F_DUPFD_CLOEXEC, 3);
	}
	if (theirs < 0 || copy < 0) {
		err_set(err, ERR_IO, "no terminal for it: %s", strerror(errno));
		if (ours >= 0)
			close(ours);
		if (theirs >= 0)
			close(theirs);
		if (copy >= 0)
			close(copy);
		return -1;
	}
	set_size(ours, proc->options.columns, proc->options.rows);
	uv_pipe_open(&proc->out, ours);
	uv_pipe_open(&proc->in, copy);
	return theirs;
}

static void feed_input(struct proc *proc)
{
	uv_buf_t buf;

	if (proc->options.writes)
		return;
	if (!proc->options.input_n) {
		close_handle(proc, &proc->in);
		return;
	}
	proc->input = mem_dup(proc->options.input, proc->options.input_n);
	buf = uv_buf_init(proc->input, (unsigned)proc->options.input_n);
	proc->write.data = proc;
	if (uv_write(&proc->write, (uv_stream_t *)&proc->in, &buf, 1, on_written))
		close_handle(proc, &proc->in);
}

struct proc *proc_start(
	struct loop *loop, const struct proc_options *options, struct err *err)
{
	struct proc *proc = mem_new(1, sizeof *proc);
	uv_stdio_container_t stdio[3] = {
		{.flags = UV_CREATE_PIPE | UV_READABLE_PIPE},
		{.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE},
		{.flags = UV_IGNORE},
	};
	uv_process_options_t how = {
		.exit_cb = on_exit_,
		.file = options->argv[0],
		.args = (char **)(uintptr_t)options->argv,
		.flags = UV_PROCESS_DETACHED,
		.stdio_count = 3,
		.stdio = stdio,
	};
	int rc, slave = -1;

	proc->options = *options;
	str_init(&proc->line, PROC_LINE_MAX);
	proc->line.wipes = options->secret;
	uv_pipe_init(loop_uv(loop), &proc->out, 0);
	uv_pipe_init(loop_uv(loop), &proc->in, 0);
	uv_pipe_init(loop_uv(loop), &proc->errors, 0);
	uv_timer_init(loop_uv(loop), &proc->timer);
	proc->process.data = proc->out.data = proc->in.data = proc->timer.data = proc;
	proc->errors.data = proc;
	proc->handles = 5;
	proc->errors_done = !options->bytes;
	if (options->bytes)
		stdio[2] =
			(uv_stdio_container_t){.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
				.data.stream = (uv_stream_t *)&proc->errors};
	stdio[0].data.stream = (uv_stream_t *)&proc->in;
	stdio[1].data.stream = (uv_stream_t *)&proc->out;
	if (options->terminal) {
		/* Of our group and session, or it could not read the terminal. */
		how.flags = 0;
		proc->out_done = true;
		for (int fd = 0; fd < 3; fd++)
			stdio[fd] = (uv_stdio_container_t){
				.flags = UV_INHERIT_FD, .data.fd = fd};
	}
	if (options->columns) {
		slave = open_terminal(proc, err);
		if (slave < 0) {
			close_all(proc);
			return NULL;
		}
		proc->errors_done = true;
		for (int fd = 0; fd < 3; fd++)
			stdio[fd] = (uv_stdio_container_t){
				.flags = UV_INHERIT_FD, .data.fd = slave};
	}
	rc = uv_spawn(loop_uv(loop), &proc->process, &how);
	if (slave >= 0)
		close(slave);
	if (rc) {
		err_set(err, ERR_IO, "cannot run %s: %s", options->argv[0],
			uv_strerror(rc));
		close_all(proc);
		return NULL;
	}
	if (!options->terminal) {
		uv_read_start((uv_stream_t *)&proc->out, on_alloc, on_read);
		if (!proc->errors_done)
			uv_read_start((uv_stream_t *)&proc->errors, on_alloc, on_read);
		feed_input(proc);
	}
	if (options->timeout_ms)
		uv_timer_start(
			&proc->timer, on_timeout, (uint64_t)options->timeout_ms, 0);
	return proc;
}

void proc_kill(struct proc *proc)
{
	if (!proc)
		return;
	proc->killed = true;
	signal_group(proc, SIGTERM);
	uv_timer_start(&proc->timer, on_timeout, 2000, 0);
	proc->out_done = proc->errors_done = true;
	finish(proc);
}

void proc_stop(struct proc *proc)
{
	proc_pause(proc, false);
	signal_group(proc, SIGTERM);
	proc->stopped = true;
	uv_timer_start(&proc->timer, on_timeout, 2000, 0);
}

void proc_pause(struct proc *proc, bool on)
{
	if (on && !proc->out_done)
		uv_read_stop((uv_stream_t *)&proc->out);
	else if (!proc->out_done)
		uv_read_start((uv_stream_t *)&proc->out, on_alloc, on_read);
	if (on && !proc->errors_done)
		uv_read_stop((uv_stream_t *)&proc->errors);
	else if (!proc->errors_done)
		uv_read_start((uv_stream_t *)&proc->errors, on_alloc, on_read);
}
