/* What the three forms share: the walk over the blocks, and the end when it is full. */
#ifndef SRC_REPORT_RENDER_H
#define SRC_REPORT_RENDER_H

#include "report/document.h"

struct render {
	const struct document *doc;
	struct str *out;
	size_t reserve;                      /* bytes kept free for the end */
	int columns;                         /* plain */
	bool ascii;                          /* plain */
	const char *cid;                     /* html */
	const struct document_block *before; /* the last block, NULL at the first */
	/* plain: addresses said so far, in order */
	const char **links;
	size_t link_count, link_cap;
};

struct form {
	void (*open)(struct render *r);
	void (*block)(struct render *r, const struct document_block *b);
	/* cut: words for the end, NULL when all is there */
	void (*shut)(struct render *r, const char *cut);
};

/* False when the text was cut behind a whole block. */
bool render_run(const struct form *form, struct render *r);

/* A chart drawn with characters, `columns` wide at most: lines with \n. */
void render_figure(struct str *out, const struct figure *f, int columns, bool ascii);
/* Percent-encodes what would end a link's place in Markdown. */
void render_link(struct str *out, const char *link);

#endif
