/* A root cause for a script: what cmd_rca.c asks of findings.c. Main thread. */
#ifndef SRC_APP_FINDINGS_SCRIPT_H
#define SRC_APP_FINDINGS_SCRIPT_H

#include "app/findings.h"
#include "collect.h"

struct findings_script {
	struct collect_wish wish;
	bool shares, json;
};

/* What findings_set_at() was given. */
int64_t findings_at(const struct findings *findings);
/* findings_outcome() prints it. */
void findings_script(struct findings *findings, const struct findings_script *script);
/* Four parts as text, with `shares` each suspect's too: of cmd_rca.c. */
void rca_print(struct str *out, const struct capture *capture, const struct rca *rca,
	bool shares);

#endif
