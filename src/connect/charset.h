/* The bytes of a page as UTF-8. Any thread. */
#ifndef SRC_CONNECT_CHARSET_H
#define SRC_CONNECT_CHARSET_H

#include "base/str.h"
#include "base/untrusted.h"

/* What the server says of the body (Content-Type) comes first, then what the page says of
 * itself; neither counts against bytes that are UTF-8, nor for bytes that are not. What
 * is in no charset is read as Windows does. Appends to out; bytes that mean nothing there
 * become U+FFFD. */
void charset_to_utf8(struct untrusted bytes, struct untrusted type, struct str *out);

#endif
