/* Commands about query packs: which are shipped and used, and what they ask, as text that
 * a file of one's own begins with. Hides that the presets lie beside them. They ask no
 * source. Main thread, for a shell. */
#include "cmd.h"

#include "base/json.h"
#include "embedded.h"

#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 64 };

static bool is_pack(const struct embedded *file, char name[NAME_BYTES])
{
	size_t n = strlen(file->name);

	if (!str_starts(file->name, "packs/") || !strcmp(file->name, "packs/presets.rc"))
		return false;
	snprintf(name, NAME_BYTES, "%.*s", (int)(n - strlen("packs/") - strlen(".rc")),
		file->name + strlen("packs/"));
	return true;
}

static size_t queries_of(const struct rc *rc, const char *pack)
{
	size_t n = 0;

	for (size_t i = 0; i < rc->query_count; i++)
		n += rc->queries[i].pack && !strcmp(rc->queries[i].pack, pack);
	return n;
}

/* Its first line says what it is. */
static void first_line(const struct embedded *file, struct str *out)
{
	str_add(out, file->text + 2, strcspn(file->text, "\n") - 2);
}

static void print_pack(struct call *call, const struct embedded *file, const char *name)
{
	size_t used = queries_of(call->app->rc, name);
	struct json_out o;
	struct str about;

	str_init(&about, 400);
	first_line(file, &about);
	if (call->json) {
		json_begin(&o, call->out);
		json_open(&o, NULL, '{');
		json_put_str(&o, "name", name);
		json_put_str(&o, "about", str_text(&about));
		json_put_i64(&o, "queries_in_rc", (int64_t)used);
		json_shut(&o, '}');
		str_putc(call->out, '\n');
	} else {
		str_printf(call->out, "%-12s %-14s %s\n", name, used ? "in the rc" : "",
			str_text(&about));
	}
	str_release(&about);
}

enum status cmd_pack_list(struct call *call, struct err *err)
{
	char name[NAME_BYTES];

	if (!call->out) {
		err_set(err, ERR_USAGE, "pack list is for a shell");
		return STATUS_USAGE;
	}
	if (call->json)
		str_puts(call->out, "{\"schema\":\"oogway.packs/1\"}\n");
	for (const struct embedded *f = embedded_files; f->name; f++)
		if (is_pack(f, name))
			print_pack(call, f, name);
	return STATUS_DONE;
}

enum status cmd_pack_show(struct call *call, struct err *err)
{
	const struct embedded *file;
	char key[NAME_BYTES + 16];

	if (!call->out) {
		err_set(err, ERR_USAGE, "pack show is for a shell");
		return STATUS_USAGE;
	}
	snprintf(key, sizeof key, "packs/%.60s.rc", call->argv[0]);
	file = embedded_find(key);
	if (!file) {
		err_set(err, ERR_MISSING, "no pack is called %s", call->argv[0]);
		return STATUS_FAILED;
	}
	str_add(call->out, file->text, file->size);
	return STATUS_DONE;
}
