/* `oogway rca`: reads a folder (connect/folder.h), runs the rankers (analysis/rca.h), and
 * prints the four parts of the answer; with --shares, or as JSON, all that was said of
 * each suspect. It asks no source and changes nothing. For scripts: it waits for the
 * disk. */
#include "cmd.h"

#include "analysis/rca.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/folder.h"

#include <stdio.h>
#include <string.h>

struct request {
	const char *folder;
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
	if (!request->folder)
		return err_set(err, ERR_USAGE,
			"rca needs --dir DIR, a folder as docs/root-cause.md describes "
			"it");
	/* --at is the program's own option: the moment that is looked at. */
	if (call->app->past)
		request->options.at = window_to(call->app);
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

static void print_text(struct call *call, const struct capture *capture,
	const struct rca *rca, bool shares)
{
	char at[TIME_TEXT], window[TIME_TEXT];

	str_printf(call->out, "Alerted at %s, looked %s before and after.\n\n",
		time_rfc3339(rca->at, at), duration_text(rca->window_ms, window));
	for (int i = 0; i < RCA_PARTS; i++)
		print_part(call->out, rca, (enum rca_part_id)i);
	if (shares)
		print_shares(call->out, capture, rca);
}

/* --- as JSON --- */

static void json_parts(struct json_out *o, const struct rca *rca)
{
	static const char *const names[RCA_PARTS] = {[RCA_TRIGGER] = "trigger",
		[RCA_WHERE] = "where",
		[RCA_FELT] = "felt_by",
		[RCA_MISSING] = "missing"};

	for (int i = 0; i < RCA_PARTS; i++) {
		const struct rca_part *part = &rca->parts[i];

		json_open(o, names[i], '{');
		if (i != RCA_MISSING)
			json_put_str(o, "grade", rca_grade_name(part->grade));
		json_put_str(o, "sentence", part->sentence);
		json_open(o, "notes", '[');
		for (size_t k = 0; k < part->count; k++)
			json_put_str(o, NULL, part->notes[k]);
		json_shut(o, ']');
		json_shut(o, '}');
	}
}

static void json_evidence(struct json_out *o, const struct rca_evidence *e)
{
	json_open(o, NULL, '{');
	json_put_str(o, "ranker", e->ranker);
	json_put_double(o, "share", e->share);
	json_put_str(o, "sentence", e->sentence);
	json_put_str(o, "query", e->query);
	json_put_time(o, "at", e->at);
	json_put_double(o, "value", e->value);
	json_put_double(o, "expected", e->expected);
	json_shut(o, '}');
}

static void print_json(
	struct call *call, const struct capture *capture, const struct rca *rca)
{
	struct json_out o;

	json_begin(&o, call->out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.rca/1");
	json_put_time(&o, "at", rca->at);
	json_put_i64(&o, "window_ms", rca->window_ms);
	json_put_time(&o, "since", rca->since);
	json_parts(&o, rca);
	json_open(&o, "suspects", '[');
	for (size_t i = 0; i < rca->count; i++) {
		const struct rca_suspect *s = &rca->suspects[i];

		json_open(&o, NULL, '{');
		json_put_text(&o, "node", graph_name(&capture->graph, s->node));
		json_put_double(&o, "score", s->score);
		json_put_time(&o, "since", s->since);
		json_put_str(&o, "detail", s->detail);
		json_open(&o, "evidence", '[');
		for (size_t k = 0; k < s->count; k++)
			json_evidence(&o, &s->evidence[k]);
		json_shut(&o, ']');
		json_shut(&o, '}');
	}
	json_shut(&o, ']');
	json_shut(&o, '}');
	str_putc(call->out, '\n');
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

enum status cmd_rca(struct call *call, struct err *err)
{
	struct request request = {0};
	struct folder_read read[FOLDER_FILES];
	struct capture capture;
	struct rca *rca;
	enum status status = STATUS_FAILED;

	if (!call->out) {
		err_set(err, ERR_USAGE, "rca prints for scripts: oogway rca --dir DIR");
		return STATUS_USAGE;
	}
	if (!read_request(call, &request, err))
		return STATUS_USAGE;
	capture_init(&capture);
	if (folder_load(request.folder, &capture, read, err)) {
		rca = rca_run(&capture, &request.options);
		tell_refused(call->told, read);
		if (call->json)
			print_json(call, &capture, rca);
		else
			print_text(call, &capture, rca, request.shares);
		rca_free(rca);
		status = STATUS_DONE;
	}
	capture_release(&capture);
	return status;
}
