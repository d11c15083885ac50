/* Drawing counts: bars in eighths of a row, shares lying, and shades for hours of the
 * week; in ASCII whole rows and letters. Hides the scales, which begin at nothing. Main
 * thread. */
#include "bars.h"

#include "base/time.h"
#include "model/zone.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

static const char *const eighths[] = {" ", "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83",
	"\xe2\x96\x84", "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
static const char *const ascii_levels[] = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
static const char *const shades[] = {
	"\xc2\xb7", "\xe2\x96\x91", "\xe2\x96\x92", "\xe2\x96\x93", "\xe2\x96\x88"};
static const char *const ascii_shades[] = {".", "-", "+", "*", "#"};

static bool ascii(void)
{
	return screen_graphics() == GRAPHICS_ASCII;
}

static uint32_t largest(const uint32_t *values, size_t n)
{
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++)
		most = values[i] > most ? values[i] : most;
	return most;
}

/* In eighths; what is not nothing is at least one. */
static int height_of(uint32_t value, uint32_t most, int rows)
{
	int full = rows * 8, height;

	if (!most || !value)
		return 0;
	height = (int)((uint64_t)value * (uint64_t)full / most);
	if (ascii())
		height = (height + 7) / 8 * 8;
	return height ? height : 1;
}

static void draw_bar(
	const struct canvas *c, int col, int width, int height, enum role role)
{
	for (int row = 0; row < c->rows; row++) {
		int level = height - (c->rows - 1 - row) * 8;

		level = level < 0 ? 0 : level > 8 ? 8 : level;
		for (int i = 0; level && i < width; i++)
			canvas_put(c, row, col + i, role, ascii() ? "#" : eighths[level]);
	}
}

/* The date under a Monday, and under the first bar. */
static void draw_dates(const struct canvas *c, int row, const struct bars *bars,
	size_t from, int left, int step)
{
	int free_from = 0;

	for (size_t i = from; i < bars->count; i++) {
		int64_t day = bars->first_day + (int64_t)i;
		int col = left + (int)(i - from) * step;
		char text[TIME_TEXT], out[TIME_TEXT];

		if ((i != from && zone_weekday(day)) || col < free_from ||
			col + 6 > c->cols)
			continue;
		/* Noon is on the day in every zone near enough. */
		time_day(day * DAY_MS + DAY_MS / 2 - time_offset_ms(day * DAY_MS), text);
		snprintf(out, sizeof out, "%s", text + 4);
		canvas_put(c, row, col, ROLE_DIM, out);
		free_from = col + 7;
	}
}

void bars_draw(const struct canvas *c, const struct bars *bars)
{
	uint32_t most = largest(bars->values, bars->count);
	char label[16];
	int left, step, room, width;
	size_t from = 0;
	struct canvas area;

	canvas_blank_rows(c, 0, c->rows);
	left = snprintf(label, sizeof label, "%u", most) + 1;
	room = c->cols - left;
	if (room < 4 || c->rows < 3 || !bars->count)
		return;
	step = room / (int)bars->count;
	step = step > 6 ? 6 : step < 1 ? 1 : step;
	width = step > 2 ? step - 1 : step;
	if (bars->count > (size_t)room)
		from = bars->count - (size_t)room;
	canvas_put(c, 0, 0, ROLE_DIM, label);
	canvas_put(c, c->rows - 2, left - 2, ROLE_DIM, "0");
	area = canvas_part(c, 0, left, c->rows - 1, room);
	for (size_t i = from; i < bars->count; i++)
		draw_bar(&area, (int)(i - from) * step, width,
			height_of(bars->values[i], most, area.rows),
			i == bars->marked ? ROLE_FOCUS : ROLE_CHART);
	draw_dates(c, c->rows - 1, bars, from, left, step);
}

void bars_strip(const struct canvas *c, int row, int col, int width,
	const uint32_t *values, size_t count)
{
	uint32_t most = largest(values, count);

	for (size_t i = 0; i < count; i++) {
		int level = height_of(values[i], most, 1);

		if (ascii() && most)
			level = values[i] ? 1 + (int)((uint64_t)values[i] * 7 / most) : 0;
		for (int k = 0; k < width; k++)
			canvas_put(c, row, col + (int)i * width + k, ROLE_CHART,
				ascii() ? ascii_levels[level] : eighths[level]);
	}
}

void bars_share(const struct canvas *c, int row, int col, int width, double share)
{
	int full = (int)(share * width + 0.5);

	full = full > width ? width : share > 0 && full < 1 ? 1 : full;
	for (int i = 0; i < full; i++)
		canvas_put(c, row, col + i, ROLE_CHART, ascii() ? "#" : eighths[8]);
}

void bars_text(char *out, size_t size, int width, double share)
{
	int full = (int)(share * width + 0.5);
	struct str text;

	full = full > width ? width : share > 0 && full < 1 ? 1 : full;
	str_init(&text, size - 1);
	for (int i = 0; i < full; i++)
		str_puts(&text, ascii() ? "#" : eighths[8]);
	str_copy(out, size, str_text(&text));
	str_release(&text);
}

void bars_heat(const struct canvas *c, const uint32_t of[168])
{
	static const char *const days[] = {"Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"};
	uint32_t most = largest(of, 168);
	int width = c->cols >= 52 ? 2 : 1;

	canvas_blank_rows(c, 0, c->rows);
	for (int hour = 0; hour < 24; hour += 6)
		canvas_printf(c, 0, 3 + hour * width, ROLE_DIM, "%02d", hour);
	for (int day = 0; day < 7 && day + 1 < c->rows; day++) {
		canvas_put(c, day + 1, 0, ROLE_DIM, days[day]);
		for (int hour = 0; hour < 24 * width; hour++) {
			uint32_t value = of[day * 24 + hour / width];
			int shade = value && most
					    ? 1 + (int)((uint64_t)(value - 1) * 4 / most)
					    : 0;

			canvas_put(c, day + 1, 3 + hour, shade ? ROLE_CHART : ROLE_DIM,
				ascii() ? ascii_shades[shade] : shades[shade]);
		}
	}
}
