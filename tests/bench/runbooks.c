/* Runbook search on a labelled set: DIR (or DIR/runbooks) holds docs.jsonl ({"id",
 * "text"}) and queries.jsonl ({"id", "query", "gold": [ids]}). Prints recall@1, recall@3
 * and MRR beside plain BM25 and TF-IDF, how often the absence of the right book is
 * noticed, the same for the rarest words of each query, as somebody types them, and the
 * time of one key press over 10,000 sections. With ITEMS=FILE one line for each query:
 * {"id", "ranked": [ids]}. Only the query's text is given to any of them. Half of the
 * queries, by a hash of their label, were kept apart when the weights of `sure` were
 * fitted; both halves are printed. */
#include "analysis/search.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

enum { DOCS = 20000, QUERIES = 20000, GOLD = 8, LINE = 4 << 20, SECTIONS = 10000 };

struct book {
	char *id, *text;
	uint32_t *terms; /* of the baselines, in order */
	size_t term_count;
};

struct question {
	char *id, *text;
	uint32_t gold[GOLD];
	size_t gold_count;
	bool apart;
};

struct set {
	struct book *books;
	struct question *questions;
	size_t book_count, question_count;
	struct map ids, words;
	uint32_t *df;
};

/* --- reading --- */

static char *keep(struct json j)
{
	size_t n;
	const void *bytes = text_raw(json_text(j), &n);
	char *copy = mem_new(n + 1, 1);

	if (n)
		memcpy(copy, bytes, n);
	return copy;
}

static bool each_line(const char *folder, const char *name, struct set *set,
	void (*take)(struct set *set, struct json row))
{
	char path[1200], *line = mem_new(1, LINE);
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	f = fopen(path, "r");
	while (f && fgets(line, LINE, f)) {
		struct json_doc doc;

		if (!json_parse(&doc, line, strlen(line), LINE, NULL))
			continue;
		take(set, json_root(&doc));
		json_release(&doc);
	}
	if (f)
		fclose(f);
	mem_free(line);
	return f != NULL;
}

static void take_book(struct set *set, struct json row)
{
	struct book *book = &set->books[set->book_count];

	if (set->book_count == DOCS)
		return;
	book->id = keep(json_get(row, "id"));
	book->text = keep(json_get(row, "text"));
	map_put(&set->ids, book->id, strlen(book->id),
		(void *)(uintptr_t)++set->book_count);
}

/* FNV-1a, so that the halves are the same everywhere. */
static bool is_apart(const char *label)
{
	uint32_t h = 2166136261u;

	for (; *label; label++)
		h = (h ^ (unsigned char)tolower((unsigned char)*label)) * 16777619u;
	return (h ^ h >> 16) & 1;
}

static void take_question(struct set *set, struct json row)
{
	struct question *q = &set->questions[set->question_count];
	struct json gold = json_get(row, "gold");
	char *label = keep(json_get(row, "alert"));

	if (set->question_count == QUERIES)
		return;
	q->id = keep(json_get(row, "id"));
	q->text = keep(json_get(row, "query"));
	for (struct json e = json_first(gold); json_item(e); e = json_next(e)) {
		char *id = keep(e);
		uintptr_t found = (uintptr_t)map_get(&set->ids, id, strlen(id));

		if (found && q->gold_count < GOLD)
			q->gold[q->gold_count++] = (uint32_t)(found - 1);
		mem_free(id);
	}
	q->apart = is_apart(*label ? label : q->id);
	mem_free(label);
	set->question_count++;
}

/* --- the baselines --- */

