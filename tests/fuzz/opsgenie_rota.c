/* Answers of Opsgenie's schedules. */
#define FUZZ_ROTA   opsgenie_source.rota
#define FUZZ_FILTER NULL
#include "rota.h"
