/*
 * The emulated terminal of the screen tests: libvterm, and before it a small reader of
 * control sequences that keeps a set of the private modes in force (libvterm tells only
 * four of them) and corrects one colour form. It hides libvterm from everything else.
 * No I/O, no threads.
 */
#include "emu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

#define CSI_MAX   256 /* a longer control sequence is passed on unread */
#define MODES_MAX 64

enum reading { GROUND, ESCAPE, CSI, STRING, STRING_ESCAPE };

struct emu {
	VTerm *vt;
	VTermScreen *screen;
	VTermState *state;
	emu_reply_fn *reply;
	void *user;
	enum reading reading;
	char csi[CSI_MAX];
	size_t csi_bytes;
	int modes[MODES_MAX]; /* private modes switched away from their default */
	int modes_count;
	struct emu_state seen;
};

/* Private modes that are on in a fresh terminal: for these "off" is the change. */
static const int modes_on_at_start[] = {7, 25};

/* What a program must not leave behind, in words. A mode that is not listed is harmless
 * to the next prompt. */
static const struct {
	int mode;
	const char *words;
} leftover_modes[] = {
	{1, "cursor keys in application mode (?1)"},
	{5, "reverse video (?5)"},
	{6, "origin mode (?6)"},
	{7, "line wrap off (?7)"},
	{9, "mouse (?9)"},
	{25, "cursor hidden (?25)"},
	{47, "alternate screen (?47)"},
	{69, "left and right margins (?69)"},
	{1000, "mouse (?1000)"},
	{1002, "mouse (?1002)"},
	{1003, "mouse (?1003)"},
	{1004, "focus reports (?1004)"},
	{1005, "mouse (?1005)"},
	{1006, "mouse (?1006)"},
	{1015, "mouse (?1015)"},
	{1016, "mouse (?1016)"},
	{1047, "alternate screen (?1047)"},
	{1049, "alternate screen (?1049)"},
	{2004, "bracketed paste (?2004)"},
	{2026, "synchronised output (?2026)"},
	{2031, "theme reports (?2031)"},
	{2048, "resize reports (?2048)"},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void *need(void *memory)
{
	if (!memory) {
		fputs("term: out of memory\n", stderr);
		abort();
	}
	return memory;
}

static void on_output(const char *bytes, size_t size, void *user)
{
	struct emu *emu = user;

	if (emu->reply)
		emu->reply(bytes, size, emu->user);
}

static int on_term_prop(VTermProp prop, VTermValue *value, void *user)
{
	struct emu *emu = user;

	switch (prop) {
	case VTERM_PROP_CURSORVISIBLE:
		emu->seen.cursor_hidden = !value->boolean;
		break;
	case VTERM_PROP_ALTSCREEN:
		emu->seen.alt_screen = value->boolean;
		break;
	case VTERM_PROP_TITLE:
		snprintf(emu->seen.title, sizeof emu->seen.title, "%s", value->string);
		break;
	default:
		break;
	}
	return 1;
}

static int on_bell(void *user)
{
	struct emu *emu = user;

	emu->seen.bells++;
	return 1;
}

static const VTermScreenCallbacks screen_callbacks = {
	.settermprop = on_term_prop,
	.bell = on_bell,
};

struct emu *emu_new(int cols, int rows, emu_reply_fn *reply, void *user)
{
	struct emu *emu = need(calloc(1, sizeof *emu));

	emu->reply = reply;
	emu->user = user;
	emu->vt = need(vterm_new(rows, cols));
	vterm_set_utf8(emu->vt, 1);
	vterm_output_set_callback(emu->vt, on_output, emu);
	emu->state = need(vterm_obtain_state(emu->vt));
	emu->screen = need(vterm_obtain_screen(emu->vt));
	vterm_screen_set_callbacks(emu->screen, &screen_callbacks, emu);
	vterm_screen_enable_altscreen(emu->screen, 1);
	vterm_screen_set_damage_merge(emu->screen, VTERM_DAMAGE_SCREEN);
	vterm_screen_reset(emu->screen, 1);
	return emu;
}

void emu_free(struct emu *emu)
{
	if (!emu)
		return;
	vterm_free(emu->vt);
	free(emu);
}

void emu_resize(struct emu *emu, int cols, int rows)
{
	vterm_set_size(emu->vt, rows, cols);
}

/* ---- reading the modes on the way in ---- */

static int mode_at(const struct emu *emu, int number)
{
	for (int i = 0; i < emu->modes_count; i++)
		if (emu->modes[i] == number)
			return i;
	return -1;
}

static bool mode_starts_on(int number)
{
	for (size_t i = 0; i < COUNT(modes_on_at_start); i++)
		if (modes_on_at_start[i] == number)
			return true;
	return false;
}

bool emu_mode(const struct emu *emu, int number)
{
	bool changed = mode_at(emu, number) >= 0;

	return changed != mode_starts_on(number);
}

static void mode_set(struct emu *emu, int number, bool on)
{
	int at = mode_at(emu, number);
	bool change = on != mode_starts_on(number);

	if (change && at < 0 && emu->modes_count < MODES_MAX)
		emu->modes[emu->modes_count++] = number;
	else if (!change && at >= 0)
		emu->modes[at] = emu->modes[--emu->modes_count];
}

/* `args` is "1000;1006": what stands between CSI ? and h or l. */
static void modes_set(struct emu *emu, const char *args, bool on)
{
	while (*args) {
		char *end;
		long number = strtol(args, &end, 10);

		if (end == args)
			return;
		mode_set(emu, (int)number, on);
		args = *end == ';' ? end + 1 : end;
	}
}

static void keyboard_sequence(struct emu *emu, const char *body, char final)
{
	long number = strtol(body + 1, NULL, 10);

	if (final == 'u' && body[0] == '>')
		emu->seen.keyboard_depth++;
	else if (final == 'u' && body[0] == '<' && emu->seen.keyboard_depth > 0)
		emu->seen.keyboard_depth -= number > 1 ? (int)number : 1;
	else if (final == 'm' && body[0] == '>' && number == 4)
		emu->seen.modify_keys = strchr(body, ';') && !strstr(body, ";0");
	if (emu->seen.keyboard_depth < 0)
		emu->seen.keyboard_depth = 0;
}

/* libvterm 0.1.4 takes the empty colour-space field of 38:2::r:g:b for red. */
static void drop_colour_space(char *csi)
{
	static const char *const forms[] = {"38:2::", "48:2::"};

	for (size_t i = 0; i < COUNT(forms); i++)
		for (char *at; (at = strstr(csi, forms[i]));)
			memmove(at + 5, at + 6, strlen(at + 6) + 1);
}

static void forward(struct emu *emu, const char *bytes, size_t size)
{
	if (size > 0)
		vterm_input_write(emu->vt, bytes, size);
}

/* emu->csi holds a whole sequence, from ESC to its final byte. */
static void csi_done(struct emu *emu)
{
	char *body = emu->csi + 2;
	char final = emu->csi[emu->csi_bytes - 1];

	emu->csi[emu->csi_bytes] = '\0';
	if (body[0] == '?' && (final == 'h' || final == 'l'))
		modes_set(emu, body + 1, final == 'h');
	else if (body[0] == '>' || body[0] == '<')
		keyboard_sequence(emu, body, final);
	else if (final == 'p' && body[0] == '!')
		emu->modes_count = 0; /* soft reset */
	else if (final == 'm')
		drop_colour_space(emu->csi);
	forward(emu, emu->csi, strlen(emu->csi));
	emu->reading = GROUND;
}

static void csi_byte(struct emu *emu, char byte)
{
	emu->csi[emu->csi_bytes++] = byte;
	if (byte >= 0x40 && byte <= 0x7e && byte != '[') {
		csi_done(emu);
	} else if (emu->csi_bytes == CSI_MAX - 1 || (unsigned char)byte < 0x20) {
		forward(emu, emu->csi, emu->csi_bytes);
		emu->reading = byte == '\033' ? ESCAPE : GROUND;
	}
}

/* ESC was forwarded already, unless a [ follows: see emu_feed. */
static void escape_byte(struct emu *emu, char byte)
{
	static const char esc = '\033';

	if (byte == '[') {
		memcpy(emu->csi, "\033[", 2);
		emu->csi_bytes = 2;
		emu->reading = CSI;
		return;
	}
	forward(emu, &esc, 1);
	forward(emu, &byte, 1);
	emu->reading = strchr("]PX^_", byte) && byte ? STRING : GROUND;
	if (byte == '=' || byte == '>')
		emu->seen.keypad_app = byte == '=';
	if (byte == 'c') {
		emu->modes_count = 0;
		emu->seen.keypad_app = false;
	}
}

static void feed_byte(struct emu *emu, char byte)
{
	switch (emu->reading) {
	case ESCAPE:
		escape_byte(emu, byte);
		return;
	case CSI:
		csi_byte(emu, byte);
		return;
	case STRING:
	case STRING_ESCAPE:
		forward(emu, &byte, 1);
		if (byte == '\a' || byte == '\030' || byte == '\032' ||
			(emu->reading == STRING_ESCAPE && byte == '\\'))
			emu->reading = GROUND;
		else
			emu->reading = byte == '\033' ? STRING_ESCAPE : STRING;
		return;
	case GROUND:
		return;
	}
}

void emu_feed(struct emu *emu, const char *bytes, size_t size)
{
	size_t i = 0;

	while (i < size) {
		if (emu->reading != GROUND) {
			feed_byte(emu, bytes[i++]);
			continue;
		}
		const char *esc = memchr(bytes + i, '\033', size - i);
		size_t plain = esc ? (size_t)(esc - bytes) - i : size - i;

		forward(emu, bytes + i, plain);
		i += plain;
		if (esc) {
			emu->reading = ESCAPE;
			i++;
		}
	}
}

/* ---- reading the screen ---- */

int emu_cols(const struct emu *emu)
{
	int rows, cols;

	vterm_get_size(emu->vt, &rows, &cols);
	return cols;
}

int emu_rows(const struct emu *emu)
{
	int rows, cols;

	vterm_get_size(emu->vt, &rows, &cols);
	return rows;
}

static size_t utf8_put(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	size_t more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
	static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};

	out[0] = (char)(lead[more] | (c >> (6 * more)));
	for (size_t i = 1; i <= more; i++)
		out[i] = (char)(0x80 | ((c >> (6 * (more - i))) & 0x3f));
	return more + 1;
}

