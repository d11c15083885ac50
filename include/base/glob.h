/* Patterns of names as ssh's files have them: * and ?, lists with "!" before what is
 * left out. Case counts. Any thread. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include <stdbool.h>

enum glob_verdict { GLOB_NOT, GLOB_YES, GLOB_LEFT_OUT };

/* Linear in the product of their lengths at worst. */
bool glob_match(const char *pattern, const char *text);
/* Patterns with that character between them; one with "!" that matches leaves the text
 * out, whatever else matches. Empty ones match nothing. */
enum glob_verdict glob_list(const char *patterns, char separator, const char *text);

#endif
