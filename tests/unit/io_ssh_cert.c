/* Host certificates: whose they are and when they count, and that no changed byte passes;
 * and how a server is asked for one. Those here were made by ssh-keygen, for
 * web1.example and *.db.example, from 2026 to the end of that year. */
#include "base/str.h"
#include "io/ssh_cert.h"
#include "io/ssh_scan.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char host_key[] =
	"AAAAC3NzaC1lZDI1NTE5AAAAIKcNc70h2mmT4Sa66T97gWAvT5+8JsX4wG1skTj0yEEK";

static const char *const authorities[] = {
	"AAAAC3NzaC1lZDI1NTE5AAAAIMd2VYM4R231FNGROHuKG1hz15PAENU3NqUcl7ZC0UUN",
	"AAAAB3NzaC1yc2EAAAADAQABAAABAQC0zvvWEX3nZbpcqA16fZT69TLTkY0qw98ysICdZiYO9AJP"
	"E42Otd/y3p+S0ssqnqgVF1nmH3ae1XaGMuw2pxc3gm4WVL3MXF5lePEq102cZm+KTdgJ82NJMTJf"
	"7TQgap6IvvVF9TpiOQyy1wtiiToFe+B/7AgU90rTU9xfKh2tnv9EqOMuI/7Mi43f7ztOeVPzj/kI"
	"88dlfqulrfKme9pAAuzfccwAWohRBDxw1WDWQhWdiXOXXy8sdLySicY3W060YNdoBHp0T7jBZrQ3"
	"nrqN5jCJGD9hPfb9HE6XGzpSD50GLr3o9vcXOXxJ2z6mg/pU4qT3nHE8HrvhOeCsweqx",
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFaCgAXKWoNwwPrpbzQqMrY2"
	"szadNPVAz2ydA9N999CDx5qclkFOdBxdPmmHKxiRfDpAs24WJV1iw3/dKlML6kA=",
};

