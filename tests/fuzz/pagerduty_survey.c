/* Answers to a survey of pagerduty. */
#define FUZZ_KIND *pagerduty_source.survey
#include "source.h"
