/* What is known of metrics that clusters have: Istio's, those of service graphs and spans
 * (Tempo, OpenTelemetry), of applications, pods, databases, caches and hosts. The order
 * is that in which they are believed: what a row above has said of a node, one below does
 * not say again. */
#include "signals_table.h"

#include <stddef.h>

#define MESH                                                                             \
	"source_workload, source_canonical_service, destination_service_name, "          \
	"destination_workload"
#define DEST "destination_service_name, reporter"
#define APP  "service, app, service_name, job"
#define HOST "service, app, instance, job"
/* A quantile over `by`, of a histogram; the average of it. */
#define P95(by, metric, where)                                                           \
	"histogram_quantile(0.95, sum by (" by ", le) (rate(" metric "_bucket{$M" where  \
	"}[$R])))"
#define AVERAGE(by, metric, where)                                                       \
	"sum by (" by ") (rate(" metric "_sum{$M" where "}[$R])) / sum by (" by          \
	") (rate(" metric "_count{$M" where "}[$R]))"
#define PER_POD(unit)                                                                    \
	"(sum by (namespace, pod) (kube_pod_container_resource_limits{$Munit=\"" unit    \
	"\"}) or sum by (namespace, pod) (kube_pod_container_resource_requests{$Munit"   \
	"=\"" unit "\"}))"
#define BY_WORKLOAD(expr)                                                                \
	"max by (workload) (label_replace(" expr ", \"workload\", \"$1\", \"pod\", "     \
	"\"$P\"))"

