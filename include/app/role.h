/* Roles: what a piece of text means. Themes give each a colour and attributes. What a
 * role is for is said in the table, src/app/role.c. */
#ifndef APP_ROLE_H
#define APP_ROLE_H

enum role {
	ROLE_TEXT,
	ROLE_DIM,
	ROLE_STRONG,
	ROLE_CRITICAL, /* severities, as in model/severity.h and in that order */
	ROLE_HIGH,
	ROLE_WARNING,
	ROLE_INFO,
	ROLE_OK,
	ROLE_TITLE,
	ROLE_FOCUS,
	ROLE_FRAME,
	ROLE_SELECTED,
	ROLE_MARKED,
	ROLE_HEADER,
	ROLE_BAR,
	ROLE_KEY,
	ROLE_PROFILE,
	ROLE_ALARM,
	ROLE_QUESTION,
	ROLE_MATCH,
	ROLE_CHART,
	ROLE_LIMIT,
	ROLE_BAND,
	ROLE_HIDDEN,
	ROLE_LINK,
	ROLE_CODE,
	ROLE_COUNT,
};

struct role_row {
	const char *name, *help;
};

extern const struct role_row role_rows[ROLE_COUNT + 1]; /* ends with a NULL name */

#endif
