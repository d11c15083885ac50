"""The shop's mesh: ten services, their databases and caches, and what they are scraped for.

Every value is a function of the seed and the second. A break bends one place from its
moment on; what it does to the others follows from who calls whom. Names and labels are
those of Istio 1.2x, cAdvisor, kube-state-metrics, the PostgreSQL and Redis exporters, and
Tempo's service graph.
"""
import hashlib
import math

# service: own median latency in seconds, CPU of its limit at usual traffic, and whom it
# calls how often for each request it gets
SERVICES = {
    'web': (0.006, 0.20, {'search': 0.5, 'checkout': 0.15, 'account': 0.3, 'recommend': 0.4}),
    'search': (0.012, 0.42, {'catalog': 0.9}),
    'recommend': (0.010, 0.22, {'catalog': 0.4}),
    'catalog': (0.006, 0.25, {'catalog-cache': 1.0, 'catalog-db': 0.2}),
    'account': (0.005, 0.18, {'accounts-db': 0.8}),
    'checkout': (0.009, 0.24, {'cart': 1.0, 'payments': 0.6, 'orders': 0.6}),
    'cart': (0.004, 0.15, {'cart-redis': 1.2}),
    'payments': (0.015, 0.21, {'payments-db': 1.0}),
    'orders': (0.008, 0.23, {'orders-db': 1.5, 'shipping': 0.5}),
    'shipping': (0.011, 0.16, {}),
}
# store: kind, latency, connections of its maximum at usual traffic
STORES = {
    'catalog-db': ('postgres', 0.004, 0.30), 'catalog-cache': ('redis', 0.0006, 0.35),
    'accounts-db': ('postgres', 0.003, 0.25), 'cart-redis': ('redis', 0.0007, 0.30),
    'payments-db': ('postgres', 0.004, 0.28), 'orders-db': ('postgres', 0.004, 0.33),
}
ENTRY, ENTRY_RATE = 'web', 200
PODS = {name: 2 for name in SERVICES}
SET_HASH = '6d8f7c9b5d'  # of the ReplicaSet; the other one is that of the rollout
NEW_HASH = '7c5ddbdf54'
POD_TAILS = ('x2x4z', 'k9k7v')
BUCKETS_MS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
SPREAD = 0.55  # of the logarithm of a latency
NAMESPACE = 'shop'

# break: what it strikes
BREAKS = {'5xx': 'payments', 'slow-db': 'orders-db', 'traffic': 'search', '0dc': 'search',
          'rollout': 'recommend'}


