/* Robust statistics of small arrays (quickselect on a copy, and arrays that are kept in
 * order while values come and go) and the P² estimator. Hides how they are found.
 * Any thread. */
#include "robust.h"

#include <math.h>
#include <string.h>

enum { FEW = 8 }; /* are sorted faster than selected from */

static float select_kth(float *v, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high) {
		float pivot = v[(low + high) / 2];
		size_t i = low, j = high;

		for (;;) {
			while (v[i] < pivot)
				i++;
			while (pivot < v[j])
				j--;
			if (i >= j)
				break;
			float swap = v[i];

			v[i++] = v[j];
			v[j--] = swap;
		}
		if (k <= j)
			high = j;
		else
			low = j + 1;
	}
	return v[k];
}

float robust_median(const float *values, size_t n)
{
	float copy[ROBUST_MAX];

	if (!n || n > ROBUST_MAX)
		return 0;
	if (n <= FEW) {
		for (size_t i = 0; i < n; i++)
			sorted_add(copy, i, values[i]);
		return copy[(n - 1) / 2];
	}
	memcpy(copy, values, n * sizeof copy[0]);
	return select_kth(copy, n, (n - 1) / 2);
}

/* --- in order --- */

/* How many of them are smaller. */
static size_t place_of(const float *sorted, size_t n, float value)
{
	size_t low = 0;

	for (size_t half; n > 1; n -= half) {
		half = n / 2;
		low += sorted[low + half - 1] < value ? half : 0; /* no branch */
	}
	return low + (n && sorted[low] < value);
}

void sorted_add(float *sorted, size_t n, float value)
{
	size_t at = place_of(sorted, n, value);

	memmove(sorted + at + 1, sorted + at, (n - at) * sizeof *sorted);
	sorted[at] = value;
}

void sorted_swap(float *sorted, size_t n, float old, float value)
{
	size_t from = place_of(sorted, n, old), to = place_of(sorted, n, value);

	from -= from == n;
	if (to > from) {
		memmove(sorted + from, sorted + from + 1, (--to - from) * sizeof *sorted);
	} else {
		memmove(sorted + to + 1, sorted + to, (from - to) * sizeof *sorted);
	}
	sorted[to] = value;
}

float sorted_scale(const float *sizes, size_t n)
{
	float median = sizes[n / 2];
	double sum = 0;

	if (median > 0)
		return (float)(median * ROBUST_MAD);
	for (size_t i = 0; i < n; i++)
		sum += sizes[i];
	return (float)(sum / (double)n * ROBUST_MEAN);
}

/* --- P² --- */

static void begin(struct quantile *q, double p, double value)
{
	size_t i = q->count++;

	for (; i > 0 && q->height[i - 1] > value; i--)
		q->height[i] = q->height[i - 1];
	q->height[i] = value;
	if (q->count < 5)
		return;
	q->place[0] = 1;
	q->place[1] = 1 + 2 * p;
	q->place[2] = 1 + 4 * p;
	q->place[3] = 3 + 2 * p;
	q->place[4] = 5;
	for (int k = 0; k < 5; k++)
		q->at[k] = k + 1;
}

/* Piecewise-parabolic, or linear where that would cross a neighbour. */
static double moved(const struct quantile *q, int i, int step)
{
	const double *h = q->height;
	double n0 = q->at[i - 1], n = q->at[i], n1 = q->at[i + 1], d = step;
	double out = h[i] + d / (n1 - n0) *
				    ((n - n0 + d) * (h[i + 1] - h[i]) / (n1 - n) +
					    (n1 - n - d) * (h[i] - h[i - 1]) / (n - n0));

	if (out > h[i - 1] && out < h[i + 1])
		return out;
	return h[i] + d * (h[i + step] - h[i]) / (q->at[i + step] - n);
}

void quantile_add(struct quantile *q, double p, double value)
{
	double steps[5] = {0, p / 2, p, (1 + p) / 2, 1};
	int cell = 0;

	if (q->count < 5) {
		begin(q, p, value);
		return;
	}
	if (value < q->height[0])
		q->height[0] = value;
	if (value > q->height[4])
		q->height[4] = value;
	while (cell < 3 && value >= q->height[cell + 1])
		cell++;
	for (int i = 0; i < 5; i++) {
		q->at[i] += i > cell;
		q->place[i] += steps[i];
	}
	for (int i = 1; i < 4; i++) {
		double off = q->place[i] - q->at[i];
		int step = off >= 1 ? 1 : off <= -1 ? -1 : 0;

		if (!step || (step > 0 ? q->at[i + 1] - q->at[i] <= 1
				       : q->at[i - 1] - q->at[i] >= -1))
			continue;
		q->height[i] = moved(q, i, step);
		q->at[i] += step;
	}
	q->count++;
}

double quantile_value(const struct quantile *q)
{
	return q->count < 5 ? 0 : q->height[2];
}
