/* Severity: one scale for every source, worst first. */
#ifndef MODEL_SEVERITY_H
#define MODEL_SEVERITY_H

#include "base/untrusted.h"

enum severity {
	SEVERITY_CRITICAL,
	SEVERITY_HIGH,
	SEVERITY_WARNING,
	SEVERITY_INFO,
	SEVERITY_OK,
	SEVERITY_COUNT,
};

/* "critical" …; one letter C H W I O. */
const char *severity_name(enum severity severity);
char severity_letter(enum severity severity);
/* A shape for it: '!' '^' '-' '.' and ' '. */
char severity_mark(enum severity severity);
/* What people and monitors write: critical, page, P1, sev1, error, high, warning,
 * P3, info, none … Unknown words give `otherwise`. */
enum severity severity_parse(struct untrusted word, enum severity otherwise);

#endif
