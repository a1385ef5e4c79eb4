"""The floors of coverage: `python -m tests.contracts.coverage_floors coverage.json`.

Laws: every branch of a pure module is taken; the rest of each package stays at 90 % or above.
Exit status 1 names what is below.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.contracts.test_import_contracts import MUST_NAME
from tests.contracts.tree import PACKAGES

PURE_MODULES: Final = (*MUST_NAME["sans-io"], *MUST_NAME["pure"])
FLOOR_PERCENT: Final = 90.0
WHOLE_PERCENT: Final = 100.0


def is_pure(file: str) -> bool:
    module = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return any(module == pure or module.startswith(f"{pure}.") for pure in PURE_MODULES)


def percent(summaries: list[Mapping[str, Any]]) -> float:
    """Of statements and branches together; 100 where there is nothing to run."""
    covered = sum(row["covered_lines"] + row["covered_branches"] for row in summaries)
    whole = sum(row["num_statements"] + row["num_branches"] for row in summaries)
    return 100.0 * covered / whole if whole else 100.0


def findings(report: Mapping[str, Any]) -> Iterator[str]:
    summaries = {file: row["summary"] for file, row in report["files"].items()}
    for file, row in sorted(summaries.items()):
        if is_pure(file) and percent([row]) < WHOLE_PERCENT:
            yield f"{file}: {percent([row]):.1f} %, a pure module needs {WHOLE_PERCENT:.0f} %"
    for package in PACKAGES:
        rows = [
            row
            for file, row in summaries.items()
            if file.startswith(f"{package}/") and not is_pure(file)
        ]
        if percent(rows) < FLOOR_PERCENT:
            yield f"{package}: {percent(rows):.1f} %, at least {FLOOR_PERCENT:.0f} % needed"


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    report = msgspec.json.decode(Path(arguments[0]).read_bytes(), type=dict[str, Any])
    below = list(findings(report))
    sys.stdout.write("".join(f"{line}\n" for line in below or ["Coverage is above its floors."]))
    return 1 if below else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
