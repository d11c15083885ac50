"""Counters of a service over thirty days as OpenMetrics, for promtool: a sample a minute up
to now, 600 requests each. `broken` minutes before now a fifth of them began to fail; one
counter begins anew each day, and at one time nothing was scraped for six hours."""
import sys

now, broken = int(sys.argv[1]), int(sys.argv[2])
end, days = now - now % 60, 30
good, bad, fast, requests = [], [], [], 0
lines = {"good": [], "bad": [], "fast": [], "slow": []}
g = b = f = s = 0
for at in range(end - days * 86400 - 3600, end + 1, 60):
    failing = at > end - broken * 60
    if at % 86400 == 0:
        g = b = f = s = 0
    b += 120 if failing else 0
    g += 480 if failing else 600
    f += 594
    s += 600
    if 10 * 86400 <= end - at < 10 * 86400 + 6 * 3600:
        continue
    lines["good"].append('http_requests_total{code="200"} %d %d' % (g, at))
    lines["bad"].append('http_requests_total{code="500"} %d %d' % (b, at))
    lines["fast"].append('took_seconds_bucket{le="0.3"} %d %d' % (f, at))
    lines["slow"].append('took_seconds_bucket{le="+Inf"} %d %d' % (s, at))
print("# TYPE http_requests counter")
print("\n".join(lines["good"] + lines["bad"]))
print("# TYPE took_seconds_bucket gauge")
print("\n".join(lines["fast"] + lines["slow"]))
print("# EOF")
