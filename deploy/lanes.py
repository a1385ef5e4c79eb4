"""What targets do once the environment is there: tests, the gate, the wheel, locks.

Law: every lane runs, whatever the ones before it said; the exit status is 0 only if all are green.
"""

import os
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy import supply_chain
from deploy.bootstrap import BIN, E2E, FRONTEND, PROJECT, node_environment, npm
from deploy.end_to_end import run_end_to_end
from deploy.gate import gate_steps
from deploy.locks import renew_locks
from deploy.measured import Measurement
from deploy.steps import Outcome, Step, run_quiet, run_shown, run_side_by_side, say

CORES: Final = os.cpu_count() or 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    name: str
    budget_s: int
    run: Callable[[], Outcome]


def pytest_step(name: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Step:
    command = [str(BIN / "python"), "-m", "pytest", *arguments]
    return Step(name=name, command=command, environment=dict(environment or {}))


def npm_step(name: str, *arguments: str, cwd: Path = FRONTEND) -> Step:
    return Step(name=name, command=npm(*arguments), cwd=cwd, environment=node_environment())


# The SDKs have a lane of their own: to import them takes seconds, in each worker of each lane.
WITHOUT_CLIENTS: Final = "--ignore=tests/clients"
PYTEST: Final = ("-n", "auto", "-m", "not faults", WITHOUT_CLIENTS)
# A gateway per file.
CLIENTS: Final = ("-n", "auto", "--dist", "loadfile", "tests/clients")
# The promised bounds, one test at a time.
STRICT_FAULTS: Final = ("-m", "faults", WITHOUT_CLIENTS, "--durations=0", "--durations-min=1")
# Ten million records, and how long sums of them take to read.
BOOKS: Final = [str(BIN / "python"), "-m", "bench.books"]
# Four lanes, a file in one of them: most of the time is waiting for processes to start and end.
FAULTS: Final = ("-n", "4", "--dist", "loadfile", *STRICT_FAULTS)
STRICT: Final = {"FAULT_BOUND_FACTOR": "1"}
CONFORMANCE: Final = ("-n", "auto", "tests/conformance", "tests/protocols")
EVERY_RECORDING: Final = {"CONFORMANCE": "all"}
# What arrives is made up: each night much more of it.
FUZZ: Final = ("-n", "auto", "tests/protocols/test_fuzz.py")
MANY_EXAMPLES: Final = {"FUZZ_EXAMPLES": "1000"}
# By its name only: without the prefix test_ no other run collects it.
NIGHTLY: Final = (
    *("-n", "auto"),
    "tests/nightly/openapi_fuzz.py",
    "tests/nightly/postgresql_stands_still.py",
    "tests/nightly/shipping_rate.py",
)
# Gigabytes of programs are installed for them: once, by one process.
CODING: Final = ("tests/nightly/coding_agents.py",)
# FUZZ_SECONDS for each target, 120 unless told: most of an hour for one process.
GUIDED: Final = ("-n", "auto", "tests/nightly/guided_fuzz.py", "tests/nightly/llamaindex.py")


def _vitest() -> Outcome:
    return run_shown(npm_step("vitest", "test"))


def test_lanes(measurement: Measurement) -> list[Lane]:
    lanes = [
        Lane(
            name="pytest",
            budget_s=200,
            run=lambda: run_shown(measurement.pytest_step("pytest", *PYTEST)),
        ),
        Lane(
            name="clients",
            budget_s=170,
            run=lambda: run_shown(measurement.pytest_step("clients", *CLIENTS)),
        ),
        Lane(
            name="faults",
            budget_s=120,
            run=lambda: run_shown(measurement.pytest_step("faults", *FAULTS)),
        ),
        Lane(name="coverage", budget_s=10, run=measurement.judge),
    ]
    if (FRONTEND / "vitest.config.ts").is_file():
        lanes.append(Lane(name="vitest", budget_s=40, run=_vitest))
    if (E2E / "playwright.config.ts").is_file():
        lanes.append(Lane(name="e2e", budget_s=110, run=run_end_to_end))
    return lanes


def test() -> bool:
    installed_s = float(os.environ.get("BOOTSTRAP_SECONDS", "0"))
    rows = [("install", 90, Outcome(ok=True, seconds=installed_s))]
    with tempfile.TemporaryDirectory() as folder:
        for lane in test_lanes(Measurement(folder=Path(folder))):
            say(f"\n=== {lane.name}")
            rows.append((lane.name, lane.budget_s, lane.run()))
    say(summary(rows))
    return all(outcome.ok for _, _, outcome in rows)


def summary(rows: list[tuple[str, int, Outcome]]) -> str:
    """The table of lanes, and as the last line how many tests passed and failed."""
    lines = ["", f"{'lane':<10}{'seconds':>9}{'budget':>8}{'passed':>8}{'failed':>8}  result"]
    all_passed = all_failed = 0
    for name, budget_s, outcome in rows:
        passed, failed = outcome.counts()
        # A lane that broke without a count has failed all the same.
        failed = failed or int(not outcome.ok)
        all_passed, all_failed = all_passed + passed, all_failed + failed
        late = " (over budget)" if outcome.seconds > budget_s else ""
        result = f"{'ok' if outcome.ok else 'FAILED'}{late}"
        lines.append(
            f"{name:<10}{outcome.seconds:>9.1f}{budget_s:>8}{passed:>8}{failed:>8}  {result}"
        )
    total_s = sum(outcome.seconds for _, _, outcome in rows)
    lines += ["", f"{all_passed} passed, {all_failed} failed in {total_s:.0f} s"]
    return "\n".join(lines)


def check() -> bool:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        green = run_side_by_side(gate_steps(scratch=Path(scratch)), workers=CORES)
    say(f"gate {'green' if green else 'RED'} after {time.monotonic() - begun:.0f} s")
    return green


def build() -> bool:
    command = [str(BIN / "python"), "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"]
    outcome = run_quiet(Step(name="wheel", command=command))
    say(outcome.output, end="")
    return outcome.ok and _holds_console(PROJECT / outcome.output.strip().splitlines()[-1])


def _holds_console(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as content:
        whole = "gateway/console/dist/index.html" in content.namelist()
    size_mb = wheel.stat().st_size / 1e6
    say(f"{wheel.name}: {size_mb:.1f} MB, the console {'is' if whole else 'IS NOT'} in it")
    return whole


def ci() -> bool:
    return all([check(), build(), test()])


def nightly() -> bool:
    fuzzed = run_shown(pytest_step("nightly", *NIGHTLY)).ok
    read = run_shown(pytest_step("fuzz", *FUZZ, environment=MANY_EXAMPLES)).ok
    guided = run_shown(pytest_step("guided", *GUIDED)).ok
    coded = run_shown(pytest_step("agents", *CODING)).ok
    strict = run_shown(pytest_step("faults", *STRICT_FAULTS, environment=STRICT)).ok
    recorded = conformance()
    summed = run_shown(Step(name="books", command=BOOKS)).ok
    looked_at = run_end_to_end(every_look=True).ok
    asked = [fuzzed, read, guided, coded, strict, recorded, summed, looked_at]
    return all([supply_chain.main() == 0, *asked])


def faults() -> bool:
    return run_shown(pytest_step("faults", *FAULTS)).ok


def clients() -> bool:
    return run_shown(pytest_step("clients", *CLIENTS)).ok


def conformance() -> bool:
    return run_shown(pytest_step("conformance", *CONFORMANCE, environment=EVERY_RECORDING)).ok


TARGETS: Final[Mapping[str, Callable[[], bool]]] = {
    "test": test,
    "check": check,
    "build": build,
    "ci": ci,
    "nightly": nightly,
    "faults": faults,
    "clients": clients,
    "conformance": conformance,
    "lock": renew_locks,
}


if __name__ == "__main__":
    sys.exit(0 if TARGETS[sys.argv[1]]() else 1)
