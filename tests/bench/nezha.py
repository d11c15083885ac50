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
import bisect
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


def fault_rows(folder):
    """Rows of the day's fault lists, which lie in its folder or above it."""
    days = re.findall(r"\d{4}-\d\d-\d\d", os.path.abspath(folder))
    above = os.path.dirname(os.path.abspath(folder))
    for place in folder, above, os.path.dirname(above):
        rows = []
        for path in glob.glob(os.path.join(place, "*fault_list.json")):
            for hour in json.load(open(path)).values():
                rows += [f for f in hour if not days or f["inject_time"].startswith(days[-1])]
        if rows:
            return rows
    return []


def faults(folder):
    out = []
    for fault in fault_rows(folder):
        at = utc(fault["inject_time"])
        out.append((fault["inject_time"].replace(" ", "T"), at // 60 * 60 + 120))
    if out:
        return sorted(out)
    # Without a list: the minutes of logs come in groups of three, from that of the
    # injection to the one that is looked at.
    days = re.findall(r"\d{4}-\d\d-\d\d", os.path.abspath(folder)) or ["1970-01-01"]
    names = sorted(glob.glob(os.path.join(folder, "log", "*_log.csv")))
    minutes = sorted(utc(days[-1] + "T" + os.path.basename(n)[:5].replace("_", ":")) for n in names)
    begin = None
    for m in minutes:
        if begin is None or m - begin > 120:
            begin = m
            at = datetime.datetime.fromtimestamp(m, datetime.timezone.utc)
            out.append((at.strftime("%Y-%m-%dT%H:%M:%S"), m + 120))
    return out


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


def said(text, line):
    """The message of a structured line; its level goes into `line`."""
    try:
        whole = json.loads(text)
        line["level"] = str(whole.get("severity") or whole.get("level") or "")
        return str(whole.get("message") or whole.get("msg") or text)
    except (ValueError, AttributeError):
        return text


def log_line(row, us, node):
    text = row["Log"]
    try:
        text = json.loads(text)["log"]
    except (ValueError, KeyError, TypeError):
        pass
    line = {"time": us, "node": node, "trace": row["TraceID"], "span": row["SpanID"]}
    parts = LOG.match(text)
    if parts:
        line["level"], line["source"], text = parts.groups()
    else:
        text = said(text, line)
    line["message"] = re.sub(r"TraceID: \w+ SpanID: \w+ ", "", text).strip()[:240]
    return line


def span_line(row, us, node):
    end = int(row["EndTimeUnixNano"]) // 1000
    span = {"time": us, "trace": row["TraceID"], "span": row["SpanID"], "node": node,
            "operation": row["OperationName"], "duration_ms": max(end - us, 0) / 1000}
    if row["ParentID"] != "root":
        span["parent"] = row["ParentID"]
    return span


class Day:
    """All of a day, in the rows of the folder: (microseconds, node, row)."""

    def __init__(self, folder):
        self.logs = self.read(folder, "log", log_time, log_line)
        self.spans = self.read(
            folder, "trace", lambda row: int(row["StartTimeUnixNano"]) // 1000, span_line)
        self.points = self.read_metrics(folder)

    @staticmethod
    def read(folder, kind, time_of, line_of):
        seen, out = set(), []
        for path in sorted(glob.glob(os.path.join(folder, kind, f"*_{kind}.csv"))):
            for row in csv.DictReader(open(path)):
                us, node = time_of(row), node_of(row["PodName"])
                line = json.dumps(line_of(row, us, node))
                # Minutes overlap: what stands in two files is one.
                if hash(line) not in seen:
                    seen.add(hash(line))
                    out.append((us, node, line))
        return sorted(out, key=lambda row: row[0])

    @staticmethod
    def read_metrics(folder):
        out = []
        for path in sorted(glob.glob(os.path.join(folder, "metric", "*_metric.csv"))):
            rows = csv.reader(open(path))
            names = next(rows)
            for row in rows:
                node = node_of(row[2])
                # The first column is the time; the second is of another zone on some days.
                t = int(utc(row[0][:19]))
                out += [(t * 1000000, node, (t, node, name, value))
                        for name, value in zip(names[3:], row[3:])
                        if value and value.lower() != "nan"]
        return sorted(out, key=lambda row: row[0])

    def folder(self, at, to, without=None, behind=BEHIND_S):
        def within(rows):
            times = [row[0] for row in rows]
            low = bisect.bisect_left(times, (at - BEFORE_S) * 1000000)
            high = bisect.bisect_right(times, (at + behind) * 1000000)
            return (row[2] for row in rows[low:high] if row[1] != without)

        os.makedirs(to, exist_ok=True)
        with open(os.path.join(to, "metrics.csv"), "w", newline="") as out:
            write = csv.writer(out)
            write.writerow(["time", "node", "metric", "value"])
            write.writerows(within(self.points))
        for name, rows in ("logs", self.logs), ("traces", self.spans):
            with open(os.path.join(to, name + ".jsonl"), "w") as out:
                out.writelines(line + "\n" for line in within(rows))
        with open(os.path.join(to, "incident.json"), "w") as out:
            json.dump({"at": int(at)}, out)


if __name__ == "__main__":
    if sys.argv[1] == "list":
        for name, when in faults(sys.argv[2]):
            print(name, int(when))
    else:
        gone = sys.argv[6] if len(sys.argv) > 6 and sys.argv[5] == "--without" else None
        Day(sys.argv[2]).folder(int(sys.argv[3]), sys.argv[4], gone)
