/* Clusters: which titles are one problem, whatever the order; what people say wins; and
 * the agreement with titles whose problem is known. */
#include "analysis/cluster.h"
#include "base/alloc.h"
#include "base/time.h"

#include <setjmp.h>
#include <stdarg.h>

#include "../bench/gold.h"
#include <cmocka.h>

static struct clusters *c;

static int set_up(void **unused)
{
	(void)unused;
	c = clusters_new();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	clusters_free(c);
	return 0;
}

static uint32_t add(const char *title, const char *service, int64_t hour)
{
	return clusters_add(
		c, untrusted_str(title), untrusted_str(service), hour * HOUR_MS);
}

static bool together(uint32_t a, uint32_t b)
{
	clusters_settle(c);
	return clusters_of(c, a) == clusters_of(c, b);
}

static const struct cluster *cluster_of(uint32_t cell)
{
	clusters_settle(c);
	return clusters_at(c, clusters_of(c, cell));
}

static void test_templates(void **unused)
{
	uint32_t a = add("Disk 93 % full on node-17", "node-17", 1);
	uint32_t b = add("Disk 95 % full on node-4", "node-4", 2);
	uint32_t other = add("Disk 95 % full on node-4", "storage", 3);
	uint32_t sibling = add("DiskAlmostOutOfSpace", "node-4", 4);
	uint32_t near = add("DiskAlmostOutOfFiles", "node-4", 5);

	(void)unused;
	assert_true(together(a, b));
	assert_false(together(a, other));
	assert_false(together(sibling, near));
	assert_int_equal(cluster_of(a)->count, 2);
	assert_int_equal(cluster_of(a)->reasons, 0);
	assert_true(
		untrusted_is(clusters_cell(c, a)->text, "Disk <n> % full on <service>"));
	assert_int_equal(clusters_count(c), 4);
}

/* A word that takes many values is a name; one that takes two is not. */
static void test_names(void **unused)
{
	uint32_t a = add("Replica alpha is behind its primary", "db", 1);
	uint32_t b = add("Replica bravo is behind its primary", "db", 2);
	uint32_t other = add("Replica bravo is ahead its primary", "db", 3), last;

	(void)unused;
	assert_false(together(a, b));
	add("Replica delta is behind its primary", "db", 4);
	assert_false(together(a, b));
	add("Replica omega is behind its primary", "db", 5);
	assert_true(together(a, b));
	assert_false(together(a, other));
	last = add("Replica sigma is behind its primary", "db", 6);
	assert_true(together(a, last));
	assert_int_equal(cluster_of(a)->reasons, CLUSTER_BY_NAME);
	assert_int_equal(cluster_of(a)->cells, 5);
	/* The id stays that of the first. */
	assert_true(cluster_of(a)->id == clusters_cell(c, a)->id);
}

/* A rule that is renamed stops, and its new name begins. */
static void test_renames(void **unused)
{
	uint32_t old = 0, new = 0, both = 0;

	(void)unused;
	for (int i = 0; i < 10; i++)
		old = add("KubePodCrashLooping", "checkout", i);
	for (int i = 0; i < 5; i++)
		new = add("PodCrashLoopTooOften", "checkout", 20 + i);
	assert_false(together(old, new));
	for (int i = 0; i < 5; i++)
		new = add("PodCrashLoopTooOften", "checkout", 30 + i);
	assert_true(together(old, new));
	assert_int_equal(cluster_of(old)->reasons, CLUSTER_BY_RENAME);
	/* Too few to say. */
	both = add("KubePodCrashLoopingSlowly", "checkout", 50);
	assert_false(together(old, both));
	/* The old name comes again: they are two after all. */
	old = add("KubePodCrashLooping", "checkout", 25);
	assert_false(together(old, new));
}

static void label(const char *title, const char *service, uint64_t label)
{
	clusters_label(c, untrusted_str(title), untrusted_str(service), label);
}

static void test_by_hand(void **unused)
{
	uint32_t a, b, d;

	(void)unused;
	/* Said before anything was seen, as when it is read back from the store. */
	label("Errors rise", "shop", 7);
	label("Latency rises", "web", 7);
	a = add("Errors rise", "shop", 1);
	b = add("Latency rises", "web", 2);
	assert_true(together(a, b));
	assert_int_equal(cluster_of(a)->reasons, CLUSTER_BY_HAND);
	/* Split wins over what names say. */
	a = add("Replica alpha is behind its primary", "db", 1);
	b = add("Replica bravo is behind its primary", "db", 1);
	d = add("Replica delta is behind its primary", "db", 1);
	add("Replica omega is behind its primary", "db", 1);
	assert_true(together(a, b));
	label("Replica alpha is behind its primary", "db", 8);
	label("Replica bravo is behind its primary", "db", 9);
	assert_false(together(a, b));
	assert_true(together(d, a) != together(d, b));
	/* The newest word counts, and none takes it back. */
	label("Replica bravo is behind its primary", "db", 8);
	assert_true(together(a, b));
	label("Replica bravo is behind its primary", "db", 0);
	label("Replica alpha is behind its primary", "db", 0);
	assert_true(together(a, b));
}

