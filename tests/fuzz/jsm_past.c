/* Answers of the past of jsm. */
#define FUZZ_KIND *jsm_source.past
#include "source.h"
