/* ncurses key codes to ours. Late replies of the terminal (frame acknowledgement,
 * status reports) are swallowed here and never reach a pane as text. */
#include "keys.h"

#include "app/keyseq.h"

#include <curses.h>
#include <wchar.h>

enum { OUR_PASTE_BEGIN = 0x600, OUR_PASTE_END, OUR_ACK, OUR_SWALLOW };

static const struct {
	int curses, ours;
} table[] = {
	{KEY_ENTER, KEYCODE_ENTER},
	{KEY_UP, KEYCODE_UP},
	{KEY_DOWN, KEYCODE_DOWN},
	{KEY_LEFT, KEYCODE_LEFT},
	{KEY_RIGHT, KEYCODE_RIGHT},
	{KEY_HOME, KEYCODE_HOME},
	{KEY_END, KEYCODE_END},
	{KEY_PPAGE, KEYCODE_PGUP},
	{KEY_NPAGE, KEYCODE_PGDN},
	{KEY_BTAB, KEYCODE_BACKTAB},
	{KEY_BACKSPACE, KEYCODE_BACKSPACE},
	{KEY_DC, KEYCODE_DELETE},
	{KEY_IC, KEYCODE_INSERT},
	{KEY_RESIZE, KEYCODE_RESIZE},
	{KEY_MOUSE, KEYCODE_MOUSE},
	{OUR_PASTE_BEGIN, KEYCODE_PASTE_BEGIN},
	{OUR_PASTE_END, KEYCODE_PASTE_END},
	{OUR_ACK, KEYCODE_FRAME_ACK},
};

/* Keys are read through a pad: get_wch() on a window first draws it, half-made as it
 * may be, and an erased screen would flash. */
static WINDOW *input;

void keys_init(void)
{
	input = newpad(1, 1);
	keypad(input, TRUE);
	nodelay(input, TRUE);
	meta(input, TRUE);
	define_key("\033[200~", OUR_PASTE_BEGIN);
	define_key("\033[201~", OUR_PASTE_END);
	define_key("\033[0n", OUR_ACK);
	define_key("\033[3n", OUR_SWALLOW);
	/* Both forms of the arrows: application and normal mode. */
	define_key("\033[A", KEY_UP);
	define_key("\033[B", KEY_DOWN);
	define_key("\033[C", KEY_RIGHT);
	define_key("\033[D", KEY_LEFT);
	define_key("\033[H", KEY_HOME);
	define_key("\033[F", KEY_END);
	define_key("\033[5~", KEY_PPAGE);
	define_key("\033[6~", KEY_NPAGE);
	define_key("\033[Z", KEY_BTAB);
}

static int from_function(wint_t code)
{
	if (code >= (wint_t)KEY_F(1) && code <= (wint_t)KEY_F(12))
		return KEYCODE_F1 + (int)code - KEY_F(1);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if ((wint_t)table[i].curses == code)
			return table[i].ours;
	return KEYCODE_UNKNOWN;
}

static int from_character(wint_t c)
{
	switch (c) {
	case '\r':
	case '\n':
		return KEYCODE_ENTER;
	case '\t':
		return KEYCODE_TAB;
	case 27:
		return KEYCODE_ESC;
	case 8:
	case 127:
		return KEYCODE_BACKSPACE;
	default:
		return (int)c;
	}
}

static void read_mouse(struct key_event *out)
{
	MEVENT event;

	if (getmouse(&event) != OK) {
		out->code = KEYCODE_UNKNOWN;
		return;
	}
	out->mouse_y = event.y;
	out->mouse_x = event.x;
	out->wheel_up = event.bstate & BUTTON4_PRESSED;
	out->wheel_down = event.bstate & BUTTON5_PRESSED;
	if (!(event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) && !out->wheel_up &&
		!out->wheel_down)
		out->code = KEYCODE_UNKNOWN;
}

/* Behind an Esc: the rest of a sequence that terminfo does not know (a function key with
 * Shift, a report). Left there, its letters would run as keys: `Esc [ 1 ; 2 Q` quits. */
static bool swallow_sequence(void)
{
	enum { LONGEST = 64 };
	wint_t c;
	int kind = wget_wch(input, &c);

	if (kind == ERR)
		return false;
	if (kind == KEY_CODE_YES) {
		ungetch((int)c);
		return false;
	}
	if (c != '[' && c != 'O') {
		unget_wch((wchar_t)c);
		return false;
	}
	if (c == 'O')
		return wget_wch(input, &c) != ERR;
	for (int i = 0; i < LONGEST && wget_wch(input, &c) == OK; i++)
		if (c >= 0x40 && c <= 0x7e)
			break;
	return true;
}

bool keys_next(struct key_event *out)
{
	wint_t code;
	int kind = wget_wch(input, &code);

	if (kind == ERR)
		return false;
	*out = (struct key_event){0};
	out->code = kind == KEY_CODE_YES ? from_function(code) : from_character(code);
	if (out->code == KEYCODE_MOUSE)
		read_mouse(out);
	else if (out->code == KEYCODE_ESC && swallow_sequence())
		out->code = KEYCODE_UNKNOWN;
	return true;
}
