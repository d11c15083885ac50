/* Roles: what a piece of text means. Themes give each a colour and attributes. */
#ifndef APP_ROLE_H
#define APP_ROLE_H

enum role {
	ROLE_TEXT,
	ROLE_DIM,      /* old, secondary */
	ROLE_STRONG,   /* what to read first */
	ROLE_CRITICAL, /* severities, as in model/severity.h and in that order */
	ROLE_HIGH,
	ROLE_WARNING,
	ROLE_INFO,
	ROLE_OK,
	ROLE_TITLE,    /* pane titles */
	ROLE_FOCUS,    /* frame and title of the focused pane */
	ROLE_FRAME,    /* frames of the others */
	ROLE_SELECTED, /* the row under the cursor */
	ROLE_MARKED,   /* rows marked with Space */
	ROLE_HEADER,   /* column titles */
	ROLE_BAR,      /* top and bottom line */
	ROLE_KEY,      /* keys in hints and help */
	ROLE_PROFILE,  /* the profile's name */
	ROLE_ALARM,    /* UNKNOWN, PAST, OFFLINE: the severest */
	ROLE_QUESTION, /* prompts that wait for an answer */
	ROLE_MATCH,    /* what a search found */
	ROLE_CHART,    /* curves */
	ROLE_LIMIT,    /* limit lines */
	ROLE_BAND,     /* expected band */
	ROLE_HIDDEN,   /* shown forms of control characters: ^[, <U+202E> */
	ROLE_LINK,
	ROLE_CODE, /* code in runbooks */
	ROLE_COUNT,
};

extern const char *const role_names[ROLE_COUNT + 1]; /* NULL-ended */

#endif
