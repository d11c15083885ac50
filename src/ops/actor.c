/* The actor of a record. Hides where each word comes from: the kernel's own tables for
 * what counts as verified, the environment for what is only claimed. Any thread, but
 * for the environment: main. */
#include "actor.h"

#include "base/canonical.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { STAT_MAX = 1024, NO_LOGIN = -1 };

static bool read_small(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Set by PAM at the login; 4294967295 when nobody logged in (a service, cron). */
static long login_uid(void)
{
	char text[32], *end;
	long uid;

	if (!read_small("/proc/self/loginuid", text, sizeof text))
		return NO_LOGIN;
	uid = strtol(text, &end, 10);
	return end == text || uid >= 4294967295L ? NO_LOGIN : uid;
}

/* The controlling terminal, from the 7th field of /proc/self/stat: a descriptor could
 * be any terminal. */
static bool terminal(char *out, size_t size)
{
	char stat[STAT_MAX];
	const char *at;
	int device = 0;
	unsigned number;

	if (!read_small("/proc/self/stat", stat, sizeof stat))
		return false;
	at = strrchr(stat, ')');
	if (!at || sscanf(at + 1, " %*c %*d %*d %*d %d", &device) != 1 || !device)
		return false;
	number = major((unsigned)device);
	if (number >= 136 && number <= 143)
		snprintf(out, size, "/dev/pts/%u",
			(number - 136) * 256 + minor((unsigned)device));
	else if (number == 4)
		snprintf(out, size, "/dev/tty%u", minor((unsigned)device));
	else
		snprintf(out, size, "%u:%u", number, minor((unsigned)device));
	return true;
}

static void put(struct str *out, bool *comma, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	str_printf(out, "%s\"%s\":", *comma ? "," : "", name);
	canonical_text(out, untrusted_str(value));
	*comma = true;
}

static void put_number(struct str *out, bool *comma, const char *name, long value)
{
	str_printf(out, "%s\"%s\":%ld", *comma ? "," : "", name, value);
	*comma = true;
}

void actor_add(struct str *out, const char *pager_user)
{
	char buffer[4096], tty[40] = "";
	struct passwd entry, *found = NULL;
	long login = login_uid();
	bool comma = false;

	str_puts(out, "{\"claimed\":{");
	put(out, &comma, "pager_user", pager_user);
	put(out, &comma, "ssh_connection", getenv("SSH_CONNECTION"));
	put(out, &comma, "sudo_user", getenv("SUDO_USER"));
	str_puts(out, "},\"verified\":{");
	comma = false;
	if (login != NO_LOGIN)
		put_number(out, &comma, "loginuid", login);
	put_number(out, &comma, "pid", getpid());
	if (terminal(tty, sizeof tty))
		put(out, &comma, "tty", tty);
	put_number(out, &comma, "uid", (long)getuid());
	if (!getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) && found)
		put(out, &comma, "user", found->pw_name);
	str_puts(out, "}}");
}
