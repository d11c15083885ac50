/* The log: ring, file, and several threads at once (run it under TSan too). */
#include "base/log.h"
#include "base/str.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/base_log.XXXXXX";
static char path[64], old[80];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/log", folder);
	snprintf(old, sizeof old, "%s.old", path);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	log_close();
	unlink(path);
	unlink(old);
	return rmdir(folder);
}

static void ring_keeps_the_newest(void **state)
{
	struct log_entry e;
	uint64_t first = log_newest() + 1, last = first + LOG_RING + 99;

	(void)state;
	assert_false(log_get(0, &e));
	assert_false(log_get(first, &e));
	assert_false(log_get(UINT64_MAX, &e));
	for (uint64_t seq = first; seq <= last; seq++)
		log_add(LOG_INFO, "entry %llu", (unsigned long long)seq);
	assert_true(log_newest() == last);
	for (uint64_t seq = first; seq <= last + 1; seq++) {
		char want[40];
		bool kept = seq > last - LOG_RING && seq <= last;

		assert_int_equal(log_get(seq, &e), kept);
		if (!kept)
			continue;
		snprintf(want, sizeof want, "entry %llu", (unsigned long long)seq);
		assert_string_equal(e.text, want);
		assert_true(e.seq == seq && e.at > 0 && e.level == LOG_INFO);
	}
	assert_string_equal(log_level_name(LOG_DEBUG), "debug");
	assert_string_equal(log_level_name(LOG_ERROR), "error");
}

static void entries_are_clean(void **state)
{
	static const struct {
		const char *words, *text;
	} rows[] = {
		{"plain", "plain"},
		{"two\nlines", "two lines"},
		{"\033]52;c;AA==\a", "^[]52;c;AA==^G"},
		{"\xff\xe2\x80\xae", "<FF><U+202E>"},
		{"", ""},
	};
	char big[1000];
	struct log_entry e;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		log_add(LOG_WARN, "%s", rows[i].words);
		assert_true(log_get(log_newest(), &e));
		assert_string_equal(e.text, rows[i].text);
	}
	for (size_t i = 0; i + 2 < sizeof big; i += 2)
		memcpy(big + i, "é", 3);
	for (int shift = 0; shift < 3; shift++) {
		log_add(LOG_WARN, "%.*s%s", shift, "xx", big);
		assert_true(log_get(log_newest(), &e));
		assert_true(strlen(e.text) < LOG_TEXT && str_ends(e.text, "é…"));
	}
}

static void file_is_ours_alone(void **state)
{
	char text[400] = "";
	struct stat st;
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	assert_true(log_open(path));
	log_add(LOG_ERROR, "first %s", "\033[2J");
	assert_true(log_open(path));
	log_add(LOG_DEBUG, "second");
	log_close();
	log_add(LOG_DEBUG, "not in the file");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	fd = open(path, O_RDONLY);
	assert_true(read(fd, text, sizeof text - 1) > 0);
	close(fd);
	assert_non_null(strstr(text, "Z error first ^[[2J\n"));
	assert_non_null(strstr(text, "Z debug second\n"));
	assert_null(strstr(text, "not in"));
	unlink(path);
	/* Not through a link, not into a pipe, not into a folder. */
	assert_int_equal(symlink(old, path), 0);
	assert_false(log_open(path));
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	assert_false(log_open(path));
	alarm(0);
	unlink(path);
	assert_false(log_open(folder));
	log_add(LOG_INFO, "into nothing");
}

static void file_starts_anew(void **state)
{
	struct stat st;
	char words[200];

	(void)state;
	memset(words, 'w', sizeof words - 1);
	words[sizeof words - 1] = '\0';
	assert_true(log_open(path));
	for (int i = 0; i < 30000; i++)
		log_add(LOG_INFO, "%s", words);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size <= (4 << 20) + 400);
	assert_int_equal(stat(old, &st), 0);
	assert_true(st.st_size > 4 << 20 && st.st_size <= (4 << 20) + 400);
	log_close();
	unlink(path);
	unlink(old);
}

enum { THREADS = 4, EACH = 4000 };

static void *add_many(void *who)
{
	for (int i = 0; i < EACH; i++)
		log_add(LOG_INFO, "thread %d says %d", *(int *)who, i);
	return NULL;
}

static void threads_at_once(void **state)
{
	pthread_t threads[THREADS];
	int names[THREADS];
	uint64_t first = log_newest();
	struct log_entry e;

	(void)state;
	assert_true(log_open(path));
	for (int i = 0; i < THREADS; i++) {
		names[i] = i;
		assert_int_equal(
			pthread_create(&threads[i], NULL, add_many, &names[i]), 0);
	}
	/* Reading, and opening and closing the file, while they write. */
	for (int i = 0; i < 300; i++) {
		uint64_t seq = log_newest();

		if (seq > first && log_get(seq, &e))
			assert_true(str_starts(e.text, "thread ") && e.seq == seq);
		if (i % 10 == 5)
			log_close();
		if (i % 10 == 9)
			assert_true(log_open(path));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(log_newest() == first + THREADS * EACH);
	log_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_keeps_the_newest),
		cmocka_unit_test(entries_are_clean),
		cmocka_unit_test(file_is_ours_alone),
		cmocka_unit_test(file_starts_anew),
		cmocka_unit_test(threads_at_once),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
