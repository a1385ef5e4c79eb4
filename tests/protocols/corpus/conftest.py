"""How many recordings each law has judged, by API, and what translation has lost, by cell."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

SHOWN_CODES = 12


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    losses: dict[str, Counter[str]] = defaultdict(Counter)
    for kind, subject, detail, count in _kept(terminalreporter):
        (counts if kind == "count" else losses)[subject][detail] += count
    write: Any = terminalreporter.write_line
    if counts:
        terminalreporter.section("recorded exchanges by law")
        laws = sorted({law for found in counts.values() for law in found})
        write("".join(f"{number:>3} {law}\n" for number, law in enumerate(laws, start=1)))
        write(f"{'':<34}" + "".join(f"{number:>7}" for number in range(1, len(laws) + 1)))
        for api in sorted(counts):
            write(f"{api:<34}" + "".join(f"{counts[api][law] or '':>7}" for law in laws))
        totals = (sum(found[law] for found in counts.values()) for law in laws)
        write(f"{'all':<34}" + "".join(f"{count:>7}" for count in totals))
    if losses:
        terminalreporter.section("what was translated, and what was lost how often")
        for cell in sorted(losses):
            many = losses[cell].pop("", 0)
            told = ", ".join(f"{code} {n}" for code, n in losses[cell].most_common(SHOWN_CODES))
            rest = len(losses[cell]) - SHOWN_CODES
            others = f" and {rest} others" if rest > 0 else ""
            write(f"{cell}: {many}; {told or 'nothing'}{others}")


def _kept(terminalreporter: pytest.TerminalReporter) -> Iterator[tuple[str, str, str, int]]:
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, count in getattr(report, "user_properties", ()):
                kind, _, rest = str(name).partition(" ")
                if kind == "count":
                    api, _, law = rest.partition(" ")
                    yield kind, api, law, count
                elif kind == "loss":
                    cell, _, code = rest.rpartition(" ")
                    yield kind, cell, code, count
