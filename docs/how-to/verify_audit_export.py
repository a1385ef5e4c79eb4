"""Verifies an audit export without the installation: python3 verify_audit_export.py audit.json

Needs Python and nothing else. Exit status 0 when every row is intact, follows the one before, and
the last one is the head of the chain; otherwise 1, naming the first row that is not.
"""

import hashlib
import json
import sys

NOT_HASHED = {"prev_hash", "hash"}


def row_hash(row: dict) -> str:
    plain = {name: value for name, value in row.items() if name not in NOT_HASHED}
    canonical = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(bytes.fromhex(row["prev_hash"]) + canonical.encode()).hexdigest()


def first_fault(export: dict) -> str:
    """Empty when there is none."""
    head, seq, previous = export["head"], 0, bytes(32).hex()
    for row in export["data"]:
        if row["chain"] != head["chain"]:
            return f"row {row['seq']} belongs to another chain"
        if row["seq"] != seq + 1:
            return f"row {seq + 1} is missing (was the export filtered?)"
        if row["prev_hash"] != previous:
            return f"row {row['seq']} does not follow the row before it"
        if row["hash"] != row_hash(row):
            return f"row {row['seq']} was changed"
        seq, previous = row["seq"], row["hash"]
    if (head["seq"], head["hash"]) != (seq, previous):
        return f"the chain ends at {seq}, its head is at {head['seq']}"
    return ""


def main(path: str) -> int:
    with open(path, encoding="utf-8") as file:
        export = json.load(file)
    fault = first_fault(export)
    print(f"FAILED: {fault}" if fault else f"ok: {len(export['data'])} rows")
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
