/* Looks for the two lines of mux.c that have been there since OpenSSH 5.4: the session's
 * number when a command was taken, its status when it said one. Nothing that the other
 * side prints gets into this log. Pure. */
#include "ssh_outer_log.h"

#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 400, SAID = 300 };

static size_t next_line(const char **text, size_t *n, char out[LINE])
{
	const char *end = memchr(*text, '\n', *n);
	size_t size = end ? (size_t)(end - *text) : *n, kept = size;

	while (kept && (*text)[kept - 1] == '\r')
		kept--;
	if (kept >= LINE)
		kept = LINE - 1;
	memcpy(out, *text, kept);
	out[kept] = '\0';
	*text += size + (end != NULL);
	*n -= size + (end != NULL);
	return kept;
}

void outer_log_read(const char *text, size_t n, struct outer_log *out)
{
	static const char status[] = "debug2: Received exit status from master ";
	char line[LINE];

	*out = (struct outer_log){0};
	while (n) {
		char *end;
		long value;

		next_line(&text, &n, line);
		if (!str_starts(line, "debug"))
			continue;
		if (strstr(line, "mux_client_request_session: master session id: "))
			out->begun = true;
		if (!str_starts(line, status))
			continue;
		value = strtol(line + sizeof status - 1, &end, 10);
		if (*end || value < 0 || value > 255)
			continue;
		out->has_status = out->begun = true;
		out->status = (int)value;
	}
}

static enum err_kind kind_of(const char *said)
{
	static const struct {
		const char *words;
		enum err_kind kind;
	} kinds[] = {
		{"Host key verification failed", ERR_REFUSED},
		{"Permission denied", ERR_AUTH},
		{"Too many authentication failures", ERR_AUTH},
		{"timed out", ERR_TIMEOUT},
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strstr(said, kinds[i].words))
			return kinds[i].kind;
	return ERR_NET;
}

/* The newest words that fit are shown, whole lines of them. */
static void add_line(char said[SAID], const char *line)
{
	char one[SAID];
	size_t n, used = strlen(said);

	text_line(untrusted_str(line), one, sizeof one);
	n = strlen(one);
	if (used && used + 1 + n >= SAID)
		used = 0;
	snprintf(said + used, SAID - used, "%s%s", used ? " " : "", one);
}

void outer_log_error(const char *text, size_t n, const char *host, struct err *err)
{
	char line[LINE], said[SAID] = "", name[80];
	enum err_kind kind = ERR_NET;

	while (n) {
		/* Frames of @ are for terminals. */
		if (!next_line(&text, &n, line) || str_starts(line, "debug") ||
			line[0] == '@')
			continue;
		add_line(said, line);
		if (kind == ERR_NET)
			kind = kind_of(line);
	}
	text_line(untrusted_str(host), name, sizeof name);
	err_set(err, kind, "%s: ssh says: %s", name,
		*said ? said : "nothing of why it ended");
}
