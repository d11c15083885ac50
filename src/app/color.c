/* Colours as numbers: the palette, and the contrast of two colours as WCAG 2 defines
 * it (relative luminance, https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio). Hides
 * what `default` is taken for. Pure. */
#include "app/color.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT = -1 };

int color_palette(int index)
{
	static const int first[16] = {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee,
		0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00,
		0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff};
	static const int steps[6] = {0, 95, 135, 175, 215, 255};
	int gray;

	if (index < 16)
		return first[index];
	if (index < 232) {
		index -= 16;
		return steps[index / 36] << 16 | steps[index / 6 % 6] << 8 |
		       steps[index % 6];
	}
	gray = 8 + (index - 232) * 10;
	return gray << 16 | gray << 8 | gray;
}

double color_linear(int value)
{
	double v = value / 255.0;

	return v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double luminance(int rgb)
{
	return 0.2126 * color_linear(rgb >> 16) + 0.7152 * color_linear(rgb >> 8 & 255) +
	       0.0722 * color_linear(rgb & 255);
}

static int rgb_of(const char *word)
{
	for (int i = 0; rc_color_names[i]; i++)
		if (!strcmp(rc_color_names[i], word))
			return i ? color_palette(i - 1) : DEFAULT;
	return word[0] == '#' ? (int)strtol(word + 1, NULL, 16)
			      : color_palette((int)strtol(word, NULL, 10));
}

/* Of the colours that stand on the default background: are most of them dark? */
static bool is_light(const struct contrast *roles)
{
	int light = 0, dark = 0;

	for (int i = 0; i < ROLE_COUNT; i++) {
		int fg = roles[i].color ? rgb_of(roles[i].color->fg) : DEFAULT;

		if (fg == DEFAULT || rgb_of(roles[i].color->bg) != DEFAULT)
			continue;
		if (luminance(fg) > 0.18)
			light++;
		else
			dark++;
	}
	return dark > light;
}

static double ratio_of(const struct rc_color *color, bool light)
{
	int fg = rgb_of(color->fg), bg = rgb_of(color->bg);
	double a, b;

	if (fg == DEFAULT)
		fg = light ? COLOR_LIGHT_FG : COLOR_DARK_FG;
	if (bg == DEFAULT)
		bg = light ? COLOR_LIGHT_BG : COLOR_DARK_BG;
	a = luminance(fg) + 0.05;
	b = luminance(bg) + 0.05;
	return a > b ? a / b : b / a;
}

void color_contrast(const struct rc *rc, struct contrast out[ROLE_COUNT])
{
	bool light;

	memset(out, 0, ROLE_COUNT * sizeof *out);
	for (size_t i = 0; i < rc->color_count; i++)
		for (int role = 0; role < ROLE_COUNT; role++)
			if (!strcmp(role_rows[role].name, rc->colors[i].role))
				out[role].color = &rc->colors[i];
	light = is_light(out);
	for (int i = 0; i < ROLE_COUNT; i++) {
		out[i].light = light;
		if (out[i].color)
			out[i].ratio = ratio_of(out[i].color, light);
	}
}
