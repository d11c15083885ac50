/* The tables of the store. A migration that has been released is never changed; what
 * comes later is a new row. SQL in the dialect of SQLite and PostgreSQL (BYTEA is a
 * blob column to both). Times are UTC ms, 0 for none; texts are '' for none, so that
 * rows compare without NULL. Any thread. */
#include "schema.h"

/* What every entity carries, so that a team server with row-level security can join. */
#define OWN                                                                              \
	"id TEXT NOT NULL PRIMARY KEY, team_id TEXT NOT NULL, created_by TEXT NOT "      \
	"NULL, "                                                                         \
	"created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, revision BIGINT NOT "   \
	"NULL, "

static const struct migration migrations[] = {
	{1, "the first tables",
		{
			"CREATE TABLE keep (" OWN
			"key TEXT NOT NULL, body BYTEA NOT NULL, "
			"UNIQUE (team_id, created_by, key))",

			"CREATE TABLE series (" OWN
			"key TEXT NOT NULL, rolled_at BIGINT NOT NULL, "
			"UNIQUE (team_id, key))",

			"CREATE TABLE chunk (" OWN "series_id TEXT NOT NULL REFERENCES "
			"series (id) ON DELETE CASCADE, "
			"tier BIGINT NOT NULL, from_at BIGINT NOT NULL, body BYTEA NOT "
			"NULL, "
			"UNIQUE (series_id, tier, from_at))",

			"CREATE TABLE baseline (" OWN "key TEXT NOT NULL, version BIGINT "
			"NOT NULL, body BYTEA NOT NULL, "
			"UNIQUE (team_id, key))",

			"CREATE TABLE incident (" OWN
			"source TEXT NOT NULL, upstream_id TEXT NOT NULL, "
			"started_at BIGINT NOT NULL, acked_at BIGINT NOT NULL, "
			"ended_at BIGINT NOT NULL, severity BIGINT NOT NULL, "
			"state BIGINT NOT NULL, pages BIGINT NOT NULL, "
			"title TEXT NOT NULL, service TEXT NOT NULL, "
			"summary TEXT NOT NULL, "
			"UNIQUE (team_id, source, upstream_id, started_at))",
			"CREATE INDEX incident_started ON incident (team_id, started_at)",
			"CREATE INDEX incident_ended ON incident (team_id, pages, "
			"ended_at)",

			"CREATE TABLE change (" OWN
			"source TEXT NOT NULL, upstream_id TEXT NOT NULL, "
			"happened_at BIGINT NOT NULL, service TEXT NOT NULL, "
			"summary TEXT NOT NULL, link TEXT NOT NULL, "
			"UNIQUE (team_id, source, upstream_id))",
			"CREATE INDEX change_happened ON change (team_id, happened_at)",

			"CREATE TABLE lease (" OWN "name TEXT NOT NULL, owner TEXT NOT "
			"NULL, until_at BIGINT NOT NULL, "
			"UNIQUE (team_id, name))",
		}},
	{2, "actions",
		{
			"CREATE TABLE outbox (" OWN
			"profile TEXT NOT NULL, source TEXT NOT NULL, "
			"verb TEXT NOT NULL, target TEXT NOT NULL, title TEXT NOT NULL, "
			"body TEXT NOT NULL, whom TEXT NOT NULL, "
			"matchers TEXT NOT NULL, actor TEXT NOT NULL, "
			"until_at BIGINT NOT NULL, state BIGINT NOT NULL, "
			"attempts BIGINT NOT NULL, expected_state BIGINT NOT NULL, "
			"expected_at BIGINT NOT NULL, next_at BIGINT NOT NULL, "
			"claimed_by TEXT NOT NULL, sent_at BIGINT NOT NULL, "
			"done_at BIGINT NOT NULL, error TEXT NOT NULL, "
			"result TEXT NOT NULL, undoes TEXT NOT NULL, "
			"audit_seq BIGINT NOT NULL)",
			"CREATE INDEX outbox_due ON outbox (team_id, state, next_at)",
			"CREATE INDEX outbox_target ON outbox (team_id, source, target)",

			"CREATE TABLE ack (" OWN
			"source TEXT NOT NULL, upstream_id TEXT NOT NULL, "
			"started_at BIGINT NOT NULL, shape BIGINT NOT NULL, "
			"acked_at BIGINT NOT NULL, acked_by TEXT NOT NULL, "
			"UNIQUE (team_id, source, upstream_id))",
		}},
	{3, "what ended unseen, and when somebody watched",
		{
			"ALTER TABLE incident ADD COLUMN ended_after_at BIGINT NOT NULL "
			"DEFAULT 0",
			"CREATE INDEX incident_open ON incident (team_id, source, "
			"ended_at)",

			"CREATE TABLE watch (" OWN
			"source TEXT NOT NULL, from_at BIGINT NOT NULL, "
			"until_at BIGINT NOT NULL, "
			"UNIQUE (team_id, source, from_at))",
			"CREATE INDEX watch_until ON watch (team_id, source, until_at)",
		}},
	{4, "who acted on incidents, and which belong together",
		{
			/* The first acknowledgement; acked_at forgets it when it ends. */
			"ALTER TABLE incident ADD COLUMN taken_at BIGINT NOT NULL "
			"DEFAULT 0",
			"ALTER TABLE incident ADD COLUMN urgency BIGINT NOT NULL "
			"DEFAULT 0",
			"ALTER TABLE incident ADD COLUMN number BIGINT NOT NULL DEFAULT "
			"0",
			"ALTER TABLE incident ADD COLUMN priority TEXT NOT NULL DEFAULT "
			"''",
			"ALTER TABLE incident ADD COLUMN acked_by TEXT NOT NULL DEFAULT "
			"''",
			"ALTER TABLE incident ADD COLUMN resolved_by TEXT NOT NULL "
			"DEFAULT ''",
			"UPDATE incident SET taken_at = acked_at",
			"CREATE INDEX incident_updated ON incident (team_id, updated_at)",

			"CREATE TABLE hand (" OWN
			"title TEXT NOT NULL, service TEXT NOT NULL, "
			"label BIGINT NOT NULL, UNIQUE (team_id, title, service))",
		}},
	{5, "shifts and follow-ups",
		{
			"CREATE TABLE shift (" OWN
			"profile TEXT NOT NULL, schedule TEXT NOT NULL, "
			"from_at BIGINT NOT NULL, to_at BIGINT NOT NULL, "
			"draft BYTEA NOT NULL, subject TEXT NOT NULL, "
			"message BYTEA NOT NULL, code TEXT NOT NULL, "
			"sent_at BIGINT NOT NULL, sent_by TEXT NOT NULL, "
			"accepted_at BIGINT NOT NULL, accepted_by TEXT NOT NULL, "
			"UNIQUE (team_id, profile, schedule, from_at))",

			"CREATE TABLE followup (" OWN
			"schedule TEXT NOT NULL, words TEXT NOT NULL, "
			"owner TEXT NOT NULL, due_at BIGINT NOT NULL, "
			"closed_at BIGINT NOT NULL, closed_by TEXT NOT NULL)",
			"CREATE INDEX followup_open ON followup (team_id, schedule, "
			"closed_at)",
		}},
	{6, "the pager's own history",
		{
			"ALTER TABLE incident ADD COLUMN link TEXT NOT NULL DEFAULT ''",
			/* 1: ended_at is what the source says, not what was seen. */
			"ALTER TABLE incident ADD COLUMN told BIGINT NOT NULL DEFAULT 0",

			"CREATE TABLE entry (" OWN
			"source TEXT NOT NULL, upstream_id TEXT NOT NULL, "
			"incident TEXT NOT NULL, happened_at BIGINT NOT NULL, "
			"kind BIGINT NOT NULL, by_hand BIGINT NOT NULL, "
			"who TEXT NOT NULL, text TEXT NOT NULL, "
			"UNIQUE (team_id, source, upstream_id))",
			"CREATE INDEX entry_incident ON entry (team_id, source, "
			"incident, happened_at)",

			"CREATE TABLE coverage (" OWN
			"source TEXT NOT NULL, scope TEXT NOT NULL, "
			"wanted_at BIGINT NOT NULL, oldest BIGINT NOT NULL, "
			"began_from BIGINT NOT NULL, began_until BIGINT NOT NULL, "
			"entries_from BIGINT NOT NULL, entries_until BIGINT NOT NULL, "
			"lacking_from BIGINT NOT NULL, lacking_until BIGINT NOT NULL, "
			"no_entries BIGINT NOT NULL, UNIQUE (team_id, source))",
		}},
	{7, "problems joined and split by hand",
		{
			"CREATE TABLE problem_join (" OWN
			"source TEXT NOT NULL, upstream_id TEXT NOT NULL, "
			"problem TEXT NOT NULL, "
			"UNIQUE (team_id, source, upstream_id))",
		}},
	{8, "answers that one oogway has and others need",
		{
			"CREATE TABLE answer (" OWN
			"key TEXT NOT NULL, came_at BIGINT NOT NULL, "
			"type TEXT NOT NULL, body TEXT NOT NULL, "
			"UNIQUE (team_id, key))",
		}},
	{9, "what other alerts tell too",
		{
			"ALTER TABLE incident ADD COLUMN echo BIGINT NOT NULL DEFAULT 0",
		}},
	{10, "incidents as their source told them",
		{
			"CREATE TABLE raw (" OWN
			"source TEXT NOT NULL, upstream_id TEXT NOT NULL, "
			"told_at BIGINT NOT NULL, body TEXT NOT NULL, "
			"UNIQUE (team_id, source, upstream_id))",
		}},
	{11, "steps of runbooks, and when triggers fired",
		{
			"CREATE TABLE step (" OWN
			"chain TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, "
			"ended_at BIGINT NOT NULL, source TEXT NOT NULL, "
			"upstream_id TEXT NOT NULL, page_source TEXT NOT NULL, "
			"page_id TEXT NOT NULL, event TEXT NOT NULL, "
			"runbook TEXT NOT NULL, step BIGINT NOT NULL, "
			"title TEXT NOT NULL, class TEXT NOT NULL, who TEXT NOT NULL, "
			"origin TEXT NOT NULL, place TEXT NOT NULL, "
			"result TEXT NOT NULL, UNIQUE (team_id, chain, seq))",
			"CREATE INDEX step_at ON step (team_id, at)",
			"CREATE INDEX step_of ON step (team_id, source, upstream_id, at)",
			"CREATE INDEX step_page ON step (team_id, page_source, page_id, "
			"at)",

			"CREATE TABLE firing (" OWN
			"profile TEXT NOT NULL, name TEXT NOT NULL, "
			"runbook TEXT NOT NULL, source TEXT NOT NULL, "
			"upstream_id TEXT NOT NULL, started_at BIGINT NOT NULL, "
			"runs BIGINT NOT NULL, state BIGINT NOT NULL, "
			"why TEXT NOT NULL, head TEXT NOT NULL, "
			"UNIQUE (team_id, profile, name, source, upstream_id, "
			"started_at))",
			"CREATE INDEX firing_when ON firing (team_id, profile, "
			"created_at)",
		}},
};

enum { MIGRATIONS = sizeof migrations / sizeof *migrations };

int schema_newest(void)
{
	return migrations[MIGRATIONS - 1].version;
}

bool schema_apply(struct db *db, int from, struct err *err)
{
	for (size_t i = 0; i < MIGRATIONS; i++) {
		const struct migration *m = &migrations[i];

		if (m->version <= from)
			continue;
		for (size_t j = 0; j < SCHEMA_STATEMENTS && m->sql[j]; j++)
			if (!db_run(db, m->sql[j], NULL, 0, err))
				return err_prefix(
					err, "schema %d (%s): ", m->version, m->name);
	}
	return true;
}
