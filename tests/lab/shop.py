#!/usr/bin/python3 -B
"""The shop: an exporter of services, queues, databases and hosts that move with time.

Every value is a function of the seed and of the seconds since the start. A file
named after an alert in the --fired folder bends the values until that alert fires; one
named break-5xx, break-slow-db, break-traffic, break-0dc or break-rollout breaks the mesh
(shop_mesh.py) for as long as it is there.

With --write FILE nothing is served: what would have been scraped of the mesh from --begin
to --end is written as OpenMetrics, with each --break KIND@FROM-TO in it.
"""
import argparse
import hashlib
import math
import os
import re
import threading
import time

import shop_mesh
import web

# service, team, requests a second, median latency in seconds
SERVICES = (('payments-api', 'payments', 120, 0.06), ('checkout', 'payments', 45, 0.06),
            ('orders', 'orders', 80, 0.04), ('cart', 'orders', 200, 0.02),
            ('search', 'platform', 150, 0.05))
QUEUES = (('orders-events', 'orders', 'orders', 80), ('emails', 'checkout', 'payments', 25))
HOSTS = (('web-1', 'checkout', 'payments', 0.35), ('web-2', 'checkout', 'payments', 0.33),
         ('orders-db-1', 'orders', 'orders', 0.45), ('orders-db-2', 'orders', 'orders', 0.38),
         ('redis-1', 'cart', 'orders', 0.20))
CERTIFICATES = (('api.lab.example', 'payments-api', 'payments', 71),
                ('www.lab.example', 'checkout', 'payments', 38))
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
CORES, DAY, GIB = 4, 86400, 2 ** 30
FILL_RATE = 10 * 2 ** 20
# The one place each alert strikes.
VICTIM = {'HighErrorRate': 'payments-api', 'HighLatencyP99': 'checkout', 'TrafficDrop': 'search',
          'QueueBacklog': 'orders-events', 'ReplicationLag': 'orders-db-2', 'HighCPU': 'orders-db-1',
          'MemoryPressure': 'redis-1', 'DiskFillingUp': 'web-2', 'CertExpiresSoon': 'api.lab.example',
          'InstanceDown': 'cart-cache'}


