"""Writes a chain of an audit into a folder, without a key: what it says is shown all the
same, and verification names the first record.  usage: audit_chain.py FOLDER"""
import hashlib
import json
import os
import sys

WHO = {"claimed": {}, "verified": {"uid": 4242, "user": "ada"}}
RECORDS = [
    {"event": "audit.segment", "kind": "note",
     "extra": {"chain": "01a1fc78-1848-7661-a5dd-3e294e60323b", "format": 1, "key": "0" * 64, "number": 1, "prev": "0" * 64}},
    {"event": "alert.silence", "kind": "intent", "origin": "key s", "target": 'alertname="DiskFull"'},
    {"event": "alert.silence", "kind": "outcome", "ref": 2, "result": "HTTP 200", "target": 'alertname="DiskFull"'},
    {"event": "incident.note", "kind": "intent", "origin": ":", "target": "PABC\x1b]0;owned\x07\u202e\u009b2J"},
    {"event": "remote.run", "kind": "refusal", "error": "read-only", "target": "db1"},
]
folder = os.path.join(sys.argv[1], "01a1fc78-1848-7661-a5dd-3e294e60323b")
os.makedirs(folder, 0o700)
prev = "0" * 64
with open(os.path.join(folder, "000001.jsonl"), "w", encoding="utf-8") as out:
    for seq, record in enumerate(RECORDS, 1):
        record.update(seq=seq, sealed="0" * 128, actor=WHO, at="2026-11-18T11:06:40.000Z")
        text = json.dumps({"audit": record}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        prev = hashlib.sha256(f"{prev}\n{text}".encode()).hexdigest()
        out.write(f'{text[:-1]},"hash":"{prev}"}}\n')