static int colour_of(const VTermColor *colour)
{
	if (VTERM_COLOR_IS_DEFAULT_FG(colour) || VTERM_COLOR_IS_DEFAULT_BG(colour))
		return EMU_COLOUR_DEFAULT;
	if (VTERM_COLOR_IS_INDEXED(colour))
		return colour->indexed.idx;
	return EMU_COLOUR_RGB | colour->rgb.red << 16 | colour->rgb.green << 8 |
	       colour->rgb.blue;
}

static unsigned attrs_of(const VTermScreenCellAttrs *attrs)
{
	return (attrs->bold ? EMU_BOLD : 0) | (attrs->underline ? EMU_UNDERLINE : 0) |
	       (attrs->italic ? EMU_ITALIC : 0) | (attrs->blink ? EMU_BLINK : 0) |
	       (attrs->reverse ? EMU_REVERSE : 0) | (attrs->strike ? EMU_STRIKE : 0);
}

void emu_cell(const struct emu *emu, int row, int col, struct emu_cell *out)
{
	VTermScreenCell cell = {.width = 1};
	size_t bytes = 0;

	vterm_screen_get_cell(emu->screen, (VTermPos){row, col}, &cell);
	*out = (struct emu_cell){.width = cell.width,
		.fg = colour_of(&cell.fg),
		.bg = colour_of(&cell.bg),
		.attrs = attrs_of(&cell.attrs)};
	if (cell.chars[0] == (uint32_t)-1) {
		out->width = 0;
		return;
	}
	for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++)
		bytes += utf8_put(out->text + bytes, cell.chars[i]);
	if (bytes == 0)
		out->text[0] = ' ';
}

