"""The end-to-end lane: Playwright, which starts an installation of its own and finds a browser."""

from deploy.bootstrap import BIN, E2E, node_environment
from deploy.steps import Outcome, Step, run_shown
from gateway import env


def run_end_to_end() -> Outcome:
    # An empty value hides the one of a developer's environment or `.env`.
    settings = dict.fromkeys((row.name for row in env.SETTINGS), "")
    node, playwright = str(BIN / "node"), str(E2E / "node_modules/@playwright/test/cli.js")
    environment = {**node_environment(), **settings, "E2E_PYTHON": str(BIN / "python")}
    return run_shown(
        Step(name="e2e", command=[node, playwright, "test"], cwd=E2E, environment=environment)
    )
