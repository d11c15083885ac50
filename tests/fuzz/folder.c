/* The folder of an incident: whatever its files hold, rows are understood or refused, and
 * the rankers make an answer of what was understood. The input is split at the byte 1
 * into the files, in the order of enum folder_file. */
#include "analysis/rca.h"
#include "connect/folder.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct untrusted rest = untrusted_make(data, size), part;
	struct rca_options options = {.window_ms = 600000};
	struct capture capture;
	struct rca *rca;

	capture_init(&capture);
	for (int i = 0; i < FOLDER_FILES && untrusted_split(&rest, "\x01", &part); i++) {
		struct folder_read read = {0};
		struct err err = {0};

		folder_parse((enum folder_file)i, part, &capture, &read, &err);
	}
	capture_settle(&capture);
	rca = rca_run(&capture, &options);
	for (size_t i = 0; i < rca->count; i++)
		if (!(rca->suspects[i].score > 0) ||
			rca->suspects[i].node >= graph_count(&capture.graph))
			abort();
	rca_free(rca);
	capture_release(&capture);
	return 0;
}
