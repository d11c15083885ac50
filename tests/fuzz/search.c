/* Any book and any query: the first byte is the book's share. */
#include "analysis/search.h"
#include "base/str.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct search *search = search_new();
	struct search_answer answer;
	struct untrusted all, book, query;
	struct search_doc docs[3];
	struct str why;
	size_t at = size ? data[0] * size / 256 : 0;

	all = untrusted_make(data, size);
	book = untrusted_slice(all, 1, at);
	query = untrusted_slice(all, at, SIZE_MAX);
	docs[0] = (struct search_doc){.text = book};
	docs[1] = (struct search_doc){.title = query, .text = book};
	docs[2] = (struct search_doc){.text = all, .also = query};
	for (size_t i = 0; i < 3; i++)
		search_add(search, &docs[i]);
	search_settle(search);
	for (int mode = 0; mode < 2; mode++) {
		search_query(search, query, (enum search_mode)mode, &answer);
		str_init(&why, 4000);
		for (size_t i = 0; i < answer.count; i++)
			search_why(search, query, (enum search_mode)mode,
				answer.hits[i].doc, &why);
		str_release(&why);
	}
	search_free(search);
	return 0;
}
