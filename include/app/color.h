/* Colours of themes as numbers, and how well a role can be read. */
#ifndef APP_COLOR_H
#define APP_COLOR_H

#include "app/rc.h"
#include "app/role.h"

/* The usual values of the first 16; 16 to 255 are fixed by convention. 0xrrggbb. */
int color_palette(int index);
/* One channel, 0 to 255, as light: 0 to 1 (IEC 61966-2-1). */
double color_linear(int value);

/* What `default` is taken for, as no program can ask for it everywhere: near white on
 * near black, or black on white. A theme is for a light background when most of its
 * colours on the default background are darker than middle grey. */
enum { COLOR_DARK_BG = 0x121212, COLOR_DARK_FG = 0xd0d0d0 };
enum { COLOR_LIGHT_BG = 0xffffff, COLOR_LIGHT_FG = 0x000000 };
/* Least contrast of text, WCAG 2 level AA (1.4.3), in tenths. */
enum { CONTRAST_LEAST = 45 };

struct contrast {
	double ratio;                 /* 1 to 21 */
	bool light;                   /* the background that was assumed */
	const struct rc_color *color; /* the line that counts; NULL: no line */
};

/* By the last line of each role. */
void color_contrast(const struct rc *rc, struct contrast out[ROLE_COUNT]);

#endif
