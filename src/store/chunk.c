/* The code of points on disk; see chunk.h for what it is made of. Layout, in bits, most
 * significant first: 8 version, 8 columns, 16 count; then the times, then each column.
 *
 *   times    64 first, sized delta, Rice stream of the deltas of deltas
 *   column   4 form: 0 … 9 decimal shift, 15 XOR
 *     shift  sized first, sized divisor, Rice stream of the deltas
 *     XOR    64 first, Gorilla's codes
 *   stream   6 parameter (63: all are zero), codes
 *   sized    7 number of bits, the bits (zigzag where signed)
 *
 * Pure functions; any thread. The decoder trusts nothing. */
#include "chunk.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

enum {
	VERSION_BYTE = 1,
	FORM_XOR = 15,
	SHIFT_MAX = 9,
	RICE_ZERO = 63,
	RICE_MAX = 40,  /* largest parameter */
	UNARY_MAX = 24, /* as many ones escape to 64 plain bits */
};

static const double powers[SHIFT_MAX + 1] = {
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

/* --- bits --- */

struct bits_out {
	unsigned char *p;
	size_t bits;
};

struct bits_in {
	const unsigned char *p;
	size_t bits, end;
	bool bad; /* read beyond the end */
};

static void put(struct bits_out *o, uint64_t value, int n)
{
	while (n > 0) {
		int room = 8 - (int)(o->bits & 7), take = n < room ? n : room;
		unsigned part = (unsigned)(value >> (n - take)) & ((1u << take) - 1);

		if (room == 8)
			o->p[o->bits >> 3] = 0;
		o->p[o->bits >> 3] |= (unsigned char)(part << (room - take));
		o->bits += (size_t)take;
		n -= take;
	}
}

static uint64_t get(struct bits_in *i, int n)
{
	uint64_t value = 0;

	if ((size_t)n > i->end - i->bits) {
		i->bad = true;
		i->bits = i->end;
		return 0;
	}
	while (n > 0) {
		int room = 8 - (int)(i->bits & 7), take = n < room ? n : room;
		unsigned part = i->p[i->bits >> 3] >> (room - take);

		value = value << take | (part & ((1u << take) - 1));
		i->bits += (size_t)take;
		n -= take;
	}
	return value;
}

static uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (difference >> 63 ? UINT64_MAX : 0);
}

static uint64_t unzigzag(uint64_t code)
{
	return code >> 1 ^ (code & 1 ? UINT64_MAX : 0);
}

static int width(uint64_t value)
{
	return value ? 64 - __builtin_clzll(value) : 0;
}

static void put_sized(struct bits_out *o, uint64_t value)
{
	put(o, (uint64_t)width(value), 7);
	put(o, value, width(value));
}

static uint64_t get_sized(struct bits_in *i)
{
	int n = (int)get(i, 7);

	if (n > 64)
		i->bad = true;
	return i->bad ? 0 : get(i, n);
}

/* --- Rice codes --- */

static void put_rice(struct bits_out *o, uint64_t value, int k)
{
	uint64_t ones = value >> k;

	if (ones >= UNARY_MAX) {
		put(o, UINT64_MAX, UNARY_MAX);
		put(o, value, 64);
		return;
	}
	put(o, UINT64_MAX << 1, (int)ones + 1);
	put(o, value, k);
}

static uint64_t get_rice(struct bits_in *i, int k)
{
	uint64_t ones = 0;

	while (ones < UNARY_MAX && get(i, 1))
		ones++;
	if (ones == UNARY_MAX)
		return get(i, 64);
	return ones << k | get(i, k);
}

/* About how many bits a value of `bits` significant bits takes. */
static uint64_t rice_cost(int bits, int k)
{
	int over = bits - k;

	if (over <= 0)
		return (uint64_t)k + 1;
	if (over > 5)
		return UNARY_MAX + 64;
	return (uint64_t)k + 1 + (UINT64_C(3) << over) / 4;
}