void emu_line(const struct emu *emu, int row, struct emu_line *out)
{
	int cols = emu_cols(emu);
	size_t size = (size_t)cols * sizeof((struct emu_cell){0}.text) + 1;
	struct emu_cell cell;

	out->text = need(malloc(size));
	out->column = need(malloc(size * sizeof *out->column));
	out->bytes = 0;
	for (int col = 0; col < cols; col++) {
		emu_cell(emu, row, col, &cell);
		for (const char *c = cell.text; *c; c++) {
			out->column[out->bytes] = col;
			out->text[out->bytes++] = *c;
		}
	}
	out->text[out->bytes] = '\0';
	out->column[out->bytes] = cols;
}

void emu_line_release(struct emu_line *line)
{
	free(line->text);
	free(line->column);
	*line = (struct emu_line){0};
}

char *emu_text(const struct emu *emu)
{
	size_t bytes = 0;
	int rows = emu_rows(emu);
	char *text = need(calloc(1, 1));

	for (int row = 0; row < rows; row++) {
		struct emu_line line;

		emu_line(emu, row, &line);
		while (line.bytes > 0 && line.text[line.bytes - 1] == ' ')
			line.bytes--;
		text = need(realloc(text, bytes + line.bytes + 2));
		memcpy(text + bytes, line.text, line.bytes);
		bytes += line.bytes;
		text[bytes++] = '\n';
		text[bytes] = '\0';
		emu_line_release(&line);
	}
	return text;
}

