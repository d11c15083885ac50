/* The options of the command line, for getopt, --help and the man page alike. */
#ifndef APP_OPTION_H
#define APP_OPTION_H

enum option_id {
	OPTION_CONFIG,
	OPTION_PROFILE,
	OPTION_EXECUTE,
	OPTION_READONLY,
	OPTION_YES,
	OPTION_SEND,
	OPTION_DEMO,
	OPTION_AT,
	OPTION_ONCE,
	OPTION_PLAIN,
	OPTION_JSON,
	OPTION_FORMAT,
	OPTION_AGAINST,
	OPTION_STEP,
	OPTION_VAR,
	OPTION_DRY_RUN,
	OPTION_SERIAL,
	OPTION_CANARY,
	OPTION_MAX_FAIL,
	OPTION_WIDTH,
	OPTION_TIMEOUT,
	OPTION_CHANGED,
	OPTION_DIR,
	OPTION_INCIDENT,
	OPTION_ISSUE,
	OPTION_WINDOW,
	OPTION_SHARES,
	OPTION_CSV,
	OPTION_SCORES,
	OPTION_CHECK,
	OPTION_PRINT_RC,
	OPTION_PRINT_MAN,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_COUNT,
};

struct option_row {
	const char *name; /* behind -- */
	char letter;      /* behind -, or 0 */
	const char *arg;  /* NULL: takes none */
	const char *help; /* one line without full stop */
};

extern const struct option_row option_rows[OPTION_COUNT];

#endif
