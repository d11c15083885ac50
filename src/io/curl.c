/* Opens libcurl and looks up what io/http and io/mail call of it. Once: it stays open,
 * and what is missing now is looked for again at the next transfer, as somebody may
 * install it. Main only. */
#include "curl.h"

#include <dlfcn.h>
#include <stddef.h>

#define FIND(name) {"curl_" #name, offsetof(struct curl_calls, name)},

struct curl_calls curl;

static const struct {
	const char *name;
	size_t at;
} calls[] = {CURL_CALLS(FIND)};

bool curl_open(struct err *err)
{
	static void *library;

	if (curl.global_init)
		return true;
	if (!library)
		library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return err_set(err, ERR_MISSING,
			"libcurl.so.4 cannot be opened: install libcurl4 (Debian) or "
			"libcurl");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (!dlsym(library, calls[i].name))
			return err_set(err, ERR_MISSING,
				"this libcurl is too old: it has no %s()", calls[i].name);
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		*(void **)((char *)&curl + calls[i].at) = dlsym(library, calls[i].name);
	curl.global_init(CURL_GLOBAL_DEFAULT);
	return true;
}