bool emu_find(
	const struct emu *emu, const char *text, int from, int *row, int *col, int *cols)
{
	int rows = emu_rows(emu);

	for (int r = from; r < rows; r++) {
		struct emu_line line;
		char *at;

		emu_line(emu, r, &line);
		at = strstr(line.text, text);
		if (at) {
			size_t start = (size_t)(at - line.text);
			int first = line.column[start];

			*row = r;
			if (col)
				*col = first;
			if (cols)
				*cols = line.column[start + strlen(text)] - first;
		}
		emu_line_release(&line);
		if (at)
			return true;
	}
	return false;
}

static bool pen_is_set(const struct emu *emu)
{
	static const VTermAttr flags[] = {VTERM_ATTR_BOLD, VTERM_ATTR_UNDERLINE,
		VTERM_ATTR_ITALIC, VTERM_ATTR_BLINK, VTERM_ATTR_REVERSE,
		VTERM_ATTR_STRIKE};
	VTermValue value;

	for (size_t i = 0; i < COUNT(flags); i++)
		if (vterm_state_get_penattr(emu->state, flags[i], &value) && value.number)
			return true;
	if (vterm_state_get_penattr(emu->state, VTERM_ATTR_FOREGROUND, &value) &&
		!VTERM_COLOR_IS_DEFAULT_FG(&value.color))
		return true;
	return vterm_state_get_penattr(emu->state, VTERM_ATTR_BACKGROUND, &value) &&
	       !VTERM_COLOR_IS_DEFAULT_BG(&value.color);
}

void emu_state(const struct emu *emu, struct emu_state *out)
{
	VTermPos at;

	vterm_state_get_cursorpos(emu->state, &at);
	*out = emu->seen;
	out->row = at.row;
	out->col = at.col;
	out->pen_set = pen_is_set(emu);
}

static void join(char *out, size_t size, const char *words)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", used ? ", " : "", words);
}

void emu_leftovers(const struct emu *emu, char *out, size_t size)
{
	struct emu_state state;

	out[0] = '\0';
	emu_state(emu, &state);
	for (size_t i = 0; i < COUNT(leftover_modes); i++)
		if (mode_at(emu, leftover_modes[i].mode) >= 0)
			join(out, size, leftover_modes[i].words);
	if (state.keypad_app)
		join(out, size, "keypad in application mode");
	if (state.keyboard_depth > 0)
		join(out, size, "kitty keyboard protocol");
	if (state.modify_keys)
		join(out, size, "modifyOtherKeys");
	if (state.pen_set)
		join(out, size, "colours or attributes");
}

/* ---- keys ---- */

/* Keys whose bytes are the same in every mode. */
static const struct {
	const char *name;
	const char *bytes;
} plain_keys[] = {
	{"Enter", "\r"},
	{"CR", "\r"},
	{"Esc", "\033"},
	{"Tab", "\t"},
	{"S-Tab", "\033[Z"},
	{"Space", " "},
	{"BS", "\177"},
	{"lt", "<"},
	{"gt", ">"},
	{"C-Space", NULL},
};

static const struct {
	const char *name;
	VTermKey key;
} moving_keys[] = {
	{"Up", VTERM_KEY_UP},
	{"Down", VTERM_KEY_DOWN},
	{"Left", VTERM_KEY_LEFT},
	{"Right", VTERM_KEY_RIGHT},
	{"Insert", VTERM_KEY_INS},
	{"Del", VTERM_KEY_DEL},
	{"Home", VTERM_KEY_HOME},
	{"End", VTERM_KEY_END},
	{"PageUp", VTERM_KEY_PAGEUP},
	{"PageDown", VTERM_KEY_PAGEDOWN},
};

