/* Answers of the past of pagerduty. */
#define FUZZ_KIND *pagerduty_source.past
#include "source.h"
