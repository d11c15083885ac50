/* Answers of Jira's schedules. */
#define FUZZ_ROTA   jsm_source.rota
#define FUZZ_FILTER NULL
#include "rota.h"
