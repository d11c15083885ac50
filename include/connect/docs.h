/* Where the pages of a site may lie. Any thread. */
#ifndef CONNECT_DOCS_H
#define CONNECT_DOCS_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	DOCS_PAGES = 50, /* of a site, unless the rc says */
	DOCS_PAGES_MOST = 500,
	DOCS_PAGE_BYTES = 2 << 20,   /* of one, unpacked */
	DOCS_TEXT_BYTES = 256 << 10, /* of its text */
	DOCS_URL = 600,
	DOCS_PATH = 400,
	DOCS_LINKS = 128 << 10, /* bytes of all the links of a page */
};

/* "https://wiki.example" and "/runbooks/" of https://wiki.example/runbooks/index.html:
 * the pages of a site lie below the folder of its first one, or below `filter` when that
 * is given. False: it is no URL of a page. */
bool docs_place(const char *url, const char *filter, char origin[DOCS_URL],
	char prefix[DOCS_PATH]);
/* What a link of the page `from` leads to: the path and query of another page of that
 * origin, without what stands behind '#'; false: it leads elsewhere, or is too long. */
bool docs_resolve(
	const char *origin, const char *from, struct untrusted link, char out[DOCS_PATH]);
/* A page of the site with that first page is this. */
bool docs_holds(const char *url, const char *filter, const char *page);
/* "disk-full" of https://wiki.example/runbooks/disk-full.html, "" of the first page: what
 * it is called within the site. Letters, digits, - _ . only. */
const char *docs_name(
	const char *url, const char *filter, const char *page, char *out, size_t size);

#endif
