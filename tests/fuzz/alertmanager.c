/* Answers of alertmanager. */
#define FUZZ_KIND alertmanager_source
#include "source.h"