static const struct gold_rule rules[] = {
	{"HighErrorRate", "Many requests fail"},
	{"HighLatency", "Requests are slow"},
	{"DiskAlmostFull", "A filesystem has little space left"},
	{"DiskInodesAlmostGone", "A filesystem has few inodes left"},
	{"PodRestartsOften", "A container restarts again and again"},
	{"PodPending", "A pod finds no node"},
	{"ReplicaLags", "A replica is behind its primary"},
	{"QueueGrows", "A queue is not worked off"},
	{"QueueStands", "Nothing is taken off a queue"},
	{"CertificateEnds", "A certificate ends soon"},
	{"BackupMissing", "No backup was made since yesterday"},
	{"BackupSlow", "A backup takes longer than a night"},
	{"NodeUnreachable", "A node does not answer"},
	{"NodeClockOff", "A clock differs from the others"},
	{"MemoryPressure", "A host swaps"},
	{"TargetMissing", "A scrape finds nobody"},
	{"EtcdNoLeader", "A member of etcd sees no leader"},
	{"EtcdManyElections", "The leader of etcd changes often"},
};

enum { RULES = sizeof rules / sizeof *rules, TITLES = 3000 };

static void cluster_all(
	const struct gold_title *titles, const size_t *order, uint64_t out[TITLES])
{
	static uint32_t cells[TITLES];
	struct clusters *all = clusters_new();

	for (size_t k = 0; k < TITLES; k++) {
		const struct gold_title *t = &titles[order[k]];

		cells[order[k]] = clusters_add(
			all, untrusted_str(t->title), untrusted_str(t->service), t->at);
		/* Now and then somebody looks. */
		if (k % 97 == 0)
			clusters_settle(all);
	}
	clusters_settle(all);
	for (size_t i = 0; i < TITLES; i++)
		out[i] = clusters_at(all, clusters_of(all, cells[i]))->id;
	clusters_free(all);
}

/* The ids too are the same in whatever order titles come. */
static void test_order(void **unused)
{
	struct gold_title *titles = mem_new(TITLES, sizeof *titles);
	static size_t order[TITLES];
	static uint64_t ids[4][TITLES];
	uint64_t seed = 77;

	(void)unused;
	gold_make(rules, RULES, titles, TITLES, 5);
	for (size_t i = 0; i < TITLES; i++)
		order[i] = i;
	cluster_all(titles, order, ids[0]);
	for (size_t i = 0; i < TITLES; i++)
		order[i] = TITLES - 1 - i;
	cluster_all(titles, order, ids[1]);
	for (int round = 2; round < 4; round++) {
		for (size_t i = TITLES - 1; i; i--) {
			size_t k = gold_below(&seed, (unsigned)i + 1), swap = order[i];

			order[i] = order[k];
			order[k] = swap;
		}
		cluster_all(titles, order, ids[round]);
	}
	for (int i = 1; i < 4; i++)
		assert_memory_equal(ids[0], ids[i], sizeof ids[0]);
	mem_free(titles);
}

static void test_gold(void **unused)
{
	struct gold_title *titles = mem_new(TITLES, sizeof *titles);
	static size_t order[TITLES];
	static uint64_t ids[TITLES], gold[TITLES], exact[TITLES];

	(void)unused;
	gold_make(rules, RULES, titles, TITLES, 9);
	for (size_t i = 0; i < TITLES; i++) {
		order[i] = i;
		gold[i] = titles[i].problem;
		exact[i] = untrusted_hash(untrusted_str(titles[i].title));
	}
	cluster_all(titles, order, ids);
	assert_true(gold_ari(gold, gold, TITLES) == 1);
	assert_true(gold_ari(gold, ids, TITLES) >= 0.95);
	assert_true(gold_ari(gold, exact, TITLES) < 0.5);
	mem_free(titles);
}

static void test_near(void **unused)
{
	struct cluster_near near[3];
	uint32_t disk = add("Disk 93 % full on web-1", "web", 1);
	uint32_t elsewhere = add("Disk 20 % full on db-1", "db", 1);

	(void)unused;
	add("Certificate ends", "web", 1);
	assert_int_equal(clusters_near(c, untrusted_str("Disk 4 % full on web-9"),
				 untrusted_str("web"), near, 3),
		2);
	assert_int_equal(near[0].cell, disk);
	assert_true(near[0].score == 1);
	assert_int_equal(near[1].cell, elsewhere);
	assert_true(near[1].score == 0.75);
	{
		uint32_t found;

		assert_true(clusters_find(c, untrusted_str("Disk 4 % full on web-9"),
			untrusted_str("web"), &found));
		assert_int_equal(found, disk);
		assert_false(clusters_find(c, untrusted_str("Disk 4 % full on web-9"),
			untrusted_str("mail"), &found));
	}
	assert_int_equal(clusters_near(c, untrusted_str("Something else"),
				 untrusted_str("web"), near, 3),
		0);
}

/* More templates than are kept apart. */
static void test_many(void **unused)
{
	char title[80];
	uint32_t last = 0;

	(void)unused;
	for (int i = 0; i < CLUSTER_CELLS + 50; i++) {
		int n = i;

		for (int k = 0; k < 6; k++, n /= 26)
			title[k] = (char)('a' + n % 26);
		title[6] = '\0';
		last = add(title, "s", i);
	}
	assert_int_equal(clusters_cells(c), CLUSTER_CELLS + 1);
	assert_int_equal(cluster_of(last)->count, 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_templates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_renames, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_by_hand, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_near, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many, set_up, tear_down),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_gold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
