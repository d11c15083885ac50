/* The configuration as read: rc files, keymap and theme lines, in one language.
 * One owner. All texts live as long as the struct rc. */
#ifndef APP_RC_H
#define APP_RC_H

#include "analysis/compare.h"
#include "base/arena.h"
#include "base/conf.h"
#include "base/setting.h"
#include "connect/source.h"
#include "io/mail.h"
#include "model/cron.h"
#include "model/severity.h"
#include "model/shift.h"
#include "ops/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RC_MAX_SOURCES = 63,
	RC_MAX_QUERIES = 500,
	RC_MAX_HANDOFFS = 16,
	RC_MAX_PEOPLE = 50,
	RC_MAX_NOTIFIES = 16,
	RC_MAX_CHANGES = 50,
	RC_MAX_POLICIES = 200,
	RC_MAX_HOST_GROUPS = 200,
	RC_MAX_TRANSPORTS = 100,
	RC_MAX_SINKS = 8,
	RC_MAX_TRIGGERS = 50,
	RC_MAX_SLOS = 50,
};

struct rc_source {
	const char *name;
	const struct source_kind *kind;
	const char *url, *unix_socket, *from, *org, *region, *site, *filter;
	const char *receiver, *query;
	unsigned left_out; /* enum source_field */
	size_t pages;      /* of a site, at most */
	const char *scope; /* what is taken of it, in one text; "": all */
	const char *user;
	const char *token_file, *token_env, *token_command;
	const char *ca_file, *cert_file, *key_file;
	int64_t every_ms, timeout_ms;
	/* How far back incidents are read: this long, or since a moment; both 0: all. */
	int64_t since_ms, since_at;
	bool no_past; /* not at all */
	struct conf_place place;
};

struct rc_query {
	const char *name, *source, *expr;
	enum unit unit;
	struct limits limits;
	const char *preset; /* how windows of it are compared */
	const char *pack;   /* whose it is, or NULL */
	size_t most;        /* series of it that are kept; 0: any number */
	struct conf_place place;
};

/* How `detect` compares one class of answers, or all other values, of one preset. */
struct rc_preset {
	const char *name;
	enum compare_class class;
	struct compare_rule rule;
};

/* An objective: a share of good events, over a window. */
struct rc_slo {
	const char *name, *source;
	const char *service; /* of its alerts, or NULL: the name */
	const char *runbook; /* a link for them, or NULL */
	double target;       /* 0.999 */
	int64_t window_ms;
	double least;             /* events in a window of a rule; fewer say nothing */
	const char *part, *total; /* PromQL with $window */
	bool bad;                 /* part counts the bad ones */
	int64_t under_ms;         /* of a histogram; 0: counts */
	struct conf_place place;
};

/* Where changes are read, besides the sources: one of git and folder is set. */
struct rc_changes {
	const char *name, *git, *folder;
	const char *service; /* or NULL: the name */
	struct conf_place place;
};

struct rc_bind {
	const char *context, *keys;
	const char *command; /* NULL: unbind */
	const char *note;    /* or NULL */
	struct conf_place place;
};

struct rc_color {
	const char *role, *fg, *bg;
	const char *attrs[4];
	size_t attr_count;
	struct conf_place place;
};

struct rc_alias {
	const char *name, *command;
	struct conf_place place;
};

struct rc_heartbeat {
	const char *name, *alert;
	int64_t every_ms;
};

/* `hosts NAME = PATTERN`. */
struct rc_hosts {
	const char *name, *pattern;
	struct conf_place place;
	bool system; /* of a file that is root's or signed: nobody else changes it */
};

/* `transport WAY PATTERN,…`; of those that match a host the last counts. */
struct rc_transport {
	int transport; /* enum transport */
	const char *hosts;
};

/* A schedule whose shifts end with a handoff. */
struct rc_handoff {
	const char *name;
	struct shift_plan plan;
	const char *zone; /* NULL: that of the process */
	const char *to[RC_MAX_PEOPLE];
	size_t to_count;
	const char *from, *host, *user;
	int port;
	enum mail_tls tls;
	enum mail_auth auth;
	const char *password_file, *password_env, *password_command;
	const char *ca_file;
	bool sends; /* a console sends it when the shift ends */
	struct conf_place place;
};

