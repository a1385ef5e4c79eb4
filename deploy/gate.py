"""The steps of `make check`; each says by its exit status whether the tree is clean."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.bootstrap import BIN, FRONTEND, node_environment, npm
from deploy.steps import Step

# Settings of a deployment, so that Django's deployment checks judge what an operator would run.
DEPLOYED: Final = {
    "PUBLIC_URL": "https://switchyard.example",
    "SECRET_KEY": "only-for-the-gate-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG",
    "SWITCHYARD_KEK": "b25seS1mb3ItdGhlLWdhdGUtMzItYnl0ZXMtbG9uZyE=",
    "SWITCHYARD_KEY_PEPPER": "only-for-the-gate-0123456789-abcdefghijkl",
}
CONSOLE_SCRIPTS: Final = {
    "console lint": "lint",
    "console types": "typecheck",
    "knip": "knip",
    "first load": "first-load",
}


def gate_steps(*, scratch: Path) -> list[Step]:
    """The slow ones first, so that all cores end together."""
    # An empty VAR_DIR: no running installation of this checkout may decide the result.
    settings = {**DEPLOYED, "VAR_DIR": str(scratch / "var")}
    python = str(BIN / "python")
    steps = [
        _tool("mypy", "mypy", settings=settings),
        _manage("django", "check", "--deploy", "--fail-level", "WARNING", settings=settings),
        _manage("migrations", "makemigrations", "--check", "--dry-run", settings=settings),
        Step(
            name="made files",
            command=[python, "-m", "deploy.made_files"],
            # Described as `switchyard up` serves it: https renames the session cookie.
            environment={**settings, "PUBLIC_URL": ""},
        ),
        _tool("imports", "lint-imports"),
        Step(name="dead code", command=[python, "-m", "tests.contracts.dead_code"]),
        _tool("dependencies", "deptry", "."),
        _tool("format", "ruff", "format", "--check", "."),
        _tool("lint", "ruff", "check", "."),
    ]
    if (FRONTEND / "package.json").is_file():
        steps[1:1] = [
            Step(
                name=name,
                command=npm("run", "--silent", script),
                cwd=FRONTEND,
                environment=node_environment(),
            )
            for name, script in CONSOLE_SCRIPTS.items()
        ]
    return steps


def _tool(
    name: str, program: str, *arguments: str, settings: Mapping[str, str] | None = None
) -> Step:
    return Step(name=name, command=[str(BIN / program), *arguments], environment=settings or {})


def _manage(name: str, *arguments: str, settings: Mapping[str, str]) -> Step:
    command = [str(BIN / "python"), "-W", "error", "manage.py", *arguments]
    return Step(name=name, command=command, environment=settings)
