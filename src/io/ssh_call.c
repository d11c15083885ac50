/* One command over a connection: a channel opened, its request sent, its two streams told
 * apart, its end. Hides libssh's callbacks, which come from within any call to it, and
 * that a status, the end of the output and the channel's end come in any order. Main. */
#include "ssh_parts.h"

#include "base/alloc.h"
#include "base/text.h"
#include "io/loop.h"

#include <stdio.h>
#include <string.h>

enum call_at { AT_CONN, AT_CHANNEL, AT_TERMINAL, AT_COMMAND, AT_RUNNING };

enum { READ_PART = 32 << 10, STOP_MS = 2000 };

/* --- the end --- */

static void let_go(struct ssh_call *call)
{
	struct conn *conn = call->conn;

	if (call->outer)
		outer_free(call);
	if (call->channel && conn->session) {
		ssh_remove_channel_callbacks(call->channel, call->callbacks);
		ssh_channel_free(call->channel);
	}
	call->channel = NULL;
}

static void over(struct ssh_call *call, enum ssh_end_kind kind)
{
	if (call->over)
		return;
	call->over = true;
	call->end.kind = kind;
	call->end.stopped = call->stopping && !call->timed_out;
	call->end.timed_out = call->timed_out;
	loop_timer_stop(call->timer);
	loop_timer_stop(call->stop_timer);
	let_go(call);
	net_kick(call->net);
	call->options.end(call->options.ctx, &call->end);
}

void call_fail(struct ssh_call *call, const struct err *err)
{
	/* Its request may have arrived, though nobody said so. */
	bool begun = call->at >= AT_COMMAND;

	if (call->over)
		return;
	if (!call->end.err.kind)
		call->end.err = *err;
	over(call, begun ? SSH_LOST : SSH_FAILED);
}

void call_begun(struct ssh_call *call, bool begun)
{
	call->at = begun ? AT_RUNNING : AT_CONN;
}

void call_finish(struct ssh_call *call)
{
	if (call->end.signal[0])
		over(call, SSH_SIGNALED);
	else if (call->has_status)
		over(call, SSH_EXITED);
	else if (call->timed_out)
		call_fail(call,
			&(struct err){ERR_TIMEOUT, "it did not end in time, and did not "
						   "say how it ended"});
	else if (call->stopping)
		call_fail(call, &(struct err){ERR_CANCELLED,
					"stopped; whether it ended is not known"});
	else
		call_fail(call,
			&(struct err){ERR_NET, "it closed without saying how it ended"});
}

/* --- what libssh tells --- */

static void tell_bytes(struct ssh_call *call, const void *p, size_t n, bool is_error)
{
	call->options.bytes(call->options.ctx, is_error, untrusted_make(p, n));
}

static int on_data(ssh_session session, ssh_channel channel, void *data, uint32_t n,
	int is_error, void *ctx)
{
	struct ssh_call *call = ctx;

	(void)session;
	(void)channel;
	if (call->over)
		return (int)n;
	if (call->paused)
		return 0;
	tell_bytes(call, data, n, is_error != 0);
	return (int)n;
}

static void on_close(ssh_session session, ssh_channel channel, void *ctx)
{
	(void)session;
	(void)channel;
	((struct ssh_call *)ctx)->closed = true;
}

static void on_status(ssh_session session, ssh_channel channel, int status, void *ctx)
{
	struct ssh_call *call = ctx;

	(void)session;
	(void)channel;
	call->has_status = true;
	call->end.exit_code = status;
}

static void on_signal(ssh_session session, ssh_channel channel, const char *name,
	int core, const char *message, const char *lang, void *ctx)
{
	struct ssh_call *call = ctx;

	(void)session;
	(void)channel;
	(void)core;
	(void)message;
	(void)lang;
	text_line(untrusted_str(*name ? name : "?"), call->end.signal,
		sizeof call->end.signal);
}

static void listen_to(struct ssh_call *call)
{
	call->callbacks = mem_new(1, sizeof *call->callbacks);
	*call->callbacks = (struct ssh_channel_callbacks_struct){
		.userdata = call,
		.channel_data_function = on_data,
		.channel_close_function = on_close,
		.channel_exit_status_function = on_status,
		.channel_exit_signal_function = on_signal,
	};
	ssh_callbacks_init(call->callbacks);
	ssh_set_channel_callbacks(call->channel, call->callbacks);
}

/* --- its way --- */

void call_state(struct ssh_call *call, enum ssh_state state)
{
	if (call->over || call->state == state)
		return;
	call->state = state;
	if (call->options.state)
		call->options.state(call->options.ctx, state);
}

static void join(struct ssh_call *call, struct conn *conn)
{
	call->conn = conn;
	call->next = conn->calls;
	conn->calls = call;
	if (call->options.login_ms && conn->phase == CONN_QUEUED)
		conn->login_ms = conn->login_left_ms = call->options.login_ms;
}

