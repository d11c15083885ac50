/* A kubeconfig: each context becomes a source that tells what changes in its cluster, and
 * leaves the line of a Prometheus inside it, commented out, for the one who knows the
 * service's name. Tokens and keys in the file are not copied. Main thread. */
#include "import.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { MAX_CONTEXTS = 50 };

static bool is_kube(struct json root)
{
	return json_is_array(json_get(root, "clusters")) &&
	       json_is_array(json_get(root, "contexts"));
}

/* The entry of that name in clusters or users, without its name. */
static struct json entry(struct json list, struct untrusted name, const char *member)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		if (untrusted_eq(json_text(json_get(e, "name")), name))
			return json_get(e, member);
	return (struct json){0};
}

static void add_file(
	struct import *im, struct str *words, const char *key, struct json from)
{
	const char *file = import_word(im, json_text(from));
	struct str path;

	if (!file)
		return;
	str_init(&path, 4096);
	if (*file != '/' && *im->folder)
		str_printf(&path, "%s/", im->folder);
	str_puts(&path, file);
	import_add_word(words, key, str_text(&path));
	str_release(&path);
}

static void tell_inline(struct import *im, const char *context, struct json from,
	const char *what, const char *key)
{
	if (json_ok(from))
		import_lost(im,
			"context %s: the %s stands in the file itself and is not copied; "
			"%s=FILE wants it in a file of its own (chmod 600)",
			context, what, key);
}

static void tell_user(struct import *im, const char *context, struct json user)
{
	tell_inline(im, context, json_get(user, "token"), "token", "token-file");
	tell_inline(im, context, json_get(user, "password"), "password", "token-file");
	tell_inline(im, context, json_get(user, "client-certificate-data"),
		"client certificate", "cert-file");
	tell_inline(
		im, context, json_get(user, "client-key-data"), "client key", "key-file");
	if (json_ok(json_get(user, "exec")) || json_ok(json_get(user, "auth-provider")))
		import_lost(im, "context %s: logging in by a plugin is not there yet",
			context);
}

static void tell_cluster(struct import *im, const char *context, struct json cluster)
{
	tell_inline(im, context, json_get(cluster, "certificate-authority-data"),
		"CA certificate", "ca-file");
	if (json_bool(json_get(cluster, "insecure-skip-tls-verify"), false))
		import_lost(im,
			"context %s: insecure-skip-tls-verify is not there in oogway; "
			"give the server's CA as ca-file=",
			context);
	if (json_ok(json_get(cluster, "proxy-url")))
		import_lost(im, "context %s: proxy-url is not there; set HTTPS_PROXY",
			context);
	if (json_ok(json_get(cluster, "tls-server-name")))
		import_lost(im, "context %s: tls-server-name is not there in oogway",
			context);
}

static void read_context(struct import *im, struct json root, struct json context)
{
	const char *name = import_title(im, json_text(json_get(context, "name")));
	struct json cluster = entry(json_get(root, "clusters"),
		json_text(json_get(context, "context.cluster")), "cluster");
	struct json user = entry(json_get(root, "users"),
		json_text(json_get(context, "context.user")), "user");
	char server[1024], id[41];
	struct str words;

	if (!text_to_link(
		    json_text(json_get(cluster, "server")), server, sizeof server) ||
		strchr(server, '@')) {
		import_lost(im, "context %s: its cluster has no server that can be asked",
			name);
		return;
	}
	str_init(&words, CONF_MAX_LINE);
	add_file(im, &words, "ca-file", json_get(cluster, "certificate-authority"));
	add_file(im, &words, "cert-file", json_get(user, "client-certificate"));
	add_file(im, &words, "key-file", json_get(user, "client-key"));
	add_file(im, &words, "token-file", json_get(user, "tokenFile"));
	import_add_source(im, text_to_id(untrusted_str(name), id, sizeof id) ? id : "k8s",
		"kubernetes", server, str_text(&words));
	import_comment(im, "A Prometheus in context %s, through the API server:", name);
	import_comment(im,
		"source k8s prometheus url=%.*s/api/v1/namespaces/NAMESPACE/services/"
		"SERVICE:PORT/proxy%s",
		(int)strlen(server) - (str_ends(server, "/") ? 1 : 0), server,
		str_text(&words));
	str_release(&words);
	tell_cluster(im, name, cluster);
	tell_user(im, name, user);
}

static void read_kube(struct import *im, struct json root)
{
	int n = 0;

	for (struct json e = json_first(json_get(root, "contexts")); json_item(e);
		e = json_next(e)) {
		if (n++ == MAX_CONTEXTS) {
			import_lost(im, "more than %d contexts", MAX_CONTEXTS);
			return;
		}
		read_context(im, root, e);
	}
	if (!n)
		import_lost(im, "it has no context");
}

const struct import_format kube_format = {
	.name = "kubeconfig",
	.is = is_kube,
	.read = read_kube,
};
