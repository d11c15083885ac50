/* `oogway rca`: collects the window of an incident, of a moment or of now from the
 * sources (app/collect.h), or reads a folder (connect/folder.h), runs the rankers
 * (analysis/rca.h), and prints the four parts of the answer; with --shares, or as JSON,
 * all that was said of each suspect. It changes nothing. Of a folder it waits for the
 * disk. In the console it looks into the selected incident. */
#include "cmd.h"

#include "app/alerts.h"
#include "app/findings.h"
#include "app/history.h"
#include "app/setting.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/folder.h"
#include "findings_script.h"
#include "store/incident.h"

#include <stdio.h>
#include <string.h>

struct request {
	const char *folder, *incident, *issue;
	struct rca_options options;
	bool shares;
};

static bool take_word(
	const struct call *call, size_t *i, struct request *request, struct err *err)
{
	const char *word = call->argv[*i];
	const char *value = *i + 1 < call->argc ? call->argv[*i + 1] : NULL;

	if (!strcmp(word, "--shares"))
		return request->shares = true;
	if (!strcmp(word, "--dir") && value) {
		request->folder = value;
	} else if (!strcmp(word, "--incident") && value) {
		request->incident = value;
	} else if (!strcmp(word, "--issue") && value) {
		request->issue = value;
	} else if (!strcmp(word, "--window") && value) {
		if (!duration_parse(value, &request->options.window_ms) ||
			request->options.window_ms < MINUTE_MS ||
			request->options.window_ms > 7 * DAY_MS)
			return err_set(err, ERR_USAGE,
				"rca: --window takes a duration such as 30m, from 1m to "
				"7d");
	} else {
		char shown[64];

		return err_set(err, ERR_USAGE, "rca does not take \"%s\"",
			text_line(untrusted_str(word), shown, sizeof shown));
	}
	(*i)++;
	return true;
}

static bool read_request(
	const struct call *call, struct request *request, struct err *err)
{
	for (size_t i = 0; i < call->argc; i++)
		if (!take_word(call, &i, request, err))
			return false;
	if (!!request->folder + !!request->incident + !!request->issue > 1)
		return err_set(
			err, ERR_USAGE, "rca takes one of --dir, --incident and --issue");
	if (request->incident && findings_at(call->app->findings))
		return err_set(err, ERR_USAGE,
			"rca: an incident has its own moment, so no --at");
	/* --at is the program's own option: the moment that is looked at. */
	request->options.at =
		call->app->past ? window_to(call->app) : findings_at(call->app->findings);
	return true;
}

/* --- as text --- */

static void print_part(struct str *out, const struct rca *rca, enum rca_part_id id)
{
	const struct rca_part *part = &rca->parts[id];
	bool graded = id != RCA_MISSING;

	str_printf(out, "%-8s %s%s%s\n", rca_part_names[id],
		graded ? rca_grade_name(part->grade) : part->sentence, graded ? ": " : "",
		graded ? part->sentence : "");
	for (size_t i = 0; i < part->count; i++)
		str_printf(out, "         - %s\n", part->notes[i]);
}

static void print_shares(
	struct str *out, const struct capture *capture, const struct rca *rca)
{
	for (size_t i = 0; i < rca->count; i++) {
		const struct rca_suspect *s = &rca->suspects[i];

		str_printf(out, "\n%2zu. %+.2f  ", i + 1, s->score);
		text_add_line(out, graph_name(&capture->graph, s->node), 70);
		str_putc(out, '\n');
		for (size_t k = 0; k < s->count; k++)
			str_printf(out, "    %+.2f  %-10s %s\n", s->evidence[k].share,
				s->evidence[k].ranker, s->evidence[k].sentence);
	}
}

void rca_print(struct str *out, const struct capture *capture, const struct rca *rca,
	bool shares)
{
	char at[TIME_TEXT], window[TIME_TEXT];

	str_printf(out, "Alerted at %s, looked %s before and after.\n\n",
		time_rfc3339(rca->at, at), duration_text(rca->window_ms, window));
	for (int i = 0; i < RCA_PARTS; i++)
		print_part(out, rca, (enum rca_part_id)i);
	if (shares)
		print_shares(out, capture, rca);
}