/* Runs of ASCII letters and digits, lower case. */
static uint32_t *plain_terms(struct set *set, const char *text, size_t *count, bool add)
{
	uint32_t *out = NULL;
	size_t cap = 0;

	*count = 0;
	while (*text) {
		char word[64];
		size_t n = 0;
		uintptr_t found;

		for (; *text && !isalnum((unsigned char)*text); text++)
			;
		for (; *text && isalnum((unsigned char)*text); text++)
			if (n < sizeof word - 1)
				word[n++] = (char)tolower((unsigned char)*text);
		if (!n)
			continue;
		found = (uintptr_t)map_get(&set->words, word, n);
		if (!found && !add)
			continue;
		if (!found) {
			found = set->words.count + 1;
			map_put(&set->words, word, n, (void *)found);
		}
		MEM_ROOM(out, *count, cap);
		out[(*count)++] = (uint32_t)(found - 1);
	}
	return out;
}

static void count_plain(struct set *set)
{
	uint32_t *last;

	for (size_t d = 0; d < set->book_count; d++)
		set->books[d].terms = plain_terms(
			set, set->books[d].text, &set->books[d].term_count, true);
	set->df = mem_new(set->words.count + 1, sizeof *set->df);
	last = mem_new(set->words.count + 1, sizeof *last);
	for (size_t d = 0; d < set->book_count; d++)
		for (size_t i = 0; i < set->books[d].term_count; i++) {
			uint32_t term = set->books[d].terms[i];

			set->df[term] += last[term] != d + 1;
			last[term] = (uint32_t)d + 1;
		}
	mem_free(last);
}

struct scored {
	double score;
	uint32_t book;
};

