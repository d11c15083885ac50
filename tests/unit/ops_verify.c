/* Verification: a small chain, and every way to lay a hand on it, at every byte. */
#include "ops_place.h"

enum { LINES = 9, MOST = 400 };

static char *whole; /* the only segment, as written */
static size_t size, starts[MOST], count;

static int set_up(void **state)
{
	struct audit *audit;
	uint64_t seq;

	make_folder(state);
	audit = open_here(0);
	for (int i = 0; i < 3; i++) {
		seq = write_one(audit, AUDIT_INTENT, 0);
		write_one(audit, AUDIT_OUTCOME, seq);
	}
	write_one(audit, AUDIT_INTENT, 0);
	audit_close(audit);
	whole = load("000001.jsonl", &size);
	count = find_lines(whole, size, starts);
	assert_int_equal(count, LINES);
	return 0;
}

static int tear_down(void **state)
{
	mem_free(whole);
	return remove_folder(state);
}

static void clean(void **state)
{
	struct verdict v = judge();

	(void)state;
	if (v.bad)
		fail_msg("record %llu %s", (unsigned long long)v.bad, v.why);
	assert_int_equal(v.count, LINES);
	assert_int_equal(v.open_intents, 1);
	assert_int_equal(v.note_count, 0);
}

static void expect_bad(uint64_t seq, const char *what, size_t where)
{
	struct verdict v = judge();

	if (v.bad != seq)
		fail_msg("%s at %zu: record %llu is said to be bad (%s), not %llu", what,
			where, (unsigned long long)v.bad, v.why, (unsigned long long)seq);
}

static size_t line_of(size_t byte)
{
	size_t i = 0;

	while (starts[i + 1] <= byte)
		i++;
	return i;
}

static void flipped_bits(void **state)
{
	char *text = mem_dup(whole, size);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		text[i] = (char)(whole[i] ^ (1 << (i % 8)));
		store("000001.jsonl", text, size);
		expect_bad(line_of(i) + 1, "a flipped bit", i);
		text[i] = whole[i];
	}
	mem_free(text);
}

static void cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < size; i++) {
		store("000001.jsonl", whole, i);
		expect_bad(line_of(i) + 1, "a cut", i);
	}
}

/* Lines in another order: numbers of them, ended with 0. */
static void arrange(const int *order, uint64_t bad, const char *what)
{
	struct str out;

	str_init(&out, 1 << 20);
	for (; *order; order++)
		str_add(&out, whole + starts[*order - 1],
			starts[*order] - starts[*order - 1]);
	store("000001.jsonl", out.p ? out.p : "", out.n);
	str_release(&out);
	expect_bad(bad, what, (size_t)bad);
}

static void lines_moved(void **state)
{
	int order[LINES + 2];

	(void)state;
	for (int k = 1; k <= LINES; k++) {
		int n = 0;

		for (int i = 1; i <= LINES; i++)
			if (i != k)
				order[n++] = i;
		order[n] = 0;
		arrange(order, (uint64_t)k, "a deletion");
		for (int from = 1; from <= LINES; from++) {
			/* Duplicate of k behind line `from`. */
			n = 0;
			for (int i = 1; i <= LINES; i++) {
				order[n++] = i;
				if (i == from)
					order[n++] = k;
			}
			order[n] = 0;
			if (k != from + 1)
				arrange(order, (uint64_t)from + 1, "an insertion");
		}
		for (int i = 1; i <= LINES; i++)
			order[i - 1] = i == k ? k + 1 : i == k + 1 ? k : i;
		order[LINES] = 0;
		if (k < LINES)
			arrange(order, (uint64_t)k, "a swap");
	}
}

