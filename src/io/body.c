/* Bodies of answers: bytes that grow without being copied. Small ones are heap
 * memory; from LARGE_BYTES on they are anonymous pages that mremap() moves, so that
 * an answer of many MiB costs the loop nothing when it doubles. Any thread. */
#include "body.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_BYTES = 16 << 10, LARGE_BYTES = 256 << 10 };

static void *pages(void *old, size_t old_size, size_t size)
{
	void *p;

	if (old)
		p = mremap(old, old_size, size, MREMAP_MAYMOVE);
	else
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	if (p == MAP_FAILED)
		return mem_new(SIZE_MAX / 2, 1);
	return p;
}

static void grow(struct http_body *body, size_t cap)
{
	void *heap;

	if (cap < LARGE_BYTES) {
		body->at = mem_resize(body->at, cap, 1);
	} else if (body->cap < LARGE_BYTES) {
		heap = body->at;
		body->at = pages(NULL, 0, cap);
		if (body->used)
			memcpy(body->at, heap, body->used);
		mem_free(heap);
	} else {
		body->at = pages(body->at, body->cap, cap);
	}
	body->cap = cap;
}

void body_add(struct http_body *body, const void *p, size_t n)
{
	size_t cap = body->cap ? body->cap : FIRST_BYTES;

	while (cap - body->used < n)
		cap *= 2;
	if (cap != body->cap)
		grow(body, cap);
	memcpy((char *)body->at + body->used, p, n);
	body->used += n;
}

struct http_body http_body_copy(struct untrusted bytes)
{
	struct http_body body = {0};
	size_t n;
	const void *p = text_raw(bytes, &n);

	if (n)
		body_add(&body, p, n);
	return body;
}

struct untrusted http_body_view(const struct http_body *body)
{
	return untrusted_make(body->at, body->used);
}

void http_body_free(struct http_body *body)
{
	if (body->cap < LARGE_BYTES)
		mem_free(body->at);
	else
		munmap(body->at, body->cap);
	*body = (struct http_body){0};
}
