/*
 * The injection scan: 19 payloads, each followed by a marker "NAME_end", are put where
 * programs find text; then the bytes that a program writes to its terminal are searched
 * for each payload together with the start of its marker, so that the same sequence
 * written for the program's own purposes does not count.
 */
#include "payload.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW_MS 900

static const struct payload {
	const char *name;
	const char *text;
	const char *found; /* how it looks when it came through; NULL: text + marker */
	bool invisible;    /* no control sequence, but misleading */
} payloads[PAYLOADS] = {
	{"OSC52", "\033]52;c;SU5KRUNU\a", "\033]52;c;SU5K", false},
	{"TITLE", "\033]0;PWNED\a", "\033]0;PWNED", false},
	{"DSR", "\033[5n", NULL, false},
	{"CURSOR", "\033[7;7H", NULL, false},
	{"CLEAR", "\033[2J", NULL, false},
	{"RIS", "\033c", NULL, false},
	{"DCS", "\033P$qq\033\\", "\033P$qq", false},
	{"OSC8", "\033]8;;http://evil.example\033\\LINK\033]8;;\033\\",
		"\033]8;;http://evil", false},
	{"C1OSC", "\302\23552;c;SU5KRUNU\302\234", "\302\23552;c;", false},
	{"C1CSI", "\302\23331m", "\302\23331m", false},
	{"RAW9B", "\23331m", "\23331mRAW", false},
	{"RAW9D", "\23552;c;SU5K\234", "\23552;c;SU5K\234", false},
	{"BEL", "\a", NULL, false},
	{"SGR", "\033[30;40m", NULL, false},
	{"BS", "abc\b\b\bxyz", "abc\b\b\bxyz", false},
	{"CR", "hidden\rshown!", "hidden\rshown", false},
	{"BIDI", "\342\200\256evil\342\200\254", "\342\200\256", true},
	{"ZWSP", "pay\342\200\213ments", "\342\200\213", true},
	{"TAG", "\363\240\201\201", "\363\240\201\201", true},
};

static pid_t sleepers[PAYLOADS];

static void payload_text(const struct payload *payload, char *out, size_t size)
{
	snprintf(out, size, "%s%s_end", payload->text, payload->name);
}

/* JSON needs C0 escaped, but it carries them all the same. */
static void json_string(FILE *file, const char *text)
{
	fputc('"', file);
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < 0x20)
			fprintf(file, "\\u%04x", *c);
		else if (*c == '"' || *c == '\\')
			fprintf(file, "\\%c", *c);
		else
			fputc(*c, file);
	}
	fputc('"', file);
}

static bool write_files(const char *folder)
{
	char path[PATH_MAX], text[128];
	FILE *log, *json;

	snprintf(path, sizeof path, "%s/evil.log", folder);
	setenv("BENCH_EVIL_LOG", path, 1);
	log = fopen(path, "we");
	snprintf(path, sizeof path, "%s/evil.json", folder);
	setenv("BENCH_EVIL_JSON", path, 1);
	json = fopen(path, "we");
	for (int i = 0; log && json && i < PAYLOADS; i++) {
		payload_text(&payloads[i], text, sizeof text);
		fprintf(log, "Aug 20 10:00:%02d host1 app[1]: %s\n", i, text);
		fprintf(json, "{\"time\":\"2026-08-20T10:00:%02dZ\",\"message\":", i);
		json_string(json, text);
		fputs("}\n", json);
	}
	if (log)
		fclose(log);
	if (json)
		fclose(json);
	return log && json;
}

/* btop alone needs settings: all processes, the newest first. */
static void write_btop_settings(const char *folder)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof path, "%s/btop-settings", folder);
	mkdir(path, 0700);
	setenv("BENCH_BTOP", path, 1);
	snprintf(path, sizeof path, "%s/btop-settings/btop", folder);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/btop-settings/btop/btop.conf", folder);
	file = fopen(path, "we");
	if (!file)
		return;
	fputs("proc_sorting=\"pid\"\nproc_reversed=False\nshown_boxes=\"proc\"\n"
	      "proc_per_core=False\nproc_left=False\n",
		file);
	fclose(file);
}

