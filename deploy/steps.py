"""Running the programs of a lane: shown as they go or only when they fail, timed, counted."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
ANSI: Final = re.compile(r"\x1b\[[0-9;]*m")
COUNT: Final = re.compile(r"(\d+) (passed|failed|errors?)\b")
# The lines on which pytest, Vitest and Playwright say how many there were.
CLOSING: Final = re.compile(r"^(=+ .*=+|\s*Tests\s.*|\s+\d+ (passed|failed)\b.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    name: str
    command: Sequence[str]
    cwd: Path = PROJECT
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    ok: bool
    seconds: float
    output: str = ""

    def counts(self) -> tuple[int, int]:
        """How many tests passed and failed, by the program's own closing lines."""
        passed = failed = 0
        for line in ANSI.sub("", self.output).splitlines():
            if CLOSING.match(line):
                for number, word in COUNT.findall(line):
                    passed += int(number) if word == "passed" else 0
                    failed += int(number) if word != "passed" else 0
        return passed, failed


def run_shown(step: Step) -> Outcome:
    """Its output passes through while it runs, and is kept."""
    begun = time.monotonic()
    kept: list[str] = []
    with subprocess.Popen(
        list(step.command),
        cwd=step.cwd,
        env={**os.environ, **step.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            kept.append(line)
            say(line, end="")
        status = process.wait()
    return Outcome(ok=status == 0, seconds=time.monotonic() - begun, output="".join(kept))


def run_quiet(step: Step) -> Outcome:
    begun = time.monotonic()
    done = subprocess.run(
        list(step.command),
        cwd=step.cwd,
        env={**os.environ, **step.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return Outcome(ok=done.returncode == 0, seconds=time.monotonic() - begun, output=done.stdout)


def run_side_by_side(steps: Sequence[Step], *, workers: int) -> bool:
    """One line each, and the whole output of those that fail."""
    with ThreadPoolExecutor(max_workers=workers) as pool:
        ran = pool.map(lambda step: (step, run_quiet(step)), steps)
        outcomes = [_told(step, outcome) for step, outcome in ran]
    failed = [step.name for step, outcome in outcomes if not outcome.ok]
    if failed:
        say(f"failed: {', '.join(failed)}")
    return not failed


def _told(step: Step, outcome: Outcome) -> tuple[Step, Outcome]:
    if not outcome.ok:
        say(f"--- {step.name}: {' '.join(step.command)}\n{outcome.output}", end="")
    say(f"{'ok' if outcome.ok else 'FAILED':<7}{outcome.seconds:>6.1f} s  {step.name}")
    return step, outcome


def say(text: str, *, end: str = "\n") -> None:
    sys.stdout.write(f"{text}{end}")
    sys.stdout.flush()
