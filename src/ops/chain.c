/* Appending to a chain. Hides the lock between processes, segments, checkpoints, and
 * what a crash left behind: a torn last line is set aside as evidence, and whatever is
 * not as it was left is told by a record of its own (audit.gap), never mended silently.
 *
 * Order of a write: lock, catch up with what other processes wrote, lines, fdatasync
 * (for a new segment the folder too), head, unlock. A failed write is taken back.
 * Runs in the audit's task, or on the thread of a one-shot command. */
#include "chain.h"

#include "base/alloc.h"
#include "base/canonical.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "trail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOCK_WAIT_MS = 5, GAP_WORD = 16, TORN_MAX = 4 };

#define NEW_CHAIN "new-chain"

struct chain {
	const struct audit_config *config;
	int folder; /* of the chain; it is what is locked */
	int segment, head;
	unsigned number;
	int64_t size; /* of the segment, as far as it was read */
	struct link link;
	struct signer *signer;
	int since;  /* records since the last checkpoint */
	bool wrote; /* by this process, since the last checkpoint */
	bool ready;
	bool headless; /* no good head was found */
	/* To be told by the next write. */
	char gap[GAP_WORD];
	uint64_t gap_from, gap_to;
	char gap_hash[SHA256_DIGITS + 1];
	bool torn; /* a file *.part lies there */
};

struct chain *chain_new(const struct audit_config *config)
{
	struct chain *chain = mem_new(1, sizeof *chain);

	chain->config = config;
	chain->folder = chain->segment = chain->head = -1;
	return chain;
}

static void shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The next write begins as a new process would. */
static void forget(struct chain *c)
{
	shut(&c->segment);
	shut(&c->head);
	shut(&c->folder);
	signer_free(c->signer);
	c->signer = NULL;
	c->ready = false;
}

void chain_free(struct chain *chain)
{
	if (!chain)
		return;
	forget(chain);
	mem_free(chain);
}

static bool failed(const struct chain *c, const char *what, struct err *err)
{
	char shown[160];
	int why = errno;

	text_line(untrusted_str(c->config->folder), shown, sizeof shown);
	return err_set(err, ERR_IO,
		"the audit in %s cannot be written (%s: %s): nothing is done without it",
		shown, what, strerror(why));
}

static int64_t clock_now(const struct chain *c)
{
	return c->config->now ? c->config->now() : time_now_ms();
}

/* --- opening: folder, lock, chain, key --- */

static bool check_folder(const struct chain *c, struct err *err)
{
	const char *path = c->config->folder, *network;
	char shown[160];
	struct stat st;

	text_line(untrusted_str(path), shown, sizeof shown);
	if (!file_make_folder(path, err))
		return err_prefix(err, "no audit, so nothing is done: ");
	network = file_network(
		c->config->fs_type ? c->config->fs_type(path) : file_system_type(path));
	if (network)
		return err_set(err, ERR_REFUSED,
			"the audit in %s is on a network file system (%s), where it "
			"could be lost: nothing is done. Set XDG_STATE_HOME to a local "
			"folder",
			shown, network);
	if (stat(path, &st))
		return failed(c, "stat", err);
	if (st.st_uid != geteuid() || (st.st_mode & 077))
		return err_set(err, ERR_REFUSED,
			"the audit in %s is open to others (mode %03o): nothing is done. "
			"chmod 700 %s",
			shown, (unsigned)(st.st_mode & 0777), shown);
	return true;
}

static bool take_lock(const struct chain *c, int fd, struct err *err)
{
	int64_t until = time_mono_ms() + CHAIN_LOCK_MS;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return failed(c, "lock", err);
		if (time_mono_ms() > until)
			return err_set(err, ERR_BUSY,
				"another oogway has held the audit for %d s: nothing is "
				"done. Is one stopped (Ctrl-Z)?",
				CHAIN_LOCK_MS / 1000);
		poll(NULL, 0, LOCK_WAIT_MS);
	}
	return true;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			errno = done ? errno : EIO;
			return false;
		}
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* A file is there as a whole or not at all. */
static bool put_file(int folder, const char *name, const char *text, size_t n)
{
	char part[64];
	int fd;
	bool ok;

	snprintf(part, sizeof part, "%s.new", name);
	fd = openat(folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		0600);
	if (fd < 0)
		return false;
	ok = write_all(fd, text, n) && !fsync(fd);
	close(fd);
	return ok && !renameat(folder, part, folder, name) && !fsync(folder);
}

