/* Answers of the past of opsgenie. */
#define FUZZ_KIND *opsgenie_source.past
#include "source.h"
