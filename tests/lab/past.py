#!/usr/bin/env python3
"""Writes an invented past into a store that oogway has made: incidents of one pager with
a fixed seed, and when it was watched.

usage: past.py STORE [COUNT [DAYS [SOURCE]]]
"""
import random
import sqlite3
import sys
import time
import uuid

RULES = [
    # name, service, how often, minutes until acknowledged (0: nobody), until it ends
    ("HTTP 5xx %d.%d %% > 1 %% for %dm", "payments-api", 14, 4, 22),
    ("Replication lag %d s on orders-db-%d", "orders-db", 10, 6, 40),
    ("[FIRING:%d] NodeFilesystemAlmostOutOfSpace (web-%02d critical)", "web", 18, 0, 9),
    ("KubePodCrashLooping: pod checkout/api-7d9f%04x", "checkout", 22, 0, 6),
    ("p99 latency %d ms > 300 ms", "checkout", 12, 3, 15),
    ("Certificate of api.example.org ends in %d days", "edge", 3, 30, 600),
    ("Queue depth %d on ingest", "ingest-pipeline", 9, 8, 25),
    ("Disk of node-%d is %d %% full", "node", 12, 0, 180),
]


def main():
    path = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 400
    days = int(sys.argv[3]) if len(sys.argv) > 3 else 60
    source = sys.argv[4] if len(sys.argv) > 4 else "pd"
    rng = random.Random(20261121)
    now = int(time.time() * 1000)
    db = sqlite3.connect(path, timeout=10)
    weights = [rule[2] for rule in RULES]
    rows = []
    for i in range(count):
        title, service, _, ack, end = rng.choices(RULES, weights)[0]
        numbers = tuple(rng.randint(1, 90) for _ in range(title.count("%") - 2 *
                                                          title.count("%%")))
        begin = now - int(rng.random() ** 1.2 * days * 86400000) - 60000
        acked = begin + int(rng.expovariate(1 / ack) * 60000) if ack else 0
        ended = begin + int((1 + rng.expovariate(1 / end)) * 60000)
        acked = acked if acked < ended else 0
        ended = ended if ended < now else 0
        by_hand = "ana" if acked and rng.random() < .6 and ended else ""
        rows.append((str(uuid.UUID(int=rng.getrandbits(128))), begin, source, "P%d" % i,
                     begin, acked, ended, 1, 3 if ended else 0, 1, title % numbers,
                     service, "", 0, acked, 2 if ack else 1, i + 1, "",
                     "ana" if acked else "", by_hand))
    with db:
        db.executemany(
            "INSERT INTO incident (id, team_id, created_by, created_at, updated_at, "
            "revision, source, upstream_id, started_at, acked_at, ended_at, severity, "
            "state, pages, title, service, summary, ended_after_at, taken_at, urgency, "
            "number, priority, acked_by, resolved_by) VALUES (?1, 'local', 'local', ?2, "
            "?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
            "?18, ?19, ?20)", rows)
        db.execute("INSERT INTO watch (id, team_id, created_by, created_at, updated_at, "
                   "revision, source, from_at, until_at) VALUES (?1, 'local', 'local', "
                   "?2, ?2, 1, ?3, ?4, ?5)",
                   (str(uuid.UUID(int=rng.getrandbits(128))), now, source,
                    now - 240 * 86400000, now))
    db.close()


main()
