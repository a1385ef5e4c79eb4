"""`python -m bench.books`: what it takes to sum many records, and to read the sums.

--records N    how many (10,000,000)
--days N       over how many days up to now (40)
--times N      how often each answer is asked for (20)

Makes servers of its own with the records of one busy tenant, sums them as the product does, and
asks for every answer of usage and cost. The status is 1 where an answer is above its bound.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]


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
    for line in books_answers.filled(tenant, records=records, days=days):
        say(line)
    found = [
        books_answers.timed(tenant, path, bound_ms=bound_ms, times=times)
        for path, bound_ms in books_answers.BOUNDS_MS.items()
    ]
    for timed in found:
        say(timed.line())
    return 1 if any(timed.fails for timed in found) else 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
