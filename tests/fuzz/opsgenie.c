/* Answers of Opsgenie. */
#define FUZZ_KIND opsgenie_source
#include "source.h"
