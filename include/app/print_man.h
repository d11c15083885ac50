/* The man pages, made from the tables, so that they cannot say anything else than
 * what is. */
#ifndef APP_PRINT_MAN_H
#define APP_PRINT_MAN_H

#include "app/command.h"

/* mdoc source of oogway(1) or oogway.rc(5); section is 1 or 5. The same tables give
 * the same bytes. */
void man_print(int section, const struct commands *commands, struct str *out);

#endif
