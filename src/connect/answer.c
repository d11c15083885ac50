/* What an HTTP status means to the person on call: one const row for each, with what
 * to do next. The server's own words go in where it said any; a page of HTML is not
 * worth showing. Any thread. */
#include "connect/source.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

static const struct row {
	int low, high;
	enum err_kind kind;
	const char *what, *next;
} rows[] = {
	{401, 401, ERR_AUTH, "refuses the credential", "check the secret of this source"},
	{403, 403, ERR_AUTH, "does not let this credential read",
		"it needs more permissions, or another secret"},
	{402, 402, ERR_REFUSED, "says that the plan does not include this", ""},
	{404, 404, ERR_MISSING, "knows nothing at this url", "check the path in url"},
	{407, 407, ERR_AUTH, "cannot be reached: the proxy wants a credential",
		"check the *_proxy environment"},
	{408, 408, ERR_TIMEOUT, "gave up waiting", ""},
	{413, 414, ERR_LIMIT, "finds the question too long", ""},
	{429, 429, ERR_LIMIT, "limits the rate", ""},
	{300, 399, ERR_INPUT, "redirects without saying where", "check url"},
	{400, 499, ERR_REFUSED, "refuses the question", ""},
	{502, 502, ERR_NET, "is a proxy that cannot reach the server behind it", ""},
	{503, 503, ERR_BUSY, "is not ready or overloaded", ""},
	{504, 504, ERR_TIMEOUT, "is a proxy that waits in vain for the server behind it",
		""},
	{500, 599, ERR_NET, "failed", ""},
	{0, 999, ERR_INPUT, "answers with a strange status", ""},
};

/* A proxy in front says why in the title of a page: "<title>400 Why</title>". */
static struct untrusted title(struct untrusted page)
{
	ptrdiff_t at = untrusted_find_nocase(page, "<title>"), end;

	if (at < 0)
		return UNTRUSTED_NONE;
	page = untrusted_slice(page, (size_t)at + strlen("<title>"), SIZE_MAX);
	end = untrusted_find_nocase(page, "</title>");
	return untrusted_slice(page, 0, end < 0 ? 0 : (size_t)end);
}

bool answer_refused(const struct answer *answer, struct untrusted words, struct err *err)
{
	const struct row *row = rows;
	char shown[180];

	while (answer->status < row->low || answer->status > row->high)
		row++;
	words = untrusted_trim(words);
	if (untrusted_empty(words))
		words = untrusted_trim(answer->body);
	if (answer->status == 400 && untrusted_starts(words, "<"))
		words = title(words);
	if (untrusted_starts(words, "<") || untrusted_starts(words, "{"))
		words = UNTRUSTED_NONE;
	text_line(words, shown, sizeof shown);
	return err_set(err, row->kind, "%s %s (HTTP %d)%s%s%s%s",
		answer->origin ? answer->origin : "the server", row->what, answer->status,
		*shown ? ": " : "", shown, *row->next ? "; " : "", row->next);
}
