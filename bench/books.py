"""`python -m bench.books`: what it takes to sum many records, and to read the sums.

--records N    how many (10,000,000)
--days N       over how many days up to now (40)
--times N      how often each answer is asked for (20)

Makes servers of its own with the records of one busy tenant, sums them as the product does, and
asks for every answer of usage and cost; writes bench/BOOKS.md. The status is 1 where an answer is
above its bound.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.machine import described

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = Path(__file__).resolve().parent / "BOOKS.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.books", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    from tests.services import Run  # noqa: PLC0415 - reads the settings when it is imported

    run = Run()
    run.start()
    try:
        return measured(records=options.records, days=options.days, times=options.times)
    finally:
        run.stop()


def measured(*, records: int, days: int, times: int) -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "gateway.settings"
    migrate = [sys.executable, "-m", "gateway", "migrate"]
    subprocess.run(migrate, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    import django  # noqa: PLC0415 - after the settings

    django.setup()
    from bench import books_answers  # noqa: PLC0415 - after Django

    tenant = books_answers.furnished()
    filled = list(shown(books_answers.filled(tenant, records=records, days=days)))
    found = [
        books_answers.timed(tenant, path, bound_ms=bound_ms, times=times)
        for path, bound_ms in books_answers.BOUNDS_MS.items()
    ]
    page = rendered(
        filled=filled[-len(books_answers.TABLES) - 1 :], rows=[one.row() for one in found]
    )
    PAGE.write_text(page, encoding="utf-8")
    sys.stdout.write(page)
    return 1 if any(one.fails for one in found) else 0


def shown(lines: Iterable[str]) -> Iterator[str]:
    """One by one, for it takes a while."""
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        yield line


def rendered(*, filled: list[str], rows: list[str]) -> str:
    machine, made_at = described(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    where = f"{machine['processor']}, {machine['cores']} cores, load {machine['load']}"
    return "\n".join(
        (
            "# The books of ten million records",
            "",
            f"Made by `python -m bench.books` at {made_at} on {where} when it ended.",
            "",
            *(f"- {line}" for line in filled),
            "",
            "| Answer | p50 ms | p95 ms | CPU of PostgreSQL, ms | at most |",
            "|---|---|---|---|---|",
            *rows,
            "",
        )
    )


if __name__ == "__main__":
    raise SystemExit(main())
