/* What the files of objectives share. Main thread. */
#ifndef SRC_APP_SLOS_PARTS_H
#define SRC_APP_SLOS_PARTS_H

#include "app/slos.h"

enum { SLO_SILENCE = 80 };

struct slo {
	struct slo_row row;
	struct slo_data *data;
	bool heard;       /* its server has answered, with counts or without */
	bool failing;     /* asking fails as a whole: row.error says how */
	uint64_t keys[2]; /* of its page and its ticket in the table of alerts; 0: none */
	/* Which silence mutes them, and of this look through all. */
	char silence[2][SLO_SILENCE], found[2][SLO_SILENCE];
};

/* Its alerts, level and time are what its tracks say (slo_alert.c). */
void slo_publish(struct app *app, struct slo *slo);
void slo_withdraw(struct app *app, struct slo *slo);

#endif
