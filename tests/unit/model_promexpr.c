/* PromQL of alerting rules: rules as the common mixins have them, split; the words and
 * forms of the language; narrowing to an alert's labels; bytes that are no expression. */
#include "model/promexpr.h"

#include "base/str.h"
#include "base/text.h"
#include "model/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static bool same(struct untrusted got, const char *wanted)
{
	char text[4096];

	if (untrusted_is(got, wanted))
		return true;
	print_error("got    %s\nwanted %s\n", text_line(got, text, sizeof text), wanted);
	return false;
}

/* NULL: the value is checked to be a part of the rule only. */
static const struct {
	const char *expr, *value, *op;
	double constant;
	enum unit unit;
} mixins[] = {
	/* node-mixin */
	{"(\n  node_filesystem_avail_bytes{job=\"node\",fstype!=\"\"} / "
	 "node_filesystem_size_bytes{job=\"node\",fstype!=\"\"} * 100 < 15\nand\n  "
	 "predict_linear(node_filesystem_avail_bytes{job=\"node\",fstype!=\"\"}[6h], "
	 "24*60*60) < 0\nand\n  node_filesystem_readonly{job=\"node\",fstype!=\"\"} == "
	 "0\n)",
		"node_filesystem_avail_bytes{job=\"node\",fstype!=\"\"} / "
		"node_filesystem_size_bytes{job=\"node\",fstype!=\"\"} * 100",
		"<", 15, UNIT_PERCENT},
	{"(node_filesystem_files_free / node_filesystem_files * 100 < 3 and "
	 "node_filesystem_readonly == 0)",
		NULL, "<", 3, UNIT_NONE},
	{"rate(node_network_receive_errs_total[2m]) / "
	 "rate(node_network_receive_packets_total[2m]) > 0.01",
		NULL, ">", 0.01, UNIT_RATIO},
	{"(node_nf_conntrack_entries / node_nf_conntrack_entries_limit) > 0.75", NULL,
		">", 0.75, UNIT_NONE},
	{"node_textfile_scrape_error{job=\"node\"} == 1",
		"node_textfile_scrape_error{job=\"node\"}", "==", 1, UNIT_NONE},
	{"(\n  node_timex_offset_seconds{job=\"node\"} > 0.05\nand\n  "
	 "deriv(node_timex_offset_seconds{job=\"node\"}[5m]) >= 0\n)\nor\n(\n  "
	 "node_timex_offset_seconds{job=\"node\"} < -0.05\nand\n  "
	 "deriv(node_timex_offset_seconds{job=\"node\"}[5m]) <= 0\n)",
		"node_timex_offset_seconds{job=\"node\"}", ">", 0.05, UNIT_SECONDS},
	{"min_over_time(node_timex_sync_status{job=\"node\"}[5m]) == 0\nand\n"
	 "node_timex_maxerror_seconds{job=\"node\"} >= 16",
		"min_over_time(node_timex_sync_status{job=\"node\"}[5m])", "==", 0,
		UNIT_NONE},
	{"node_md_disks_required{job=\"node\",device=~\"(md.*)\"} - ignoring (state) "
	 "(node_md_disks{state=\"active\",job=\"node\"}) > 0",
		NULL, ">", 0, UNIT_NONE},
	{"node_filefd_allocated{job=\"node\"} * 100 / node_filefd_maximum{job=\"node\"} "
	 "> 70",
		NULL, ">", 70, UNIT_NONE},
	{"sum without(mode) (avg without (cpu) "
	 "(rate(node_cpu_seconds_total{mode!~\"idle|iowait\"}[2m]))) * 100 > 90",
		NULL, ">", 90, UNIT_PERCENT},
	{"node_load1{job=\"node\"} / count without (cpu, mode) "
	 "(node_cpu_seconds_total{job=\"node\",mode=\"idle\"}) > 2",
		NULL, ">", 2, UNIT_NONE},
	{"rate(node_vmstat_pgmajfault{job=\"node\"}[5m]) > 500", NULL, ">", 500,
		UNIT_PER_S},
	{"100 - (node_memory_MemAvailable_bytes{job=\"node\"} / "
	 "node_memory_MemTotal_bytes{job=\"node\"} * 100) > 90",
		NULL, ">", 90, UNIT_PERCENT},
	{"node_systemd_unit_state{state=\"failed\"} == 1", NULL, "==", 1, UNIT_NONE},
	/* kubernetes-mixin */
	{"max_over_time(kube_pod_container_status_waiting_reason{reason="
	 "\"CrashLoopBackOff\"}[5m]) >= 1",
		NULL, ">=", 1, UNIT_NONE},
	{"sum by (namespace, pod, cluster) (\n  max by(namespace, pod, cluster) (\n    "
	 "kube_pod_status_phase{phase=~\"Pending|Unknown|Failed\"}\n  ) * on(namespace, "
	 "pod, cluster) group_left(owner_kind) topk by(namespace, pod, cluster) (\n    "
	 "1, "
	 "max by(namespace, pod, owner_kind, cluster) "
	 "(kube_pod_owner{owner_kind!=\"Job\"})\n  )\n) > 0",
		NULL, ">", 0, UNIT_NONE},
	{"kube_deployment_status_observed_generation{job=\"ksm\"}\n  !=\n"
	 "kube_deployment_metadata_generation{job=\"ksm\"}",
		"kube_deployment_status_observed_generation{job=\"ksm\"}", "", NAN,
		UNIT_NONE},
	{"(\n  kube_deployment_spec_replicas{job=\"ksm\"}\n    >\n  "
	 "kube_deployment_status_replicas_available{job=\"ksm\"}\n) and (\n  "
	 "changes(kube_deployment_status_replicas_updated{job=\"ksm\"}[10m])\n    ==\n  "
	 "0\n)",
		"changes(kube_deployment_status_replicas_updated{job=\"ksm\"}[10m])",
		"==", 0, UNIT_NONE},
	{"time() - max by(namespace, job_name, cluster) "
	 "(kube_job_status_start_time{job=\"ksm\"}\n  and\nkube_job_status_active > 0) > "
	 "43200",
		NULL, ">", 43200, UNIT_SECONDS},
	{"kube_job_failed{job=\"ksm\"} > 0", NULL, ">", 0, UNIT_NONE},
	{"(kube_hpa_status_desired_replicas\n  !=\nkube_hpa_status_current_replicas)\n  "
	 "and\n(kube_hpa_status_current_replicas\n  >\nkube_hpa_spec_min_replicas)\n  "
	 "and\n"
	 "changes(kube_hpa_status_current_replicas[15m]) == 0",
		"changes(kube_hpa_status_current_replicas[15m])", "==", 0, UNIT_NONE},
	{"sum(namespace_cpu:kube_pod_container_resource_requests:sum{}) by (cluster) - "
	 "(sum(kube_node_status_allocatable{resource=\"cpu\"}) by (cluster) - "
	 "max(kube_node_status_allocatable{resource=\"cpu\"}) by (cluster)) > 0\nand\n"
	 "(sum(kube_node_status_allocatable) by (cluster) - "
	 "max(kube_node_status_allocatable) by (cluster)) > 0",
		NULL, ">", 0, UNIT_NONE},
	{"kube_resourcequota{job=\"ksm\", type=\"used\"}\n  / ignoring(instance, job, "
	 "type)\n(kube_resourcequota{job=\"ksm\", type=\"hard\"} > 0)\n  > 0.9 < 1",
		NULL, "<", 1, UNIT_NONE},
	{"sum(increase(container_cpu_cfs_throttled_periods_total{container!=\"\"}[5m])) "
	 "without (id, metrics_path)\n  /\nsum(increase(container_cpu_cfs_periods_total{}"
	 "[5m])) without (id, metrics_path)\n  > ( 25 / 100 )",
		NULL, ">", 0.25, UNIT_NONE},
	{"(\n  kubelet_volume_stats_available_bytes{job=\"kubelet\"}\n    /\n  "
	 "kubelet_volume_stats_capacity_bytes{job=\"kubelet\"}\n) < 0.03\nand\n"
	 "kubelet_volume_stats_used_bytes{job=\"kubelet\"} > 0\nunless on(cluster, "
	 "namespace, persistentvolumeclaim)\nkube_persistentvolumeclaim_access_mode{"
	 "access_mode=\"ReadOnlyMany\"} == 1",
		NULL, "<", 0.03, UNIT_RATIO},
	{"kube_persistentvolume_status_phase{phase=~\"Failed|Pending\",job=\"ksm\"} > 0",
		NULL, ">", 0, UNIT_NONE},
	{"sum by(cluster) (apiserver_request:burnrate1h) > (14.40 * 0.01000)\nand "
	 "on(cluster)\nsum by(cluster) (apiserver_request:burnrate5m) > (14.40 * "
	 "0.01000)",
		"sum by(cluster) (apiserver_request:burnrate1h)", ">", 0.144, UNIT_NONE},
	{"histogram_quantile(0.01, sum without (namespace, service, endpoint) "
	 "(rate(apiserver_client_certificate_expiration_seconds_bucket{job=\"apiserver\"}"
	 "[5m]))) < 604800\nand\non(job, cluster, instance) "
	 "apiserver_client_certificate_expiration_seconds_count{job=\"apiserver\"} > 0",
		NULL, "<", 604800, UNIT_SECONDS},
	{"absent(up{job=\"apiserver\"})", "up{job=\"apiserver\"}", "", NAN, UNIT_NONE},
	{"absent(up{job=\"kube-scheduler\"} == 1)", "up{job=\"kube-scheduler\"}", "", NAN,
		UNIT_NONE},
	{"kube_node_status_condition{condition=\"Ready\",status=\"true\"} == 0 and on "
	 "(cluster, node) kube_node_spec_unschedulable == 0",
		NULL, "==", 0, UNIT_NONE},
	{"count by (cluster, node) (\n  (kube_pod_status_phase{phase=\"Running\"} == 1) "
	 "* "
	 "on (namespace, pod, cluster) group_left (node)\n  group by (namespace, pod, "
	 "node, cluster) (kube_pod_info)\n)\n/\nmax by (cluster, node) "
	 "(kube_node_status_capacity{resource=\"pods\"} != 1) > 0.95",
		NULL, ">", 0.95, UNIT_NONE},
	{"histogram_quantile(0.99, sum(rate(kubelet_pod_worker_duration_seconds_bucket{"
	 "job=\"kubelet\"}[5m])) by (cluster, instance, le)) * on(cluster, instance) "
	 "group_left(node) kubelet_node_name{job=\"kubelet\"} > 60",
		NULL, ">", 60, UNIT_NONE},
	{"increase(kubelet_server_expiration_renew_errors[5m]) > 0", NULL, ">", 0,
		UNIT_NONE},
	{"count by (cluster) (count by (git_version, cluster) "
	 "(label_replace(kubernetes_build_info,\"git_version\",\"$1\",\"git_version\","
	 "\"(v[0-9]*.[0-9]*).*\"))) > 1",
		NULL, ">", 1, UNIT_NONE},
	{"(sum(rate(rest_client_requests_total{code=~\"5..\"}[5m])) by (instance, job)\n"
	 "  /\nsum(rate(rest_client_requests_total[5m])) by (instance, job))\n> 0.01",
		NULL, ">", 0.01, UNIT_RATIO},
	/* prometheus-mixin, alertmanager-mixin, blackbox, others */
	{"max_over_time(prometheus_config_last_reload_successful[5m]) == 0", NULL,
		"==", 0, UNIT_NONE},
	{"(\n  predict_linear(prometheus_notifications_queue_length[5m], 60 * 30)\n>\n  "
	 "min_over_time(prometheus_notifications_queue_capacity[5m])\n)",
		"predict_linear(prometheus_notifications_queue_length[5m], 60 * 30)", "",
		NAN, UNIT_NONE},
	{"(rate(prometheus_notifications_errors_total[5m]) / "
	 "rate(prometheus_notifications_sent_total[5m]))\n*\n100\n> 1",
		NULL, ">", 1, UNIT_PERCENT},
	{"(sum without(type) (rate(prometheus_tsdb_head_samples_appended_total[5m])) <= "
	 "0\nand\n  (sum without(scrape_job) (prometheus_target_metadata_cache_entries) "
	 "> "
	 "0))",
		NULL, "<=", 0, UNIT_PER_S},
	{"min by (job, integration) (rate(alertmanager_notifications_failed_total[5m]) / "
	 "ignoring (reason) group_left rate(alertmanager_notifications_total[5m])) > "
	 "0.01",
		NULL, ">", 0.01, UNIT_RATIO},
	{"up == 0", "up", "==", 0, UNIT_NONE},
	{"probe_success{job=\"blackbox\"} != 1", "probe_success{job=\"blackbox\"}",
		"!=", 1, UNIT_NONE},
	{"probe_ssl_earliest_cert_expiry - time() < 86400 * 7", NULL, "<", 604800,
		UNIT_SECONDS},
	{"absent_over_time(backup_last_success_timestamp_seconds[1h])",
		"last_over_time(backup_last_success_timestamp_seconds[1h])", "", NAN,
		UNIT_SECONDS},
	{"time() - backup_last_success_timestamp_seconds > 24 * 3600",
		"time() - backup_last_success_timestamp_seconds", ">", 86400,
		UNIT_SECONDS},
	{"predict_linear(node_filesystem_avail_bytes[1h], 4 * 3600) < 0", NULL, "<", 0,
		UNIT_BYTES},
	{"ALERTS{alertstate=\"firing\",severity=\"critical\"}",
		"ALERTS{alertstate=\"firing\",severity=\"critical\"}", "", NAN,
		UNIT_NONE},
	{"vector(1)", "vector(1)", "", NAN, UNIT_NONE},
	{"mysql_slave_status_seconds_behind_master - "
	 "mysql_slave_status_sql_delay > 30 and ON (instance) "
	 "mysql_slave_status_slave_io_running == 1",
		NULL, ">", 30, UNIT_NONE},
	{"sum by (job) (redis_memory_used_bytes) / sum by (job) "
	 "(redis_memory_max_bytes > 0) * 100 > bool 90 == 1",
		NULL, "==", 1, UNIT_PERCENT},
	{"(rabbitmq_queue_messages_ready > 1000) * on (instance) group_left (node) "
	 "rabbitmq_identity_info",
		"rabbitmq_queue_messages_ready", ">", 1000, UNIT_NONE},
	{"rate(process_resident_memory_bytes[5m]) > 2^20", NULL, ">", 1048576,
		UNIT_BYTES_PER_S},
};

