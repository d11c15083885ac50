/* Secrets: which files are taken, how they are trimmed, and that bytes end up so. */
#include "base/secret.h"
#include "base/str.h"

#include <fcntl.h>
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

static char folder[] = "/tmp/base_secret.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int drop_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void put(const void *bytes, size_t n, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), (ssize_t)n);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void modes(void **state)
{
	static const struct {
		mode_t mode;
		bool ok;
	} rows[] = {
		{0600, true},
		{0400, true},
		{0700, true},
		{0640, false},
		{0604, false},
		{0644, false},
		{0620, false},
		{0601, false},
		{0666, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = {0};
		struct secret *secret;
		char want[16];

		put("token\n", 6, rows[i].mode);
		secret = secret_from_file(path, &err);
		assert_int_equal(secret != NULL, rows[i].ok);
		if (secret) {
			assert_string_equal(secret_open(secret), "token");
		} else {
			snprintf(
				want, sizeof want, "(mode %03o)", (unsigned)rows[i].mode);
			assert_non_null(strstr(err.text, want));
			assert_non_null(strstr(err.text, "chmod 600"));
			assert_int_equal(err.kind, ERR_AUTH);
		}
		secret_free(secret);
	}
	secret_free(NULL);
}

static void contents(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *want, *why; /* one of them */
	} rows[] = {
		{"abc", 3, "abc", NULL},
		{"abc\n", 4, "abc", NULL},
		{"abc\r\n\n", 6, "abc", NULL},
		{" a b ", 5, " a b ", NULL},
		{"a\nb\n", 4, "a\nb", NULL},
		{"", 0, NULL, "is empty"},
		{"\n", 1, NULL, "is empty"},
		{"\r\n\r\n", 4, NULL, "is empty"},
		{"a\0b", 3, NULL, "holds a NUL byte"},
	};
	static char big[SECRET_MAX_BYTES + 1];
	struct err err;
	struct secret *secret;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		put(rows[i].bytes, rows[i].n, 0600);
		err.text[0] = '\0';
		secret = secret_from_file(path, &err);
		if (rows[i].want)
			assert_string_equal(secret_open(secret), rows[i].want);
		else
			assert_true(!secret && strstr(err.text, rows[i].why));
		secret_free(secret);
	}
	memset(big, 'x', sizeof big);
	put(big, SECRET_MAX_BYTES, 0600);
	secret = secret_from_file(path, &err);
	assert_non_null(secret);
	assert_int_equal(strlen(secret_open(secret)), SECRET_MAX_BYTES);
	secret_free(secret);
	put(big, SECRET_MAX_BYTES + 1, 0600);
	assert_null(secret_from_file(path, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

static void what_is_no_file(void **state)
{
	struct err err;

	(void)state;
	assert_null(secret_from_file(folder, &err));
	assert_non_null(strstr(err.text, "not a plain file"));
	unlink(path);
	assert_null(secret_from_file(path, &err));
	assert_non_null(strstr(err.text, "cannot open"));
	/* A pipe that nobody writes to must not hold us up. */
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10);
	assert_null(secret_from_file(path, &err));
	alarm(0);
	assert_non_null(strstr(err.text, "not a plain file"));
	unlink(path);
	assert_null(secret_from_file("/dev/null", &err));
}

static void environment(void **state)
{
	static char big[SECRET_MAX_BYTES + 2];
	struct err err;
	struct secret *secret;

	(void)state;
	setenv("BASE_SECRET_TEST", "value\n", 1);
	secret = secret_from_env("BASE_SECRET_TEST", &err);
	assert_string_equal(secret_open(secret), "value");
	secret_free(secret);
	setenv("BASE_SECRET_TEST", "\n", 1);
	assert_null(secret_from_env("BASE_SECRET_TEST", &err));
	setenv("BASE_SECRET_TEST", "", 1);
	assert_null(secret_from_env("BASE_SECRET_TEST", &err));
	unsetenv("BASE_SECRET_TEST");
	assert_null(secret_from_env("BASE_SECRET_TEST", &err));
	assert_non_null(strstr(err.text, "BASE_SECRET_TEST is not set"));
	memset(big, 'x', SECRET_MAX_BYTES + 1);
	setenv("BASE_SECRET_TEST", big, 1);
	assert_null(secret_from_env("BASE_SECRET_TEST", &err));
	unsetenv("BASE_SECRET_TEST");
}

/* Every length: guarded memory is handed out at the end of a page. */
static void every_length(void **state)
{
	char bytes[64];

	(void)state;
	memset(bytes, 'k', sizeof bytes);
	for (size_t n = 0; n < sizeof bytes; n++) {
		struct secret *secret = secret_new(bytes, n);

		assert_int_equal(strlen(secret_open(secret)), n);
		assert_memory_equal(secret_open(secret), bytes, n);
		secret_free(secret);
	}
	secret_wipe(bytes, sizeof bytes);
	for (size_t i = 0; i < sizeof bytes; i++)
		assert_int_equal(bytes[i], 0);
}

/* RFC 4231, test cases 2 and 6. */
static void signs(void **state)
{
	static const char data[] = "what do ya want for nothing?";
	static const char large[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	char hex[SIGNATURE_TEXT], key[131];
	struct secret *secret = secret_new("Jefe", 4);

	(void)state;
	assert_string_equal(secret_sign(secret, data, sizeof data - 1, hex),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	secret_free(secret);
	memset(key, 0xaa, sizeof key);
	secret = secret_new(key, sizeof key);
	assert_string_equal(secret_sign(secret, large, sizeof large - 1, hex),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	secret_free(secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes),
		cmocka_unit_test(contents),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(environment),
		cmocka_unit_test(every_length),
		cmocka_unit_test(signs),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
