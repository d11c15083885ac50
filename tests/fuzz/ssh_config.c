/* An ssh configuration of any bytes, and a host of any name: a way of good names or a
 * sentence. A directive that nobody knows, in front of all, refuses every host. */
#include "base/alloc.h"
#include "ops/inventory.h"
#include "ops/ssh_config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void find(const char *text, size_t n, const char *host, bool refused)
{
	static const struct config_place place = {"/nonexistent", "/nonexistent", false};
	const struct config_query query = {.host = host, .local_user = "ada"};
	struct ssh_config config;
	struct config_found found;
	struct err err = {0};

	ssh_config_init(&config);
	ssh_config_text(&config, "f", text, n, &place);
	if (ssh_config_find(&config, &query, &found, &err)) {
		check(!refused);
		for (int i = 0; i < CONFIG_VALUE_COUNT; i++)
			check(found.counts[i] <= SSH_CONFIG_LISTED &&
				(!found.counts[i] || found.from[i]));
	} else {
		check(err.kind == ERR_REFUSED && err.text[0]);
	}
	ssh_config_release(&config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char unknown[] = "Frobnicate yes\n";
	char *text = mem_new(1, n + sizeof unknown);

	/* What is included would be a file of this machine. */
	for (size_t i = 0; i + 7 <= n; i++)
		if ((data[i] | 32) == 'i' && (data[i + 1] | 32) == 'n' &&
			(data[i + 2] | 32) == 'c' && (data[i + 3] | 32) == 'l') {
			mem_free(text);
			return 0;
		}
	find((const char *)data, n, "web-1.example", false);
	memcpy(text, unknown, sizeof unknown - 1);
	memcpy(text + sizeof unknown - 1, data, n);
	find(text, n + sizeof unknown - 1, "web-1.example", true);
	mem_free(text);
	return 0;
}
