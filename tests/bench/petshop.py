#!/usr/bin/env python3
"""Turns issues of the PetShop data set into folders for `oogway rca --dir`.

usage: petshop.py list FOLDER            prints "id" for each issue below FOLDER
       petshop.py folder FOLDER ID OUT [--without NODE]
       petshop.py quiet FOLDER ROW OUT   a folder in which nothing is wrong: five rows
                                         of the time without issue, from ROW on

Of target.json only the time of the alert is read; without it the alert is at the third
row. The time without issue is the normal range of incident.json.
"""
import csv
import glob
import json
import os
import sys

csv.field_size_limit(1 << 30)

def issues(folder):
    found = glob.glob(os.path.join(folder, "**", "issue_*", "metrics.csv"), recursive=True)
    return sorted(os.path.relpath(os.path.dirname(f), folder) for f in found)


def table(path):
    """Columns as (node, metric), and rows as (time, values)."""
    rows = list(csv.reader(open(path)))
    names = [(n, m + " " + s) for n, m, s in zip(rows[0][1:], rows[1][1:], rows[2][1:])]
    return names, [(float(r[0]), r[1:]) for r in rows[3:] if r and r[0][:1].isdigit()]


def write_edges(graph, out, without):
    rows = list(csv.reader(open(graph)))
    write = csv.writer(out)
    write.writerow(["caller", "callee"])
    for row in rows[1:]:
        for name, value in zip(rows[0][1:], row[1:]):
            if value not in ("", "0", "0.0") and without not in (row[0], name):
                write.writerow([row[0], name])


def write_metrics(write, names, rows, without):
    for at, values in rows:
        for (node, metric), value in zip(names, values):
            if node != without and value and value.lower() != "nan":
                write.writerow([int(at), node, metric, value])


def folder(split, rows, normal, at, to, without):
    os.makedirs(to, exist_ok=True)
    with open(os.path.join(to, "metrics.csv"), "w", newline="") as out:
        write = csv.writer(out)
        write.writerow(["time", "node", "metric", "value"])
        write_metrics(write, normal[0], normal[1], without)
        write_metrics(write, rows[0], rows[1], without)
    with open(os.path.join(to, "graph.csv"), "w", newline="") as out:
        write_edges(os.path.join(split, "graph.csv"), out, without)
    begin, end = normal[1][0][0], normal[1][-1][0]
    with open(os.path.join(to, "incident.json"), "w") as out:
        json.dump({"at": at, "normal": {"from": begin, "to": end}}, out)


def alert_of(path, rows):
    try:
        return int(json.load(open(os.path.join(path, "target.json")))["target"]["timestamp"])
    except (OSError, ValueError, KeyError, TypeError):
        return int(rows[1][len(rows[1]) // 2][0])


def issue(source, which, to, without=None):
    split = path = os.path.join(source, which)
    while split != source and not os.path.exists(os.path.join(split, "graph.csv")):
        split = os.path.dirname(split)
    rows = table(os.path.join(path, "metrics.csv"))
    normal = table(os.path.join(split, "noissue", "metrics.csv"))
    folder(split, rows, normal, alert_of(path, rows), to, without)


def quiet(split, first, to):
    names, rows = table(os.path.join(split, "noissue", "metrics.csv"))
    some = rows[first:first + 5]
    # Those five and their neighbours are no part of what is normal.
    rest = rows[:max(first - 10, 0)] + rows[first + 15:]
    rest = [(at - 365 * 86400, values) for at, values in rest]
    folder(split, (names, some), (names, rest), int(some[2][0]), to, None)


def main():
    verb, source = sys.argv[1:3]
    if verb == "list":
        print("\n".join(issues(source)))
        return
    which, to = sys.argv[3:5]
    gone = sys.argv[6] if len(sys.argv) > 6 and sys.argv[5] == "--without" else None
    if verb == "quiet":
        quiet(source, int(which), to)
    else:
        issue(source, which, to, gone)


if __name__ == "__main__":
    main()
