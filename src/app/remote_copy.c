/* A file copied to or from another machine: asked about with both ends, its intent on the
 * disk, then moved by ops/transfer; the outcome has the SHA-256 of what went over. One at
 * a time. Main thread. */
#include "remote_parts.h"

#include "app/runs.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "ops/transfer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct copy {
	struct remote *remote;
	bool gets, replaces, told;
	char host[INVENTORY_NAME], bare[INVENTORY_NAME];
	char here[TRANSFER_PATH], there[TRANSFER_PATH], profile[256], origin[40];
	char way[600];
	struct arena arena; /* of the target */
	struct ssh_target target;
	struct transfer *transfer;
	uint64_t seq;
	int64_t started_at;
};

static void copy_free(struct copy *copy)
{
	transfer_free(copy->transfer);
	arena_release(&copy->arena);
	mem_free(copy);
}

static struct app *app_of(const struct copy *copy)
{
	return remote_app(copy->remote);
}

static size_t args_of(const struct copy *copy, struct untrusted args[3])
{
	args[0] = untrusted_str(copy->gets ? "get" : "put");
	args[1] = untrusted_str(copy->gets ? copy->there : copy->here);
	args[2] = untrusted_str(copy->gets ? copy->here : copy->there);
	return 3;
}

static struct audit_record record_of(const struct copy *copy)
{
	return (struct audit_record){.event = copy->gets ? "remote.get" : "remote.put",
		.class = AUDIT_CHANGE,
		.origin = copy->origin,
		.profile = *copy->profile ? copy->profile : NULL,
		.target = untrusted_str(copy->host)};
}

static void over(struct copy *copy, const struct err *why, const char *said)
{
	remote_copy_over(copy->remote, why, said);
	copy_free(copy);
}

static void ended(void *ctx, const struct err *err)
{
	struct copy *copy = ctx;
	const struct transfer *t = copy->transfer;
	struct audit_record record = record_of(copy);
	struct audit_pair pairs[3];
	char said[300];

	record.result = untrusted_str(err ? "failed" : "done");
	record.error = untrusted_str(err ? err->text : NULL);
	pairs[0] = (struct audit_pair){.name = "ms",
		.number = (double)(time_now_ms() - copy->started_at),
		.is_number = true};
	pairs[1] = (struct audit_pair){
		.name = "bytes", .number = (double)transfer_bytes(t), .is_number = true};
	pairs[2] = (struct audit_pair){
		.name = "sha256", .value = untrusted_str(transfer_hash(t))};
	record.extra = pairs;
	record.extra_count = err ? 2 : 3;
	if (!copy->told)
		gate_outcome(runs_door(app_of(copy)->runs), copy->seq, &record);
	snprintf(said, sizeof said, "%.80s: %llu bytes, SHA-256 %s", copy->host,
		(unsigned long long)transfer_bytes(t), transfer_hash(t));
	over(copy, err, said);
}

static void act(void *ctx, uint64_t seq)
{
	struct copy *copy = ctx;
	struct app *app = app_of(copy);

	copy->seq = seq;
	copy->started_at = time_now_ms();
	copy->transfer = transfer_start(&(struct transfer_how){.loop = app->loop,
		.pool = app->pool,
		.net = remote_net(copy->remote),
		.target = copy->target,
		.gets = copy->gets,
		.here = copy->here,
		.there = copy->there,
		.ended = ended,
		.ctx = copy});
}

static void refused(void *ctx, const struct err *why)
{
	over(ctx, why, "");
}

static bool still(void *ctx, char *why, size_t size)
{
	const struct copy *copy = ctx;

	if (strcmp(app_of(copy)->rc->profile, copy->profile)) {
		snprintf(why, size, "the profile has changed since it was asked for");
		return false;
	}
	if (copy->gets && !access(copy->here, F_OK) != copy->replaces) {
		snprintf(why, size, "%.200s has come or gone since it was asked for",
			copy->here);
		return false;
	}
	return true;
}

/* Its folder must be there: none is made. */
static bool absolute(const char *local, char out[TRANSFER_PATH], struct err *err)
{
	char folder[TRANSFER_PATH], *slash;
	int n;

	if (*local == '/')
		n = snprintf(out, TRANSFER_PATH, "%s", local);
	else if (!getcwd(folder, sizeof folder))
		return err_set(err, ERR_IO, "the folder that this runs in is gone");
	else
		n = snprintf(out, TRANSFER_PATH, "%s/%s", folder, local);
	if (n < 0 || n + 20 > TRANSFER_PATH)
		return err_set(err, ERR_LIMIT, "the path is too long");
	str_copy(folder, sizeof folder, out);
	slash = strrchr(folder, '/');
	slash[slash == folder] = '\0';
	return !access(folder, X_OK) ||
	       err_set(err, ERR_USAGE, "there is no folder %.200s", folder);
}

