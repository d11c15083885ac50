/* amtool's configuration: the URL of an Alertmanager and, in a file it names, how to be
 * let in. Files of secrets are named again; a secret that stands in the text itself is
 * neither copied nor shown, only said. Main thread. */
#include "import.h"

#include "base/text.h"
#include "base/time.h"
#include "base/yaml.h"
#include "io/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What amtool takes and oogway has no use for. */
static const char *const ignored[] = {"author", "comment_required", "require-comment",
	"comment-required", "output", "receiver", "date.format", "version-check",
	"enable-feature", "verbose", NULL};

/* Members are called "alertmanager.url", as one name. */
static struct json member(struct json root, const char *name)
{
	for (struct json e = json_first(root); json_item(e); e = json_next(e))
		if (untrusted_is(json_name(e), name))
			return e;
	return json_get(root, name);
}

static bool is_amtool(struct json root)
{
	return json_is_object(root) &&
	       (json_is_text(member(root, "alertmanager.url")) ||
		       json_is_text(member(root, "http.config.file")));
}

static const char *join(struct import *im, const char *folder, const char *file)
{
	struct str path;
	const char *joined;

	str_init(&path, 4096);
	str_printf(&path, "%s%s%s", folder, str_ends(folder, "/") ? "" : "/", file);
	joined = arena_strdup(&im->arena, str_text(&path));
	str_release(&path);
	return joined ? joined : file;
}

/* A name in a file of credentials. amtool begins a relative one at the folder above
 * the file's own; people put it beside the file, so that is tried too. */
static const char *path_beside(struct import *im, const char *config, const char *file)
{
	char folder[4096], *slash;
	const char *above;

	str_copy(folder, sizeof folder, config);
	slash = strrchr(folder, '/');
	if (*file == '/' || !slash)
		return file;
	*slash = '\0';
	above = join(im, join(im, *folder ? folder : "/", ".."), file);
	return access(above, F_OK) ? join(im, *folder ? folder : "/", file) : above;
}

/* KEY=FILE of ours for a member that names a file. */
static bool take_file(struct import *im, struct str *words, const char *key,
	const char *config, struct json j)
{
	const char *file = import_word(im, json_text(j));

	if (!json_ok(j))
		return false;
	if (!file) {
		import_lost(im,
			"%s: its path holds characters that cannot stand in the rc", key);
		return false;
	}
	import_add_word(words, key, path_beside(im, config, file));
	return true;
}

static void refuse_inline(
	struct import *im, struct json j, const char *what, const char *key)
{
	if (json_ok(j))
		import_lost(im,
			"%s stands in the file itself and is not copied: write it to a "
			"file of its own (chmod 600) and add %s=FILE",
			what, key);
}

static void refuse_set(struct import *im, struct json j, const char *what)
{
	if (json_ok(j) && json_bool(j, true))
		import_lost(im, "%s is not there in oogway", what);
}

static void take_login(
	struct import *im, struct json http, const char *config, struct str *words)
{
	struct json basic = json_get(http, "basic_auth");
	struct json bearer = json_get(http, "authorization");
	const char *user = import_word(im, json_text(json_get(basic, "username")));

	if (user)
		import_add_word(words, "user", user);
	if (json_ok(json_get(basic, "username_file")))
		import_lost(im, "username_file: write user=NAME");
	take_file(im, words, "token-file", config, json_get(basic, "password_file"));
	refuse_inline(im, json_get(basic, "password"), "the password", "token-file");
	if (json_ok(json_get(bearer, "type")) &&
		untrusted_find_nocase(json_text(json_get(bearer, "type")), "bearer") <
			0) {
		import_lost(im, "an authorization that is not Bearer");
		return;
	}
	take_file(im, words, "token-file", config, json_get(bearer, "credentials_file"));
	take_file(im, words, "token-file", config, json_get(http, "bearer_token_file"));
	refuse_inline(im, json_get(bearer, "credentials"), "the token", "token-file");
	refuse_inline(im, json_get(http, "bearer_token"), "the token", "token-file");
}

static void take_tls(
	struct import *im, struct json tls, const char *config, struct str *words)
{
	bool cert, key;

	take_file(im, words, "ca-file", config, json_get(tls, "ca_file"));
	cert = take_file(im, words, "cert-file", config, json_get(tls, "cert_file"));
	key = take_file(im, words, "key-file", config, json_get(tls, "key_file"));
	if (cert != key)
		import_lost(im, "a client certificate needs cert_file and key_file");
	refuse_inline(im, json_get(tls, "ca"), "the CA certificate", "ca-file");
	refuse_inline(im, json_get(tls, "cert"), "the client certificate", "cert-file");
	refuse_inline(im, json_get(tls, "key"), "the client key", "key-file");
	refuse_set(im, json_get(tls, "server_name"), "server_name");
	refuse_set(im, json_get(tls, "insecure_skip_verify"),
		"insecure_skip_verify (give the server's CA as ca-file=)");
}

