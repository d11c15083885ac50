/* The rows of what is asked about an incident: data, read by signals.c alone. */
#ifndef SRC_CONNECT_SIGNALS_TABLE_H
#define SRC_CONNECT_SIGNALS_TABLE_H

#include <stdbool.h>

enum signal_shape {
	SIGNAL_MESH,  /* who calls whom, by workload and service */
	SIGNAL_CALLS, /* who calls whom, by client and server */
	SIGNAL_CODES, /* requests a second by their code */
	SIGNAL_VALUE, /* one value of one node */
};

/* In an expression $M is what narrows it to one node when it is shown, $R the span of a
 * rate, $W the whole window, $P the pods' names taken apart. */
struct signal {
	enum signal_shape shape;
	const char *name;  /* of the metric; its kind follows from it (model/capture.h) */
	const char *needs; /* the metric that must be there */
	const char *labels; /* whose value is the node: the first that is there */
	const char *expr;
	double times;
	bool pods; /* its node is what the pod's name begins with */
};

extern const struct signal signals_table[]; /* ends with a NULL name */

#endif
