"""`make lock`: every lock file anew, with hashes and without hosts."""

from pathlib import Path
from typing import Final

from deploy.bootstrap import (
    BIN,
    CODING_AGENTS,
    FRONTEND,
    NODE_CLIENTS,
    PROJECT,
    node_environment,
    npm,
    uv_environment,
)
from deploy.steps import Outcome, Step, run_quiet, say

COMPILE: Final = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
)
# What a week has not found wanting may come in.
COOL_DOWN: Final = ("--upgrade", "--exclude-newer", "7 days")
NO_DATES: Final = "no publish time"
LOCKS: Final = {
    "requirements.lock": ("pyproject.toml",),
    "requirements-dev.lock": ("--group", "dev", "pyproject.toml"),
    # After the one it follows: both are installed into one environment.
    "requirements-clients.lock": ("--group", "clients", "-c", "requirements-dev.lock"),
    "requirements-nightly.lock": ("--group", "nightly"),
}


def renew_locks() -> bool:
    outcomes = [_compiled(lock, source=source) for lock, source in LOCKS.items()]
    for folder in (FRONTEND, NODE_CLIENTS, CODING_AGENTS):
        step = Step(
            name="package-lock.json",
            command=npm("run", "lock"),
            cwd=folder,
            environment=node_environment(),
        )
        outcomes.append(_told(step, run_quiet(step)))
    return all(outcomes)


def _compiled(lock: str, *, source: tuple[str, ...]) -> bool:
    """Upgrades within the cool-down; without dates in the index, only follows pyproject.toml."""
    upgrade = _compile_step(lock, *COOL_DOWN, source=source)
    outcome = run_quiet(upgrade)
    if outcome.ok or NO_DATES not in outcome.output:
        return _told(upgrade, outcome)
    say(f"{lock}: the index gives no dates, so what is locked stays unless pyproject.toml asks")
    follow = _compile_step(lock, source=source)
    return _told(follow, run_quiet(follow))


def _compile_step(lock: str, *options: str, source: tuple[str, ...]) -> Step:
    return Step(
        name=lock,
        command=[str(BIN / "uv"), *COMPILE, *options, *source, "-o", lock],
        environment=uv_environment(),
    )


def _told(step: Step, outcome: Outcome) -> bool:
    path = Path(step.cwd, step.name).relative_to(PROJECT)
    say(f"{path}: {'ok' if outcome.ok else outcome.output}")
    return outcome.ok
