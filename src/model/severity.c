/* One severity scale for the words of every source.
 * Unknown words are the caller's to judge. Pure. */
#include "model/severity.h"

#include <stddef.h>

static const char *const names[SEVERITY_COUNT] = {
	"critical", "high", "warning", "info", "ok"};

static const struct {
	const char *word;
	enum severity severity;
} words[] = {
	{"critical", SEVERITY_CRITICAL},
	{"crit", SEVERITY_CRITICAL},
	{"page", SEVERITY_CRITICAL},
	{"emergency", SEVERITY_CRITICAL},
	{"fatal", SEVERITY_CRITICAL},
	{"disaster", SEVERITY_CRITICAL},
	{"p1", SEVERITY_CRITICAL},
	{"sev1", SEVERITY_CRITICAL},
	{"s1", SEVERITY_CRITICAL},
	{"high", SEVERITY_HIGH},
	{"error", SEVERITY_HIGH},
	{"major", SEVERITY_HIGH},
	{"p2", SEVERITY_HIGH},
	{"sev2", SEVERITY_HIGH},
	{"s2", SEVERITY_HIGH},
	{"warning", SEVERITY_WARNING},
	{"warn", SEVERITY_WARNING},
	{"minor", SEVERITY_WARNING},
	{"low", SEVERITY_WARNING},
	{"ticket", SEVERITY_WARNING},
	{"p3", SEVERITY_WARNING},
	{"sev3", SEVERITY_WARNING},
	{"s3", SEVERITY_WARNING},
	{"info", SEVERITY_INFO},
	{"information", SEVERITY_INFO},
	{"notice", SEVERITY_INFO},
	{"none", SEVERITY_INFO},
	{"p4", SEVERITY_INFO},
	{"p5", SEVERITY_INFO},
	{"sev4", SEVERITY_INFO},
	{"ok", SEVERITY_OK},
};

const char *severity_name(enum severity severity)
{
	return names[severity];
}

char severity_letter(enum severity severity)
{
	return "CHWIO"[severity];
}

char severity_mark(enum severity severity)
{
	return "!^-. "[severity];
}

enum severity severity_parse(struct untrusted word, enum severity otherwise)
{
	size_t size = untrusted_size(word);

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		size_t n = 0;

		while (words[i].word[n])
			n++;
		if (n == size && !untrusted_find_nocase(word, words[i].word))
			return words[i].severity;
	}
	return otherwise;
}