static bool moving_key(const char *name, VTermKey *key)
{
	int number;
	char rest;

	for (size_t i = 0; i < COUNT(moving_keys); i++)
		if (strcmp(name, moving_keys[i].name) == 0) {
			*key = moving_keys[i].key;
			return true;
		}
	if (sscanf(name, "F%2d%c", &number, &rest) == 1 && number >= 1 && number <= 24) {
		*key = (VTermKey)VTERM_KEY_FUNCTION(number);
		return true;
	}
	return false;
}

/* Takes C- M- S- off the front of a name. */
static const char *modifiers(const char *name, VTermModifier *mods)
{
	static const struct {
		char letter;
		VTermModifier mod;
	} rows[] = {{'C', VTERM_MOD_CTRL}, {'M', VTERM_MOD_ALT}, {'S', VTERM_MOD_SHIFT}};

	*mods = VTERM_MOD_NONE;
	for (size_t i = 0; i < COUNT(rows);) {
		if (name[0] == rows[i].letter && name[1] == '-' && name[2]) {
			*mods |= rows[i].mod;
			name += 2;
			i = 0;
		} else {
			i++;
		}
	}
	return name;
}

static bool named_key(struct emu *emu, const char *name)
{
	VTermModifier mods;
	VTermKey key;
	const char *bare;

	for (size_t i = 0; i < COUNT(plain_keys); i++)
		if (strcmp(name, plain_keys[i].name) == 0) {
			const char *bytes = plain_keys[i].bytes;

			on_output(bytes ? bytes : "", bytes ? strlen(bytes) : 1, emu);
			return true;
		}
	bare = modifiers(name, &mods);
	if (moving_key(bare, &key)) {
		vterm_keyboard_key(emu->vt, key, mods);
		return true;
	}
	/* As xterm sends them; libvterm would use CSI u for Ctrl-J and its like. */
	if (!bare[1] && mods && !(mods & VTERM_MOD_SHIFT)) {
		char bytes[2] = {'\033', bare[0]};

		if (mods & VTERM_MOD_CTRL)
			bytes[1] = bare[0] == '?' ? '\177' : (char)(bare[0] & 0x1f);
		if (mods & VTERM_MOD_ALT)
			on_output(bytes, 2, emu);
		else
			on_output(bytes + 1, 1, emu);
		return true;
	}
	return false;
}

bool emu_keys(struct emu *emu, const char *keys, char *why, size_t why_size)
{
	while (*keys) {
		const char *close = *keys == '<' ? strchr(keys, '>') : NULL;
		char name[32];

		if (!close) {
			size_t plain = 1 + strcspn(keys + 1, "<");

			on_output(keys, plain, emu);
			keys += plain;
			continue;
		}
		if (close[1] == '>' && close[-1] == '-')
			close++; /* <C->> */
		snprintf(name, sizeof name, "%.*s", (int)(close - keys - 1), keys + 1);
		if (!named_key(emu, name)) {
			snprintf(why, why_size,
				"<%s> is not a key; write <lt> for a plain <", name);
			return false;
		}
		keys = close + 1;
	}
	return true;
}

void emu_paste(struct emu *emu, const char *text)
{
	bool bracketed = emu_mode(emu, 2004);

	if (bracketed)
		on_output("\033[200~", 6, emu);
	while (*text) {
		size_t line = strcspn(text, "\n");

		if (line > 0)
			on_output(text, line, emu);
		text += line;
		if (*text) {
			on_output("\r", 1, emu);
			text++;
		}
	}
	if (bracketed)
		on_output("\033[201~", 6, emu);
}

void emu_mouse(struct emu *emu, int row, int col, int button)
{
	vterm_mouse_move(emu->vt, row, col, VTERM_MOD_NONE);
	vterm_mouse_button(emu->vt, button, true, VTERM_MOD_NONE);
	if (button < 4) /* a wheel has no release */
		vterm_mouse_button(emu->vt, button, false, VTERM_MOD_NONE);
}
