/* Names of the roles, as themes and `color` lines
 * write them. The order is that of enum role. Pure
 * data. */
#include "app/role.h"

#include <stddef.h>

const char *const role_names[ROLE_COUNT + 1] = {
	[ROLE_TEXT] = "text",
	[ROLE_DIM] = "dim",
	[ROLE_STRONG] = "strong",
	[ROLE_CRITICAL] = "critical",
	[ROLE_HIGH] = "high",
	[ROLE_WARNING] = "warning",
	[ROLE_INFO] = "info",
	[ROLE_OK] = "ok",
	[ROLE_TITLE] = "title",
	[ROLE_FOCUS] = "focus",
	[ROLE_FRAME] = "frame",
	[ROLE_SELECTED] = "selected",
	[ROLE_MARKED] = "marked",
	[ROLE_HEADER] = "header",
	[ROLE_BAR] = "bar",
	[ROLE_KEY] = "key",
	[ROLE_PROFILE] = "profile",
	[ROLE_ALARM] = "alarm",
	[ROLE_QUESTION] = "question",
	[ROLE_MATCH] = "match",
	[ROLE_CHART] = "chart",
	[ROLE_LIMIT] = "limit",
	[ROLE_BAND] = "band",
	[ROLE_HIDDEN] = "hidden",
	[ROLE_LINK] = "link",
	[ROLE_CODE] = "code",
	[ROLE_COUNT] = NULL,
};
