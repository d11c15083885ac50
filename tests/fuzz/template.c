/* Templates of titles, and clusters of them: whatever the bytes, what is looked at is
 * bounded and a title agrees with itself. */
#include "analysis/cluster.h"
#include "analysis/template.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct untrusted rest = untrusted_make(data, size), line;
	struct clusters *clusters = clusters_new();
	int64_t at = 0;

	while (untrusted_line(&rest, &line)) {
		struct untrusted service = untrusted_slice(line, 0, 5);
		uint32_t cell = clusters_add(clusters, line, service, at++);
		struct template t;

		template_read(&t, line, service);
		if (t.count > TEMPLATE_TOKENS || strlen(t.text) >= TEMPLATE_TEXT ||
			template_similarity(&t, &t) > 1)
			abort();
		if (clusters_label(clusters, line, service, at % 3 ? 0 : 7) != cell)
			abort();
		clusters_settle(clusters);
		if (clusters_of(clusters, cell) >= clusters_count(clusters))
			abort();
	}
	clusters_free(clusters);
	return 0;
}