/* "HOST:PATH", where HOST may be USER@NAME. */
static bool take_ends(
	struct copy *copy, const char *from, const char *to, struct err *err)
{
	const char *remote = copy->gets ? from : to, *local = copy->gets ? to : from;
	const char *colon = strchr(remote, ':'), *slash;

	if (!colon || colon == remote || !colon[1])
		return err_set(err, ERR_USAGE, "%.80s is not HOST:PATH", remote);
	snprintf(copy->host, sizeof copy->host, "%.*s", (int)(colon - remote), remote);
	str_copy(copy->there, sizeof copy->there, colon + 1);
	slash = strrchr(colon + 1, '/');
	if (!local || !*local)
		local = slash ? slash + 1 : colon + 1;
	if (!*local || strlen(local) + 20 > TRANSFER_PATH ||
		strlen(copy->there) + 20 > TRANSFER_PATH || !host_name_good(copy->host))
		return err_set(err, ERR_USAGE, "%.80s is not HOST:PATH", remote);
	if (!absolute(local, copy->here, err))
		return false;
	copy->replaces = copy->gets && !access(copy->here, F_OK);
	return true;
}

static void question(const struct copy *copy, struct str *out)
{
	char here[300], there[300];

	text_line(untrusted_str(copy->here), here, sizeof here);
	text_line(untrusted_str(copy->there), there, sizeof there);
	str_printf(out, "%s%s%s\n  %s:%s\n  %s %s%s?\n  %s\nClass change. %s",
		copy->profile, *copy->profile ? ": " : "",
		copy->gets ? "copy from there to here:" : "copy from here to there:",
		copy->host, there, copy->gets ? "to" : "from", here,
		copy->replaces ? ", in place of the file that is there" : "", copy->way,
		copy->gets ? "Recorded with its SHA-256."
			   : "A file of that name over there is replaced. Recorded "
			     "with its SHA-256.");
}

static bool open_gate(struct copy *copy, struct err *err)
{
	struct untrusted args[3];
	const char *hosts[1] = {copy->bare};
	struct audit_pair pair = {.name = "way", .value = untrusted_str(copy->way)};
	struct gate_deed deed = {.record = record_of(copy),
		.hosts = hosts,
		.host_count = 1,
		.still = still,
		.act = act,
		.refused = refused,
		.ctx = copy};
	struct str text;
	bool ok;

	str_init(&text, 2000);
	question(copy, &text);
	deed.question = str_text(&text);
	deed.record.args = args;
	deed.record.arg_count = args_of(copy, args);
	deed.record.extra = &pair;
	deed.record.extra_count = 1;
	ok = gate_open(runs_door(app_of(copy)->runs), &deed, err);
	str_release(&text);
	return ok;
}

bool remote_copy_open(struct remote *remote, struct inventory *inventory,
	const struct remote_copy_wish *wish, struct err *err)
{
	struct copy *copy = mem_new(1, sizeof *copy);
	const char *at;
	struct str way;

	copy->remote = remote;
	copy->gets = wish->gets;
	arena_init(&copy->arena, INVENTORY_BYTES);
	str_copy(copy->profile, sizeof copy->profile, remote_app(remote)->rc->profile);
	str_copy(copy->origin, sizeof copy->origin, wish->origin);
	if (!take_ends(copy, wish->from, wish->to, err) ||
		!inventory_target(
			inventory, copy->host, &copy->arena, &copy->target, err)) {
		copy_free(copy);
		return false;
	}
	at = strchr(copy->host, '@');
	str_copy(copy->bare, sizeof copy->bare, at ? at + 1 : copy->host);
	str_init(&way, sizeof copy->way);
	fan_way(&copy->target, &way);
	str_copy(copy->way, sizeof copy->way, str_text(&way));
	str_release(&way);
	remote_copy_begun(remote, copy);
	if (open_gate(copy, err))
		return true;
	remote_copy_over(remote, err, "");
	copy_free(copy);
	return false;
}

void remote_copy_stop(struct copy *copy)
{
	if (copy->transfer)
		transfer_stop(copy->transfer);
}

void remote_copy_end(struct copy *copy)
{
	struct audit_record record = record_of(copy);

	if (!copy->seq)
		return;
	record.result = untrusted_str("stopped");
	record.error = untrusted_str("oogway ended while it ran");
	gate_outcome(runs_door(app_of(copy)->runs), copy->seq, &record);
	copy->told = true;
}

void remote_copy_free(struct copy *copy)
{
	if (copy)
		copy_free(copy);
}
