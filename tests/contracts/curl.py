"""Stands in for curl where a machine has none: the options our pages use, and no others."""

import argparse
import sys
from pathlib import Path

import httpx


def main() -> int:
    parser = argparse.ArgumentParser(prog="curl", allow_abbrev=False)
    parser.add_argument("url")
    parser.add_argument("-sS", dest="quiet", action="store_true")
    parser.add_argument("--fail", action="store_true")
    parser.add_argument("-X", dest="method", default="GET")
    parser.add_argument("-H", dest="headers", action="append", default=[])
    parser.add_argument("-d", dest="body")
    parser.add_argument("-o", dest="file", type=Path)
    given = parser.parse_args()
    headers = dict(line.split(": ", 1) for line in given.headers)
    with httpx.Client(trust_env=False) as client:
        answer = client.request(given.method, given.url, headers=headers, content=given.body)
    if given.fail and answer.is_error:
        sys.stderr.write(f"curl: (22) {answer.status_code} {answer.text}\n")
        return 22
    if given.file:
        given.file.write_bytes(answer.content)
    else:
        sys.stdout.write(answer.text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