static void test_mixins(void **state)
{
	size_t n = sizeof mixins / sizeof mixins[0], drawn = 0, limited = 0;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct untrusted expr = untrusted_str(mixins[i].expr);
		struct promexpr got;

		arena_reset(&arena);
		if (!promexpr_split(expr, &arena, &got))
			fail_msg("not read: %s", mixins[i].expr);
		if (strcmp(promexpr_op_text(got.op), mixins[i].op) ||
			got.unit != mixins[i].unit)
			fail_msg("%s: %s, unit %s", mixins[i].expr,
				promexpr_op_text(got.op), unit_name(got.unit));
		assert_true(isnan(mixins[i].constant)
				    ? isnan(got.constant)
				    : fabs(got.constant - mixins[i].constant) < 1e-9);
		if (mixins[i].value)
			assert_true(same(got.value, mixins[i].value));
		drawn += got.selectors > 0;
		limited += !isnan(got.constant);
	}
	print_message(
		"%zu rules: %zu drawn, %zu of them with a limit\n", n, drawn, limited);
	assert_true(n >= 40 && drawn * 10 >= n * 9);
}

static const struct {
	const char *expr, *value, *op;
	double constant;
	bool below;
} forms[] = {
	{"5 < x", "x", ">", 5, false},
	{"-5 >= x", "x", "<=", -5, true},
	{"x > bool 1e9", "x", ">", 1e9, false},
	{"x >bool(5*60)", "x", ">", 300, false},
	{"x > 0x1F", "x", ">", 31, false},
	{"x > -2 ^ 2", "x", ">", -4, false},
	{"x > 2 ^ 3 ^ 2", "x", ">", 512, false},
	{"x > 1h30m", "x", ">", 5400, false},
	{"x > 10Mi", "x", ">", 10485760, false},
	{"x > Inf", "x", ">", INFINITY, false},
	{"x > 1 + 2 * 3 % 4 - .5", "x", ">", 2.5, false},
	{"x != 0", "x", "!=", 0, false},
	{"x != 1", "x", "!=", 1, true},
	{"x == 2", "x", "==", 2, false},
	{"x == 0", "x", "==", 0, true},
	{"x > vector(5)", "x", ">", 5, false},
	{"x > # why\n 5", "x", ">", 5, false},
	{"x{a='}', b=`>`} > 5", "x{a='}', b=`>`}", ">", 5, false},
	{"{__name__=~\"x.*\"} > 5", "{__name__=~\"x.*\"}", ">", 5, false},
	{"{\"http.requests\", a=\"b\"} > 5", "{\"http.requests\", a=\"b\"}", ">", 5,
		false},
	{"x offset 5m > 5", "x offset 5m", ">", 5, false},
	{"x @ end() offset -1h > 5", "x @ end() offset -1h", ">", 5, false},
	{"max_over_time(rate(x[5m])[1h:30s]) > 5", "max_over_time(rate(x[5m])[1h:30s])",
		">", 5, false},
	{"((x)) > 5", "x", ">", 5, false},
	{"((x > 5))", "x", ">", 5, false},
	{"x unless y > 5", "x", "", NAN, false},
	{"x > 5 unless y > 6", "x", ">", 5, false},
	{"x > y and hour() > 8", "x", "", NAN, false},
	{"x OR y > 5", "y", ">", 5, false},
	{"(x default 0) > 5", "x default 0", ">", 5, false},
	{"sum(rate(x[5m]) keep_metric_names) by (a) limit 5 > 5",
		"sum(rate(x[5m]) keep_metric_names) by (a) limit 5", ">", 5, false},
	{"label_replace(x > 5, \"a\", \"$1\", \"b\", \"(.*)\")", "x", ">", 5, false},
	{"sort_desc(x < 5)", "x", "<", 5, true},
	{"count by (job) (up == 0)", "count by (job) (up == 0)", "", NAN, false},
	{"sum(x > 3) > 5", "sum(x > 3)", ">", 5, false},
	{"x > scalar(y)", "x", "", NAN, false},
	{"x > on () group_left () y", "x", "", NAN, false},
};

