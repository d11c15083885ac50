/* Any text as Markdown: every line onto a page. */
#include "ui/markdown.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct untrusted rest = untrusted_make(data, n), line, behind, next;
	struct page page;
	struct markdown m = {.page = &page};

	page_init(&page);
	while (untrusted_line(&rest, &line)) {
		behind = rest;
		if (!untrusted_line(&behind, &next))
			next = UNTRUSTED_NONE;
		markdown_line(&m, line, next);
	}
	page_release(&page);
	return 0;
}
