/* Parts of the reader of Grafana dashboards: its variables in expressions, its units and
 * limits. Pure, any thread. */
#ifndef APP_IMPORT_GRAFANA_H
#define APP_IMPORT_GRAFANA_H

#include "import.h"

struct import_vars;
/* The variables of a dashboard; borrows from it. */
struct import_vars *import_vars_new(struct json templating);
void import_vars_free(struct import_vars *vars);
/* The expression on one line, with each variable replaced. false: *err says why it
 * cannot be done. */
bool import_expr(struct import_vars *vars, struct untrusted expr, struct str *out,
	struct err *err);
/* Says once what each variable became. */
void import_vars_tell(const struct import_vars *vars, struct import *im);
/* What a title reads when its variables are taken for their names. */
void import_expr_title(struct untrusted title, struct str *out);

struct import_unit {
	const char *grafana;
	enum unit unit;
	double times, by; /* the value in our unit is value * times / by */
};
/* NULL when there is no such unit here. */
const struct import_unit *import_unit_find(struct untrusted name);
/* The limits a panel shows; false: *why says why not (NULL: it shows none). */
bool import_limits(struct json panel, const struct import_unit *unit,
	struct limits *limits, const char **why);

#endif
