/* What the detectors have learnt, kept over restarts. A state is asked for when its
 * series is first seen, so that only series that live cost memory, and saved in small
 * shares every ten minutes and at the end. */
#include "history_parts.h"

#include "analysis/detector.h"
#include "app/anomalies.h"
#include "app/metrics.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "store/baseline.h"

enum {
	SHARE = 8,
	SHARES = 4 /* in a second */,
	ASK_SHARE = 64,
	BYTES = DETECTOR_HEADER + DETECTOR_MAX_STATE,
	END_US = 4000
};

/* "fused host/cpu". False when the series is gone, or its key is too long for that:
 * such a baseline lives only as long as the process. */
static bool state_key(const struct history *history, uint64_t id, struct str *out)
{
	const struct series *series = metrics_find(history->app->metrics, id);
	const void *raw;
	size_t n;

	str_init(out, SERIES_KEY_MAX + 1);
	if (!series)
		return false;
	raw = text_raw(series->key, &n);
	str_printf(out, "%s ", detector_fused.name);
	str_add(out, raw, n);
	if (out->n <= SERIES_KEY_MAX)
		return true;
	str_release(out);
	return false;
}

/* --- back --- */

struct asked {
	struct history *history;
	uint64_t ids[ASK_SHARE];
	struct untrusted keys[ASK_SHARE];
	struct str texts[ASK_SHARE];
	size_t count;
};

static void take_row(struct asked *asked, const struct baseline_row *row, size_t *dropped,
	struct err *first)
{
	struct err err = {0};

	for (size_t i = 0; i < asked->count; i++) {
		if (!untrusted_eq(asked->keys[i], row->key))
			continue;
		if (anomalies_restore(asked->history->app->anomalies, asked->ids[i],
			    row->bytes, row->n, &err))
			return;
		if (!(*dropped)++)
			*first = err;
		return;
	}
}

static void got_states(void *ctx, const struct baseline_rows *rows, const struct err *err)
{
	struct asked *asked = ctx;
	struct err first = {0};
	size_t dropped = 0;

	for (size_t i = 0; !err && !asked->history->ended && i < rows->count; i++)
		take_row(asked, &rows->rows[i], &dropped, &first);
	if (err)
		log_add(LOG_WARN, "saved baselines: %s", err->text);
	else if (!rows->count && asked->count && !asked->history->ended)
		anomalies_anew(asked->history->app->anomalies);
	else if (dropped && !asked->history->told_dropped)
		log_add(LOG_WARN, "%s (%zu so far)", first.text, dropped);
	asked->history->told_dropped |= dropped > 0;
	for (size_t i = 0; i < asked->count; i++)
		str_release(&asked->texts[i]);
	mem_free(asked);
}

static void ask(struct history *history)
{
	struct anomalies *anomalies = history->app->anomalies;
	uint64_t ids[ASK_SHARE];
	size_t n = anomalies_unasked(anomalies, ids, ASK_SHARE);
	struct asked *asked;

	if (!n)
		return;
	asked = mem_new(1, sizeof *asked);
	asked->history = history;
	for (size_t i = 0; i < n; i++) {
		struct str *text = &asked->texts[asked->count];

		if (!state_key(history, ids[i], text))
			continue;
		asked->ids[asked->count] = ids[i];
		asked->keys[asked->count++] = untrusted_make(text->p, text->n);
	}
	baseline_find_later(
		history->app->store, asked->keys, asked->count, got_states, asked);
}

/* --- out --- */

/* False when nothing was left to save. */
static bool save_share(struct history *history)
{
	struct app *app = history->app;
	struct baseline_row rows[SHARE];
	struct str keys[SHARE];
	uint64_t ids[SHARE];
	unsigned char *bytes;
	size_t n = anomalies_learnt(app->anomalies, &history->states_from, ids, SHARE),
	       count = 0;

	if (!n) {
		history->states_from = 0;
		return false;
	}
	bytes = mem_new(SHARE, BYTES);
	for (size_t i = 0; i < n; i++) {
		unsigned char *to = bytes + count * BYTES;
		struct str *key = &keys[count];

		if (!state_key(history, ids[i], key))
			continue;
		rows[count++] = (struct baseline_row){
			.key = untrusted_make(key->p, key->n),
			.version = detector_fused.version,
			.bytes = to,
			.n = detector_save(&detector_fused,
				anomalies_state(app->anomalies, ids[i]), to, BYTES),
		};
	}
	baseline_put_later(app->store, rows, count, (struct store_then){0});
	for (size_t i = 0; i < count; i++)
		str_release(&keys[i]);
	mem_free(bytes);
	return true;
}

/* At the end what a few milliseconds have room for, from where the last round is: what is
 * not saved now was so within the last minutes. */
void history_states_write(struct history *history)
{
	int64_t end = time_mono_us() + END_US;
	int rounds = 0;

	while (history->mine && history_writes(history) && time_mono_us() < end &&
		rounds < 2)
		rounds += !save_share(history);
}

void history_states_tick(struct history *history, int64_t now)
{
	if (!history->opened)
		return;
	ask(history);
	if (!history->mine || !history_writes(history))
		return;
	if (now - history->states_at >= STATES_MS) {
		history->states_at = now;
		history->saving_states = true;
	}
	for (int i = 0; i < SHARES && history->saving_states; i++)
		history->saving_states = save_share(history);
}