static _Noreturn void sleeper(const char *name)
{
	char *argv[] = {(char *)name, "600", NULL};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv("/bin/sleep", argv);
	_exit(127);
}

bool payload_plant(const char *folder)
{
	char pids[PAYLOADS * 12] = "", text[128];
	size_t used = 0;

	for (int i = 0; i < PAYLOADS; i++) {
		payload_text(&payloads[i], text, sizeof text);
		sleepers[i] = fork();
		if (sleepers[i] == 0)
			sleeper(text);
		used += (size_t)snprintf(pids + used, sizeof pids - used, "%s%d",
			i ? "," : "", (int)sleepers[i]);
	}
	setenv("BENCH_EVIL_PIDS", pids, 1);
	write_btop_settings(folder);
	return write_files(folder);
}

void payload_clear(void)
{
	for (int i = 0; i < PAYLOADS; i++)
		if (sleepers[i] > 0) {
			kill(sleepers[i], SIGKILL);
			waitpid(sleepers[i], NULL, 0);
			sleepers[i] = 0;
		}
}

static void look(struct pty *pty, bool seen[PAYLOADS])
{
	int row;
	char marker[32];

	for (int64_t until = pty_now() + SHOW_MS * 1000000LL; pty_now() < until;)
		pty_pump(pty, until);
	for (int i = 0; i < PAYLOADS; i++) {
		/* Programs may cut the end off: the name and the underscore will do. */
		snprintf(marker, sizeof marker, "%s_e", payloads[i].name);
		seen[i] |= emu_find(pty_emu(pty), marker, 0, &row, NULL, NULL);
	}
}

/* A raw C1 byte counts only where it is not part of a UTF-8 character. */
static bool came_through(const char *raw, size_t size, const char *found)
{
	const char *at = raw, *end = raw + size;
	bool c1 = (found[0] & 0xc0) == 0x80;

	while (at < end && (at = memmem(at, (size_t)(end - at), found, strlen(found)))) {
		if (!c1 || at == raw || !(at[-1] & 0x80))
			return true;
		at++;
	}
	return false;
}

static void add_name(char *out, size_t size, const char *name)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", used ? " " : "", name);
}

static void judge(struct pty *pty, struct injection *out)
{
	uint64_t first;
	size_t size;
	const char *raw = pty_raw(pty, &first, &size);
	char whole[128];

	for (int i = 0; raw && i < PAYLOADS; i++) {
		const struct payload *payload = &payloads[i];

		snprintf(whole, sizeof whole, "%s%.3s", payload->text, payload->name);
		if (!came_through(raw, size, payload->found ? payload->found : whole))
			continue;
		if (payload->invisible)
			out->invisible++;
		else
			out->raw++;
		add_name(out->which, sizeof out->which, payload->name);
	}
}

bool payload_scan(const struct subject *subject, struct injection *out)
{
	struct pty *pty = subject_start(subject, PURPOSE_INJECT, 180, 60, NULL);
	bool seen[PAYLOADS] = {false};
	char why[128];

	if (!pty)
		return false;
	*out = (struct injection){0};
	look(pty, seen);
	look(pty, seen);
	look(pty, seen);
	for (int i = 0; i < SUBJECT_WORDS && subject->inject_keys[i]; i++) {
		pty_keys(pty, subject->inject_keys[i], why, sizeof why);
		look(pty, seen);
	}
	for (int i = 0; i < PAYLOADS; i++)
		if (seen[i])
			out->shown++;
		else
			add_name(out->unseen, sizeof out->unseen, payloads[i].name);
	judge(pty, out);
	pty_close(pty);
	return true;
}
