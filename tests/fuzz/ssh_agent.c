/* What an agent answers, and what is asked of it: any bytes; of a list only listed keys
 * come through. */
#include "io/ssh_agent.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct str out;

	agent_request(data, n, "\nAAEC\n");
	str_init(&out, 2 * AGENT_MESSAGE_MOST);
	agent_list(data, n, "\nAAEC\n", &out);
	if (out.n < 5 || (out.p[4] == 5 && out.n != 5) || out.n > n + 5)
		abort();
	str_release(&out);
	return 0;
}
