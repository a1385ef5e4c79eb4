"""How many exchanges were carried and priced, by API, at the end of the run."""

from collections import defaultdict
from typing import Any

import pytest

COLUMNS = ("exchanges", "streams", "errors", "with usage", "priced")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, count in getattr(report, "user_properties", ()):
                api, _, column = str(name).partition(" ")
                if column in COLUMNS:
                    counts[api][column] = count
    if not counts:
        return
    write: Any = terminalreporter.write_line
    terminalreporter.section("recorded exchanges: through the native lane, and priced")
    write(f"{'':<34}" + "".join(f"{column:>12}" for column in COLUMNS))
    for api in sorted(counts):
        row = (counts[api].get(column, 0) for column in COLUMNS)
        write(f"{api:<34}" + "".join(f"{count:>12}" for count in row))
    totals = (sum(found.get(column, 0) for found in counts.values()) for column in COLUMNS)
    write(f"{'all':<34}" + "".join(f"{count:>12}" for count in totals))
