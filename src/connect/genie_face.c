/* Opsgenie and Jira Service Management Operations are one service with two faces: other
 * host, other credential, other names for the same things. The differences are a table
 * here; the conversations ask it. Any thread. */
#include "genie.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

const struct genie_face genie_opsgenie = {
	.rows = "data",
	.next = "paging.next",
	.limit = "limit",
	.reach = 20000,
	.priority = "PUT",
	.note_from = "direction=next&offset",
	.note_place = "offset",
};

const struct genie_face genie_jsm = {
	.jsm = true,
	.rows = "values",
	.next = "links.next",
	.limit = "size",
	.reach = 19999, /* "lower than 20K" */
	.priority = "PATCH",
	.note_from = "after",
	.note_place = "id",
};

void genie_root(const struct genie_face *face, const char *cloud, struct str *path)
{
	if (face->jsm)
		str_printf(path, "/jsm/ops/api/%s/v1", cloud);
	else
		str_puts(path, "/v2");
}

bool genie_place(
	const struct genie_face *face, const struct source_conf *conf, struct err *err)
{
	char cloud[GENIE_CLOUD];

	if (!face->jsm)
		return true;
	if (conf->org && !text_to_id(untrusted_str(conf->org), cloud, sizeof cloud))
		return err_set(err, ERR_USAGE,
			"source %s: org is not a cloud id: letters, digits and -",
			conf->name);
	return conf->org || conf->site ||
	       err_set(err, ERR_USAGE, "source %s needs site=NAME.atlassian.net",
		       conf->name);
}

const char *genie_site(const struct source_conf *conf, char out[GENIE_SITE])
{
	const char *scheme = strstr(conf->site, "://") ? "" : "https://";
	size_t n;

	snprintf(out, GENIE_SITE, "%s%s", scheme, conf->site);
	for (n = strlen(out); n && out[n - 1] == '/'; n--)
		out[n - 1] = '\0';
	return out;
}

bool genie_tenant_ask(
	const struct source_conf *conf, struct arena *arena, int id, struct ask *out)
{
	char site[GENIE_SITE];

	*out = (struct ask){.kind = ASK_HTTP,
		.id = id,
		.method = "GET",
		.base = arena_strdup(arena, genie_site(conf, site)),
		.path = "/_edge/tenant_info",
		.max_bytes = GENIE_MAX_BODY};
	return out->base != NULL;
}

bool genie_parse(const struct answer *answer, struct json_doc *doc)
{
	size_t n;
	const char *text = text_raw(answer->body, &n);

	return json_parse(doc, text ? text : "", n, GENIE_MAX_BODY, NULL);
}

bool genie_tenant_take(const struct source_conf *conf, const struct answer *answer,
	char cloud[GENIE_CLOUD], struct err *err)
{
	struct json_doc doc = {NULL};
	bool known = false;

	if (answer->status == 200 && genie_parse(answer, &doc)) {
		known = text_to_id(json_text(json_get(json_root(&doc), "cloudId")), cloud,
			GENIE_CLOUD);
		json_release(&doc);
	}
	if (known || !answer->status)
		return known;
	return err_set(err, answer->status < 500 ? ERR_MISSING : ERR_NET,
		"%s does not tell its cloud id (HTTP %d); check site=, or give org=",
		conf->site, answer->status);
}

static void add_word(struct str *out, struct untrusted word)
{
	if (untrusted_empty(word))
		return;
	str_puts(out, out->n ? ": " : "");
	text_add_line(out, word, 160);
}

/* {"message":…} of both; "errors" by field in Opsgenie, a list with titles in Jira. */
void genie_words(struct json root, struct str *out)
{
	struct json errors = json_get(root, "errors");

	add_word(out, json_text(json_get(root, "message")));
	for (struct json e = json_first(errors); json_item(e); e = json_next(e)) {
		struct untrusted detail = json_text(json_get(e, "detail"));

		if (untrusted_empty(detail))
			detail = json_text(json_get(e, "title"));
		add_word(out, json_name(e));
		add_word(out, untrusted_empty(detail) ? json_text(e) : detail);
	}
	if (!out->n)
		add_word(out, json_text(json_get(root, "error")));
}

bool genie_refused(
	const struct genie_view *g, const struct answer *answer, struct err *err)
{
	bool us = !g->face->jsm && str_ends(g->conf->url, "//api.opsgenie.com");
	struct json_doc doc = {NULL};
	struct str words;
	struct err said;

	if (!answer->status)
		return false;
	str_init(&words, 400);
	if (genie_parse(answer, &doc))
		genie_words(json_root(&doc), &words);
	answer_refused(answer, untrusted_make(words.p, words.n), err);
	str_release(&words);
	json_release(&doc);
	/* The key of one region is nobody in the other. */
	if (err && us && (err->kind == ERR_AUTH || answer->status == 422)) {
		said = *err;
		err_set(err, said.kind, "%s; an account in the EU needs region=eu",
			said.text);
	}
	return false;
}

bool genie_open(const struct answer *answer, const char *member, struct json_doc *doc,
	struct err *err)
{
	size_t n;
	const char *text = text_raw(answer->body, &n);

	if (!json_parse(doc, text ? text : "", n, GENIE_MAX_BODY, err))
		return err_prefix(err, "%s: ", answer->origin);
	if (!member || json_is_array(json_get(json_root(doc), member)))
		return true;
	json_release(doc);
	return err_set(err, ERR_INPUT, "%s: JSON, but without a list of %s: check url",
		answer->origin, member);
}
