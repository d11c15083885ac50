/* Answers of PagerDuty's schedules. */
#define FUZZ_ROTA   pagerduty_source.rota
#define FUZZ_FILTER "team=P1"
#include "rota.h"
