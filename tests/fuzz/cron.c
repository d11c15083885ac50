/* Any text is cron's five fields or a sentence; what is taken comes, and its times
 * rise. */
#include "model/cron.h"

#include "base/time.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	/* A spring and an autumn, of an hour each. */
	static const struct zone zone = {.from_at = {0, 1774746000000, 1792890000000},
		.offset_ms = {HOUR_MS, 2 * HOUR_MS, HOUR_MS},
		.count = 3};
	char *text = malloc(n + 1);
	struct cron cron;
	struct err err = {0};
	int64_t at = 1774742400000;

	memcpy(text, data, n);
	text[n] = '\0';
	if (cron_parse(&cron, text, &err))
		for (int i = 0; i < 20; i++) {
			int64_t next = cron_next(&cron, &zone, at);

			if (next && (next <= at || next % MINUTE_MS))
				abort();
			if (!next)
				break;
			at = next;
		}
	else if (!err.text[0])
		abort();
	free(text);
	return 0;
}