static const char *const certificates[] = {
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAINkij7RmcADgTr27NQh6ZpxF"
	"VuCCPqhBCccbuqSFwsvAAAAAIKcNc70h2mmT4Sa66T97gWAvT5+8JsX4wG1skTj0yEEKAAAAAAAA"
	"AAAAAAACAAAABHdlYjEAAAAgAAAADHdlYjEuZXhhbXBsZQAAAAwqLmRiLmV4YW1wbGUAAAAAaVW5"
	"AAAAAABrNuyAAAAAAAAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACDHdlWDOEdt9RTRkTh7"
	"ihtYc9eTwBDVNzalHJe2QtFFDQAAAFMAAAALc3NoLWVkMjU1MTkAAABAj5wCMmzWFMZlFTFqqe7h"
	"aGiqgcJzzJMFPUvEKlcXcJkMbfFwx+q2LcMERGL/yqnPS2Npcsn0bEr/Zcz8Lf+MAw==",
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIKo0e3iegX8dJgBjOzsA1MsQ"
	"hAYadbU5bsb2fCib3BUqAAAAIKcNc70h2mmT4Sa66T97gWAvT5+8JsX4wG1skTj0yEEKAAAAAAAA"
	"AAAAAAACAAAABHdlYjEAAAAgAAAADHdlYjEuZXhhbXBsZQAAAAwqLmRiLmV4YW1wbGUAAAAAaVW5"
	"AAAAAABrNuyAAAAAAAAAAAAAAAAAAAABFwAAAAdzc2gtcnNhAAAAAwEAAQAAAQEAtM771hF952W6"
	"XKgNen2U+vUy05GNKsPfMrCAnWYmDvQCTxONjrXf8t6fktLLKp6oFRdZ5h92ntV2hjLsNqcXN4Ju"
	"FlS9zFxeZXjxKtdNnGZvik3YCfNjSTEyX+00IGqeiL71RfU6YjkMstcLYok6BXvgf+wIFPdK01Pc"
	"XyodrZ7/RKjjLiP+zIuN3+87TnlT84/5CPPHZX6rpa3ypnvaQALs33HMAFqIUQQ8cNVg1kIVnYlz"
	"l18vLHS8konGN1tOtGDXaAR6dE+4wWa0N566jeYwiRg/YT32/RxOlxs6Ug+dBi696Pb3Fzl8Sds+"
	"poP6VOKk95xxPB674TngrMHqsQAAARQAAAAMcnNhLXNoYTItNTEyAAABAFOE0mnDmCvtCojWTU1F"
	"o0Dy+zZqEETK+dcHbhXmoUijtPvcTjHm6Buyee6cDwmCiJoo2NmgeUsBe+VH5l1fnWe3YmRbKQfe"
	"f276xLYmrqmWPiwvlzXOQL1YpO8kCTV3PRkbVOudTgS8j4Cj/+QDNJsIKQY0tCdyUXiO0gWDKyAG"
	"VnZSA6jovUYnzrrJWBxBpDYgoaD1DFQnBWqlHpVL4y47jEpyTmTTXUvZNZgfDkgXDvFwUR7tIQ/s"
	"APHUy6xYmKhXMN2rm6L2CS8A9zfSdQ2RTuQZO4TzVqwBQB/EBT/udVdUa0+mfSWcBRJ5lBOQ3hfH"
	"96lgkMqWhSjiYpg1svo=",
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAIAK/neFAF7Y453xtMmMEPeyR"
	"ucTKUD1CksP1Ef1R1sDLAAAAIKcNc70h2mmT4Sa66T97gWAvT5+8JsX4wG1skTj0yEEKAAAAAAAA"
	"AAAAAAACAAAABHdlYjEAAAAgAAAADHdlYjEuZXhhbXBsZQAAAAwqLmRiLmV4YW1wbGUAAAAAaVW5"
	"AAAAAABrNuyAAAAAAAAAAAAAAAAAAAAAaAAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAACG5pc3Rw"
	"MjU2AAAAQQRWgoAFylqDcMD66W80KjK2NrM2nTT1QM9snQPTfffQg8eanJZBTnQcXT5physYkXw6"
	"QLNuFiVdYsN/3SpTC+pAAAAAZAAAABNlY2RzYS1zaGEyLW5pc3RwMjU2AAAASQAAACEAjbBHa01x"
	"Z59ptbK73WzPqU8lhOBHHWAYor1jKx/k9VEAAAAgdelfTdl/d3VCnwdMjRqT15X4jdFqVVEXpHwG"
	"avSF8og=",
	/* of a user */
	"AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAAINhX/FCYoDdbjJGEcDCa5Dze"
	"KBInWdEVqeP8wG1ZPSKsAAAAIKcNc70h2mmT4Sa66T97gWAvT5+8JsX4wG1skTj0yEEKAAAAAAAA"
	"AAAAAAABAAAAAXUAAAAQAAAADHdlYjEuZXhhbXBsZQAAAABpVbkAAAAAAGs27IAAAAAAAAAAggAA"
	"ABVwZXJtaXQtWDExLWZvcndhcmRpbmcAAAAAAAAAF3Blcm1pdC1hZ2VudC1mb3J3YXJkaW5nAAAA"
	"AAAAABZwZXJtaXQtcG9ydC1mb3J3YXJkaW5nAAAAAAAAAApwZXJtaXQtcHR5AAAAAAAAAA5wZXJt"
	"aXQtdXNlci1yYwAAAAAAAAAAAAAAMwAAAAtzc2gtZWQyNTUxOQAAACDHdlWDOEdt9RTRkTh7ihtY"
	"c9eTwBDVNzalHJe2QtFFDQAAAFMAAAALc3NoLWVkMjU1MTkAAABAWEy9GvPo3nVW8X0GA1scqj71"
	"epfpRcn0Ni7nkSwMLg5+sMg5R/10sP7ZTfc/LGTFshe5s0fhmXuX138bgaN7AQ==",
};

enum { KINDS = 3, NOW = 1790000000, BYTES = 1024 };

static size_t bytes_of(size_t kind, unsigned char out[BYTES])
{
	const char *text = certificates[kind];
	size_t n = strlen(text);
	int got = EVP_DecodeBlock(out, (const unsigned char *)text, (int)n);

	assert_true(n < BYTES && got > 0);
	while (n && text[n - 1] == '=') {
		got--;
		n--;
	}
	return (size_t)got;
}

