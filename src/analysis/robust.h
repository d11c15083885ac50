/* Medians of small arrays, and a streaming quantile. */
#ifndef ANALYSIS_ROBUST_H
#define ANALYSIS_ROBUST_H

#include <stddef.h>
#include <stdint.h>

/* Of a normal distribution: standard deviation = ROBUST_MAD times the median absolute
 * deviation, ROBUST_MEAN times the mean one. */
#define ROBUST_MAD  1.4826
#define ROBUST_MEAN 1.2533

enum { ROBUST_MAX = 128 };

/* Lower median of n values (n <= ROBUST_MAX), without changing them; 0 for none. */
float robust_median(const float *values, size_t n);
/* Values kept in order while the oldest make room for new ones: one shift instead of a
 * selection each time. sorted_add() makes n one more, sorted_swap() puts a value in the
 * place of `old`. */
void sorted_add(float *sorted, size_t n, float value);
void sorted_swap(float *sorted, size_t n, float old, float value);
/* Standard deviation of errors around 0 from their median size; n > 0 sizes in order.
 * Where more than half are 0 their mean size is used instead (Iglewicz and Hoaglin, How
 * to Detect and Handle Outliers, 1993). */
float sorted_scale(const float *sizes, size_t n);

/* P-square: one quantile in five markers. R. Jain and I. Chlamtac, The P² Algorithm for
 * Dynamic Calculation of Quantiles and Histograms Without Storing Observations,
 * CACM 28(10), 1985, box 1. */
struct quantile {
	double height[5];
	double place[5]; /* wanted position */
	int32_t at[5];   /* position, from 1 */
	uint32_t count;
};

void quantile_add(struct quantile *q, double p, double value);
/* 0 before the fifth value. */
double quantile_value(const struct quantile *q);

#endif