/* A tail written anew whose chain of hashes is right. */
static void rewritten_without_key(void **state)
{
	char seed_text[SIGN_KEY_DIGITS + 1];
	struct secret *seed;
	struct signer *other;

	(void)state;
	signer_seed(seed_text);
	seed = secret_new(seed_text, SIGN_KEY_DIGITS);
	other = signer_new(seed, &err);
	secret_free(seed);
	for (uint64_t k = 2; k < LINES; k++) {
		struct link end;
		struct str out;

		str_init(&out, 1 << 20);
		rewrite(&out, whole, size, k, NULL, &end);
		store("000001.jsonl", out.p, out.n);
		expect_bad(k, "a rewritten tail", (size_t)k);
		str_reset(&out);
		rewrite(&out, whole, size, k, other, &end);
		store("000001.jsonl", out.p, out.n);
		sign_head(&end, other);
		expect_bad(k, "a tail signed with another key", (size_t)k);
		str_release(&out);
	}
	signer_free(other);
}

/* What only a copy elsewhere can show. */
static void rewritten_with_key(void **state)
{
	struct signer *key = chain_key();
	char path[600];
	struct against against;

	(void)state;
	store("copy", whole, size);
	file_path("copy", path);
	assert_true(verify_against(folder, path, &against, &err));
	assert_int_equal(against.bad, 0);
	assert_int_equal(against.compared, LINES);
	for (uint64_t k = 2; k < LINES; k++) {
		struct link end;
		struct str out;

		str_init(&out, 1 << 20);
		rewrite(&out, whole, size, k, key, &end);
		store("000001.jsonl", out.p, out.n);
		sign_head(&end, key);
		expect_bad(0, "a history rewritten with the key", (size_t)k);
		assert_true(verify_against(folder, path, &against, &err));
		assert_int_equal(against.bad, k);
		str_release(&out);
	}
	signer_free(key);
}

static void cut_with_key(void **state)
{
	struct signer *key = chain_key();
	char path[600], *head;
	struct against against;
	size_t n;

	(void)state;
	head = load("head", &n);
	store("copy", head, n); /* one line of head is enough */
	mem_free(head);
	file_path("copy", path);
	for (uint64_t k = 1; k < LINES; k++) {
		struct link end = {.seq = k};

		only_chain(end.chain);
		memcpy(end.hash, whole + starts[k] - 1 - 2 - SHA256_DIGITS,
			SHA256_DIGITS);
		store("000001.jsonl", whole, starts[k]);
		sign_head(&end, key);
		expect_bad(0, "a cut that was signed", (size_t)k);
		assert_true(verify_against(folder, path, &against, &err));
		assert_int_equal(against.bad, LINES);
	}
	signer_free(key);
}

static void bad_copies(void **state)
{
	char path[600];
	struct against against;

	(void)state;
	file_path("copy", path);
	assert_false(verify_against(folder, path, &against, &err));
	store("copy", "", 0);
	assert_false(verify_against(folder, path, &against, &err));
	assert_non_null(strstr(err.text, "holds no record"));
	store("copy", "{\"a\":1}\n", 8);
	assert_false(verify_against(folder, path, &against, &err));
	assert_non_null(strstr(err.text, "line 1"));
}

static void head_gone(void **state)
{
	char path[600];

	(void)state;
	file_path("head", path);
	assert_int_equal(unlink(path), 0);
	expect_bad(LINES, "a head that is gone", 0);
	store("head", "{}", 2);
	expect_bad(LINES, "a head that is none", 0);
}

static void key_gone(void **state)
{
	char path[600];
	struct verdict v;

	(void)state;
	file_path("key", path);
	assert_int_equal(unlink(path), 0);
	v = judge();
	assert_int_equal(v.bad, 0);
	assert_int_equal(v.note_count, 1);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		EACH(clean),
		EACH(flipped_bits),
		EACH(cut_anywhere),
		EACH(lines_moved),
		EACH(rewritten_without_key),
		EACH(rewritten_with_key),
		EACH(cut_with_key),
		EACH(bad_copies),
		EACH(head_gone),
		EACH(key_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