const struct signal signals_table[] = {
	{SIGNAL_MESH, "calls in the mesh", "istio_requests_total", NULL,
		"sum by (" MESH ") (increase(istio_requests_total{$M}[$W])) > 0", 1,
		false},
	{SIGNAL_MESH, "connections in the mesh", "istio_tcp_connections_opened_total",
		NULL,
		"sum by (" MESH
		") (increase(istio_tcp_connections_opened_total{$M}[$W])) > 0",
		1, false},
	{SIGNAL_CALLS, "calls that traces tell", "traces_service_graph_request_total",
		NULL,
		"sum by (client, server) "
		"(increase(traces_service_graph_request_total{$M}[$W])) > 0",
		1, false},

	{SIGNAL_CODES, "requests", "istio_requests_total", "destination_service_name",
		"sum by (" DEST ", response_code, response_flags, grpc_response_status) "
		"(rate(istio_requests_total{$M}[$R]))",
		1, false},
	{SIGNAL_VALUE, "latency p95 (ms)", "istio_request_duration_milliseconds_bucket",
		"destination_service_name",
		P95(DEST, "istio_request_duration_milliseconds", ""), 1, false},
	{SIGNAL_VALUE, "latency average (ms)", "istio_request_duration_milliseconds_sum",
		"destination_service_name",
		AVERAGE(DEST, "istio_request_duration_milliseconds", ""), 1, false},

	{SIGNAL_CODES, "requests", "http_requests_total", APP,
		"sum by (" APP ", code, status, status_code) "
		"(rate(http_requests_total{$M}[$R]))",
		1, false},
	{SIGNAL_CODES, "requests", "http_request_duration_seconds_count", APP,
		"sum by (" APP ", code, status, status_code) "
		"(rate(http_request_duration_seconds_count{$M}[$R]))",
		1, false},
	{SIGNAL_VALUE, "latency p95 (ms)", "http_request_duration_seconds_bucket", APP,
		P95(APP, "http_request_duration_seconds", ""), 1000, false},
	{SIGNAL_VALUE, "latency average (ms)", "http_request_duration_seconds_sum", APP,
		AVERAGE(APP, "http_request_duration_seconds", ""), 1000, false},
	{SIGNAL_CODES, "requests", "http_server_request_duration_seconds_count", APP,
		"sum by (" APP ", http_response_status_code) "
		"(rate(http_server_request_duration_seconds_count{$M}[$R]))",
		1, false},
	{SIGNAL_VALUE, "latency p95 (ms)", "http_server_request_duration_seconds_bucket",
		APP, P95(APP, "http_server_request_duration_seconds", ""), 1000, false},

	{SIGNAL_CODES, "requests", "traces_spanmetrics_calls_total", "service",
		"sum by (service, status_code) (rate(traces_spanmetrics_calls_total"
		"{$Mspan_kind=\"SPAN_KIND_SERVER\"}[$R]))",
		1, false},
	{SIGNAL_VALUE, "latency p95 (ms)", "traces_spanmetrics_latency_bucket", "service",
		P95("service", "traces_spanmetrics_latency",
			"span_kind=\"SPAN_KIND_SERVER\""),
		1000, false},
	{SIGNAL_CODES, "requests", "traces_span_metrics_calls_total", "service_name",
		"sum by (service_name, status_code) (rate(traces_span_metrics_calls_total"
		"{$Mspan_kind=\"SPAN_KIND_SERVER\"}[$R]))",
		1, false},
	{SIGNAL_VALUE, "latency p95 (ms)",
		"traces_span_metrics_duration_milliseconds_bucket", "service_name",
		P95("service_name", "traces_span_metrics_duration_milliseconds",
			"span_kind=\"SPAN_KIND_SERVER\""),
		1, false},

	/* As its callers see it: mostly all there is of a database. */
	{SIGNAL_CODES, "requests", "traces_service_graph_request_total", "server",
		"sum by (server) (rate(traces_service_graph_request_total{$M}[$R]))", 1,
		false},
	{SIGNAL_VALUE, "success of calls", "traces_service_graph_request_failed_total",
		"server",
		"1 - sum by (server) "
		"(rate(traces_service_graph_request_failed_total{$M}[$R])) / sum by "
		"(server) (rate(traces_service_graph_request_total{$M}[$R]))",
		1, false},
	{SIGNAL_VALUE, "latency p95 (ms)",
		"traces_service_graph_request_client_seconds_bucket", "server",
		P95("server", "traces_service_graph_request_client_seconds", ""), 1000,
		false},
	{SIGNAL_VALUE, "latency average (ms)",
		"traces_service_graph_request_client_seconds_sum", "server",
		AVERAGE("server", "traces_service_graph_request_client_seconds", ""),
		1000, false},

	{SIGNAL_VALUE, "cpu percent", "container_cpu_usage_seconds_total", "workload",
		BY_WORKLOAD("sum by (namespace, pod) "
			    "(rate(container_cpu_usage_seconds_total{$Mcontainer!=\"\","
			    "container!=\"POD\"}[$R])) / " PER_POD("core")),
		100, true},
	{SIGNAL_VALUE, "memory percent", "container_memory_working_set_bytes", "workload",
		BY_WORKLOAD("sum by (namespace, pod) "
			    "(container_memory_working_set_bytes{$Mcontainer!=\"\","
			    "container!=\"POD\"}) / " PER_POD("byte")),
		100, true},
	{SIGNAL_VALUE, "availability of pods", "kube_deployment_spec_replicas",
		"deployment",
		"sum by (deployment) (kube_deployment_status_replicas_available{$M}) / "
		"(sum by (deployment) (kube_deployment_spec_replicas{$M}) > 0)",
		1, false},

	{SIGNAL_VALUE, "connections percent", "pg_stat_activity_count", HOST,
		"sum by (" HOST ") (pg_stat_activity_count{$M}) / sum by (" HOST
		") (pg_settings_max_connections{$M})",
		100, false},
	{SIGNAL_VALUE, "connections percent", "mysql_global_status_threads_connected",
		HOST,
		"sum by (" HOST
		") (mysql_global_status_threads_connected{$M}) / sum by (" HOST
		") (mysql_global_variables_max_connections{$M})",
		100, false},
	{SIGNAL_VALUE, "memory percent", "redis_memory_used_bytes", HOST,
		"sum by (" HOST ") (redis_memory_used_bytes{$M}) / (sum by (" HOST
		") (redis_memory_max_bytes{$M}) > 0)",
		100, false},
	{SIGNAL_VALUE, "latency average (ms)", "redis_commands_duration_seconds_total",
		HOST,
		"sum by (" HOST
		") (rate(redis_commands_duration_seconds_total{$M}[$R])) / sum by (" HOST
		") (rate(redis_commands_total{$M}[$R]))",
		1000, false},

	{SIGNAL_VALUE, "cpu percent", "node_cpu_seconds_total", "instance",
		"1 - avg by (instance) "
		"(rate(node_cpu_seconds_total{$Mmode=\"idle\"}[$R]))",
		100, false},
	{SIGNAL_VALUE, "memory percent", "node_memory_MemAvailable_bytes", "instance",
		"1 - sum by (instance) (node_memory_MemAvailable_bytes{$M}) / sum by "
		"(instance) (node_memory_MemTotal_bytes{$M})",
		100, false},
	{0},
};
