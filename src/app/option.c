/* What `oogway` takes on its command line: a row here and a case in
 * main.c is all a new option needs. Pure data. */
#include "app/option.h"

const struct option_row option_rows[OPTION_COUNT] = {
	[OPTION_CONFIG] = {"config", 'c', "FILE",
		"read this rc instead of ~/.config/oogway/oogway.rc"},
	[OPTION_PROFILE] = {"profile", 'P', "NAME",
		"choose a profile of the rc; its name stands first on every screen"},
	[OPTION_EXECUTE] = {"execute", 'e', "LINE",
		"run a command line when the console opens; up to 8 times"},
	[OPTION_READONLY] = {"readonly", 0, 0,
		"refuse every action with an effect outside"},
	[OPTION_YES] = {"yes", 'y', 0,
		"of a command that acts: the answer to its question"},
	[OPTION_SEND] = {"send", 0, 0,
		"of handoff: send the mail of the shift whose end is nearest, without a "
		"question"},
	[OPTION_DEMO] = {"demo", 0, 0,
		"the console on an invented incident of three minutes, with a lesson"},
	[OPTION_AT] = {"at", 0, "MOMENT",
		"look at the window that ended at 14:05, -2h or 2026-11-21T14:05:00Z"},
	[OPTION_ONCE] = {"once", 0, 0,
		"ask every source once, print the overview and end; also without a "
		"terminal"},
	[OPTION_PLAIN] = {"plain", 0, 0,
		"one line per change, nothing drawn; also when TERM is dumb"},
	[OPTION_JSON] = {"json", 0, 0, "of a command: JSON, one object a line"},
	[OPTION_FORMAT] = {"format", 0, "text|tmux|json", "of status"},
	[OPTION_AGAINST] = {"against", 0, "FILE", "of audit verify: compare with a copy"},
	[OPTION_STEP] = {"step", 0, "N", "of runbook run: which of its steps"},
	[OPTION_VAR] = {"var", 0, "NAME=VALUE",
		"of runbook run: gives a variable a value"},
	[OPTION_DRY_RUN] = {"dry-run", 0, 0,
		"of runbook run: print what each step would do, and do nothing"},
	[OPTION_CHANGED] = {"changed", 0, 0,
		"of runbook run: what has changed in it since it last ran was read"},
	[OPTION_CHECK] = {"check-config", 0, 0,
		"read the rc, print its errors and colours that are hard to read, and "
		"end"},
	[OPTION_PRINT_RC] = {"print-rc", 0, 0, "print an rc with every setting and end"},
	[OPTION_PRINT_MAN] = {"print-man", 0, "1|5",
		"print the source of oogway(1) or oogway.rc(5) and end"},
	[OPTION_VERSION] = {"version", 'V', 0, "print the version and end"},
	[OPTION_HELP] = {"help", 'h', 0, "print this and end"},
};