class Shop:
    def __init__(self, seed, fired_folder):
        self.seed, self.fired_folder = seed, fired_folder
        self.born = self.second = int(time.time())
        self.lock = threading.Lock()
        self.counters = {}
        self.gauges = {}
        self.filling = 25 * GIB
        self.mesh = shop_mesh.Mesh(seed, lambda kind, second: os.path.exists(
            os.path.join(fired_folder, 'break-' + kind)))
        self.step(self.second)

    def noise(self, name, second):
        digest = hashlib.blake2b(f'{self.seed}/{name}/{second}'.encode(), digest_size=4).digest()
        return int.from_bytes(digest, 'big') / 2 ** 31 - 1

    def wave(self, name, second, size=0.15):
        """A factor about 1: a slow swell, a quick one, and a little noise."""
        age = second - self.born
        phase = self.noise(name, 'phase') * math.pi
        return (1 + size * math.sin(age / 97 + phase) + size / 3 * math.sin(age / 13 + phase)
                + size / 3 * self.noise(name, second))

    def hit(self, alert, place):
        return VICTIM[alert] == place and os.path.exists(os.path.join(self.fired_folder, alert))

    def add(self, metric, amount, **labels):
        key = metric, tuple(labels.items())
        self.counters[key] = self.counters.get(key, 0) + amount

    def set(self, metric, value, **labels):
        self.gauges[metric, tuple(labels.items())] = value

    def advance(self):
        """Catch up second by second, at most the last minute of a long silence."""
        now = int(time.time())
        for second in range(max(self.second + 1, now - 60), now + 1):
            self.step(second)
        self.second = max(self.second, now)

    def step(self, second):
        for row in SERVICES:
            self.step_service(second, *row)
        for row in QUEUES:
            self.step_queue(second, *row)
        for row in HOSTS:
            self.step_host(second, *row)
        for name, service, team, days in CERTIFICATES:
            left = 3.5 if self.hit('CertExpiresSoon', name) else days
            self.set('probe_ssl_earliest_cert_expiry', self.born + int(left * DAY),
                     instance=name, service=service, team=team)
        self.step_replica(second, 'orders-db-2', 'orders', 'orders')
        self.mesh.step(second)
        self.mesh.forget_pods()

    def step_service(self, second, service, team, rate, median):
        labels = {'service': service, 'team': team}
        rate *= self.wave(service + 'rate', second)
        if self.hit('TrafficDrop', service):
            rate = 1
        failing = 0.3 if self.hit('HighErrorRate', service) else 0.003
        failing *= self.wave(service + 'errors', second, 0.4)
        bad = rate * failing
        missing = rate * 0.02
        for status, amount in (('200', rate - bad - missing), ('404', missing), ('500', bad)):
            self.add('http_requests_total', amount, **labels, status=status)
        median *= self.wave(service + 'latency', second, 0.2)
        if self.hit('HighLatencyP99', service):
            median *= 8
        for bound in BUCKETS:
            # The share of a log-normal below the bound.
            share = 0.5 * (1 + math.erf(math.log(bound / median) / (0.55 * math.sqrt(2))))
            self.add('http_request_duration_seconds_bucket', rate * share, **labels, le=str(bound))
        self.add('http_request_duration_seconds_bucket', rate, **labels, le='+Inf')
        self.add('http_request_duration_seconds_count', rate, **labels)
        self.add('http_request_duration_seconds_sum', rate * median * math.exp(0.55 ** 2 / 2), **labels)
        self.set('http_requests_in_flight', round(rate * median, 1), **labels)
        self.set('service_build_info', 1, **labels, version='3.18.0')

    def step_replica(self, second, instance, service, team):
        labels = {'instance': instance, 'service': service, 'team': team}
        lag = 0.4 * self.wave(instance + 'lag', second, 0.5)
        if self.hit('ReplicationLag', instance):
            lag = 94 * self.wave(instance + 'lag', second, 0.05)
        self.set('pg_replication_lag_seconds', lag, **labels)
        self.set('pg_stat_activity_count',
                 round(40 * self.wave(instance + 'sessions', second)), **labels)

    def step_queue(self, second, queue, service, team, usual):
        labels = {'queue': queue, 'service': service, 'team': team}
        depth = usual * self.wave(queue, second, 0.5)
        if self.hit('QueueBacklog', queue):
            depth += 4000
        self.set('queue_depth', round(depth), **labels)
        self.add('queue_messages_total', usual / 2, **labels)

    def step_host(self, second, host, service, team, usual):
        labels = {'instance': host, 'service': service, 'team': team}
        busy = min(usual * self.wave(host + 'cpu', second, 0.3), 0.8)
        if self.hit('HighCPU', host):
            busy = 0.97
        for mode, share in (('idle', 1 - busy), ('user', busy * 0.7), ('system', busy * 0.2),
                            ('iowait', busy * 0.1)):
            for core in range(CORES):
                self.add('node_cpu_seconds_total', share, **labels, cpu=str(core), mode=mode)
        free = 0.45 * self.wave(host + 'memory', second, 0.1)
        if self.hit('MemoryPressure', host):
            free = 0.05
        self.set('node_memory_MemTotal_bytes', 16 * GIB, **labels)
        self.set('node_memory_MemAvailable_bytes', round(16 * GIB * free), **labels)
        size = 100 * GIB
        avail = size * 0.4 * self.wave(host + 'disk', 0, 0.2)
        if self.hit('DiskFillingUp', host):
            self.filling = max(self.filling - FILL_RATE, GIB // 2)
            avail = self.filling
        elif VICTIM['DiskFillingUp'] == host:
            self.filling = 25 * GIB
        disk = {**labels, 'device': '/dev/vda1', 'mountpoint': '/', 'fstype': 'ext4'}
        self.set('node_filesystem_size_bytes', size, **disk)
        self.set('node_filesystem_avail_bytes', round(avail), **disk)
        self.set('node_load1', round(busy * CORES, 2), **labels)
        for direction in ('receive', 'transmit'):
            self.add(f'node_network_{direction}_bytes_total',
                     2e6 * self.wave(host + direction, second), **labels, device='eth0')

    def expose(self, wanted):
        """The text exposition of the metrics whose name passes `wanted`."""
        return expose(self, wanted)


def expose(held, wanted):
    lines, described = [], set()
    for kind, values in (('counter', held.counters), ('gauge', held.gauges)):
        for (metric, labels), value in sorted(values.items()):
            if not wanted(metric):
                continue
            if metric not in described:
                described.add(metric)
                lines.append(describe(metric, kind))
            text = ','.join(f'{name}="{label}"' for name, label in labels)
            lines.append(f'{metric}{{{text}}} {value:.10g}')
    return '\n'.join(filter(None, lines)) + '\n'


def describe(metric, kind):
    family, _, part = metric.rpartition('_')
    if part == 'bucket':
        return f'# TYPE {family} histogram'
    return '' if family == 'http_request_duration_seconds' else f'# TYPE {metric} {kind}'


class Door(web.Handler):
    shop = None

    def do_GET(self):
        with self.shop.lock:
            self.shop.advance()
            if self.path == '/metrics':
                status, text = 200, self.shop.expose(lambda name: not name.startswith('node_'))
            elif self.path == '/fleet':
                status, text = 200, self.shop.expose(lambda name: name.startswith('node_'))
            elif self.path == '/mesh':
                status, text = 200, expose(self.shop.mesh, lambda name: True)
            elif self.path == '/cart-cache' and not self.shop.hit('InstanceDown', 'cart-cache'):
                status, text = 200, '# TYPE cache_hit_ratio gauge\ncache_hit_ratio 0.94\n'
            else:
                status, text = 503 if self.path == '/cart-cache' else 404, ''
        self.answer(status, text.encode(), content_type='text/plain; version=0.0.4')


def breaks_of(words):
    """(kind, from, to) of KIND@FROM-TO."""
    breaks = []
    for word in words:
        kind, begin, end = re.fullmatch(r'([\w-]+)@(\d+)-(\d+)', word).groups()
        if kind not in shop_mesh.BREAKS:
            raise SystemExit(f'{kind} is none of {", ".join(shop_mesh.BREAKS)}')
        breaks.append((kind, int(begin), int(end)))
    return breaks


def write(options):
    breaks = breaks_of(options.breaks)
    mesh = shop_mesh.Mesh(options.seed, lambda kind, second: any(
        kind == k and begin <= second < end for k, begin, end in breaks), options.origin)
    with open(options.write, 'w') as out:
        shop_mesh.write(mesh, options.begin, options.end, options.step, out,
                        options.unit)


def main():
    parser = argparse.ArgumentParser(description='Export the metrics of a small shop.')
    parser.add_argument('--port', type=int)
    parser.add_argument('--fired', metavar='DIR')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--write', metavar='FILE')
    parser.add_argument('--begin', type=int)
    parser.add_argument('--end', type=int)
    parser.add_argument('--step', type=int, default=60)
    parser.add_argument('--origin', type=int, default=0, help='of what goes up and down')
    parser.add_argument('--unit', type=int, default=1, help='of times in it: 1000 is ms')
    parser.add_argument('--break', dest='breaks', action='append', default=[])
    options = parser.parse_args()
    if options.write:
        return write(options)
    if not options.port or not options.fired:
        parser.error('--port and --fired, or --write')
    Door.shop = Shop(options.seed, options.fired)
    web.run([web.Server(options.port, Door)])


if __name__ == '__main__':
    main()
