"""An outside verifier of the audit, from docs/security.md alone: it knows nothing of the
program. usage: audit_verify.py FILE…   the segments of one chain, in their order"""
import hashlib
import json
import sys

prev, count = "0" * 64, 0
for name in sys.argv[1:]:
    for line in open(name, encoding="utf-8", newline="\n"):
        record = json.loads(line)
        canonical = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        found = record.pop("hash")
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        count += 1
        if canonical + "\n" != line or record["audit"]["seq"] != count or found != hashlib.sha256(
                f"{prev}\n{text}".encode()).hexdigest():
            sys.exit(f"record {count} is bad")
        prev = found
print(f"{count} records, the last is {prev}")