static void take_http(struct import *im, const char *config, struct str *words)
{
	struct json_doc doc;
	struct json http;
	struct err err = {0};
	struct str text;

	str_init(&text, IMPORT_MAX_YAML_BYTES);
	if (!file_read(config, &text, &err) ||
		!yaml_parse(&doc, str_text(&text), text.n, IMPORT_MAX_YAML_BYTES, &err)) {
		import_lost(im, "http.config.file %s: %s", config, err.text);
		str_release(&text);
		return;
	}
	http = json_root(&doc);
	take_login(im, http, config, words);
	take_tls(im, json_get(http, "tls_config"), config, words);
	refuse_set(im, json_get(http, "oauth2"), "oauth2");
	refuse_set(im, json_get(http, "proxy_url"), "proxy_url (set HTTPS_PROXY)");
	refuse_set(im, json_get(http, "http_headers"), "http_headers");
	json_release(&doc);
	str_release(&text);
}

static void take_timeout(struct import *im, struct json j, struct str *words)
{
	const char *word = import_word(im, json_text(j));
	int64_t ms;

	if (!json_ok(j))
		return;
	if (word && duration_parse(word, &ms) && ms >= 100 && ms <= 5 * MINUTE_MS)
		import_add_word(words, "timeout", word);
	else
		import_note(im, "timeout: only 100ms to 5m can be taken over");
}

/* A login in the URL goes to user=; its password goes nowhere. */
static const char *clean_url(struct import *im, struct json j, struct str *words)
{
	struct untrusted url = json_text(j), rest, login, part;
	ptrdiff_t scheme = untrusted_find(url, "://"), at;
	struct str text;
	const char *word = import_word(im, url), *user;

	if (!word || scheme < 0)
		return NULL;
	rest = untrusted_slice(url, (size_t)scheme + 3, SIZE_MAX);
	at = untrusted_find(rest, "@");
	if (at < 0)
		return word;
	login = untrusted_slice(rest, 0, (size_t)at);
	rest = untrusted_slice(rest, (size_t)at + 1, SIZE_MAX);
	if (untrusted_split(&login, ":", &part) && (user = import_word(im, part)))
		import_add_word(words, "user", user);
	import_lost(im,
		"the password in the URL is not copied: write it to a file of its "
		"own (chmod 600) and add token-file=FILE");
	str_init(&text, CONF_MAX_LINE);
	str_printf(&text, "%.*s", (int)scheme + 3, word);
	user = import_word(im, rest);
	str_puts(&text, user ? user : "");
	word = arena_strdup(&im->arena, str_text(&text));
	str_release(&text);
	return word;
}

static void tell_unknown(struct import *im, struct json root)
{
	for (struct json e = json_first(root); json_item(e); e = json_next(e)) {
		const char *const *name = ignored;

		while (*name && !untrusted_is(json_name(e), *name))
			name++;
		if (*name || untrusted_is(json_name(e), "alertmanager.url") ||
			untrusted_is(json_name(e), "alertmanager") ||
			untrusted_is(json_name(e), "http.config.file") ||
			untrusted_is(json_name(e), "http") ||
			untrusted_is(json_name(e), "timeout"))
			continue;
		import_note(im, "%s is not taken over", import_title(im, json_name(e)));
	}
}

static void read_amtool(struct import *im, struct json root)
{
	struct json config = member(root, "http.config.file");
	const char *file = import_word(im, json_text(config)), *url;
	struct str words;

	str_init(&words, CONF_MAX_LINE);
	url = clean_url(im, member(root, "alertmanager.url"), &words);
	take_timeout(im, member(root, "timeout"), &words);
	if (file && *file != '/' && *im->folder)
		file = join(im, im->folder, file);
	if (file)
		take_http(im, file, &words);
	else if (json_ok(config))
		import_lost(im, "http.config.file: not a path that can be read");
	tell_unknown(im, root);
	if (url)
		import_add_source(im, "am", "alertmanager", url, str_text(&words));
	else
		import_lost(im, "alertmanager.url is missing or not a URL");
	str_release(&words);
}

const struct import_format amtool_format = {
	.name = "amtool configuration",
	.is = is_amtool,
	.read = read_amtool,
};
