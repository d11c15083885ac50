#!/usr/bin/env python3
"""Turns one day of the Nezha data set into folders for `oogway rca --dir`.

usage: nezha.py list FOLDER              prints "id at" for each injected fault
       nezha.py folder FOLDER AT OUT [--without NODE]
                                         writes what was known at AT, a UTC minute

FOLDER is the unpacked archive: log, trace, metric. Only times of the fault list are
read here, and only to know when somebody was alerted: the minute of the injection + 2.
The folder that is written holds the two hours before AT and what the data set itself
files under the minute AT: lines up to its 8th second, metrics up to its 10th.
"""
import csv
import datetime
import glob
import json
import os
import re
import sys

csv.field_size_limit(1 << 30)
BEFORE_S = 2 * 3600
BEHIND_S = 10
LOG = re.compile(r"^\d\d:\d\d:\d\d\.\d+\s+(\w+)\s+(\S+#\d+)\s(.*)", re.S)


def node_of(pod):
    """A pod's name without what its ReplicaSet put behind the workload's."""
    return re.sub(r"-[0-9a-f]{6,10}-[0-9a-z]{5}$", "", pod)


def utc(text):
    at = datetime.datetime.fromisoformat(text)
    return at.replace(tzinfo=datetime.timezone.utc).timestamp()


def faults(folder):
    out = []
    for path in glob.glob(os.path.join(folder, "*fault_list.json")):
        for hour in json.load(open(path)).values():
            for fault in hour:
                at = utc(fault["inject_time"])
                out.append((fault["inject_time"].replace(" ", "T"), at // 60 * 60 + 120))
    if out:
        return sorted(out)
    # Without a list: the minutes of logs come in groups of three, from that of the
    # injection to the one that is looked at.
    days = re.findall(r"\d{4}-\d\d-\d\d", os.path.abspath(folder))
    names = sorted(glob.glob(os.path.join(folder, "log", "*_log.csv")))
    minutes = sorted(utc(days[-1] + "T" + os.path.basename(n)[:5].replace("_", ":")) for n in names)
    begin = None
    for m in minutes:
        if begin is None or m - begin > 120:
            begin = m
            at = datetime.datetime.fromtimestamp(m, datetime.timezone.utc)
            out.append((at.strftime("%Y-%m-%dT%H:%M:%S"), m + 120))
    return out


def files(folder, kind, at):
    """Those of minutes that may hold something of the time before `at`."""
    for path in sorted(glob.glob(os.path.join(folder, kind, f"*_{kind}.csv"))):
        minute = re.match(r"(\d\d)_(\d\d)_", os.path.basename(path))
        begin = at // 86400 * 86400 + int(minute[1]) * 3600 + int(minute[2]) * 60
        if at - BEFORE_S - 60 <= begin <= at + 60:
            yield path


def log_time(row):
    at = int(row["TimeUnixNano"])
    if at > 0:
        return at // 1000
    text = row["Timestamp"].rstrip("Z")
    whole, _, part = text.partition(".")
    try:
        return int(utc(whole) * 1000000) + int((part + "000000")[:6])
    except ValueError:
        return 0


def write_logs(folder, at, out, without):
    seen = set()
    for path in files(folder, "log", at):
        for row in csv.DictReader(open(path)):
            us, node = log_time(row), node_of(row["PodName"])
            if node == without or not (at - BEFORE_S) * 1e6 <= us <= (at + BEHIND_S) * 1e6:
                continue
            text = row["Log"]
            try:
                text = json.loads(text)["log"]
            except (ValueError, KeyError, TypeError):
                pass
            key = (us, row["SpanID"], text)
            if key in seen:
                continue
            seen.add(key)
            line = {"time": us, "node": node, "trace": row["TraceID"], "span": row["SpanID"]}
            parts = LOG.match(text)
            if parts:
                line["level"], line["source"], text = parts.groups()
            line["message"] = re.sub(r"TraceID: \w+ SpanID: \w+ ", "", text).strip()[:240]
            out.write(json.dumps(line) + "\n")


def write_traces(folder, at, out, without):
    seen = set()
    for path in files(folder, "trace", at):
        for row in csv.DictReader(open(path)):
            us, node = int(row["StartTimeUnixNano"]) // 1000, node_of(row["PodName"])
            key = (row["TraceID"], row["SpanID"])
            if node == without or key in seen or not (at - BEFORE_S) * 1e6 <= us <= (at + BEHIND_S) * 1e6:
                continue
            seen.add(key)
            end = int(row["EndTimeUnixNano"]) // 1000
            span = {"time": us, "trace": row["TraceID"], "span": row["SpanID"], "node": node,
                    "operation": row["OperationName"], "duration_ms": max(end - us, 0) / 1000}
            if row["ParentID"] != "root":
                span["parent"] = row["ParentID"]
            out.write(json.dumps(span) + "\n")


def write_metrics(folder, at, out, without):
    write = csv.writer(out)
    write.writerow(["time", "node", "metric", "value"])
    for path in sorted(glob.glob(os.path.join(folder, "metric", "*_metric.csv"))):
        rows = csv.reader(open(path))
        names = next(rows)
        for row in rows:
            node = node_of(row[2])
            # The first column is the time; the second is of another zone on some days.
            t = utc(row[0][:19])
            if node == without or not at - BEFORE_S <= t <= at + BEHIND_S:
                continue
            for name, value in zip(names[3:], row[3:]):
                if value and value.lower() != "nan":
                    write.writerow([int(t), node, name, value])


def folder(source, at, to, without):
    os.makedirs(to, exist_ok=True)
    with open(os.path.join(to, "metrics.csv"), "w", newline="") as out:
        write_metrics(source, at, out, without)
    with open(os.path.join(to, "logs.jsonl"), "w") as out:
        write_logs(source, at, out, without)
    with open(os.path.join(to, "traces.jsonl"), "w") as out:
        write_traces(source, at, out, without)
    with open(os.path.join(to, "incident.json"), "w") as out:
        json.dump({"at": int(at)}, out)


if __name__ == "__main__":
    if sys.argv[1] == "list":
        for name, when in faults(sys.argv[2]):
            print(name, int(when))
    else:
        gone = sys.argv[6] if len(sys.argv) > 6 and sys.argv[5] == "--without" else None
        folder(sys.argv[2], int(sys.argv[3]), sys.argv[4], gone)
