/* What a command on other machines has come to: the hosts of the newest run as a list,
 * with its command and its sums above; and one host as a page, with all that is kept of
 * its streams, and how they differ from what most hosts printed. Foreign text goes
 * through the canvas. Main thread. */
#include "app/listing.h"
#include "app/remote.h"
#include "base/text.h"
#include "base/time.h"
#include "pages.h"
#include "pane.h"

#include <stdio.h>
#include <string.h>

enum { LINES_SHOWN = 400, DIFF_BYTES = 64 << 10, NAME_COLS = 12 };

/* --- the hosts --- */

static void open_list(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	list_init(&pane->list, &remote_listing);
	list_reload(&pane->list, app);
	if (id)
		list_select(&pane->list, app, id);
}

static void draw_sums(const struct fan *fan, const struct canvas *c)
{
	enum role role = !fan_is_over(fan)                               ? ROLE_STRONG
			 : fan_in_state(fan, FAN_DONE) == fan_count(fan) ? ROLE_OK
									 : ROLE_WARNING;
	char summary[200];
	int col;

	fan_summary(fan, summary, sizeof summary);
	col = c->cols - text_width(untrusted_str(summary), c->cols) - 1;
	if (col < 0)
		col = 0;
	canvas_blank(c, 0, 0, c->cols, ROLE_TEXT);
	if (col > 10)
		canvas_text(
			c, 0, 1, col - 2, ROLE_STRONG, untrusted_str(fan_command(fan)));
	canvas_text(c, 0, col, c->cols - col, role, untrusted_str(summary));
}

static void draw_list(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	const struct fan *fan = remote_fan(app->remote, 0);
	struct canvas rest = canvas_part(c, 1, 0, c->rows - 1, c->cols);

	if (!fan) {
		pane_empty(c, "Nothing was run on other machines yet: "
			      ":run HOSTS -- COMMAND");
		return;
	}
	draw_sums(fan, c);
	list_pane_draw(state, app, &rest, focus);
}

static struct pane_link list_link(void *state, const struct app *app)
{
	struct list_pane *pane = state;

	if (!list_row(&pane->list, app))
		return (struct pane_link){0};
	return (struct pane_link){"remotehost", pane->list.selected};
}

const struct pane_class remote_pane = {
	.name = "remote",
	.title = "Remote",
	.changes = CHANGED_REMOTE,
	.state_size = sizeof(struct list_pane),
	.open = open_list,
	.close = list_pane_close,
	.reload = list_pane_reload,
	.draw = draw_list,
	.act = list_pane_act,
	.list = list_pane_list,
	.link = list_link,
	.words = list_pane_words,
};

/* --- lines of a followed file --- */

static void open_tail(void *state, const struct app *app, uint64_t id)
{
	struct list_pane *pane = state;

	list_init(&pane->list, &tail_listing);
	pane->list.tail = !id;
	list_reload(&pane->list, app);
}

static void draw_tail(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	const struct fan *fan = remote_fan(app->remote, 0);
	struct canvas rest = canvas_part(c, 1, 0, c->rows - 1, c->cols);

	if (!remote_followed(app->remote)) {
		pane_empty(c, "Nothing was followed yet: :tail HOSTS FILE");
		return;
	}
	if (remote_follows(app->remote))
		draw_sums(fan, c);
	else
		canvas_blank_rows(c, 0, 1);
	list_pane_draw(state, app, &rest, focus);
}

static void words_tail(void *state, const struct app *app, char *out, size_t size)
{
	struct list_pane *pane = state;
	size_t n;

	list_pane_words(state, app, out, size);
	n = strlen(out);
	snprintf(out + n, size - n, "%s", pane->list.tail ? "" : "  paused: G follows");
}

const struct pane_class followed_pane = {
	.name = "followed",
	.title = "Followed",
	.changes = CHANGED_REMOTE,
	.state_size = sizeof(struct list_pane),
	.open = open_tail,
	.close = list_pane_close,
	.reload = list_pane_reload,
	.draw = draw_tail,
	.act = list_pane_act,
	.list = list_pane_list,
	.words = words_tail,
};

/* --- one host --- */

struct host_view {
	uint64_t id;
	struct page page;
	char title[80];
};

static void name(struct page *p, const char *text)
{
	page_line(p, NAME_COLS, false);
	page_printf(p, ROLE_DIM, "%-11s ", text);
}

static void field(struct page *p, const char *word, enum role role, const char *text)
{
	if (!*text)
		return;
	name(p, word);
	page_puts(p, role, text);
}

static void put_lines(struct page *p, struct untrusted rest)
{
	struct untrusted line, skip = rest;
	size_t lines = 0;

	while (untrusted_line(&skip, &line))
		lines++;
	for (; lines > LINES_SHOWN; lines--)
		untrusted_line(&rest, &line);
	while (untrusted_line(&rest, &line)) {
		page_line(p, 0, true);
		page_puts(p, ROLE_TEXT, "  ");
		page_add(p, ROLE_TEXT, line);
	}
}

