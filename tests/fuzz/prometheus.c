/* Answers of prometheus. */
#define FUZZ_KIND prometheus_source
#include "source.h"
