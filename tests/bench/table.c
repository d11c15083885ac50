/* Aligned tables of measurements against targets. */
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL 24

struct table_row *table_add(
	struct table *table, const char *property, enum target kind, double target)
{
	struct table_row *row;

	if (table->rows == TABLE_ROWS)
		abort();
	row = &table->row[table->rows++];
	*row = (struct table_row){.property = property, .kind = kind, .target = target};
	for (int i = 0; i < TABLE_SUBJECTS; i++)
		row->value[i] = NAN;
	return row;
}

static void number(char *out, double value)
{
	if (isnan(value))
		snprintf(out, CELL, "-");
	else if (isinf(value))
		snprintf(out, CELL, "never");
	else if (value == floor(value) || value >= 1000)
		snprintf(out, CELL, "%.0f", value);
	else
		snprintf(out, CELL, value >= 100 ? "%.1f" : "%.2f", value);
}

static bool met(const struct table_row *row)
{
	return row->kind == AT_LEAST ? row->value[0] >= row->target
				     : row->value[0] <= row->target;
}

static void target_words(const struct table_row *row, char cells[3][CELL])
{
	char limit[CELL];

	for (int i = 0; i < 3; i++)
		cells[i][0] = '\0';
	if (row->kind == NO_TARGET)
		return;
	number(limit, row->target);
	snprintf(cells[0], CELL, "%s %.20s", row->kind == AT_MOST ? "<=" : ">=", limit);
	if (isnan(row->value[0]))
		return;
	if (row->target > 0 && isfinite(row->value[0]))
		snprintf(cells[1], CELL, "%.2f", row->value[0] / row->target);
	snprintf(cells[2], CELL, "%s", met(row) ? "met" : "MISSED");
}

static void rule(FILE *out, int width)
{
	while (width-- > 0)
		fputc('-', out);
	fputc('\n', out);
}

int table_print(FILE *out, const struct table *table)
{
	int left = (int)strlen(table->title), missed = 0, width;

	for (int i = 0; i < table->rows; i++)
		if ((int)strlen(table->row[i].property) > left)
			left = (int)strlen(table->row[i].property);
	width = fprintf(out, "\n%-*s", left, table->title) - 1;
	for (int i = 0; i < table->subjects; i++)
		width += fprintf(out, "  %10.10s", table->subject[i]);
	width += fprintf(out, "  %10s  %6s  %s\n", "target", "ratio", "verdict");
	rule(out, width - 1);
	for (int i = 0; i < table->rows; i++) {
		const struct table_row *row = &table->row[i];
		char cells[3][CELL], value[CELL];

		fprintf(out, "%-*s", left, row->property);
		for (int s = 0; s < table->subjects; s++) {
			number(value, row->value[s]);
			fprintf(out, "  %10s", value);
		}
		target_words(row, cells);
		if (cells[2][0])
			fprintf(out, "  %10s  %6s  %s", cells[0], cells[1], cells[2]);
		else if (cells[0][0])
			fprintf(out, "  %10s", cells[0]);
		fputc('\n', out);
		missed += row->kind != NO_TARGET && !isnan(row->value[0]) && !met(row);
	}
	return missed;
}