static int rice_choose(const uint64_t *values, size_t n)
{
	size_t widths[65] = {0};
	uint64_t best_cost = UINT64_MAX;
	int best = 0;

	for (size_t i = 0; i < n; i++)
		widths[width(values[i])]++;
	if (widths[0] == n)
		return RICE_ZERO;
	for (int k = 0; k <= RICE_MAX; k++) {
		uint64_t cost = 0;

		for (int b = 0; b <= 64; b++)
			cost += widths[b] * rice_cost(b, k);
		if (cost < best_cost) {
			best_cost = cost;
			best = k;
		}
	}
	return best;
}

static void put_stream(struct bits_out *o, const uint64_t *values, size_t n)
{
	int k = rice_choose(values, n);

	put(o, (uint64_t)k, 6);
	for (size_t i = 0; k != RICE_ZERO && i < n; i++)
		put_rice(o, values[i], k);
}

/* The parameter of a stream, or -1. */
static int get_parameter(struct bits_in *i)
{
	int k = (int)get(i, 6);

	if (k > RICE_MAX && k != RICE_ZERO)
		i->bad = true;
	return i->bad ? -1 : k;
}

/* --- times --- */

static void put_times(struct bits_out *o, const int64_t *at, size_t n, uint64_t *codes)
{
	uint64_t last = n > 1 ? (uint64_t)at[1] - (uint64_t)at[0] : 0;

	put(o, (uint64_t)at[0], 64);
	put_sized(o, last);
	for (size_t i = 2; i < n; i++) {
		uint64_t delta = (uint64_t)at[i] - (uint64_t)at[i - 1];

		codes[i - 2] = zigzag(delta - last);
		last = delta;
	}
	put_stream(o, codes, n > 2 ? n - 2 : 0);
}

static bool get_times(struct bits_in *i, int64_t *at, size_t n)
{
	uint64_t now = get(i, 64), delta = get_sized(i);
	int k = get_parameter(i);

	at[0] = (int64_t)now;
	for (size_t j = 1; j < n && !i->bad; j++) {
		if (j > 1 && k != RICE_ZERO)
			delta += unzigzag(get_rice(i, k));
		now += delta;
		at[j] = (int64_t)now;
		if (at[j] <= at[j - 1])
			i->bad = true;
	}
	return !i->bad;
}

/* --- values --- */