enum notify_kind {
	NOTIFY_DESKTOP,
	NOTIFY_TERMINAL,
	NOTIFY_BELL,
	NOTIFY_TITLE,
	NOTIFY_COMMAND,
	NOTIFY_SLACK,
	NOTIFY_WEBHOOK,
	NOTIFY_KIND_COUNT,
};
extern const char *const notify_kind_names[NOTIFY_KIND_COUNT + 1]; /* NULL-ended */

/* Who is told of what, and how. */
struct rc_notify {
	const char *name;
	enum notify_kind kind;
	enum severity severity;   /* this one and worse */
	bool anomalies;           /* also what only oogway itself noticed */
	int quiet_from, quiet_to; /* minutes of the local day; equal: never quiet */
	const char *url, *ca_file;
	const char *token_file, *token_env, *token_command;
	const char *command; /* words, no shell */
	struct conf_place place;
};

/* Where copies of the audit go. */
enum sink_kind {
	SINK_FILE,
	SINK_JOURNALD,
	SINK_SYSLOG,
	SINK_HTTPS,
	SINK_NOTE, /* no records: the signed end, on the incident of a step */
	SINK_KIND_COUNT,
};

struct rc_sink {
	const char *name;
	enum sink_kind kind;
	bool required;    /* no acknowledgement, no run */
	const char *path; /* of a file; of journald's socket, or NULL */
	const char *url;  /* https://…; of syslog HOST[:PORT] */
	const char *ca_file, *token_file, *token_env, *token_command;
};

enum trigger_on { TRIGGER_ALERT, TRIGGER_SCHEDULE };

/* What puts a runbook before somebody, or runs it, by itself. */
struct rc_trigger {
	const char *name, *runbook;
	enum trigger_on on;
	const char *alerts, *labels; /* or NULL; neither: what the book names */
	enum severity severity;      /* this one and worse */
	const char *cron_text;       /* or NULL: every_ms counts */
	struct cron cron;
	int64_t every_ms;
	const char *zone; /* of cron, or NULL: that of the process */
	struct zone clock;
	bool runs;   /* else it is proposed */
	size_t most; /* within an hour */
	struct conf_place place;
};

/* One user-defined arrangement: rows of panes with weights. */
struct rc_layout {
	const char *name;
	const char *text; /* "overview:3 metrics:2 / logs" */
	struct conf_place place;
	bool saved; /* from or for layouts_path */
};

struct rc {
	struct conf conf; /* errors, files, profiles seen */
	struct settings settings;
	struct arena arena;
	const char *profile; /* "" when none was chosen */
	struct rc_source *sources;
	size_t source_count, source_cap;
	struct rc_changes *changes;
	size_t changes_count, changes_cap;
	struct rc_query *queries;
	size_t query_count, query_cap;
	struct rc_preset *presets;
	size_t preset_count, preset_cap;
	const char *pack; /* while its lines are read, or NULL */
	const char *pack_source;
	size_t pack_most;
	struct rc_bind *binds;
	size_t bind_count, bind_cap;
	struct rc_color *colors;
	size_t color_count, color_cap;
	/* The first of them come from the shipped keymap and theme. */
	size_t shipped_binds, shipped_colors;
	struct rc_alias *aliases;
	size_t alias_count, alias_cap;
	struct rc_heartbeat *heartbeats;
	size_t heartbeat_count, heartbeat_cap;
	struct rc_hosts *host_groups;
	size_t host_group_count, host_group_cap;
	struct rc_transport *transports;
	size_t transport_count, transport_cap;
	const char **host_names; /* the names that stand in their patterns */
	size_t host_name_count, host_name_cap;
	struct rc_handoff *handoffs;
	size_t handoff_count, handoff_cap;
	struct rc_notify *notifies;
	size_t notify_count, notify_cap;
	struct rc_sink sinks[RC_MAX_SINKS];
	size_t sink_count;
	struct rc_trigger *triggers;
	size_t trigger_count, trigger_cap;
	struct rc_slo *slos;
	size_t slo_count, slo_cap;
	/* Why nothing may be done: the signed policy cannot be trusted; or NULL. */
	const char *policy_broken;
	bool reads_system; /* while it is read: the system's file, and no other */
	struct policy_rule *policies;
	size_t policy_count, policy_cap;
	struct rc_layout *layouts;
	size_t layout_count, layout_cap;
	char host[256];
	bool unread;             /* no file answered: this is what is shipped */
	char path[4096];         /* the user's file, whether it exists or not */
	bool path_named;         /* by -c: then it must exist */
	const char *no_profile;  /* wanted but not there: none is chosen; or NULL */
	char layouts_path[4096]; /* what `layout save` writes; "" in the demo */
	char sources_path
		[4096]; /* what `source add` writes, beside path; "" in the demo */
};