static void who_and_when(void **state)
{
	static const struct {
		const char *host;
		int64_t now;
		const char *algorithms, *why; /* NULL: it counts */
	} rows[] = {
		{"web1.example", NOW, NULL, NULL},
		{"a.db.example", NOW, NULL, NULL},
		{"web2.example", NOW, NULL, "it is not made for the name web2.example"},
		{"web1.example.evil", NOW, NULL, "it is not made for the name"},
		{"db.example", NOW, NULL, "it is not made for the name"},
		{"", NOW, NULL, "it is not made for the name"},
		{"web1.example", 1767225600 - 86400, NULL, "it is not valid yet"},
		{"web1.example", -1, NULL, "it is not valid yet"},
		{"web1.example", 1798761600 + 86400, NULL, "it has expired"},
		{"web1.example", NOW, "ssh-ed25519,rsa-*,ecdsa-*", NULL},
		{"web1.example", NOW, "+ssh-rsa", NULL},
		{"web1.example", NOW, "^ssh-ed25519", NULL},
		{"web1.example", NOW, "-sk-*", NULL},
		{"web1.example", NOW, "sk-*", "which CASignatureAlgorithms does not"},
		{"web1.example", NOW, "-*", "which CASignatureAlgorithms does not"},
		{"web1.example", NOW, "", "which CASignatureAlgorithms does not"},
	};

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			const struct cert_query q = {
				rows[i].host, rows[i].now, rows[i].algorithms};
			unsigned char bytes[BYTES];
			size_t n = bytes_of(kind, bytes);
			struct cert cert = {0};
			struct err err = {0};
			bool ok = cert_open(bytes, n, &q, &cert, &err);

			if (ok != !rows[i].why || (!ok && !strstr(err.text, rows[i].why)))
				fail_msg("%s: %s", rows[i].host, err.text);
			if (ok) {
				assert_string_equal(cert.type, "ssh-ed25519");
				assert_string_equal(cert.key, host_key);
				assert_string_equal(cert.authority, authorities[kind]);
			} else {
				assert_null(cert.key);
			}
			cert_release(&cert);
		}
}

static void of_a_user(void **state)
{
	const struct cert_query q = {"web1.example", NOW, NULL};
	unsigned char bytes[BYTES];
	size_t n = bytes_of(KINDS, bytes);
	struct cert cert = {0};
	struct err err = {0};

	(void)state;
	assert_false(cert_open(bytes, n, &q, &cert, &err));
	assert_string_equal(err.text, "it is not that of a host");
}

/* Each bit is under the signature, in it, or a length of something that is. */
static void changed_bytes(void **state)
{
	const struct cert_query q = {"web1.example", NOW, NULL};

	(void)state;
	for (size_t kind = 0; kind < KINDS; kind++) {
		unsigned char bytes[BYTES + 1] = {0};
		size_t n = bytes_of(kind, bytes);
		struct cert cert = {0};
		struct err err;

		for (size_t i = 0; i < n * 8; i++) {
			bytes[i / 8] ^= (unsigned char)(1 << i % 8);
			if (cert_open(bytes, n, &q, &cert, &err))
				fail_msg("bit %zu of kind %zu", i, kind);
			bytes[i / 8] ^= (unsigned char)(1 << i % 8);
		}
		for (size_t i = 0; i < n; i++)
			assert_false(cert_open(bytes, i, &q, &cert, &err));
		assert_false(cert_open(bytes, n + 1, &q, &cert, &err));
		assert_true(cert_open(bytes, n, &q, &cert, &err));
		cert_release(&cert);
	}
}

/* --- asking for one --- */

static void put_u32(struct str *out, size_t n)
{
	const char bytes[4] = {(char)(n >> 24), (char)(n >> 16), (char)(n >> 8), (char)n};

	str_add(out, bytes, 4);
}

static void put_packet(struct str *out, const void *payload, size_t n)
{
	put_u32(out, n + 5);
	str_putc(out, 4);
	str_add(out, payload, n);
	str_add(out, "\0\0\0\0", 4);
}