static uint64_t bits_of(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static double double_of(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

static double unshift(int64_t whole, int shift)
{
	return (double)whole / powers[shift];
}

/* Whether all values are whole after the shift and come back bit for bit. */
static bool shifts(const double *values, size_t n, int shift, int64_t *whole)
{
	for (size_t i = 0; i < n; i++) {
		double shifted = values[i] * powers[shift];

		if (!(fabs(shifted) < 9007199254740992.0)) /* 2^53; NaN too */
			return false;
		whole[i] = (int64_t)llrint(shifted);
		if (bits_of(unshift(whole[i], shift)) != bits_of(values[i]))
			return false;
	}
	return true;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static void put_shifted(
	struct bits_out *o, const int64_t *whole, size_t n, uint64_t *codes)
{
	uint64_t divisor = 0;

	for (size_t i = 1; i < n; i++) {
		int64_t delta = whole[i] - whole[i - 1];

		divisor = common_divisor(divisor, (uint64_t)(delta < 0 ? -delta : delta));
	}
	if (!divisor)
		divisor = 1;
	for (size_t i = 1; i < n; i++)
		codes[i - 1] =
			zigzag((uint64_t)((whole[i] - whole[i - 1]) / (int64_t)divisor));
	put_sized(o, zigzag((uint64_t)whole[0]));
	put_sized(o, divisor);
	put_stream(o, codes, n - 1);
}

static void get_shifted(struct bits_in *i, int shift, double *values, size_t n)
{
	uint64_t whole = unzigzag(get_sized(i)), divisor = get_sized(i);
	int k = get_parameter(i);

	values[0] = unshift((int64_t)whole, shift);
	for (size_t j = 1; j < n && !i->bad; j++) {
		if (k != RICE_ZERO)
			whole += unzigzag(get_rice(i, k)) * divisor;
		values[j] = unshift((int64_t)whole, shift);
	}
}

static void put_xor(struct bits_out *o, const double *values, size_t n)
{
	uint64_t last = bits_of(values[0]);
	int lead = 65, size = 0; /* no window yet */

	put(o, last, 64);
	for (size_t i = 1; i < n; i++) {
		uint64_t now = bits_of(values[i]), x = now ^ last;
		int l, t;

		last = now;
		if (!x) {
			put(o, 0, 1);
			continue;
		}
		l = __builtin_clzll(x) < 31 ? __builtin_clzll(x) : 31;
		t = __builtin_ctzll(x);
		if (l >= lead && t >= 64 - lead - size) {
			put(o, 2, 2);
		} else {
			lead = l;
			size = 64 - l - t;
			put(o, 3, 2);
			put(o, (uint64_t)lead, 5);
			put(o, (uint64_t)(size - 1), 6);
		}
		put(o, x >> (64 - lead - size), size);
	}
}

static void get_xor(struct bits_in *i, double *values, size_t n)
{
	uint64_t now = get(i, 64);
	int lead = 0, size = 0;

	values[0] = double_of(now);
	for (size_t j = 1; j < n && !i->bad; j++) {
		if (get(i, 1)) {
			if (get(i, 1)) {
				lead = (int)get(i, 5);
				size = (int)get(i, 6) + 1;
			}
			if (!size || lead + size > 64) {
				i->bad = true;
				return;
			}
			now ^= get(i, size) << (64 - lead - size);
		}
		values[j] = double_of(now);
	}
}

/* --- chunks --- */

/* codes: room for CHUNK_MAX_POINTS values, twice. */
static void put_column(
	struct bits_out *o, const double *values, size_t n, uint64_t *codes)
{
	int64_t *whole = (int64_t *)(codes + CHUNK_MAX_POINTS);

	for (int shift = 0; shift <= SHIFT_MAX; shift++)
		if (shifts(values, n, shift, whole)) {
			put(o, (uint64_t)shift, 4);
			put_shifted(o, whole, n, codes);
			return;
		}
	put(o, FORM_XOR, 4);
	put_xor(o, values, n);
}

size_t chunk_encode(const struct chunk *chunk, unsigned char *out)
{
	uint64_t *codes = mem_new(CHUNK_MAX_POINTS, 2 * sizeof *codes);
	struct bits_out o = {out, 0};

	put(&o, VERSION_BYTE, 8);
	put(&o, (uint64_t)chunk->columns, 8);
	put(&o, chunk->count, 16);
	put_times(&o, chunk->at, chunk->count, codes);
	for (int c = 0; c < chunk->columns; c++)
		put_column(&o, chunk->value[c], chunk->count, codes);
	mem_free(codes);
	return (o.bits + 7) / 8;
}

static bool get_column(struct bits_in *i, double *values, size_t n)
{
	int form = (int)get(i, 4);

	if (form <= SHIFT_MAX)
		get_shifted(i, form, values, n);
	else if (form == FORM_XOR)
		get_xor(i, values, n);
	else
		i->bad = true;
	return !i->bad;
}

bool chunk_decode(const void *bytes, size_t n, struct chunk *out)
{
	struct bits_in i = {bytes, 0, n < CHUNK_MAX_BYTES ? n * 8 : 0, false};
	bool known = get(&i, 8) == VERSION_BYTE;
	size_t count;
	bool fine;

	out->columns = (int)get(&i, 8);
	count = (size_t)get(&i, 16);
	out->count = 0;
	if (!known || i.bad || out->columns < 1 || out->columns > CHUNK_COLUMNS ||
		!count || count > CHUNK_MAX_POINTS)
		return false;
	fine = get_times(&i, out->at, count);
	for (int c = 0; fine && c < out->columns; c++)
		fine = get_column(&i, out->value[c], count);
	if (!fine || i.end - i.bits >= 8)
		return false;
	out->count = count;
	return true;
}
