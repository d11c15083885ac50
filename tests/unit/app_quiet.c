/* Never falsely quiet: what is said of all is what each source of alerts left open. */
#include "app/alerts.h"
#include "app/overview.h"
#include "app/sources.h"
#include "base/time.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LISTS, PAGES, MEASURES };
enum { NEVER, FRESH, SHAKY, OLD, WAITS };

struct fed {
	const char *name; /* NULL: none */
	int does, how;
};

struct row {
	struct fed feeds[2];
	enum quiet quiet;
	bool complete, paged; /* of all sources, of those that page */
	const char *says;     /* somewhere in the first line */
};

static struct poll_status status_of(const struct app *app, int how)
{
	struct poll_status s = {.limit_remaining = -1, .limit_total = -1};

	if (how == FRESH || how == SHAKY)
		s.last_ok_at = app->now - SECOND_MS;
	if (how == OLD)
		s.last_ok_at = app->now - HOUR_MS;
	s.state = how == FRESH ? POLL_OK : how == WAITS ? POLL_STARTING : POLL_FAILING;
	if (s.state == POLL_FAILING)
		err_set(&s.error, ERR_NET, "refused by lab:1: next try in 5s");
	return s;
}

static void feed(struct app *app, const struct fed *fed)
{
	struct poll_status status = status_of(app, fed->how);
	int number =
		sources_add_fed(app->sources, &(struct source_row){.name = fed->name,
						      .kind = "demo",
						      .alerts = fed->does != MEASURES,
						      .pages = fed->does == PAGES,
						      .every_ms = 15 * SECOND_MS});

	sources_feed(app->sources, number, &status);
}

static void check(const struct row *row)
{
	struct app_options options = {.no_host = true};
	struct loop *loop = loop_new();
	struct app *app;
	char text[256];

	options.rc = (struct rc_options){.shipped_only = true};
	app = app_new(loop, &options);
	for (size_t i = 0; i < 2 && row->feeds[i].name; i++)
		feed(app, &row->feeds[i]);
	assert_int_equal(alerts_quiet(app->alerts, text, sizeof text), row->quiet);
	assert_int_equal(alerts_counts(app->alerts).complete, row->complete);
	assert_int_equal(
		alerts_complete(app->alerts, false, text, sizeof text), row->complete);
	assert_int_equal(*text == '\0', row->complete);
	assert_int_equal(
		alerts_complete(app->alerts, true, text, sizeof text), row->paged);
	assert_int_equal(overview_known(app, text, sizeof text), row->complete);
	overview_headline(app, text, sizeof text);
	if (!strstr(text, row->says))
		fail_msg("\"%s\" is not in: %s", row->says, text);
	app_free(app);
	loop_free(loop);
}

static void what_is_not_known_is_said(void **state)
{
	static const struct row rows[] = {
		{{{0}}, QUIET_UNWATCHED, true, true, "no pager configured"},
		{{{"loki", MEASURES, NEVER}}, QUIET_UNWATCHED, true, true, "no pager"},
		{{{"am", LISTS, FRESH}}, QUIET_YES, true, true, "No open alerts. Watch"},
		{{{"pd", PAGES, FRESH}}, QUIET_YES, true, true, "No open incidents. "},
		{{{"pd", PAGES, FRESH}, {"am", LISTS, FRESH}}, QUIET_YES, true, true,
			"No open incidents. "},
		/* One that lists alerts only counts as much as one that pages. */
		{{{"am", LISTS, NEVER}}, QUIET_UNKNOWN, false, true,
			": am has never answered: refused by lab:1"},
		{{{"am", LISTS, OLD}}, QUIET_UNKNOWN, false, true,
			": am not answering; its last word was 0 open: refused by "
			"lab:1"},
		{{{"am", LISTS, WAITS}}, QUIET_UNKNOWN, false, true,
			"UNKNOWN: am has not answered yet"},
		{{{"pd", PAGES, FRESH}, {"am", LISTS, NEVER}}, QUIET_UNKNOWN, false, true,
			": am has never answered"},
		/* One failure within twice the interval: not all is known. */
		{{{"am", LISTS, SHAKY}}, QUIET_YES, false, true, "No open alerts."},
		{{{"pd", PAGES, SHAKY}}, QUIET_YES, false, false, "No open incidents."},
		/* The worst of several, what pages first. */
		{{{"am", LISTS, NEVER}, {"pd", PAGES, OLD}}, QUIET_UNKNOWN, false, false,
			": pd (and 1 more) not answering"},
		{{{"pd", PAGES, WAITS}, {"am", LISTS, OLD}}, QUIET_UNKNOWN, false, false,
			": am not answering"},
		{{{"pd", PAGES, SHAKY}, {"am", LISTS, WAITS}}, QUIET_UNKNOWN, false,
			false, ": am has not answered yet"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(&rows[i]);
}

/* The wait as it was when the error came is none any more. */
static void the_wait_is_no_reason(void **state)
{
	struct source_row row = {.status.state = POLL_FAILING};
	char text[100];

	(void)state;
	err_set(&row.status.error, ERR_NET, "refused: next try in 5s");
	assert_string_equal(source_trouble(&row, text, sizeof text), "refused");
	err_set(&row.refused, ERR_USAGE, "cannot open /nonexistent");
	assert_string_equal(
		source_trouble(&row, text, sizeof text), "cannot open /nonexistent");
}

/* What is not asked of a slow source is not silently missing. */
static void a_slow_source_is_named(void **state)
{
	struct app_options options = {.no_host = true, .rc = {.shipped_only = true}};
	struct loop *loop = loop_new();
	struct app *app = app_new(loop, &options);
	const struct fed fed = {"pd", PAGES, FRESH};
	struct poll_status status = status_of(app, FRESH);
	char text[160];

	(void)state;
	feed(app, &fed);
	assert_string_equal(sources_slow(app, GIVES_ALERTS, text, sizeof text), "");
	status.survival = true;
	status.p95_ms = 3400;
	sources_feed(app->sources, 1, &status);
	assert_string_equal(sources_slow(app, GIVES_ALERTS, text, sizeof text),
		"pd is slow (p95 3s): charts of open alerts only");
	assert_string_equal(sources_slow(app, GIVES_METRICS, text, sizeof text), "");
	app_free(app);
	loop_free(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_known_is_said),
		cmocka_unit_test(the_wait_is_no_reason),
		cmocka_unit_test(a_slow_source_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
