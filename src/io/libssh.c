/* Opens libssh and looks up what io/ssh_* call of it. Once: it stays open, and what is
 * missing is looked for again at the next connection, as somebody may install it. */
#include "libssh.h"

#include <dlfcn.h>
#include <stddef.h>

#define FIND(name) {"ssh_" #name, offsetof(struct libssh_calls, name)},

struct libssh_calls libssh;

static const struct {
	const char *name;
	size_t at;
} calls[] = {LIBSSH_CALLS(FIND)};

bool libssh_open(struct err *err)
{
	static bool open;
	void *library = open ? NULL : dlopen("libssh.so.4", RTLD_LAZY | RTLD_LOCAL);

	if (open)
		return true;
	if (!library)
		return err_set(err, ERR_MISSING,
			"libssh.so.4 cannot be opened: install libssh-4 (Debian) or "
			"libssh");
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		void *found = dlsym(library, calls[i].name);

		if (!found)
			return err_set(err, ERR_MISSING,
				"this libssh is too old: it has no %s()", calls[i].name);
		*(void **)((char *)&libssh + calls[i].at) = found;
	}
	return open = true;
}
