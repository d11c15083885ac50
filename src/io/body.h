/* How io/http fills a struct http_body. */
#ifndef SRC_IO_BODY_H
#define SRC_IO_BODY_H

#include "io/http.h"

/* Appends; doubles the room. */
void body_add(struct http_body *body, const void *p, size_t n);

#endif