static int by_score(const void *a, const void *b)
{
	const struct scored *x = a, *y = b;

	if (x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return (x->book > y->book) - (x->book < y->book);
}

/* Robertson's BM25 with k1 1.2 and b 0.75. */
static double bm25(const struct set *set, double average, const struct book *book,
	uint32_t term, size_t tf)
{
	double n = (double)set->book_count, df = set->df[term];
	double length = (double)book->term_count / average;

	return log(1 + (n - df + 0.5) / (df + 0.5)) * (double)tf * 2.2 /
	       ((double)tf + 1.2 * (0.25 + 0.75 * length));
}

static double tfidf(const struct set *set, uint32_t term)
{
	return log((1.0 + (double)set->book_count) / (1.0 + set->df[term])) + 1;
}

static double book_norm(const struct set *set, const struct book *book, uint32_t *counts)
{
	double sum = 0;

	for (size_t i = 0; i < book->term_count; i++)
		counts[book->terms[i]]++;
	for (size_t i = 0; i < book->term_count; i++) {
		uint32_t term = book->terms[i];
		double w = counts[term] * tfidf(set, term);

		sum += w * w;
		counts[term] = 0;
	}
	return sum > 0 ? sqrt(sum) : 1;
}

/* One of the two over all books, best first. */
static void rank_plain(struct set *set, const char *text, bool cosine, struct scored *out)
{
	size_t count, total = 0;
	uint32_t *terms = plain_terms(set, text, &count, false);
	uint32_t *counts = mem_new(set->words.count + 1, sizeof *counts);

	for (size_t d = 0; d < set->book_count; d++)
		total += set->books[d].term_count;
	for (size_t d = 0; d < set->book_count; d++) {
		const struct book *book = &set->books[d];
		double norm = cosine ? book_norm(set, book, counts) : 1, score = 0;

		for (size_t i = 0; i < book->term_count; i++)
			counts[book->terms[i]]++;
		for (size_t i = 0; i < count; i++) {
			uint32_t term = terms[i];

			if (counts[term])
				score += cosine ? counts[term] * tfidf(set, term) *
							  tfidf(set, term) / norm
						: bm25(set,
							  (double)total /
								  (double)set->book_count,
							  book, term, counts[term]);
		}
		for (size_t i = 0; i < book->term_count; i++)
			counts[book->terms[i]] = 0;
		out[d] = (struct scored){score, (uint32_t)d};
	}
	qsort(out, set->book_count, sizeof *out, by_score);
	mem_free(counts);
	mem_free(terms);
}

/* --- figures --- */

struct figures {
	double first, third, reciprocal;
	size_t count;
};

static void add_rank(struct figures f[2], bool apart, size_t rank)
{
	f[apart].count++;
	f[apart].first += rank == 1;
	f[apart].third += rank && rank <= 3;
	f[apart].reciprocal += rank ? 1.0 / (double)rank : 0;
}

static bool is_gold(const struct question *q, uint32_t book)
{
	for (size_t i = 0; i < q->gold_count; i++)
		if (q->gold[i] == book)
			return true;
	return false;
}

static void print_figures(const char *name, const struct figures f[2])
{
	struct figures all = {f[0].first + f[1].first, f[0].third + f[1].third,
		f[0].reciprocal + f[1].reciprocal, f[0].count + f[1].count};
	const struct figures *rows[] = {&all, &f[0], &f[1]};

	printf("%-10s", name);
	for (size_t i = 0; i < 3; i++) {
		double n = rows[i]->count ? (double)rows[i]->count : 1;

		printf("  %.3f %.3f %.3f", rows[i]->first / n, rows[i]->third / n,
			rows[i]->reciprocal / n);
	}
	printf("\n");
}

static struct search *index_books(const struct set *set, const struct question *without)
{
	struct search *search = search_new();

	for (size_t d = 0; d < set->book_count; d++) {
		struct search_doc doc = {.text = untrusted_str(set->books[d].text)};

		/* Numbers stay those of the books. */
		if (without && is_gold(without, (uint32_t)d))
			doc = (struct search_doc){0};
		search_add(search, &doc);
	}
	search_settle(search);
	return search;
}

static void write_item(FILE *items, const struct set *set, const struct question *q,
	const struct search_answer *answer)
{
	struct json_out o;
	struct str line;

	str_init(&line, 1 << 20);
	json_begin(&o, &line);
	json_open(&o, NULL, '{');
	json_put_str(&o, "id", q->id);
	json_open(&o, "ranked", '[');
	for (size_t i = 0; i < answer->count; i++)
		json_put_str(&o, NULL, set->books[answer->hits[i].doc].id);
	json_shut(&o, ']');
	json_shut(&o, '}');
	fprintf(items, "%s\n", str_text(&line));
	str_release(&line);
}

struct absence {
	size_t count, right, lost, noticed; /* lost: right, but not sure enough */
};

/* --- a few words --- */

struct rare {
	const char *word;
	size_t size;
	double idf;
	bool kept;
};

static double rarity(const struct set *set, const char *word, size_t size)
{
	char low[64];
	uintptr_t found;

	for (size_t i = 0; i < size; i++)
		low[i] = (char)tolower((unsigned char)word[i]);
	found = (uintptr_t)map_get(&set->words, low, size);
	return found ? tfidf(set, (uint32_t)(found - 1)) : 0;
}

/* What somebody in a hurry types of it: the rarest words of its first sentence, in
 * order. */
static char *few_words(const struct set *set, const char *text, size_t most)
{
	enum { WORDS = 64, ROOM = 800 };
	struct rare words[WORDS];
	size_t count = 0, n = 0;
	char *out = mem_new(ROOM, 1);

	while (*text && *text != '.' && count < WORDS) {
		size_t size = 0, seen = 0;

		while (isalnum((unsigned char)text[size]))
			size++;
		while (seen < count && (words[seen].size != size ||
					       strncasecmp(words[seen].word, text, size)))
			seen++;
		if (size > 1 && size < 60 && seen == count &&
			!isdigit((unsigned char)*text))
			words[count++] =
				(struct rare){text, size, rarity(set, text, size), false};
		text += size ? size : 1;
	}
	for (size_t k = 0; k < most && k < count; k++) {
		struct rare *best = NULL;

		for (size_t i = 0; i < count; i++)
			if (!words[i].kept && (!best || words[i].idf > best->idf))
				best = &words[i];
		best->kept = true;
	}
	for (size_t i = 0; i < count; i++)
		if (words[i].kept)
			n += (size_t)snprintf(out + n, ROOM - n, "%s%.*s", n ? " " : "",
				(int)words[i].size, words[i].word);
	return out;
}

static size_t rank_of(const struct question *q, const struct search_answer *answer)
{
	for (size_t k = 0; k < answer->count; k++)
		if (is_gold(q, answer->hits[k].doc))
			return k + 1;
	return 0;
}

static size_t plain_rank(struct set *set, const struct question *q, const char *text,
	struct scored *ranked)
{
	size_t at = 0;

	rank_plain(set, text, false, ranked);
	while (!is_gold(q, ranked[at].book))
		at++;
	return at + 1;
}

static void measure_few(struct set *set, size_t most)
{
	struct search *search = index_books(set, NULL), *without;
	struct scored *ranked = mem_new(set->book_count, sizeof *ranked);
	struct search_answer answer;
	struct figures ours = {0}, plain = {0};
	struct absence a = {0};

	for (size_t i = 0; i < set->question_count; i++) {
		const struct question *q = &set->questions[i];
		char *words = few_words(set, q->text, most);
		size_t rank;

		if (q->gold_count) {
			search_query(search, untrusted_str(words), SEARCH_ALERT, &answer);
			rank = rank_of(q, &answer);
			ours.count++;
			ours.first += rank == 1;
			ours.reciprocal += rank ? 1.0 / (double)rank : 0;
			a.lost += rank == 1 && answer.sure < search_sure_from;
			rank = plain_rank(set, q, words, ranked);
			plain.first += rank == 1;
			plain.reciprocal += 1.0 / (double)rank;
			without = index_books(set, q);
			search_query(
				without, untrusted_str(words), SEARCH_ALERT, &answer);
			a.noticed += answer.sure < search_sure_from;
			search_free(without);
		}
		mem_free(words);
	}
	printf("%zu words: r@1 %.3f MRR %.3f, BM25 %.3f %.3f; no runbook %.3f, lost "
	       "%.3f\n",
		most, ours.first / (double)ours.count,
		ours.reciprocal / (double)ours.count, plain.first / (double)ours.count,
		plain.reciprocal / (double)ours.count,
		(double)a.noticed / (double)ours.count,
		(double)a.lost / (double)ours.count);
	mem_free(ranked);
	search_free(search);
}

static void measure(struct set *set, FILE *items)
{
	struct figures plain[2][2] = {0}, ours[2] = {0};
	struct absence a[3] = {0};
	struct search *search = index_books(set, NULL);
	struct scored *ranked = mem_new(set->book_count, sizeof *ranked);
	struct search_answer answer;

	for (size_t i = 0; i < set->question_count; i++) {
		const struct question *q = &set->questions[i];
		size_t rank = 0;
		bool sure;

		for (int cosine = 0; cosine < 2 && q->gold_count; cosine++) {
			size_t at = 0;

			rank_plain(set, q->text, cosine, ranked);
			while (!is_gold(q, ranked[at].book))
				at++;
			add_rank(plain[cosine], q->apart, at + 1);
		}
		search_query(search, untrusted_str(q->text), SEARCH_ALERT, &answer);
		if (items)
			write_item(items, set, q, &answer);
		if (!q->gold_count)
			continue;
		for (size_t k = 0; k < answer.count && !rank; k++)
			if (is_gold(q, answer.hits[k].doc))
				rank = k + 1;
		add_rank(ours, q->apart, rank);
		sure = answer.sure >= search_sure_from;
		for (int k = 0; k < 3; k++) {
			if (k && q->apart != (k == 2))
				continue;
			a[k].count++;
			a[k].right += rank == 1;
			a[k].lost += rank == 1 && !sure;
		}
	}
	search_free(search);
	printf("%zu books, %zu queries      all                half `sure` saw       "
	       "half kept apart\n",
		set->book_count, set->question_count);
	printf("%-10s  %-17s  %-17s  %-17s\n", "", "r@1   r@3   MRR", "r@1   r@3   MRR",
		"r@1   r@3   MRR");
	print_figures("oogway", ours);
	print_figures("BM25", plain[0]);
	print_figures("TF-IDF", plain[1]);
	for (size_t i = 0; i < set->question_count; i++) {
		const struct question *q = &set->questions[i];

		if (!q->gold_count)
			continue;
		search = index_books(set, q);
		search_query(search, untrusted_str(q->text), SEARCH_ALERT, &answer);
		search_free(search);
		for (int k = 0; k < 3; k++)
			if (!k || q->apart == (k == 2))
				a[k].noticed += answer.sure < search_sure_from;
	}
	printf("right book removed, \"no runbook\" is said; recall@1 lost when it is "
	       "there\n%-10s",
		"");
	for (int k = 0; k < 3; k++) {
		double n = a[k].count ? (double)a[k].count : 1;

		printf("  %.3f, lost %.3f ", (double)a[k].noticed / n,
			(double)a[k].lost / n);
	}
	printf("\n");
	mem_free(ranked);
}

/* --- time --- */

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A section is a heading with what stands below it; each book's again and again until
 * there are enough. */
static void add_sections(struct search *search, const struct set *set)
{
	for (size_t d = 0; search_count(search) < SECTIONS;
		d = (d + 1) % set->book_count) {
		char *text = mem_strdup(set->books[d].text), *at = text;
		char *title = strsep(&at, "\n");

		while (at && *at && search_count(search) < SECTIONS) {
			char *end = strstr(at + 1, "\n## ");
			struct search_doc doc = {.title = untrusted_str(title)};

			if (end)
				*end = '\0';
			doc.text = untrusted_str(at);
			search_add(search, &doc);
			at = end ? end + 1 : NULL;
		}
		mem_free(text);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void measure_time(const struct set *set)
{
	enum { KEYS = 2000, TYPED = 40 };
	struct search *search = search_new();
	double *times = mem_new(KEYS, sizeof *times), begun = now_ms(), built;
	size_t n = 0;

	add_sections(search, set);
	search_settle(search);
	built = now_ms() - begun;
	for (size_t i = 0; n < KEYS; i = (i + 1) % set->question_count)
		for (size_t k = 1; k <= TYPED && n < KEYS; k++) {
			struct search_answer answer;
			struct untrusted typed = untrusted_slice(
				untrusted_str(set->questions[i].text), 0, k);

			begun = now_ms();
			search_query(search, typed, SEARCH_TYPING, &answer);
			times[n++] = now_ms() - begun;
		}
	qsort(times, n, sizeof *times, by_value);
	printf("%d sections: a key press %.2f ms in the middle, %.2f ms at the 99th "
	       "percentile, %.2f ms at most; the index %.0f ms\n",
		SECTIONS, times[n / 2], times[n * 99 / 100], times[n - 1], built);
	mem_free(times);
	search_free(search);
}

int main(void)
{
	const char *root = getenv("BENCH_DATA"), *to = getenv("ITEMS");
	struct set set = {.books = mem_new(DOCS, sizeof *set.books),
		.questions = mem_new(QUERIES, sizeof *set.questions)};
	char folder[1000];
	FILE *items = NULL;

	map_init(&set.ids);
	map_init(&set.words);
	snprintf(folder, sizeof folder, "%s/runbooks",
		root && *root ? root : "../shared/bench");
	if (!each_line(folder, "docs.jsonl", &set, take_book)) {
		snprintf(folder, sizeof folder, "%s",
			root && *root ? root : "../shared/bench");
		each_line(folder, "docs.jsonl", &set, take_book);
	}
	each_line(folder, "queries.jsonl", &set, take_question);
	if (!set.book_count || !set.question_count) {
		printf("runbooks: skipped, no docs.jsonl and queries.jsonl in %s\n",
			folder);
		return 0;
	}
	if (to && *to && !(items = fopen(to, "w"))) {
		perror(to);
		return 1;
	}
	count_plain(&set);
	measure(&set, items);
	for (size_t words = 2; words <= 4; words++)
		measure_few(&set, words);
	measure_time(&set);
	return items && fclose(items) ? 1 : 0;
}