struct rc_options {
	const char *file;    /* -c; NULL: $XDG_CONFIG_HOME/oogway/oogway.rc */
	const char *profile; /* -P, or NULL */
	bool no_system;      /* skip /etc/oogway/oogway.rc and layouts.rc (tests) */
	bool looks_only;     /* the demo: only -c is read; no source, query, heartbeat */
	bool shipped_only;   /* no file at all is touched */
};

/* Reads system file, user file, then keymap and theme as set. Errors are in
 * rc->conf; what could be read counts. Any thread: a dead file system holds it up for
 * as long as it likes, see app/rc_watch.h. */
struct rc *rc_read(const struct rc_options *options);
void rc_free(struct rc *rc);
/* False with a sentence: lines or files are wrong, and which is the first. */
bool rc_whole(const struct rc *rc, char *why, size_t size);
/* Another line of the language, as typed at ':' (set, bind, color, alias). */
bool rc_line(struct rc *rc, const char *line, struct err *err);
/* A layout to be kept in the file of saved ones, and chosen; refuses the name of a
 * layout that a line of the rc has. The caller writes the file. */
bool rc_save_layout(struct rc *rc, const char *name, const char *text, struct err *err);
/* What that file shall hold. */
void rc_print_layouts(const struct rc *rc, struct str *out);
/* The verbs, each with its help; the words of the language itself are in conf.h. */
extern const struct conf_verb rc_verbs[]; /* ends with a NULL name */
/* The KEY=VALUE words of each verb. */
struct rc_key {
	const char *verb, *name, *value, *help;
};
extern const struct rc_key rc_keys[]; /* ends with a NULL verb */
/* What `if` knows. */
struct rc_name {
	const char *name, *help;
	const char *(*value)(const struct rc *rc); /* NULL: a prefix */
};
extern const struct rc_name rc_names[]; /* ends with a NULL name */
/* True when the word begins a line of the language. */
bool rc_is_verb(const char *word);
bool rc_in_tmux(void);
/* … and may be typed at ':' too: it needs nothing to be begun anew. */
bool rc_is_live(const char *word);
/* What a text of the language says, by itself; paths in it are relative to the folder of
 * the file `name`. NULL with *err when a line of it is wrong. */
struct rc *rc_try(
	const struct rc *rc, const char *name, const char *line, struct err *err);
/* The colours as they would be after a line that chooses a theme or colours a role;
 * NULL for other lines and wrong ones. Borrows from rc. */
struct rc *rc_look(const struct rc *rc, const char *line);
/* Words of `color` lines; each ends with NULL. */
extern const char *const rc_color_names[], *const rc_attributes[];
/* "FILE:LINE:COLUMN: text", or "FILE: text" */
void rc_error_text(const struct conf_error *error, char *out, size_t size);

/* Prints every setting with its default and help, all verbs, the default keymap. */
void rc_print_example(struct str *out);

/* The rule of a preset for a class; NULL: it has none. */
const struct rc_preset *rc_preset_find(
	const struct rc *rc, const char *name, enum compare_class class);
bool rc_preset_known(const struct rc *rc, const char *name);

#endif
