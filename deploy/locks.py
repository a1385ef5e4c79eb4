"""`make lock`: every lock file anew, with hashes and without hosts."""

from pathlib import Path
from typing import Final

from deploy.bootstrap import BIN, FRONTEND, PROJECT, node_environment, npm, uv_environment
from deploy.steps import Step, run_quiet, say

COMPILE: Final = (
    *("pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
    # What a week has not found wanting may come in.
    *("--exclude-newer", "7 days"),
)
LOCKS: Final = {
    "requirements.lock": ("pyproject.toml",),
    "requirements-dev.lock": ("--group", "dev", "pyproject.toml"),
}


def renew_locks() -> bool:
    steps = [
        Step(
            name=lock,
            command=[str(BIN / "uv"), *COMPILE, "--upgrade", *source, "-o", lock],
            environment=uv_environment(),
        )
        for lock, source in LOCKS.items()
    ]
    if (FRONTEND / "package.json").is_file():
        steps.append(
            Step(
                name="package-lock.json",
                command=npm("run", "lock"),
                cwd=FRONTEND,
                environment=node_environment(),
            )
        )
    outcomes = [_renewed(step) for step in steps]
    return all(outcomes)


def _renewed(step: Step) -> bool:
    outcome = run_quiet(step)
    path = Path(step.cwd, step.name).relative_to(PROJECT)
    say(f"{path}: {'ok' if outcome.ok else outcome.output}")
    return outcome.ok