static void put_stream(struct page *p, const struct fan_host *host, int stream)
{
	static const char *const names[2] = {"stdout", "stderr"};

	if (!host->bytes[stream])
		return;
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_puts(p, ROLE_HEADER, names[stream]);
	page_printf(p, ROLE_DIM, "  %llu bytes%s%s",
		(unsigned long long)host->bytes[stream],
		host->dropped[stream] ? ", of which this is the end; all in " : "  ",
		host->files[stream] ? host->files[stream] : "");
	put_lines(p, untrusted_make(host->shown[stream].p, host->shown[stream].n));
}

/* The texts live in the page's arena. */
static void put_difference(struct page *p, const struct fan_host *most,
	const struct fan_host *host, int stream)
{
	struct untrusted rest, line;
	struct str text;

	if (!strcmp(most->hashes[stream], host->hashes[stream]))
		return;
	str_init(&text, DIFF_BYTES);
	fan_differ(most, host, stream, &text);
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_printf(p, ROLE_HEADER, "%s against %s, as most have it",
		stream ? "stderr" : "stdout", most->name);
	rest = untrusted_copy(&p->arena, untrusted_make(text.p, text.n));
	str_release(&text);
	while (untrusted_line(&rest, &line)) {
		enum role role = untrusted_starts(line, "+")   ? ROLE_OK
				 : untrusted_starts(line, "-") ? ROLE_CRITICAL
							       : ROLE_DIM;

		page_line(p, 0, true);
		page_puts(p, role, "  ");
		page_add(p, role, line);
	}
}

static const struct fan_host *first_of_most(const struct fan *fan)
{
	for (size_t i = 0; i < fan_count(fan); i++)
		if (!fan_host(fan, i)->group)
			return fan_host(fan, i);
	return NULL;
}

static void put_result(struct page *p, const struct app *app, const struct fan_host *host)
{
	char text[200], took[TIME_TEXT], stamp[TIME_TEXT];
	int64_t end = host->ended_at ? host->ended_at : app->now;

	field(p, "result",
		host->state == FAN_DONE      ? ROLE_OK
		: host->state <= FAN_RUNNING ? ROLE_STRONG
					     : ROLE_CRITICAL,
		host->state > FAN_RUNNING ? fan_result(host, text, sizeof text)
					  : fan_state_names[host->state]);
	field(p, "why", ROLE_WARNING, host->why);
	field(p, "way", ROLE_TEXT, host->way);
	if (host->started_at) {
		name(p, "time");
		page_printf(p, ROLE_TEXT, "%s, %s",
			time_stamp(host->started_at, app->now, stamp),
			duration_text(end > host->started_at ? end - host->started_at : 0,
				took));
	}
	if (host->intent) {
		name(p, "audit");
		page_printf(p, ROLE_TEXT, "%llu", (unsigned long long)host->intent);
	}
}

static void fill(struct host_view *v, const struct app *app)
{
	const struct fan *fan = remote_fan(app->remote, 0);
	const struct fan_host *host = remote_listing.find(app, v->id), *most;
	struct page *p = &v->page;

	page_clear(p);
	page_line(p, 0, false);
	if (!host) {
		page_printf(p, ROLE_TEXT, "%s is of a run before the newest.", v->title);
		return;
	}
	page_puts(p, ROLE_STRONG, host->name);
	page_printf(p, ROLE_DIM, "   %s", fan_command(fan));
	page_line(p, 0, false);
	put_result(p, app, host);
	most = first_of_most(fan);
	for (int k = 0; k < 2 && most && host->group > 0; k++)
		put_difference(p, most, host, k);
	put_stream(p, host, 0);
	put_stream(p, host, 1);
}

static void open_host(void *state, const struct app *app, uint64_t id)
{
	struct host_view *v = state;
	const struct fan_host *host = remote_listing.find(app, id);

	v->id = id;
	page_init(&v->page);
	snprintf(v->title, sizeof v->title, "%s", host ? host->name : "this host");
}

static void close_host(void *state)
{
	page_release(&((struct host_view *)state)->page);
}

static void draw_host(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct host_view *v = state;

	(void)focus;
	fill(v, app);
	page_draw(&v->page, c);
}

static bool act_host(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct host_view *)state)->page, act);
}

static void words_host(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct host_view *)state)->title);
}

const struct pane_class remotehost_pane = {
	.name = "remotehost",
	.title = "Host",
	.changes = CHANGED_REMOTE,
	.state_size = sizeof(struct host_view),
	.open = open_host,
	.close = close_host,
	.draw = draw_host,
	.act = act_host,
	.words = words_host,
};