static void put_lists(struct str *out, const char *exchanges, const char *types)
{
	const char *const lists[10] = {exchanges, types, "aes256-ctr", "aes256-ctr",
		"hmac-sha2-256", "hmac-sha2-256", "none", "none", "", ""};
	struct str payload;

	str_init(&payload, 8 << 10);
	str_putc(&payload, 20);
	str_add(&payload, "0123456789abcdef", 16);
	for (int i = 0; i < 10; i++) {
		put_u32(&payload, strlen(lists[i]));
		str_puts(&payload, lists[i]);
	}
	str_add(&payload, "\0\0\0\0\0", 5);
	put_packet(out, payload.p, payload.n);
	str_release(&payload);
}

static void put_reply(struct str *out)
{
	static const char reply[] = "\x1f\0\0\0\x03KEY\0\0\0\x01Q\0\0\0\x01S";

	put_packet(out, reply, sizeof reply - 1);
}

static void asking(void **state)
{
	static const char both[] = "ssh-ed25519,ssh-ed25519-cert-v01@openssh.com";
	static const struct {
		const char *before, *exchanges, *types;
		enum scan_wants wants;
		const char *why;
	} rows[] = {
		{"SSH-2.0-x\r\n", "curve25519-sha256", both, SCAN_HAS_KEY, NULL},
		{"hello\nthere\r\nSSH-2.0-x\n", "sntrup,ecdh-sha2-nistp256", both,
			SCAN_HAS_KEY, NULL},
		{"SSH-1.99-x\r\n", "diffie-hellman-group14-sha256", both, SCAN_HAS_KEY,
			NULL},
		{"SSH-2.0-x\r\n", "curve25519-sha256", "ssh-ed25519", SCAN_HAS_NONE,
			NULL},
		{"SSH-2.0-x\r\n", "curve25519-sha256", "", SCAN_HAS_NONE, NULL},
		{"SSH-2.0-x\r\n", "sntrup", both, SCAN_HAS_FAILED, "no key exchange"},
		{"SSH-1.5-x\r\n", "curve25519-sha256", both, SCAN_HAS_FAILED,
			"does not speak SSH 2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct scan scan;
		struct str bytes;
		enum scan_wants wants = SCAN_WANTS_WIRE;

		scan_init(&scan);
		str_init(&bytes, 16 << 10);
		str_puts(&bytes, rows[i].before);
		put_packet(&bytes, "\x02ignored", 8);
		put_lists(&bytes, rows[i].exchanges, rows[i].types);
		put_reply(&bytes);
		/* However it is cut. */
		for (size_t k = 0; k < bytes.n && wants == SCAN_WANTS_WIRE; k++)
			wants = scan_take(&scan, bytes.p + k, 1);
		assert_int_equal(wants, rows[i].wants);
		if (wants == SCAN_HAS_KEY)
			assert_string_equal(str_text(&scan.certificate), "KEY");
		if (rows[i].why)
			assert_non_null(strstr(scan.err.text, rows[i].why));
		str_release(&bytes);
		scan_release(&scan);
	}
}

/* Words without end, packets of no size, an end: none of it is waited for for ever. */
static void no_server(void **state)
{
	static const char *const texts[] = {"\0\0\0\1\0", "\xff\xff\xff\xff\4",
		"\0\0\0\x0c\xff\x14", "\0\0\0\x0c\4\x1f\0\0\0\0\0\0\0\0\0\0"};
	static const size_t sizes[] = {5, 5, 6, 16};
	char words[9000];
	struct scan scan;
	enum scan_wants wants = SCAN_WANTS_WIRE;

	(void)state;
	memset(words, 'x', sizeof words);
	scan_init(&scan);
	assert_int_equal(scan_take(&scan, words, sizeof words), SCAN_HAS_FAILED);
	scan_release(&scan);
	scan_init(&scan);
	for (int i = 0; i < 100 && wants == SCAN_WANTS_WIRE; i++)
		wants = scan_take(&scan, "word\n", 5);
	assert_int_equal(wants, SCAN_HAS_FAILED);
	scan_release(&scan);
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		scan_init(&scan);
		assert_int_equal(scan_take(&scan, "SSH-2.0-x\r\n", 11), SCAN_WANTS_WIRE);
		assert_int_equal(scan_take(&scan, texts[i], sizes[i]), SCAN_HAS_FAILED);
		scan_release(&scan);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_and_when),
		cmocka_unit_test(of_a_user),
		cmocka_unit_test(changed_bytes),
		cmocka_unit_test(asking),
		cmocka_unit_test(no_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