static void tell_refused(struct str *told, const struct folder_read *read)
{
	for (int i = 0; i < FOLDER_FILES && told; i++)
		if (read[i].refused)
			str_printf(told,
				"oogway: %s: %zu of %zu rows not understood, the first "
				"in line %zu\n",
				folder_names[i], read[i].refused,
				read[i].rows + read[i].refused, read[i].first_refused);
}

static enum status of_folder(
	struct call *call, const struct request *request, struct err *err)
{
	struct folder_read read[FOLDER_FILES];
	struct finding_facts facts = {0};
	struct capture capture;
	struct rca *rca;
	enum status status = STATUS_FAILED;

	capture_init(&capture);
	if (folder_load(request->folder, &capture, read, err)) {
		facts.capture = &capture;
		facts.rca = rca = rca_run(&capture, &request->options);
		tell_refused(call->told, read);
		if (call->json) {
			finding_write(&facts, call->out);
			str_putc(call->out, '\n');
		} else {
			rca_print(call->out, &capture, rca, request->shares);
		}
		rca_free(rca);
		status = STATUS_DONE;
	}
	capture_release(&capture);
	return status;
}

/* --- of the sources --- */

static void about(struct collect_wish *wish, struct untrusted service,
	struct untrusted title, int64_t at)
{
	char a[160], b[300];

	wish->at = at;
	snprintf(wish->about, sizeof wish->about, "%s: %s",
		text_line(service, a, sizeof a), text_line(title, b, sizeof b));
}

/* As a source has it now, else as the store does. */
static bool of_incident(
	struct app *app, const char *name, struct collect_wish *wish, struct err *err)
{
	const struct alert *alert = alerts_named(app->alerts, name);
	struct incident_rows rows = {0};
	struct arena arena;
	struct db *db;
	bool ok;

	if (alert) {
		if (!act_one_thing(app, alert, name, err))
			return false;
		about(wish, alert_text(alert, ALERT_SERVICE), alert_name(alert),
			alert->started_at);
		return true;
	}
	arena_init(&arena, 1 << 20);
	db = history_db(app, err);
	ok = db && incident_named(db, &arena, untrusted_str(name), &rows, err);
	db_close(db);
	if (ok && rows.count)
		about(wish, rows.rows[0].service, rows.rows[0].title,
			rows.rows[0].started_at);
	else if (ok)
		ok = err_set(err, ERR_MISSING,
			"no source has %s now, and neither has the store", name);
	arena_release(&arena);
	return ok;
}

static enum status of_sources(
	struct call *call, const struct request *request, struct err *err)
{
	struct findings_script script = {.shares = request->shares, .json = call->json};
	struct collect_wish *wish = &script.wish;

	wish->window_ms = request->options.window_ms
				  ? request->options.window_ms
				  : app_setting(call->app, SET_RCA_WINDOW);
	wish->at = request->options.at ? request->options.at : time_now_ms();
	if (request->issue)
		str_copy(wish->about, sizeof wish->about, request->issue);
	if (request->incident && !of_incident(call->app, request->incident, wish, err))
		return STATUS_FAILED;
	findings_script(call->app->findings, &script);
	return STATUS_PENDING;
}

enum status cmd_rca(struct call *call, struct err *err)
{
	struct request request = {0};

	if (!call->out) {
		if (!call->argc && call->target)
			return findings_look(call->app->findings, call->target, err)
				       ? STATUS_DONE
				       : STATUS_FAILED;
		err_set(err, ERR_USAGE,
			"here rca looks into the selected incident, without words");
		return STATUS_USAGE;
	}
	if (!read_request(call, &request, err))
		return STATUS_USAGE;
	return request.folder ? of_folder(call, &request, err)
			      : of_sources(call, &request, err);
}
