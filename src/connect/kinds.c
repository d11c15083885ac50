/* The source kinds of this program, in the order in which help lists them. A kind is
 * one file beside this one with one exported const struct, and a row here.
 * Any thread. */
#include "connect/source.h"

#include <string.h>

const struct source_kind *const source_kinds[] = {
	&prometheus_source,
	&victoriametrics_source,
	&alertmanager_source,
	&pagerduty_source,
	&opsgenie_source,
	&jsm_source,
	&kubernetes_source,
	&loki_source,
	&docs_source,
	NULL,
};

const struct source_kind *source_kind_find(const char *name)
{
	for (const struct source_kind *const *kind = source_kinds; *kind; kind++)
		if (!strcmp((*kind)->name, name))
			return *kind;
	return NULL;
}
