/* Reads the terminal and writes into a pipe that ncurses reads. An Esc that ends what
 * has come may be a key or the begin of a sequence, and so may what follows it: both are
 * held until the rest is there, or until the caller says that nothing more comes. Hides
 * what an incomplete sequence looks like (ECMA-48, 5.4; SS3; the six bytes of X10 mouse
 * reports). */
#include "input.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	TAKE = 256,   /* what one turn reads: the pipe has room for it */
	LONGEST = 64, /* of a sequence; what is longer is none */
};

static struct {
	FILE *from;
	int to;
	char held[LONGEST];
	size_t n;
} input = {.to = -1};

FILE *input_open(void)
{
	int ends[2];

	if (input.from)
		return input.from;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return NULL;
	input.from = fdopen(ends[0], "r");
	input.to = ends[1];
	if (!input.from) {
		close(ends[0]);
		input_close();
	}
	return input.from;
}

void input_close(void)
{
	if (input.from)
		fclose(input.from);
	if (input.to >= 0)
		close(input.to);
	input.from = NULL;
	input.to = -1;
	input.n = 0;
}

/* Whether more of it must come; it begins with an Esc. */
static bool is_begin(const char *p, size_t n)
{
	if (n == 1)
		return true;
	if (n >= LONGEST)
		return false;
	if (p[1] == 'O')
		return n < 3;
	if (p[1] != '[')
		return false;
	if (n > 2 && p[2] == 'M')
		return n < 6;
	for (size_t i = 2; i < n; i++)
		if (p[i] < ' ' || p[i] >= '@')
			return false;
	return true;
}

/* The pipe is drained after each take; what has no room is lost, as in a terminal. */
static void hand_on(const char *p, size_t n)
{
	if (n && write(input.to, p, n) < 0)
		return;
}

bool input_take(void)
{
	char bytes[LONGEST + TAKE];
	size_t n = input.n, whole;
	const char *escape;
	ssize_t got;

	memcpy(bytes, input.held, n);
	got = read(STDIN_FILENO, bytes + n, TAKE);
	if (got <= 0)
		return false;
	n += (size_t)got;
	escape = memrchr(bytes, '\033', n);
	whole = n;
	if (escape && is_begin(escape, n - (size_t)(escape - bytes)))
		whole = (size_t)(escape - bytes);
	hand_on(bytes, whole);
	input.n = n - whole;
	memcpy(input.held, bytes + whole, input.n);
	return true;
}

bool input_held(void)
{
	return input.n > 0;
}

void input_release(void)
{
	hand_on(input.held, input.n);
	input.n = 0;
}
