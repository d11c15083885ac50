/* Network: bytes, errors and drops of each interface, and the few TCP figures that
 * cost one small file. Interfaces that only join containers to the host, and those
 * that never carried a byte, are not shown. */
#include "host_parts.h"

#include <math.h>

/* The host's ends of container and tunnel plumbing, by the drivers' naming. */
static const char *const plumbing[] = {
	"veth",
	"cali",
	"lxc",
	"azv",
	"ifb",
	"dummy",
	"vnet",
	"tap",
	"nodelocaldns",
};

static void name_nic(struct device *nic, struct untrusted name)
{
	nic->shown = !untrusted_is(name, "lo");
	for (size_t i = 0; i < sizeof plumbing / sizeof plumbing[0]; i++)
		if (untrusted_starts(name, plumbing[i]))
			nic->shown = false;
	metric_name(nic->names[0], "", name, " in");
	metric_name(nic->names[1], "", name, " out");
	metric_name(nic->names[2], "", name, " errors");
}

/* "eth0:" bytes packets errs drop fifo frame compressed multicast, the same out. The
 * name may hold a colon: the last one before the numbers ends it. */
static bool parse_nic(struct scan line, struct scan *name, uint64_t out[3])
{
	uint64_t column[12];

	if (!scan_word(&line, name) || scan_size(*name) < 2 || name->end[-1] != ':')
		return false;
	name->end--;
	for (int i = 0; i < 12; i++)
		if (!scan_u64(&line, &column[i]) || column[i] > UINT64_MAX / 8)
			return false;
	out[0] = column[0];
	out[1] = column[8];
	out[2] = column[2] + column[3] + column[10] + column[11];
	return true;
}

void host_read_nics(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text, line, name;
	uint64_t values[3];

	if (!host_text(host, FILE_NICS, now, &text))
		return;
	while (scan_line(&text, &line)) {
		struct device *nic;
		bool fresh;

		if (!parse_nic(line, &name, values) || (!values[0] && !values[1]))
			continue;
		nic = device_find(&host->nics, scan_text(name), &fresh);
		if (!nic)
			continue;
		nic->seen = true;
		if (fresh)
			name_nic(nic, scan_text(name));
		if (!nic->shown)
			continue;
		for (int i = 0; i < 3; i++)
			sink_add(sink, (enum metric_id)(NIC_IN + i), nic->names[i],
				counter_rate(&nic->counters[i], values[i], now));
	}
	device_sweep(&host->nics);
}

/* The file holds pairs of lines: names, then numbers. */
static bool tcp_column(
	struct scan names, struct scan numbers, const char *wanted, uint64_t *out)
{
	struct scan name, number;

	while (scan_word(&names, &name) && scan_word(&numbers, &number))
		if (scan_is(name, wanted))
			return scan_u64(&number, out);
	return false;
}

void host_read_tcp(struct host *host, int64_t now, struct sink *sink)
{
	struct scan text, names, numbers;
	uint64_t value;

	if (!host_text(host, FILE_SNMP, now, &text) || !scan_find(text, "Tcp: ", &names))
		return;
	text.at = names.end;
	if (!scan_find((struct scan){text.at, text.end}, "\nTcp: ", &numbers))
		return;
	if (tcp_column(names, numbers, "CurrEstab", &value))
		sink_add(sink, TCP_ESTABLISHED, NULL, (double)value);
	if (tcp_column(names, numbers, "RetransSegs", &value))
		sink_add(sink, TCP_RETRANSMITS, NULL,
			counter_rate(&host->retransmits, value, now));
}