static int request(struct ssh_call *call)
{
	if (call->subsystem)
		return ssh_channel_request_subsystem(call->channel, call->subsystem);
	return call->line ? ssh_channel_request_exec(call->channel, call->line)
			  : ssh_channel_request_shell(call->channel);
}

static void refused(struct ssh_call *call, const char *what)
{
	struct err err;

	login_error(&err, ERR_REFUSED, call->conn->session, what);
	call->at = AT_CONN;
	call_fail(call, &err);
}

static void open_channel(struct ssh_call *call)
{
	int rc;

	if (!call->channel) {
		call->channel = ssh_channel_new(call->conn->session);
		listen_to(call);
	}
	rc = ssh_channel_open_session(call->channel);
	if (rc == SSH_OK)
		call->at = call->term ? AT_TERMINAL : AT_COMMAND;
	else if (rc != SSH_AGAIN)
		refused(call, "it opens no session");
}

static void open_terminal(struct ssh_call *call)
{
	int rc = ssh_channel_request_pty_size(
		call->channel, call->term, call->options.columns, call->options.rows);

	if (rc == SSH_OK)
		call->at = AT_COMMAND;
	else if (rc != SSH_AGAIN)
		refused(call, "it gives no terminal");
}

static void begin_command(struct ssh_call *call)
{
	int rc = request(call);

	if (rc == SSH_OK) {
		call->at = AT_RUNNING;
		call_state(call, SSH_RUNNING);
	} else if (rc != SSH_AGAIN) {
		refused(call, call->subsystem ? "it offers no such subsystem"
					      : "it does not run the command");
	}
}

static void send_input(struct ssh_call *call)
{
	bool had = call->input.n > 0;

	while (call->input.n && !call->closed) {
		size_t window = ssh_channel_window_size(call->channel), n;
		int sent;

		n = call->input.n < window ? call->input.n : window;
		if (!n)
			return;
		sent = ssh_channel_write(call->channel, call->input.p, (uint32_t)n);
		if (sent <= 0)
			return;
		call->input.n -= (size_t)sent;
		memmove(call->input.p, call->input.p + sent, call->input.n);
	}
	if (call->input_over && !call->input_closed) {
		call->input_closed = true;
		ssh_channel_send_eof(call->channel);
	}
	if (had && call->wants_room && call->options.room && !call->over) {
		call->wants_room = false;
		call->options.room(call->options.ctx);
	}
}

/* What waited while nothing was to be read. */
static void read_rest(struct ssh_call *call)
{
	char part[READ_PART];

	for (int is_error = 0; is_error < 2; is_error++) {
		int n;

		while (!call->paused && !call->over &&
			(n = ssh_channel_read_nonblocking(
				 call->channel, part, sizeof part, is_error)) > 0)
			tell_bytes(call, part, (size_t)n, is_error);
	}
}

static void run(struct ssh_call *call)
{
	send_input(call);
	if (call->paused || call->over)
		return;
	if (call->closed)
		read_rest(call);
	if (call->closed && !call->paused && !call->over)
		call_finish(call);
}

void call_drive(struct ssh_call *call)
{
	static void (*const steps[])(struct ssh_call * call) = {
		[AT_CHANNEL] = open_channel,
		[AT_TERMINAL] = open_terminal,
		[AT_COMMAND] = begin_command,
		[AT_RUNNING] = run,
	};
	int before;

	if (call->over)
		return;
	if (call->at == AT_CONN) {
		call->at = AT_CHANNEL;
		call_state(call, SSH_STARTING);
	}
	do {
		before = call->at;
		steps[before](call);
	} while (!call->over && call->at != before);
}

/* --- what its user may do --- */

static void no_bytes(void *ctx, bool is_error, struct untrusted bytes)
{
	(void)ctx;
	(void)is_error;
	(void)bytes;
}

static void no_end(void *ctx, const struct ssh_end *end)
{
	(void)ctx;
	(void)end;
}

static struct ssh_call *make(
	struct ssh_net *net, const struct ssh_call_options *options, struct conn *conn);

/* sshd gives no signal to what root runs. Where nothing else runs over the connection,
 * whatever is a child of its sshd is this command. Were that sshd gone, the parent would
 * be init, and its children all that runs over there: so it is looked at first. Should it
 * go afterwards, its number has no children any more. */
#define END_BY_HAND(signal)                                                              \
	"exec /bin/sh -c 'case $(cat /proc/$PPID/comm 2>/dev/null || "                   \
	"ps -o comm= -p $PPID) in *sshd*|*dropbear*) "                                   \
	"exec pkill -" signal " -P $PPID;; esac'"

const char *call_end_line(bool kill)
{
	return kill ? END_BY_HAND("KILL") : END_BY_HAND("TERM");
}

