/* An incident as a folder of files, for `oogway rca --dir`: what docs/root-cause.md
 * describes. All files may be missing but one of metrics, logs and traces. Their bytes
 * are foreign: whatever they hold, a row is understood or counted as refused. */
#ifndef CONNECT_FOLDER_H
#define CONNECT_FOLDER_H

#include "base/err.h"
#include "model/capture.h"

enum folder_file {
	FOLDER_INCIDENT, /* incident.json */
	FOLDER_METRICS,  /* metrics.csv */
	FOLDER_GRAPH,    /* graph.csv */
	FOLDER_LOGS,     /* logs.jsonl */
	FOLDER_TRACES,   /* traces.jsonl */
	FOLDER_CHANGES,  /* changes.jsonl */
	FOLDER_FILES,
};

enum {
	FOLDER_FILE_BYTES = 512 << 20,
	FOLDER_LINE_BYTES = 256 << 10,
};

extern const char *const folder_names[FOLDER_FILES];

struct folder_read {
	bool there;
	size_t rows, refused;
	size_t first_refused; /* its line, from 1 */
};

/* Adds what one file holds. False only when the file as a whole is of no use: its header
 * lacks a column, or it is no JSON. */
bool folder_parse(enum folder_file file, struct untrusted bytes, struct capture *capture,
	struct folder_read *read, struct err *err);
/* Reads the files that are there, and settles the capture. Waits for the disk. */
bool folder_load(const char *path, struct capture *capture,
	struct folder_read read[FOLDER_FILES], struct err *err);

#endif
