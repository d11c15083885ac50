/* How fast the audit is: appends of which each waits for the disk by itself, beside what
 * the disk can do at all (the same bytes, written and synced), and verification of a long
 * chain. Prints, never judges. BENCH_AUDIT_DIR is where: the disk that is meant. */
#include "base/alloc.h"
#include "base/time.h"
#include "ops/audit.h"
#include "ops/chain.h"
#include "ops/redact.h"
#include "ops/verify.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECONDS = 3, RECORDS = 300000 };

static char folder[300];
static const struct untrusted args[] = {{(const unsigned char *)"systemctl", 9},
	{(const unsigned char *)"restart", 7},
	{(const unsigned char *)"payments-api", 12}};

static struct audit_record example(enum audit_kind kind)
{
	return (struct audit_record){.kind = kind,
		.class = AUDIT_CHANGE,
		.event = "run.local",
		.origin = "key x",
		.profile = "prod",
		.source = "pagerduty",
		.id = untrusted_str("Q1X9ABCDEFGHIJ"),
		.target = untrusted_str("web-1 (this machine)"),
		.args = args,
		.arg_count = 3,
		.decision = "allowed: run.allow lets shell pass",
		.approval = untrusted_str("asked and confirmed")};
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* The same bytes, and nothing else: the limit of this disk. */
static double raw_per_s(void)
{
	static const char line[700] = {0};
	char path[400];
	int64_t until = time_mono_us() + SECONDS * 1000000LL, began = time_mono_us();
	size_t n = 0;
	int fd;

	snprintf(path, sizeof path, "%s/raw", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	while (fd >= 0 && time_mono_us() < until) {
		if (write(fd, line, sizeof line) != (ssize_t)sizeof line || fdatasync(fd))
			break;
		n++;
	}
	close(fd);
	return (double)n * 1e6 / (double)(time_mono_us() - began);
}

static double appends_per_s(const struct audit_config *config, struct err *err)
{
	const struct audit_record record = example(AUDIT_INTENT);
	struct audit *audit = audit_open(NULL, config, err);
	int64_t began = time_mono_us(), until = began + SECONDS * 1000000LL;
	size_t n = 0;
	double took;

	while (audit && time_mono_us() < until &&
		audit_write_here(audit, &record, NULL, err))
		n++;
	took = (double)(time_mono_us() - began);
	audit_close(audit);
	return (double)n * 1e6 / took;
}

static bool fill(const struct audit_config *config, struct err *err)
{
	struct chain *chain = chain_new(config);
	const struct audit_record record = example(AUDIT_NOTE);
	struct draft drafts[CHAIN_MAX_LINES];
	uint64_t seqs[CHAIN_MAX_LINES];
	bool ok = true;

	for (size_t i = 0; ok && i < RECORDS; i += CHAIN_MAX_LINES) {
		for (size_t k = 0; k < CHAIN_MAX_LINES; k++)
			draft_make(&drafts[k], &record, false, time_now_ms(), err);
		ok = chain_append(chain, drafts, CHAIN_MAX_LINES, seqs, err);
		for (size_t k = 0; k < CHAIN_MAX_LINES; k++)
			draft_free(&drafts[k]);
	}
	ok = ok && chain_seal(chain, err);
	chain_free(chain);
	return ok;
}

static double verified_per_s(const char *where, struct err *err)
{
	char chains[VERIFY_MAX_CHAINS][ID_TEXT];
	size_t n = verify_chains(where, chains, VERIFY_MAX_CHAINS);
	double best = 0;

	for (int run = 0; n && run < 3; run++) {
		int64_t began = time_mono_us();
		struct verdict v;

		if (!verify_chain(where, chains[0], &v, err))
			return 0;
		if (v.bad) {
			err_set(err, ERR_INPUT, "record %llu %s",
				(unsigned long long)v.bad, v.why);
			return 0;
		}
		began = time_mono_us() - began;
		if ((double)v.count * 1e6 / (double)began > best)
			best = (double)v.count * 1e6 / (double)began;
	}
	return best;
}

/* Of what steps print, with a value that is known. */
static double redacted_mib_per_s(void)
{
	static const char line[] = "2026-11-30T19:18:27.713Z web-1 app[19]: GET /cart/42 "
				   "took 250 ms, status 503, pool at 91 %\n";
	struct secret *secret = secret_new("correct horse battery", 21);
	struct redactor *r = redactor_new();
	char *text = mem_new(1, 1 << 20);
	int64_t began;
	size_t n = 0;
	struct str out;

	redact_know(secret);
	secret_free(secret);
	while (n + sizeof line < 1 << 20) {
		memcpy(text + n, line, sizeof line - 1);
		n += sizeof line - 1;
	}
	str_init(&out, SIZE_MAX / 2);
	began = time_mono_us();
	for (int i = 0; i < 64; i++) {
		str_reset(&out);
		redactor_add(r, untrusted_make(text, n), &out);
	}
	began = time_mono_us() - began;
	redactor_free(r);
	str_release(&out);
	mem_free(text);
	return 64.0 * (double)n / 1048576 * 1e6 / (double)began;
}

int main(void)
{
	const char *dir = getenv("BENCH_AUDIT_DIR");
	char one[320], other[320];
	struct audit_config config = {.folder = one};
	struct err err = {0};

	snprintf(folder, sizeof folder, "%s/bench-audit-XXXXXX", dir ? dir : "/var/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		return 2;
	}
	snprintf(one, sizeof one, "%s/one", folder);
	snprintf(other, sizeof other, "%s/other", folder);
	printf("audit in %s\n", folder);
	printf("  write and fdatasync of 700 bytes   %10.0f /s, this disk\n",
		raw_per_s());
	printf("  appends, each synced by itself     %10.0f /s, target 2,000 or the "
	       "disk\n",
		appends_per_s(&config, &err));
	config.folder = other;
	if (!err.kind && fill(&config, &err))
		printf("  verify                             %10.0f records/s of %d, "
		       "target "
		       "200,000\n",
			verified_per_s(other, &err), RECORDS);
	printf("  redaction of what steps print      %10.0f MiB/s\n",
		redacted_mib_per_s());
	if (err.kind)
		fprintf(stderr, "bench-audit: %s\n", err.text);
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return err.kind ? 1 : 0;
}
