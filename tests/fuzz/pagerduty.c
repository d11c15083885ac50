/* Answers of pagerduty. */
#define FUZZ_KIND pagerduty_source
#include "source.h"