class Mesh:
    def __init__(self, seed, broken, origin=0):
        """broken(kind, second): is that break under way? What differs from second to
        second is counted from origin: the same one gives the same hours at any time."""
        self.seed, self.broken, self.origin = seed, broken, origin
        self.counters = {}
        self.gauges = {}

    def noise(self, name, second):
        digest = hashlib.blake2b(f'{self.seed}/{name}/{second}'.encode(), digest_size=4).digest()
        return int.from_bytes(digest, 'big') / 2 ** 31 - 1

    def wave(self, name, second, size):
        phase = self.noise(name, 'phase') * math.pi
        second -= self.origin
        return (1 + size * math.sin(second / 1500 + phase) + size / 3 * math.sin(second / 210 + phase)
                + size / 2 * self.noise(name, second))

    def add(self, metric, amount, **labels):
        labels = {'namespace': NAMESPACE, **labels}
        key = metric, tuple(labels.items())
        self.counters[key] = self.counters.get(key, 0) + amount

    def set(self, metric, value, **labels):
        labels = {'namespace': NAMESPACE, **labels}
        self.gauges[metric, tuple(labels.items())] = value

    def step(self, second, seconds=1):
        """One step of so many seconds that ends at `second`."""
        self.second, self.seconds = second, seconds
        self.on = {kind for kind in BREAKS if self.broken(kind, second)}
        self.rates, self.latency, self.failing, self.hung = {}, {}, {}, {}
        rate = ENTRY_RATE * self.wave('entry', second, 0.08)
        self.flow(ENTRY, rate * (3 if 'traffic' in self.on else 1))
        for name in SERVICES:
            self.settle(name)
        self.tell_call('istio-ingressgateway', ENTRY, self.rates[ENTRY])
        for name, (_, _, calls) in SERVICES.items():
            for callee, times in calls.items():
                self.tell_call(name, callee, self.rates[name] * times)
            self.tell_pods(name)
        for name in STORES:
            self.tell_store(name)

    def flow(self, name, rate):
        self.rates[name] = self.rates.get(name, 0) + rate
        for callee, times in (SERVICES[name][2] if name in SERVICES else {}).items():
            self.flow(callee, rate * times)

    def strikes(self, kind, name):
        return kind in self.on and BREAKS[kind] == name

    def settle(self, name):
        """Latency, failures and requests hung up on, of what is called first."""
        if name in self.latency:
            return
        if name in STORES:
            median = STORES[name][1] * self.wave(name + 'latency', self.second, 0.05)
            self.latency[name] = median * (90 if self.strikes('slow-db', name) else 1)
            self.failing[name], self.hung[name] = 0.0002, 0
            return
        median, _, calls = SERVICES[name]
        latency = median * self.wave(name + 'latency', self.second, 0.05)
        well = 1 - 0.002 * self.wave(name + 'errors', self.second, 0.3)
        hung = 0.0005
        if self.strikes('5xx', name):
            well -= 0.35
        if self.strikes('traffic', name):
            latency *= 25
        if self.strikes('0dc', name):
            hung += 0.25
        if self.strikes('rollout', name):
            well -= 0.22
            latency *= 9
        for callee, times in calls.items():
            self.settle(callee)
            latency += times * self.latency[callee]
            well *= 1 - min(times, 1) * self.failing[callee]
            # Who hangs up has given up: half of that its own callers see as a failure.
            given_up = min(times, 1) * self.hung[callee] * 0.3
            well *= 1 - given_up / 2
            hung += given_up / 2
        self.latency[name], self.failing[name], self.hung[name] = latency, 1 - well, hung

    def share_below(self, bound, median):
        return 0.5 * (1 + math.erf(math.log(bound / median) / (SPREAD * math.sqrt(2))))

    def tell_histogram(self, metric, unit, count, median, **labels):
        for bound in BUCKETS_MS:
            self.add(metric + '_bucket', count * self.share_below(bound / 1000, median), **labels,
                     le=f'{bound * unit / 1000:g}')
        self.add(metric + '_bucket', count, **labels, le='+Inf')
        self.add(metric + '_count', count, **labels)
        self.add(metric + '_sum', count * median * math.exp(SPREAD ** 2 / 2) * unit, **labels)

    def tell_call(self, caller, callee, rate):
        count = rate * self.seconds
        if callee in STORES:
            return self.tell_query(caller, callee, count)
        bad, hung = count * self.failing[callee], count * self.hung[callee]
        codes = (('200', '-', count - bad - hung), ('503', '-', bad * 0.9), ('500', '-', bad * 0.1),
                 ('0', 'DC', hung))
        labels = {'source_workload': caller, 'source_canonical_service': caller,
                  'destination_workload': callee, 'destination_service_name': callee,
                  'destination_service_namespace': NAMESPACE}
        for reporter in ('destination', 'source'):
            for code, flags, amount in codes:
                self.add('istio_requests_total', amount, reporter=reporter, **labels,
                         response_code=code, response_flags=flags)
        self.tell_histogram('istio_request_duration_milliseconds', 1000, count,
                            self.latency[callee], reporter='destination', **labels)

    def tell_query(self, caller, store, count):
        self.add('istio_tcp_connections_opened_total', count / 50, reporter='source',
                 source_workload=caller, source_canonical_service=caller,
                 destination_workload=store, destination_service_name=store)
        labels = {'client': caller, 'server': store, 'connection_type': 'database'}
        self.add('traces_service_graph_request_total', count, **labels)
        self.add('traces_service_graph_request_failed_total', count * self.failing[store], **labels)
        self.tell_histogram('traces_service_graph_request_client_seconds', 1, count,
                            self.latency[store], **labels)

    def tell_pods(self, name):
        usual = SERVICES[name][1] * self.wave(name + 'cpu', self.second, 0.1)
        part = usual * (3 if 'traffic' in self.on else 1)
        if self.strikes('rollout', name):
            part *= 1.2
        replicas = NEW_HASH if self.strikes('rollout', name) else SET_HASH
        for tail in POD_TAILS[:PODS[name]]:
            labels = {'pod': f'{name}-{replicas}-{tail}', 'container': 'app'}
            self.add('container_cpu_usage_seconds_total', min(part, 0.985) * self.seconds, **labels)
            self.set('container_memory_working_set_bytes',
                     round(2 ** 29 * 0.5 * self.wave(name + 'memory', self.second, 0.04)), **labels)
            self.set('kube_pod_container_resource_limits', 1, **labels, resource='cpu', unit='core')
            self.set('kube_pod_container_resource_limits', 2 ** 29, **labels, resource='memory',
                     unit='byte')
        self.set('kube_deployment_spec_replicas', PODS[name], deployment=name)
        self.set('kube_deployment_status_replicas_available', PODS[name], namespace=NAMESPACE,
                 deployment=name)

    def tell_store(self, name):
        kind, _, usual = STORES[name]
        part = usual * self.wave(name + 'connections', self.second, 0.08)
        part = min(part * (2.8 if self.strikes('slow-db', name) else 1), 0.97)
        labels = {'service': f'{name}-exporter', 'instance': f'{name}-0:9187'}
        if kind == 'postgres':
            self.set('pg_stat_activity_count', round(200 * part), **labels, datname='app')
            self.set('pg_settings_max_connections', 200, **labels)
        else:
            self.set('redis_memory_used_bytes', round(2 ** 30 * part), **labels)
            self.set('redis_memory_max_bytes', 2 ** 30, **labels)

    def forget_pods(self):
        """What is not there any more is not scraped."""
        for values in (self.counters, self.gauges):
            for key in [k for k in values if k[0].startswith(('container_', 'kube_pod_'))]:
                labels = dict(key[1])
                name = labels['pod'].rsplit('-', 2)[0]
                new = NEW_HASH in labels['pod']
                if new != self.strikes('rollout', name):
                    del values[key]


def write(mesh, begin, end, step, out, unit=1):
    """OpenMetrics with a sample each step, for promtool tsdb create-blocks-from; with unit
    1000 its times are milliseconds, as VictoriaMetrics imports it."""
    families = {}
    for second in range(begin, end + 1, step):
        mesh.step(second, step)
        mesh.forget_pods()
        for values in (mesh.counters, mesh.gauges):
            for (metric, labels), value in values.items():
                text = ','.join(f'{name}="{label}"' for name, label in labels)
                families.setdefault(metric, {}).setdefault(text, []).append(
                    f'{metric}{{{text}}} {value:.9g} {second * unit}\n')
    for metric in sorted(families):
        for lines in families[metric].values():
            out.writelines(lines)
    if unit == 1:
        out.write('# EOF\n')
