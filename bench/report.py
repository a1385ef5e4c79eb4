"""Medians, their spread, and which lines fail: bench/report.json and bench/REPORT.md."""

import statistics
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import machine
from bench.load import Burst, Line

HERE: Final = Path(__file__).resolve().parent
PRODUCT: Final = "switchyard"
LIMIT: Final = "nginx"


class Spread(msgspec.Struct, frozen=True):
    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        return cls(round(statistics.median(values), 1), min(values), max(values))


class Row(msgspec.Struct, kw_only=True):
    """One line at one peer, over all runs."""

    line: str
    peer: str
    runs: int
    limit_us: float
    cpu_us: Spread
    per_second: Spread
    p50_us: Spread
    p99_us: Spread
    core_share: Spread
    errors: int
    error: str


class Report(msgspec.Struct, kw_only=True):
    made_at: str
    machine: dict[str, object]
    rss_mb: float
    rows: list[Row]
    ratios: dict[str, float]
    failing: list[str]


def row(*, line: Line, peer: str, bursts: Sequence[Burst]) -> Row:
    return Row(
        line=line.name,
        peer=peer,
        runs=len(bursts),
        limit_us=line.limit_us,
        cpu_us=Spread.of([one.cpu_us for one in bursts]),
        per_second=Spread.of([one.per_second for one in bursts]),
        p50_us=Spread.of([one.p50_us for one in bursts]),
        p99_us=Spread.of([one.p99_us for one in bursts]),
        core_share=Spread.of([one.core_share for one in bursts]),
        errors=sum(one.errors for one in bursts),
        error=next((one.error for one in bursts if one.error), ""),
    )


def report(*, rows: list[Row], rss_mb: float) -> Report:
    cost = {(found.line, found.peer): found.cpu_us.median for found in rows}
    ratios = {
        line: round(us / cost[line, LIMIT], 1)
        for (line, peer), us in cost.items()
        if peer == PRODUCT and cost.get((line, LIMIT))
    }
    return Report(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        machine=machine.described(),
        rss_mb=rss_mb,
        rows=rows,
        ratios=ratios,
        failing=[found.line for found in rows if found.peer == PRODUCT and fails(found)],
    )


def fails(found: Row) -> bool:
    return found.cpu_us.median > found.limit_us or found.errors > 0 or found.cpu_us.median == 0


def write(made: Report) -> str:
    """Both files; returns the last line."""
    text = msgspec.json.format(msgspec.json.encode(made), indent=2)
    (HERE / "report.json").write_bytes(text + b"\n")
    page, last = rendered(made), verdict(made)
    (HERE / "REPORT.md").write_text(f"{page}\n{last}\n", encoding="utf-8")
    return last


def verdict(made: Report) -> str:
    return f"Lines that fail: {', '.join(made.failing) or 'none'}"


def rendered(made: Report) -> str:
    described: Mapping[str, object] = made.machine
    made_on = (
        f"Made by `make bench` at {made.made_at} on {described['processor']},"
        f" {described['cores']} cores, kernel {described['kernel']},"
        f" load {described['load']} when it ended."
    )
    lines = [
        "# Bench",
        "",
        made_on,
        "",
        "CPU is user and system time of the whole process tree on one core; the vendor and the",
        "load generator run on another. Median (least – most) of the runs. Requests of 1.9 KB,",
        "streams of 50 chunks, 5 ms apart. CPU decides; latencies are those of a machine that is",
        "not ours alone.",
        "",
        "| Line | Server | CPU µs | at most | requests/s | p50 ms | p99 ms | core | errors |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for found in made.rows:
        limit = f"{found.limit_us:g}" if found.peer == PRODUCT else ""
        lines.append(
            f"| {found.line} | {found.peer} | {_shown(found.cpu_us)} | {limit}"
            f" | {found.per_second.median:,.0f} | {found.p50_us.median / 1000:.1f}"
            f" | {found.p99_us.median / 1000:.1f} | {found.core_share.median:.0%}"
            f" | {found.errors} |"
        )
    lines += ["", f"RSS of the server after the runs: {made.rss_mb:.0f} MB.", ""]
    if made.ratios:
        said = "; ".join(f"{line} {ratio:g} ×" for line, ratio in made.ratios.items())
        lines += [f"CPU compared with nginx in the same run: {said}.", ""]
    return "\n".join(lines)


def _shown(spread: Spread) -> str:
    return f"{spread.median:,.0f} ({spread.least:,.0f} – {spread.most:,.0f})"
