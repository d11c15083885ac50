/* Programs that reach a cluster, an account or a server which their surroundings name: a
 * file that anybody changes between the question and the run. Each must say itself where
 * to. Hides where each keeps what it points to now, for the sentence. Pure, but for those
 * files. */
#include "step_pin.h"

#include "base/str.h"
#include "base/text.h"
#include "io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOW = 80, CONFIG_BYTES = 1 << 20 };

/* What names it now: a variable of the environment, else a key of a file. */
struct pin {
	const char *program;
	const char *options[3];
	const char *env, *file, *key, *fallback;
	const char *advice;
};

static const struct pin pins[] = {
	{"kubectl", {"--context", "--server"}, NULL, "~/.kube/config",
		"current-context:", NULL, ", or `set kube.context`"},
	{"helm", {"--kube-context"}, "HELM_KUBECONTEXT", "~/.kube/config",
		"current-context:", NULL, ", or `set kube.context`"},
	{"aws", {"--profile"}, "AWS_PROFILE", NULL, NULL, "default", ""},
	{"gcloud", {"--project", "--configuration"}, "CLOUDSDK_ACTIVE_CONFIG_NAME",
		"~/.config/gcloud/active_config", "", NULL, ""},
	{"psql", {"-h", "--host"}, "PGHOST", NULL, NULL, "the local one", ""},
	{"terraform", {"-chdir"}, "TF_WORKSPACE", ".terraform/environment", "", NULL, ""},
};

/* How often it is a word of its own in the text. */
static size_t mentions(struct untrusted text, const char *word)
{
	struct untrusted rest = text, piece;
	size_t n = 0;

	while (untrusted_word(&rest, " \t\r\n|&;()<>`\"'$={}/", &piece))
		n += untrusted_is(piece, word);
	return n;
}

size_t step_runs(const struct run_plan *plan, const char *program)
{
	size_t n = strlen(program), count = 0;

	if (plan->shell)
		return mentions(plan->shown, program);
	for (size_t i = 0; i < plan->argc; i++) {
		size_t size = strlen(plan->argv[i]);

		count += size >= n && !strcmp(plan->argv[i] + size - n, program) &&
			 (size == n || plan->argv[i][size - n - 1] == '/');
	}
	return count;
}

static bool option_of(const char *word, const struct pin *pin)
{
	for (int k = 0; k < 3 && pin->options[k]; k++) {
		size_t n = strlen(pin->options[k]);

		if (!strncmp(word, pin->options[k], n) && (!word[n] || word[n] == '='))
			return true;
	}
	return false;
}

/* In a script each command for itself: the -h of another one pins nothing. */
static bool script_named(struct untrusted script, const struct pin *pin)
{
	struct untrusted rest = script, piece;

	while (untrusted_word(&rest, "|&;()`\n", &piece)) {
		size_t named = 0;

		for (int k = 0; k < 3 && pin->options[k]; k++)
			named += mentions(piece, pin->options[k]);
		if (mentions(piece, pin->program) > named)
			return false;
	}
	return true;
}

static bool named(const struct run_plan *plan, const struct pin *pin)
{
	if (plan->shell)
		return script_named(plan->shown, pin);
	for (size_t i = 1; i < plan->argc; i++)
		if (option_of(plan->argv[i], pin))
			return true;
	return false;
}

/* --- what it points to now --- */

static bool read_key(const char *file, const char *key, char out[NOW])
{
	const char *home = getenv("HOME");
	char path[4096];
	struct untrusted rest, line;
	struct str text;
	bool found = false;

	snprintf(path, sizeof path, "%s%s", *file == '~' && home ? home : "",
		file + (*file == '~'));
	str_init(&text, CONFIG_BYTES);
	if (file_read(path, &text, NULL)) {
		rest = untrusted_make(text.p, text.n);
		while (!found && untrusted_line(&rest, &line))
			if (untrusted_starts(line, key)) {
				text_line(untrusted_trim(untrusted_slice(
						  line, strlen(key), SIZE_MAX)),
					out, NOW);
				found = *out != '\0';
			}
	}
	str_release(&text);
	return found;
}

/* " (now prod-eu)", or "" when nobody says. */
static const char *now_words(const struct pin *pin, char *out, size_t size)
{
	const char *env = pin->env ? getenv(pin->env) : NULL;
	char now[NOW] = "";

	if (env && *env)
		text_line(untrusted_str(env), now, sizeof now);
	else if (!pin->file || !read_key(pin->file, pin->key, now))
		str_copy(now, sizeof now, pin->fallback ? pin->fallback : "");
	snprintf(out, size, *now ? " (now %s)" : "%s", now);
	return out;
}

bool step_pinned(const struct run_plan *plan, struct err *err)
{
	char now[NOW + 16];

	for (size_t i = 0; i < sizeof pins / sizeof pins[0]; i++) {
		const struct pin *pin = &pins[i];

		if (step_runs(plan, pin->program) && !named(plan, pin))
			return err_set(err, ERR_REFUSED,
				"%s without %s goes wherever this machine points then%s: "
				"nothing was done; name it in the step%s",
				pin->program, pin->options[0],
				now_words(pin, now, sizeof now), pin->advice);
	}
	return true;
}

/* PROGRAM --context NAME …, unless the step says it. */
bool step_pin(const struct planning *p, struct err *err)
{
	struct run_plan *out = p->out;
	const char **argv;
	size_t i = 0;

	if (out->shell || !*p->how->kube_context)
		return true;
	while (i < 2 && strcmp(out->argv[0], pins[i].program))
		i++;
	if (i == 2 || named(out, &pins[i]))
		return true;
	argv = arena_alloc(p->arena, (out->argc + 3) * sizeof *argv);
	if (!argv)
		return err_set(err, ERR_LIMIT, "the step is too long");
	argv[0] = out->argv[0];
	argv[1] = pins[i].options[0];
	argv[2] = p->how->kube_context;
	memcpy(argv + 3, out->argv + 1, (out->argc - 1) * sizeof *argv);
	out->argv = argv;
	out->argc += 2;
	return true;
}
