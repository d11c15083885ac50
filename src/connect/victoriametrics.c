/* VictoriaMetrics as a source: Prometheus' API with its own ways. Ranges are asked
 * with nocache=1, as its cache shifts the start; isPartial is shown as a warning; a
 * server without vmalert has no rules, which is quietly none. */
#include "prom.h"

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct prom *prom = state;

	prom->nocache = true;
	return prom_start(state, conf, err);
}

const struct source_kind victoriametrics_source = {
	.name = "victoriametrics",
	.help = "VictoriaMetrics (single or cluster): query lines, vmalert's alerts",
	.alerts = true,
	.watches = true,
	.slo = &victoriametrics_slo,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct prom),
	.start = start,
	.stop = prom_stop,
	.next = prom_next,
	.take = prom_take,
};
