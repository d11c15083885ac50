/* `oogway audit replay` without a terminal: all of the recording goes through the same
 * terminal of our own as in the pane, and what its lines held is printed: those that
 * scrolled off, then what stood there at the end. So no byte of a host reaches the one
 * who reads as it was sent. Main thread. */
#include "replay_text.h"

#include "app/replay.h"
#include "base/text.h"
#include "vt.h"

static void add_line(void *ctx, struct untrusted line)
{
	struct str *out = ctx;

	text_add_line(out, line, RECORDING_SIDE);
	str_putc(out, '\n');
}

static bool print(const struct recording *r, struct str *out, struct err *err)
{
	struct vt *vt = vt_new(r->columns, r->rows, err);

	if (!vt)
		return false;
	vt_on_line(vt, add_line, out);
	for (size_t i = 0; i < r->count && !out->cut; i++) {
		if (r->events[i].resize)
			vt_resize(vt, r->events[i].columns, r->events[i].rows);
		else
			vt_feed(vt, recording_output(r, i));
	}
	vt_rest(vt);
	vt_free(vt);
	return true;
}

enum status replay_print(struct call *call, int64_t seq, struct err *err)
{
	struct recording recording = {0};
	enum status status = STATUS_FAILED;

	if (seq <= 0 || call->json) {
		err_set(err, ERR_USAGE,
			"expected: audit replay SEQ, which prints text and no JSON");
		return STATUS_USAGE;
	}
	if (replay_read(call->app, (uint64_t)seq, &recording, err) &&
		print(&recording, call->out, err))
		status = STATUS_DONE;
	if (status == STATUS_DONE && (recording.cut || call->out->cut)) {
		err_set(err, ERR_LIMIT,
			"the recording is cut short: this is its beginning");
		status = STATUS_PARTIAL;
	}
	recording_release(&recording);
	return status;
}