static void test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct promexpr got;

		arena_reset(&arena);
		if (!promexpr_split(untrusted_str(forms[i].expr), &arena, &got))
			fail_msg("not read: %s", forms[i].expr);
		assert_true(same(got.value, forms[i].value));
		assert_string_equal(promexpr_op_text(got.op), forms[i].op);
		assert_true(isnan(forms[i].constant) ? isnan(got.constant)
						     : got.constant == forms[i].constant);
		assert_int_equal(got.below, forms[i].below);
	}
}

/* Zero is not bad for `> 0`, and is for `== 0`. */
static void test_limits(void **state)
{
	static const struct {
		const char *expr;
		double value;
		bool bad;
	} rows[] = {{"x > 0", 0, false}, {"x > 0", 1e-9, true}, {"x >= 1", 1, true},
		{"x < 5", 5, false}, {"x < 5", 4.9, true}, {"x <= 5", 5, true},
		{"x == 0", 0, true}, {"x == 0", 1, false}, {"x == 1", 0, false},
		{"x != 1", 1, false}, {"x != 1", 0, true}, {"x != 0", 0, false}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct promexpr got;
		struct limits limits;

		assert_true(promexpr_split(untrusted_str(rows[i].expr), &arena, &got));
		limits = (struct limits){NAN, got.limit, got.below};
		assert_int_equal(limits_judge(limits, rows[i].value),
			rows[i].bad ? SEVERITY_CRITICAL : SEVERITY_OK);
	}
}

