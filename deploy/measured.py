"""Coverage of the Python lanes: measured in every process they start, judged once at the end."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy.bootstrap import BIN
from deploy.steps import Outcome, Step, run_quiet, say

PYTHON: Final = str(BIN / "python")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    folder: Path

    def pytest_step(self, name: str, *arguments: str) -> Step:
        command = [PYTHON, "-m", "coverage", "run", "-m", "pytest", *arguments]
        return self._step(name, command)

    def judge(self) -> Outcome:
        """Says what is below its floor; fails when something is."""
        begun = time.monotonic()
        report = self.folder / "coverage.json"
        commands = (
            [PYTHON, "-m", "coverage", "combine", "--quiet"],
            [PYTHON, "-m", "coverage", "json", "--quiet", "-o", str(report)],
            [PYTHON, "-m", "tests.contracts.coverage_floors", str(report)],
        )
        for command in commands:
            outcome = run_quiet(self._step("coverage", command))
            if not outcome.ok:
                break
        say(outcome.output, end="")
        return replace(outcome, seconds=time.monotonic() - begun)

    def _step(self, name: str, command: list[str]) -> Step:
        return Step(
            name=name,
            command=command,
            environment={"COVERAGE_FILE": str(self.folder / ".coverage")},
        )
