/* Packets of SFTP version 3 (draft-ietf-secsh-filexfer-02), made and taken apart. What
 * comes from the server is foreign: every length is held against what is there. Pure. */
#ifndef OPS_SFTP_H
#define OPS_SFTP_H

#include "base/str.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SFTP_PACKET_MOST = 256 << 10,
	SFTP_PART = 32 << 10, /* of a file in one packet, which all servers take */
	SFTP_HANDLE_MOST = 256,
};

enum sftp_type {
	SFTP_INIT = 1,
	SFTP_VERSION = 2,
	SFTP_OPEN = 3,
	SFTP_CLOSE = 4,
	SFTP_READ = 5,
	SFTP_WRITE = 6,
	SFTP_FSTAT = 8,
	SFTP_FSETSTAT = 10,
	SFTP_REMOVE = 13,
	SFTP_RENAME = 18,
	SFTP_STATUS = 101,
	SFTP_HANDLE = 102,
	SFTP_DATA = 103,
	SFTP_ATTRS = 105,
	SFTP_EXTENDED = 200,
};

enum { SFTP_OK = 0, SFTP_EOF = 1, SFTP_NO_FILE = 2, SFTP_DENIED = 3, SFTP_NO_SUCH = 8 };
enum { SFTP_TO_READ = 1, SFTP_TO_WRITE = 2, SFTP_TO_CREATE = 8, SFTP_NEW_ONLY = 32 };

/* One packet from the server. The texts are slices of what was given. */
struct sftp_packet {
	int type;
	uint32_t id; /* of VERSION: the version */
	uint32_t status;
	struct untrusted text; /* of STATUS its words; HANDLE and DATA as they are */
	uint32_t mode;         /* of ATTRS, when it says so */
	uint64_t size;
	bool has_mode, has_size;
};

enum sftp_verdict { SFTP_WHOLE, SFTP_MORE, SFTP_BROKEN };

/* The first packet of the bytes; *used: how many it takes. */
enum sftp_verdict sftp_take(
	struct untrusted bytes, struct sftp_packet *out, size_t *used);

void sftp_put_init(struct str *out);
void sftp_put_open(
	struct str *out, uint32_t id, const char *path, uint32_t how, uint32_t mode);
/* CLOSE and FSTAT. */
void sftp_put_handle(struct str *out, int type, uint32_t id, struct untrusted handle);
void sftp_put_read(struct str *out, uint32_t id, struct untrusted handle, uint64_t offset,
	uint32_t n);
void sftp_put_write(struct str *out, uint32_t id, struct untrusted handle,
	uint64_t offset, struct untrusted bytes);
void sftp_put_mode(struct str *out, uint32_t id, struct untrusted handle, uint32_t mode);
void sftp_put_remove(struct str *out, uint32_t id, const char *path);
/* posix: over what is there (an extension of OpenSSH's), else only where nothing is. */
void sftp_put_rename(
	struct str *out, uint32_t id, const char *from, const char *to, bool posix);

#endif
