/* libvterm behind a few calls that are looked up when they are needed. What a cell holds
 * goes through the canvas like any foreign text; colours are left out, as a pane has
 * roles. Main thread. */
#include "vt.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <dlfcn.h>
#include <vterm.h>

enum { SIDE = 500 };

struct vt {
	VTerm *term;
	VTermScreen *screen;
	int columns, rows;
	void (*line)(void *ctx, struct untrusted line);
	void *ctx;
};

static struct {
	__typeof__(&vterm_new) make;
	__typeof__(&vterm_free) end;
	__typeof__(&vterm_set_utf8) utf8;
	__typeof__(&vterm_set_size) size;
	__typeof__(&vterm_input_write) write;
	__typeof__(&vterm_obtain_screen) screen;
	__typeof__(&vterm_screen_reset) reset;
	__typeof__(&vterm_screen_enable_altscreen) alternate;
	__typeof__(&vterm_screen_get_cell) cell;
	__typeof__(&vterm_screen_set_callbacks) callbacks;
} calls;

static bool open_library(struct err *err)
{
	static const struct {
		const char *name;
		void *to;
	} names[] = {
		{"vterm_new", &calls.make},
		{"vterm_free", &calls.end},
		{"vterm_set_utf8", &calls.utf8},
		{"vterm_set_size", &calls.size},
		{"vterm_input_write", &calls.write},
		{"vterm_obtain_screen", &calls.screen},
		{"vterm_screen_reset", &calls.reset},
		{"vterm_screen_enable_altscreen", &calls.alternate},
		{"vterm_screen_get_cell", &calls.cell},
		{"vterm_screen_set_callbacks", &calls.callbacks},
	};
	static bool open;
	void *library = open ? NULL : dlopen("libvterm.so.0", RTLD_NOW | RTLD_LOCAL);

	if (open)
		return true;
	if (!library)
		return err_set(err, ERR_MISSING,
			"libvterm.so.0 cannot be opened: install libvterm0 (Debian)");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		void *found = dlsym(library, names[i].name);

		if (!found)
			return err_set(err, ERR_MISSING, "this libvterm has no %s()",
				names[i].name);
		*(void **)names[i].to = found;
	}
	open = true;
	return true;
}

struct vt *vt_new(int columns, int rows, struct err *err)
{
	struct vt *vt;

	if (!open_library(err))
		return NULL;
	vt = mem_new(1, sizeof *vt);
	vt->columns = columns;
	vt->rows = rows;
	vt->term = calls.make(rows, columns);
	calls.utf8(vt->term, 1);
	vt->screen = calls.screen(vt->term);
	calls.alternate(vt->screen, 1);
	calls.reset(vt->screen, 1);
	return vt;
}

void vt_free(struct vt *vt)
{
	if (!vt)
		return;
	calls.end(vt->term);
	mem_free(vt);
}

void vt_feed(struct vt *vt, struct untrusted bytes)
{
	size_t n;
	const char *p = text_raw(bytes, &n);

	if (n)
		calls.write(vt->term, p, n);
}

void vt_resize(struct vt *vt, int columns, int rows)
{
	vt->columns = columns < SIDE ? columns : SIDE;
	vt->rows = rows < SIDE ? rows : SIDE;
	calls.size(vt->term, vt->rows, vt->columns);
}

static enum role role_of(const VTermScreenCell *cell)
{
	return cell->attrs.reverse ? ROLE_SELECTED
	       : cell->attrs.bold  ? ROLE_STRONG
				   : ROLE_TEXT;
}

static void add_char(struct str *to, uint32_t c)
{
	if (c < 0x80)
		str_putc(to, (char)(c ? c : ' '));
	else if (c < 0x800)
		str_printf(to, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
	else if (c < 0x10000)
		str_printf(to, "%c%c%c", (int)(0xe0 | c >> 12),
			(int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
	else
		str_printf(to, "%c%c%c%c", (int)(0xf0 | (c >> 18 & 7)),
			(int)(0x80 | (c >> 12 & 63)), (int)(0x80 | (c >> 6 & 63)),
			(int)(0x80 | (c & 63)));
}

static void add_cell(struct str *to, const VTermScreenCell *cell)
{
	add_char(to, cell->chars[0]);
	for (int i = 1; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[0] && cell->chars[i];
		i++)
		add_char(to, cell->chars[i]);
}

/* --- as lines --- */

static void give_line(const struct vt *vt, struct str *text)
{
	while (text->n && text->p[text->n - 1] == ' ')
		text->p[--text->n] = '\0';
	vt->line(vt->ctx, untrusted_make(text->p, text->n));
	str_release(text);
}

static int on_scrolled(int columns, const VTermScreenCell *cells, void *ctx)
{
	struct str text;

	str_init(&text, 16 << 10);
	for (int col = 0; col < columns;) {
		add_cell(&text, &cells[col]);
		col += cells[col].width > 0 ? cells[col].width : 1;
	}
	give_line(ctx, &text);
	return 1;
}

void vt_on_line(struct vt *vt, void (*line)(void *ctx, struct untrusted line), void *ctx)
{
	static const VTermScreenCallbacks callbacks = {.sb_pushline = on_scrolled};

	vt->line = line;
	vt->ctx = ctx;
	calls.callbacks(vt->screen, &callbacks, vt);
}

/* --- as cells --- */

/* Runs of one role. */
static void draw_row(const struct vt *vt, const struct canvas *c, int row, int to)
{
	struct str run;
	enum role role = ROLE_TEXT;
	int from = 0, col = 0;

	str_init(&run, 16 << 10);
	while (col < vt->columns && col < c->cols) {
		VTermScreenCell cell;
		VTermPos pos = {row, col};

		if (!calls.cell(vt->screen, pos, &cell))
			break;
		if (role_of(&cell) != role && run.n) {
			canvas_text(c, to, from, c->cols - from, role,
				untrusted_make(run.p, run.n));
			str_reset(&run);
			from = col;
		}
		role = role_of(&cell);
		add_cell(&run, &cell);
		col += cell.width > 0 ? cell.width : 1;
	}
	if (run.n)
		canvas_text(
			c, to, from, c->cols - from, role, untrusted_make(run.p, run.n));
	str_release(&run);
}

static bool is_blank(const struct vt *vt, int row)
{
	for (int col = 0; col < vt->columns; col++) {
		VTermScreenCell cell;
		VTermPos pos = {row, col};

		if (calls.cell(vt->screen, pos, &cell) && cell.chars[0] &&
			cell.chars[0] != ' ')
			return false;
	}
	return true;
}

static int last_row(const struct vt *vt)
{
	int last = vt->rows - 1;

	while (last > 0 && is_blank(vt, last))
		last--;
	return last;
}

void vt_rest(const struct vt *vt)
{
	int last = last_row(vt);

	for (int row = 0; row <= last && !(row == last && is_blank(vt, row)); row++) {
		struct str text;

		str_init(&text, 16 << 10);
		for (int col = 0; col < vt->columns;) {
			VTermScreenCell cell;
			VTermPos pos = {row, col};

			if (!calls.cell(vt->screen, pos, &cell))
				break;
			add_cell(&text, &cell);
			col += cell.width > 0 ? cell.width : 1;
		}
		give_line(vt, &text);
	}
}

void vt_draw(const struct vt *vt, const struct canvas *c)
{
	int last = last_row(vt), first;

	first = last >= c->rows ? last - c->rows + 1 : 0;
	for (int row = first; row <= last; row++)
		draw_row(vt, c, row, row - first);
}