static bool has_key(const struct chain *c, const char *id)
{
	char path[AUDIT_PATH + ID_TEXT + 8];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s/key", c->config->folder, id);
	return !stat(path, &st);
}

/* Under a name that is none until its key is in it: a chain without one is not there. */
static bool begin_chain(struct chain *c, int parent, char id[ID_TEXT], struct err *err)
{
	char seed[SIGN_KEY_DIGITS + 1];
	bool ok;
	int fd;

	id_new(clock_now(c), id);
	/* One that was killed here has left it behind. */
	if (mkdirat(parent, NEW_CHAIN, 0700) && errno != EEXIST)
		return failed(c, "mkdir", err);
	fd = openat(parent, NEW_CHAIN, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	signer_seed(seed);
	ok = fd >= 0 && put_file(fd, "key", seed, SIGN_KEY_DIGITS) &&
	     !renameat(parent, NEW_CHAIN, parent, id) && !fsync(parent);
	secret_wipe(seed, sizeof seed);
	if (!ok) {
		failed(c, "key", err);
		/* An empty folder would stay with each attempt. */
		if (fd >= 0)
			unlinkat(fd, "key.new", 0);
		unlinkat(parent, NEW_CHAIN, AT_REMOVEDIR);
	}
	shut(&fd);
	return ok;
}

/* The newest chain that has a key: one without cannot be continued. */
static bool find_chain(struct chain *c, char id[ID_TEXT], struct err *err)
{
	char ids[TRAIL_MAX_CHAINS][ID_TEXT];
	int parent = open(c->config->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n;
	bool ok;

	if (parent < 0)
		return failed(c, "open", err);
	ok = take_lock(c, parent, err);
	n = ok ? chains_list(c->config->folder, ids, TRAIL_MAX_CHAINS) : 0;
	while (n && !has_key(c, ids[n - 1]))
		n--;
	if (n)
		memcpy(id, ids[n - 1], ID_TEXT);
	else
		ok = ok && begin_chain(c, parent, id, err);
	close(parent);
	return ok;
}

static bool open_chain(struct chain *c, struct err *err)
{
	char path[AUDIT_PATH + ID_TEXT + 8];
	struct secret *seed;

	c->link = (struct link){.hash = RECORD_FIRST_PREV};
	c->number = 0;
	c->since = 0;
	if (!check_folder(c, err) || !find_chain(c, c->link.chain, err))
		return false;
	snprintf(path, sizeof path, "%s/%s/key", c->config->folder, c->link.chain);
	seed = secret_from_file(path, err);
	c->signer = seed ? signer_new(seed, err) : NULL;
	secret_free(seed);
	if (!c->signer)
		return err_prefix(err, "the audit's key: ");
	*strrchr(path, '/') = '\0';
	c->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (c->folder < 0)
		return failed(c, "open", err);
	return true;
}

static int open_segment(const struct chain *c, unsigned number, int flags)
{
	char name[32];

	segment_name(number, name);
	return openat(c->folder, name,
		O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | flags, 0600);
}

/* --- what was found, to be told --- */

static void found(struct chain *c, const char *what, uint64_t from, uint64_t to)
{
	if (*c->gap) /* what was found first is told */
		return;
	str_copy(c->gap, sizeof c->gap, what);
	c->gap_from = from;
	c->gap_to = to;
}

/* The bytes behind the last newline go to a file of their own; only then are they cut
 * off here. Its name ends with .part until a record tells of it. */
static bool set_aside(struct chain *c, int fd, int64_t at, int64_t end)
{
	char name[64], bytes[4096];
	ssize_t n = 0;
	int out;
	bool ok = true;

	snprintf(name, sizeof name, "%06u-%lld.part", c->number, (long long)at);
	out = openat(c->folder, name,
		O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (out < 0)
		return false;
	for (int64_t from = at; ok && from < end; from += n) {
		n = pread(fd, bytes, sizeof bytes, (off_t)from);
		ok = n > 0 && write_all(out, bytes, (size_t)n);
	}
	ok = ok && !fsync(out) && !fsync(c->folder);
	close(out);
	c->torn = true;
	return ok && !ftruncate(fd, (off_t)at) && !fdatasync(fd);
}

/* --- catching up --- */

/* A line in the right form counts, so that the chain goes on behind damage; that it is
 * damage is found and told. Once told, it is not told again. */
static void take_line(struct chain *c, struct untrusted line)
{
	struct record r;
	const char *why;

	if (!record_read(line, &r, &why)) {
		found(c, "damaged", c->link.seq + 1, c->link.seq + 1);
		return;
	}
	if (!c->link.seq && record_is(&r, "audit.segment")) {
		/* The first that is read: what stands before is taken as said. */
		record_hex(&r, "prev", SHA256_DIGITS, c->link.hash);
		c->link.seq = r.seq - 1;
	}
	if (r.seq != c->link.seq + 1 || !record_holds(&r, c->link.hash))
		found(c, "damaged", c->link.seq + 1, r.seq);
	if (record_is(&r, "audit.gap"))
		*c->gap = '\0';
	c->since = record_seals(&r) ? 0 : c->since + 1;
	c->link.seq = r.seq;
	memcpy(c->link.hash, r.hash, sizeof c->link.hash);
}

static bool read_segment(struct chain *c, int fd, struct err *err)
{
	struct untrusted line;
	struct lines lines;
	int64_t end = c->size, size;
	struct stat st;
	bool whole, ok;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return failed(c, "segment", err);
	}
	size = st.st_size;
	lines_init(&lines, fd, c->size);
	while (lines_next(&lines, &line, &whole)) {
		if (!whole && lines.over)
			break;
		take_line(c, line);
		end = lines.at;
	}
	ok = !lines.error;
	errno = lines.error;
	lines_release(&lines);
	if (!ok)
		return failed(c, "read", err);
	if (end < size && !set_aside(c, fd, end, size))
		return failed(c, "set aside", err);
	c->size = end;
	return true;
}

/* The newest segment with a line in it; what has none is set aside and removed. */
static bool read_newest(struct chain *c, struct err *err)
{
	char name[32];

	if (!segments_last(c->folder, &c->number))
		return failed(c, "read", err);
	for (; c->number; c->number--) {
		c->segment = open_segment(c, c->number, 0);
		if (c->segment < 0)
			return failed(c, "open", err);
		c->size = 0;
		if (!read_segment(c, c->segment, err))
			return false;
		if (c->size)
			return true;
		segment_name(c->number, name);
		shut(&c->segment);
		if (unlinkat(c->folder, name, 0))
			return failed(c, "remove", err);
	}
	return true;
}

/* Segments that another process began meanwhile. */
static bool read_later(struct chain *c, struct err *err)
{
	for (;;) {
		int next;

		if (c->segment >= 0 && !read_segment(c, c->segment, err))
			return false;
		next = open_segment(c, c->number + 1, 0);
		if (next < 0)
			return errno == ENOENT || failed(c, "open", err);
		shut(&c->segment);
		c->segment = next;
		c->number++;
		c->size = 0;
	}
}

/* Does the chain end where it was last signed? */
static void compare_head(struct chain *c)
{
	struct head head;
	bool good = head_load(c->folder, &head) &&
		    head_holds(&head, signer_public(c->signer)) &&
		    !strcmp(head.chain, c->link.chain);

	c->headless = !good;
	if (!good) {
		if (c->link.seq)
			found(c, "head", c->link.seq, c->link.seq);
		return;
	}
	memcpy(c->gap_hash, head.hash, sizeof c->gap_hash);
	if (head.seq > c->link.seq)
		found(c, "cut", c->link.seq + 1, head.seq);
	else if (head.seq == c->link.seq && strcmp(head.hash, c->link.hash))
		found(c, "rewritten", head.seq, head.seq);
}

static bool owes_torn(const struct chain *c)
{
	int fd = openat(c->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool owes = false;

	while (dir && (entry = readdir(dir)))
		owes |= str_ends(entry->d_name, ".part");
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return owes;
}

/* Shorter than it was, or gone: somebody else's hand. */
static bool shrank(const struct chain *c)
{
	struct stat st;

	return c->segment >= 0 &&
	       (fstat(c->segment, &st) || st.st_size < c->size || !st.st_nlink);
}

static bool catch_up(struct chain *c, struct err *err)
{
	uint64_t before = c->link.seq;

	if (c->ready && !shrank(c)) {
		if (!read_later(c, err))
			return false;
		if (c->link.seq != before)
			compare_head(c);
		return true;
	}
	shut(&c->segment);
	c->link.seq = 0;
	str_copy(c->link.hash, sizeof c->link.hash, RECORD_FIRST_PREV);
	c->since = 0;
	if (!read_newest(c, err))
		return false;
	c->torn |= owes_torn(c);
	compare_head(c);
	c->ready = true;
	return true;
}

/* --- writing --- */

struct batch {
	struct str text;
	struct link link;
	int since;
	bool sealed; /* ends with a checkpoint */
};

static bool add_own(struct chain *c, struct batch *b, const char *event,
	const struct audit_pair *pairs, size_t count, struct err *err)
{
	struct audit_record record = {
		.kind = AUDIT_NOTE, .event = event, .extra = pairs, .extra_count = count};
	struct draft draft;
	bool ok = draft_make(&draft, &record, true, clock_now(c), err);

	if (!ok)
		return false;
	ok = record_add(&b->text, &draft, &b->link, c->signer, err);
	draft_free(&draft);
	b->since++;
	b->sealed = false;
	return ok;
}

static struct audit_pair text_pair(const char *name, const char *text)
{
	return (struct audit_pair){.name = name, .value = untrusted_str(text)};
}

static struct audit_pair number_pair(const char *name, double number)
{
	return (struct audit_pair){.name = name, .number = number, .is_number = true};
}

static bool add_checkpoint(struct chain *c, struct batch *b, struct err *err)
{
	struct audit_pair pairs[] = {text_pair("key", signer_public(c->signer)),
		text_pair("prev", b->link.hash)};
	bool ok = add_own(c, b, "audit.checkpoint", pairs, 2, err);

	b->since = 0;
	b->sealed = true;
	return ok;
}

static bool add_segment(
	struct chain *c, struct batch *b, unsigned number, struct err *err)
{
	struct audit_pair pairs[] = {text_pair("chain", c->link.chain),
		number_pair("format", 1), text_pair("key", signer_public(c->signer)),
		number_pair("number", number), text_pair("prev", b->link.hash)};

	if (!add_own(c, b, "audit.segment", pairs, 5, err))
		return false;
	b->since = 0;
	return true;
}

static bool add_gap(struct chain *c, struct batch *b, struct err *err)
{
	struct audit_pair pairs[] = {text_pair("what", c->gap),
		number_pair("from", (double)c->gap_from),
		number_pair("to", (double)c->gap_to), text_pair("head", c->gap_hash)};

	return add_own(c, b, "audit.gap", pairs, *c->gap_hash ? 4 : 3, err);
}

/* One record for each file that was set aside; names are ours. */
static bool each_torn(
	struct chain *c, bool (*one)(struct chain *, void *, const char *), void *ctx)
{
	int fd = openat(c->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int left = TORN_MAX;
	bool ok = dir != NULL;

	while (ok && left && (entry = readdir(dir)))
		if (str_ends(entry->d_name, ".part")) {
			ok = one(c, ctx, entry->d_name);
			left--;
		}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	return ok;
}

/* NNNNNN-OFFSET.part becomes NNNNNN-OFFSET.torn. */
static void final_name(const char *part, char out[64])
{
	snprintf(out, 64, "%.*s.torn", (int)(strlen(part) - 5), part);
}

static bool add_torn(struct chain *c, void *ctx, const char *name)
{
	char text[RECORD_LINE_MAX * 2], hash[SHA256_DIGITS + 1], final[64];
	int fd = openat(c->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
	struct untrusted bytes = untrusted_make(text, n > 0 ? (size_t)n : 0);
	struct audit_pair pairs[4];
	struct err err;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return true;
	final_name(name, final);
	sha256_text(&bytes, 1, hash);
	pairs[0] = text_pair("what", "torn");
	pairs[1] = text_pair("file", final);
	pairs[2] = number_pair("bytes", (double)n);
	pairs[3] = text_pair("sha256", hash);
	return add_own(c, ctx, "audit.gap", pairs, 4, &err);
}

static bool name_torn(struct chain *c, void *ctx, const char *name)
{
	char final[64];

	(void)ctx;
	final_name(name, final);
	return !renameat(c->folder, name, c->folder, final);
}

static bool compose(struct chain *c, struct batch *b, const struct draft *drafts,
	size_t count, uint64_t *seqs, unsigned number, struct err *err)
{
	if (number != c->number && !add_segment(c, b, number, err))
		return false;
	if (c->torn && !each_torn(c, add_torn, b))
		return err_set(err, ERR_IO,
			"the audit cannot tell of an unfinished line: nothing is done");
	if (*c->gap && !add_gap(c, b, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!record_add(&b->text, &drafts[i], &b->link, c->signer, err))
			return false;
		seqs[i] = b->link.seq;
		b->sealed = false;
		if (++b->since >= CHECKPOINT_EVERY - TORN_MAX - 4 &&
			!add_checkpoint(c, b, err))
			return false;
	}
	return count || add_checkpoint(c, b, err);
}

/* It may be behind by one write after a crash, never before it. */
static void put_head(struct chain *c, const struct link *link)
{
	char line[TRAIL_HEAD_BYTES];
	struct head head;
	struct str text;
	ssize_t done = -1;

	if (c->head < 0)
		c->head = openat(c->folder, "head",
			O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	head_make(&head, link, c->signer);
	str_init(&text, sizeof line);
	head_add(&text, &head);
	memset(line, ' ', sizeof line);
	memcpy(line, text.p, text.n);
	line[sizeof line - 1] = '\n';
	if (c->head >= 0)
		done = pwrite(c->head, line, sizeof line, 0);
	if (done != (ssize_t)sizeof line)
		log_add(LOG_WARN, "audit: the head cannot be written: %s",
			strerror(errno));
	str_release(&text);
}

static bool write_batch(struct chain *c, const struct batch *b, unsigned number)
{
	bool fresh = number != c->number, ok;
	int fd = fresh ? open_segment(c, number, O_CREAT | O_EXCL) : c->segment;
	char name[32];

	if (fd < 0)
		return false;
	ok = write_all(fd, b->text.p, b->text.n) && !fdatasync(fd) &&
	     (!fresh || !fsync(c->folder));
	if (!ok) {
		int why = errno;

		/* What stands there is no record anybody acted upon. */
		segment_name(number, name);
		if (fresh)
			unlinkat(c->folder, name, 0);
		else if (!ftruncate(fd, (off_t)c->size))
			fdatasync(fd);
		if (fresh)
			close(fd);
		errno = why;
		return false;
	}
	if (fresh) {
		shut(&c->segment);
		c->segment = fd;
		c->number = number;
		c->size = 0;
	}
	c->size += (int64_t)b->text.n;
	put_head(c, &b->link);
	return true;
}

static bool append_locked(struct chain *c, const struct draft *drafts, size_t count,
	uint64_t *seqs, struct err *err)
{
	int64_t limit = c->config->segment_bytes ? (int64_t)c->config->segment_bytes
						 : CHAIN_SEGMENT_BYTES;
	struct batch b = {.link = c->link, .since = c->since};
	unsigned number = c->segment < 0 || c->size >= limit ? c->number + 1 : c->number;
	bool ok;

	if (number > TRAIL_MAX_SEGMENTS)
		return err_set(err, ERR_LIMIT,
			"the audit has %d files: begin a new chain by moving it aside",
			TRAIL_MAX_SEGMENTS);
	str_init(&b.text, (size_t)RECORD_LINE_MAX * (CHAIN_MAX_LINES + 16));
	/* There is a head before the first record: one that is missing was removed. */
	if (c->headless && !c->link.seq)
		put_head(c, &c->link);
	ok = compose(c, &b, drafts, count, seqs, number, err);
	if (ok && !write_batch(c, &b, number))
		ok = failed(c, "write", err);
	if (ok) {
		c->link = b.link;
		c->since = b.since;
		c->wrote = !b.sealed;
		c->headless = false;
		*c->gap = *c->gap_hash = '\0';
		if (c->torn)
			c->torn = !each_torn(c, name_torn, NULL) || owes_torn(c);
	}
	str_release(&b.text);
	return ok;
}

bool chain_append(struct chain *c, const struct draft *drafts, size_t count,
	uint64_t *seqs, struct err *err)
{
	bool ok = c->ready || open_chain(c, err);

	if (ok && take_lock(c, c->folder, err)) {
		ok = catch_up(c, err) && append_locked(c, drafts, count, seqs, err);
		flock(c->folder, LOCK_UN);
	} else {
		ok = false;
	}
	if (!ok)
		forget(c);
	return ok;
}

bool chain_seal(struct chain *c, struct err *err)
{
	return !c->wrote || chain_append(c, NULL, 0, NULL, err);
}