static void test_refused(void **state)
{
	static const char *const rows[] = {"", " ", "x >", "> 5", "(x", "x)", "x{a=}",
		"x{a=\"b\"", "sum(x by (a)", "x[5m", "x y", "\"", "x{a=\"b\\\"}", "5m5q",
		"\x01", "x @", "sum by (a", "x offset", "x > > 5", "$x"};
	char deep[400];
	struct promexpr got;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (promexpr_split(untrusted_str(rows[i]), &arena, &got))
			fail_msg("read: %s", rows[i]);
		assert_true(same(got.value, rows[i]) && isnan(got.constant));
	}
	memset(deep, '(', sizeof deep);
	assert_false(promexpr_split(untrusted_make(deep, sizeof deep), &arena, &got));
	memset(deep, '-', sizeof deep);
	assert_false(promexpr_split(untrusted_make(deep, sizeof deep), &arena, &got));
}

static const struct {
	const char *expr, *narrowed;
} narrow[] = {
	{"up", "up{job=\"j\",pod=\"p\"}"},
	{"up{}", "up{job=\"j\",pod=\"p\"}"},
	{"up{a=\"b\",}", "up{job=\"j\",pod=\"p\",a=\"b\",}"},
	{"up{a=\"b\" # }\n}", "up{job=\"j\",pod=\"p\",a=\"b\" # }\n}"},
	{"{\"x.y\"}", "{job=\"j\",pod=\"p\",\"x.y\"}"},
	{"rate(x[5m] offset 1h)", "rate(x{job=\"j\",pod=\"p\"}[5m] offset 1h)"},
	{"sum by (job) (rate(x[5m]))", "sum by (job) (rate(x{job=\"j\"}[5m]))"},
	{"sum without (pod) (x)", "sum without (pod) (x{job=\"j\"})"},
	{"sum(x)", "sum(x)"},
	{"topk(5, x)", "topk(5, x)"},
	{"count_values(\"job\", x)", "count_values(\"job\", x)"},
	{"x / y", "x{job=\"j\",pod=\"p\"} / y{job=\"j\",pod=\"p\"}"},
	{"x / on (job) y", "x{job=\"j\"} / on (job) y{job=\"j\"}"},
	{"x / on (job) group_left y",
		"x{job=\"j\",pod=\"p\"} / on (job) group_left y{job=\"j\"}"},
	{"x / on (job) group_left (pod) y",
		"x{job=\"j\"} / on (job) group_left (pod) y{job=\"j\",pod=\"p\"}"},
	{"x * ignoring (pod) group_right y",
		"x{job=\"j\"} * ignoring (pod) group_right y{job=\"j\",pod=\"p\"}"},
	{"x and on (job) y", "x{job=\"j\",pod=\"p\"} and on (job) y{job=\"j\"}"},
	{"x unless y", "x{job=\"j\",pod=\"p\"} unless y{job=\"j\",pod=\"p\"}"},
	{"x or on (job) y", "x{job=\"j\"} or on (job) y{job=\"j\"}"},
	{"x > scalar(y)", "x{job=\"j\",pod=\"p\"} > scalar(y)"},
	{"absent(x)", "absent(x)"},
	{"label_replace(x, \"pod\", \"$1\", \"a\", \"(.*)\")",
		"label_replace(x{job=\"j\"}, \"pod\", \"$1\", \"a\", \"(.*)\")"},
	{"histogram_quantile(0.9, sum by (le, job) (rate(x[5m])))",
		"histogram_quantile(0.9, sum by (le, job) (rate(x{job=\"j\"}[5m])))"},
	{"some_new_function(x)", "some_new_function(x)"},
	{"x >", "x >"},
};

static void test_narrow(void **state)
{
	const struct pair labels[] = {{untrusted_str("job"), untrusted_str("j")},
		{untrusted_str("pod"), untrusted_str("p")},
		{untrusted_str("not-plain"), untrusted_str("v")},
		{untrusted_str("empty"), UNTRUSTED_NONE}};
	const struct pair quoted = {untrusted_str("a"), untrusted_str("q\"\\\n}")};

	(void)state;
	for (size_t i = 0; i < sizeof narrow / sizeof narrow[0]; i++)
		assert_true(same(
			promexpr_narrow(untrusted_str(narrow[i].expr), labels, 4, &arena),
			narrow[i].narrowed));
	assert_true(same(promexpr_narrow(untrusted_str("x"), &quoted, 1, &arena),
		"x{a=\"q\\\"\\\\\\n}\"}"));
	assert_true(same(promexpr_narrow(untrusted_str("x"), NULL, 0, &arena), "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixins),
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_narrow),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