static void end_by_hand(struct ssh_call *call, bool kill)
{
	const struct ssh_call_options options = {.line = call_end_line(kill),
		.timeout_ms = STOP_MS,
		.bytes = no_bytes,
		.end = no_end};

	for (const struct ssh_call *other = call->conn->calls; other; other = other->next)
		if (other != call && !other->over)
			return;
	make(call->net, &options, call->conn)->by_hand = true;
}

/* Asked politely, then by hand, then not politely, and then let go. */
static void stop_again(void *ctx)
{
	struct ssh_call *call = ctx;

	if (call->over)
		return;
	if (call->outer) {
		outer_stop(call);
		return;
	}
	if (call->at < AT_RUNNING) {
		call_fail(
			call, &(struct err){call->timed_out ? ERR_TIMEOUT : ERR_CANCELLED,
				      "stopped before it was begun"});
		return;
	}
	call->paused = false;
	if (call->by_hand || call->kills == 3) {
		call_finish(call);
		return;
	}
	if (call->kills != 1)
		ssh_channel_request_send_signal(
			call->channel, call->kills ? "KILL" : "TERM");
	if (call->kills)
		end_by_hand(call, call->kills == 2);
	conn_arm(call->conn);
	loop_timer_start(call->stop_timer, call->kills++ ? STOP_MS : STOP_MS / 2);
	net_kick(call->net);
}

static void stop(struct ssh_call *call)
{
	if (call->stopping)
		return;
	call->stopping = true;
	loop_timer_start(call->stop_timer, 0);
}

static void timed_out(void *ctx)
{
	struct ssh_call *call = ctx;

	call->timed_out = true;
	err_set(&call->end.err, ERR_TIMEOUT, "it did not end in time");
	stop(call);
}

void ssh_call_stop(struct ssh_call *call)
{
	stop(call);
}

void ssh_call_pause(struct ssh_call *call, bool on)
{
	if (call->paused == on)
		return;
	call->paused = on;
	if (call->outer)
		outer_pause(call, on);
	if (call->outer || on || call->at != AT_RUNNING || call->over)
		return;
	read_rest(call);
	net_kick(call->net);
}

size_t ssh_call_write(struct ssh_call *call, const void *bytes, size_t n)
{
	size_t room = SSH_WAITING_BYTES - call->input.n;

	if (call->outer)
		return outer_write(call, bytes, n);
	if (n > room) {
		n = room;
		call->wants_room = true;
	}
	if (!call->over && !call->input_over)
		str_add(&call->input, bytes, n);
	net_kick(call->net);
	return n;
}

void ssh_call_close_input(struct ssh_call *call)
{
	call->input_over = true;
	if (call->outer)
		outer_close_input(call);
	net_kick(call->net);
}

void ssh_call_resize(struct ssh_call *call, int columns, int rows)
{
	call->options.columns = columns;
	call->options.rows = rows;
	if (call->outer)
		outer_resize(call, columns, rows);
	if (call->outer || call->at != AT_RUNNING || call->over)
		return;
	ssh_channel_change_pty_size(call->channel, columns, rows);
	conn_arm(call->conn);
}

static struct ssh_call *make(
	struct ssh_net *net, const struct ssh_call_options *options, struct conn *conn)
{
	struct ssh_call *call = mem_new(1, sizeof *call);

	call->net = net;
	call->options = *options;
	call->line = options->line ? mem_strdup(options->line) : NULL;
	call->term = options->term ? mem_strdup(options->term) : NULL;
	call->subsystem = options->subsystem ? mem_strdup(options->subsystem) : NULL;
	str_init(&call->input, SSH_WAITING_BYTES);
	/* Somebody's password may be among it. */
	call->input.wipes = true;
	if (options->input_n)
		str_add(&call->input, options->input, options->input_n);
	call->input_over = !options->writes;
	call->timer = loop_timer(net->config.loop, timed_out, call);
	call->stop_timer = loop_timer(net->config.loop, stop_again, call);
	call->state = SSH_STATE_COUNT;
	if (options->timeout_ms)
		loop_timer_start(call->timer, options->timeout_ms);
	if (conn)
		join(call, conn);
	net_kick(net);
	return call;
}

struct ssh_call *ssh_call_start(
	struct ssh_net *net, const struct ssh_call_options *options)
{
	struct ssh_call *call;

	if (!options->target.by_program)
		return make(net, options, conn_get(net, &options->target));
	call = make(net, options, NULL);
	call->next = net->outers;
	net->outers = call;
	outer_start(call);
	return call;
}

void call_free(struct ssh_call *call)
{
	let_go(call);
	loop_timer_free(call->timer);
	loop_timer_free(call->stop_timer);
	str_release(&call->input);
	mem_free(call->callbacks);
	mem_free(call->line);
	mem_free(call->term);
	mem_free(call->subsystem);
	mem_free(call);
}
