/* Commands: one const row each. command_run() is the one door for keys, the ':'
 * line, scripts and, later, others. Main thread. */
#ifndef APP_COMMAND_H
#define APP_COMMAND_H

#include "app/app.h"
#include "base/str.h"

enum command_flag {
	COMMAND_CONSOLE = 1 << 0, /* needs the console */
	COMMAND_SCRIPT = 1 << 1,  /* also as `oogway NOUN VERB` */
	COMMAND_SETTLE = 1 << 2,  /* a script first asks every source once */
	COMMAND_ACTS = 1 << 3,    /* has an effect outside: refused when read-only */
	COMMAND_JSON = 1 << 4,    /* knows --json */
	COMMAND_ROWS = 1 << 5,    /* is about rows, as what acts is too */
	COMMAND_NO_ROW = 1 << 6,  /* acts, on what its words name or what is not a row */
	COMMAND_ARGV = 1 << 7,    /* takes the words of a program behind "--" */
};

/* Exit status of scripts. */
enum status {
	STATUS_DONE = 0,
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_PARTIAL = 3,
	STATUS_REFUSED = 4,
	STATUS_PENDING = 5,
	STATUS_COUNT,
};

/* One or a few words for each. */
extern const char *const status_words[STATUS_COUNT];

struct call {
	struct app *app;
	const struct command *command;
	const struct commands *commands;
	void *ctx;         /* of the table the command is in */
	size_t argc;       /* words behind the command's name */
	const char **argv; /* NULL-ended */
	const char *rest;  /* the text behind the name, as typed */
	const char *behind; /* the text behind "--", as typed; NULL: none, or in argv */
	struct str *out;   /* what the command prints, or NULL in the console */
	struct str *told;  /* lines beside it, for stderr; or NULL */
	bool json;
	const char *origin; /* "key", ":" or "script" */
	uint64_t target;    /* id of the row it is about, 0 without */
	/* The marked rows, or that one: only with COMMAND_ACTS or COMMAND_ROWS. */
	const uint64_t *targets;
	size_t target_count;
};

struct command {
	const char *name; /* "quit" or "alert list" */
	const char *args; /* "[FILTER]", "" for none */
	const char *help; /* one line without full stop */
	unsigned flags;
	size_t min, max; /* words; max 0 with args "": none; SIZE_MAX: any */
	enum status (*run)(struct call *call, struct err *err);
};

/* A table and the ctx its commands get. */
struct command_table {
	const struct command *rows; /* ends with a NULL name */
	void *ctx;
};

enum { COMMAND_TABLES = 4, COMMAND_LINE_MAX = 8192 };

struct commands {
	struct command_table tables[COMMAND_TABLES];
	size_t count;
	/* Told of each command that was done, with the text behind its name; or NULL. */
	void (*ran)(void *ctx, const struct command *command, const char *rest);
	void *ran_ctx;
};

extern const struct command app_commands[];

void commands_add(struct commands *commands, const struct command *rows, void *ctx);
/* Finds the command a line begins with, aliases resolved by the caller. */
const struct command *commands_find(
	const struct commands *commands, const char *line, void **ctx, const char **rest);
/* i-th of all, NULL at the end. */
const struct command *commands_at(const struct commands *commands, size_t i);

/* Bindings and aliases whose command there is not become errors of the rc. The tables
 * are complete by then. */
void commands_check_rc(const struct commands *commands, struct rc *rc);

struct run_options {
	const char *origin; /* NULL: script */
	struct str *out, *told;
	bool json;
	bool script;
	uint64_t target;
	/* How many rows are marked, or selected, with their ids, which the caller frees;
	 * there may be thousands, so only who needs them asks. NULL: none. */
	size_t (*find_targets)(void *ctx, uint64_t **ids);
	void *targets_ctx;
	/* The words as they came, the command's name first; NULL: the line is split. */
	const char *const *words;
	size_t word_count;
	bool moved; /* the rows have just changed under the user's eyes: nothing acts */
};
/* Runs a command line: rc verbs (set, bind …), aliases, then commands. */
enum status command_run(struct app *app, const struct commands *commands,
	const char *line, const struct run_options *options, struct err *err);

#endif
