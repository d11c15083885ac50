/* The settings of oogway: index of each row in the table of src/app/setting.c. */
#ifndef APP_SETTING_H
#define APP_SETTING_H

#include "base/setting.h"

enum setting_id {
	SET_KEYMAP,
	SET_THEME,
	SET_REFRESH,
	SET_WINDOW,
	SET_READONLY,
	SET_MOUSE,
	SET_CLIPBOARD,
	SET_LINE_GRAPHICS,
	SET_CHARTS,
	SET_FRAME_ACK,
	SET_SYNC_OUTPUT,
	SET_ESCAPE_TIME,
	SET_LAYOUT,
	SET_COMPARE,
	SET_ALERTS_GROUP,
	SET_STORE,
	SET_RETENTION_RAW,
	SET_RETENTION_ROLLUP,
	SET_LOG_FILES,
	SET_LOG_LINES,
	SET_ANOMALY_POINTS,
	SET_RUNBOOKS,
	SET_SILENCES_OLD,
	SET_COUNT_,
};

extern const struct setting_row setting_rows[SET_COUNT_];

#endif
