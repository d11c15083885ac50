/* Answers of Jira Service Management Operations. */
#define FUZZ_KIND jsm_source
#include "source.h"
