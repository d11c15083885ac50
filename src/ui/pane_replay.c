/* A recording as it is played: its bytes go into a terminal of the pane's own and come
 * out as cells. Going back is playing from the beginning; what takes longer than a turn
 * goes on in the next. Main thread. */
#include "app/replay.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "pane.h"
#include "vt.h"

#include <stdio.h>
#include <string.h>

enum { BEHIND_EVENTS = 64 };

struct replay_view {
	struct vt *vt;
	uint64_t seq;
	const struct recording *of; /* that the terminal has seen events of */
	size_t fed;
	struct err err;
};

static void close_view(void *state)
{
	vt_free(((struct replay_view *)state)->vt);
}

static void open_view(void *state, const struct app *app, uint64_t id)
{
	(void)app;
	((struct replay_view *)state)->seq = id;
}

static bool begin(struct replay_view *v, const struct recording *r)
{
	vt_free(v->vt);
	v->fed = 0;
	v->of = r;
	v->vt = vt_new(r->columns, r->rows, &v->err);
	return v->vt != NULL;
}

static void feed(struct replay_view *v, const struct app *app, const struct recording *r)
{
	size_t until = replay_until(app->replay);
	int64_t end = loop_slice_end(app->loop);

	if ((!v->vt || v->of != r || v->fed > until) && !begin(v, r))
		return;
	for (size_t n = 0; v->fed < until; v->fed++, n++) {
		const struct recording_event *e = &r->events[v->fed];

		if (n % BEHIND_EVENTS == BEHIND_EVENTS - 1 && time_mono_us() > end) {
			replay_behind(app->replay);
			return;
		}
		if (e->resize)
			vt_resize(v->vt, e->columns, e->rows);
		else
			vt_feed(v->vt, recording_output(r, v->fed));
	}
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct replay_view *v = state;
	const char *why;
	const struct recording *r = replay_recording(app->replay, &why);

	(void)focus;
	canvas_blank_rows(c, 0, c->rows);
	if (r)
		feed(v, app, r);
	if (!r)
		v->of = NULL;
	if (r && v->vt)
		vt_draw(v->vt, c);
	else
		pane_empty(c, r ? v->err.text : why);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)state;
	if (act != ACT_NEXT && act != ACT_PREVIOUS)
		return false;
	return replay_again(app->replay, act == ACT_NEXT ? 1 : -1);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)state;
	replay_words(app->replay, out, size);
}

const struct pane_class replay_pane = {
	.name = "replay",
	.title = "Replay",
	.changes = CHANGED_REPLAY,
	.state_size = sizeof(struct replay_view),
	.open = open_view,
	.close = close_view,
	.draw = draw,
	.act = act,
	.words = words,
};
