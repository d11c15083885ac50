/* The files of a chain, read: which there are, and their lines. Any thread. */
#ifndef OPS_TRAIL_H
#define OPS_TRAIL_H

#include "ops/audit.h"
#include "record.h"

enum { TRAIL_MAX_SEGMENTS = 999999, TRAIL_MAX_CHAINS = 64, TRAIL_HEAD_BYTES = 512 };

/* FOLDER/CHAIN/000001.jsonl */
void segment_name(unsigned number, char out[32]);
/* Highest number of a segment, 0 without one; false when it cannot be read. */
bool segments_last(int chain, unsigned *last);

/* Chains in that folder, oldest first; at most TRAIL_MAX_CHAINS. */
size_t chains_list(const char *folder, char out[][ID_TEXT], size_t max);

/* Lines of a descriptor, from where it stands. */
struct lines {
	int fd;
	char *buffer;
	size_t from, n; /* not given yet */
	int64_t at;     /* offset of the next line in the file */
	bool over;      /* the file has ended */
	int error;      /* errno of a read that failed */
};

void lines_init(struct lines *lines, int fd, int64_t at);
void lines_release(struct lines *lines);
/* The next line without its newline; valid until the next call. *whole: it had one. A
 * line longer than RECORD_LINE_MAX comes in pieces that are not whole. */
bool lines_next(struct lines *lines, struct untrusted *line, bool *whole);

/* The head: the newest record's number and hash, signed. It is written in place with
 * each write, so that what was cut off behind it or written anew is seen. */
struct head {
	char chain[ID_TEXT];
	uint64_t seq;
	char hash[SHA256_DIGITS + 1], signature[SIGNATURE_DIGITS + 1];
};

void head_make(struct head *head, const struct link *link, const struct signer *signer);
/* One line of canonical JSON. */
void head_add(struct str *out, const struct head *head);
bool head_read(struct untrusted line, struct head *out);
bool head_holds(const struct head *head, const char *public_key);
/* From the file `head` of the chain. */
bool head_load(int chain, struct head *out);

#endif
