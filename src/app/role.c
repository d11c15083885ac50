/* Names of the roles, as themes and `color` lines
 * write them, and what each is for. The order is that of enum role. Pure
 * data. */
#include "app/role.h"

const struct role_row role_rows[ROLE_COUNT + 1] = {
	[ROLE_TEXT] = {"text", "all other text"},
	[ROLE_DIM] = {"dim", "old or secondary"},
	[ROLE_STRONG] = {"strong", "what to read first"},
	[ROLE_CRITICAL] = {"critical", "critical alerts and values"},
	[ROLE_HIGH] = {"high", "high alerts"},
	[ROLE_WARNING] = {"warning", "warnings"},
	[ROLE_INFO] = {"info", "informational alerts"},
	[ROLE_OK] = {"ok", "all is well"},
	[ROLE_TITLE] = {"title", "titles of panes"},
	[ROLE_FOCUS] = {"focus", "frame and title of the focused pane"},
	[ROLE_FRAME] = {"frame", "frames of the other panes"},
	[ROLE_SELECTED] = {"selected", "the row under the cursor"},
	[ROLE_MARKED] = {"marked", "marked rows"},
	[ROLE_HEADER] = {"header", "titles of columns"},
	[ROLE_BAR] = {"bar", "top and bottom line"},
	[ROLE_KEY] = {"key", "keys in hints and help"},
	[ROLE_PROFILE] = {"profile", "the profile's name"},
	[ROLE_ALARM] = {"alarm", "UNKNOWN, the past, offline: the severest"},
	[ROLE_QUESTION] = {"question", "prompts"},
	[ROLE_MATCH] = {"match", "what a search found"},
	[ROLE_CHART] = {"chart", "curves"},
	[ROLE_LIMIT] = {"limit", "lines of limits"},
	[ROLE_BAND] = {"band", "what was expected"},
	[ROLE_HIDDEN] = {"hidden", "control characters that are shown: ^[, <U+202E>"},
	[ROLE_LINK] = {"link", "links"},
	[ROLE_CODE] = {"code", "code in runbooks"},
	[ROLE_COUNT] = {0},
};
