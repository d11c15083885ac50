"""What the judgements of root cause share: runs `oogway rca` on a folder, computes the two
references on the same folder, keeps the score, writes the items. No label reaches a
folder: they are read here, afterwards.
"""
import collections
import csv
import json
import os
import statistics
import subprocess

OOGWAY = os.environ.get("OOGWAY", "oogway")


def ask(folder, at):
    out = subprocess.run([OOGWAY, "rca", "--dir", folder, "--at", at, "--json"],
                         capture_output=True, text=True, timeout=120, check=False)
    if out.returncode:
        raise SystemExit(f"{folder}: {out.stderr.strip()}")
    return json.loads(out.stdout)


def item(name, answer):
    """`ranked` begins with "unknown" when that is the answer: it is no hit."""
    doubt = ["unknown"] if answer["where"]["grade"] == "unknown" else []
    detail = [s["node"] + "/" + s["detail"] for s in answer["suspects"] if s["detail"]]
    return {"id": name, "grade": answer["where"]["grade"],
            "ranked": doubt + [s["node"] for s in answer["suspects"]],
            "ranked_detail": doubt + detail}


def edges(folder):
    out = collections.defaultdict(set)
    path = os.path.join(folder, "graph.csv")
    if os.path.exists(path):
        for row in csv.DictReader(open(path)):
            out[row["caller"]].add(row["callee"])
    path = os.path.join(folder, "traces.jsonl")
    if os.path.exists(path):
        spans = [json.loads(line) for line in open(path)]
        nodes = {(s["trace"], s["span"]): s["node"] for s in spans}
        for s in spans:
            caller = nodes.get((s["trace"], s.get("parent")))
            if caller and caller != s["node"]:
                out[caller].add(s["node"])
    return out


def sigmas(folder):
    """How many standard deviations the mean of the newest points is off, by node: its
    most. New is from two minutes before the alert on; a spread of 0 is left out."""
    incident = json.load(open(os.path.join(folder, "incident.json")))
    at, normal = incident["at"], incident.get("normal")
    old, new = collections.defaultdict(list), collections.defaultdict(list)
    for row in csv.DictReader(open(os.path.join(folder, "metrics.csv"))):
        key, t = (row["node"], row["metric"]), float(row["time"])
        if normal and normal["from"] <= t <= normal["to"]:
            old[key].append(float(row["value"]))
        elif t >= at - 120:
            new[key].append(float(row["value"]))
        elif not normal:
            old[key].append(float(row["value"]))
    best = {}
    for key, values in new.items():
        if len(old[key]) < 2:
            continue
        spread = statistics.pstdev(old[key])
        if spread > 0:
            z = abs(statistics.fmean(values) - statistics.fmean(old[key])) / spread
            best[key[0]] = max(best.get(key[0], 0), z)
    return best


def references(folder):
    """n-sigma, and the walk to the deepest node over three sigma."""
    best, calls = sigmas(folder), edges(folder)
    by_sigma = sorted(best, key=best.get, reverse=True)
    bad = {n for n in best if best[n] > 3}
    deepest = [n for n in by_sigma if n in bad and not calls[n] & bad]
    walk = deepest + [n for n in by_sigma if n in bad and n not in deepest]
    return {"n-sigma": by_sigma, "call-graph walk": walk}


class Score:
    def __init__(self):
        self.n = 0
        self.hits = collections.defaultdict(lambda: [0, 0, 0])

    def add(self, rankings, truth):
        self.n += 1
        for who, ranked in rankings.items():
            for i, k in enumerate((1, 3, 5)):
                self.hits[who][i] += truth in ranked[:k]

    def show(self):
        for who, hits in self.hits.items():
            print(f"  {who:<28}{hits[0]:>6}{hits[1]:>6}{hits[2]:>6}   of {self.n}")


class Doubt:
    """Windows in which there is nothing to find: unknown is right."""

    def __init__(self, name):
        self.name, self.grades = name, collections.Counter()

    def add(self, answer):
        self.grades[answer["where"]["grade"]] += 1

    def show(self):
        n = sum(self.grades.values())
        if n:
            print(f"  {self.name:<28}{self.grades['unknown'] / n:>6.2f} unknown"
                  f"{self.grades['strong'] / n:>6.2f} strong   of {n}")


class Items:
    def __init__(self, name):
        folder = os.environ.get("ITEMS")
        self.out = None
        if folder:
            os.makedirs(folder, exist_ok=True)
            self.out = open(os.path.join(folder, name + ".jsonl"), "w")

    def add(self, one):
        if self.out:
            self.out.write(json.dumps(one) + "\n")
            self.out.flush()
