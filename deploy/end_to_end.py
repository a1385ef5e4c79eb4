"""The end-to-end lane: Playwright, which starts an installation of its own and finds a browser."""

from deploy.bootstrap import BIN, E2E, node_environment
from deploy.steps import Outcome, Step, run_shown
from gateway.setting_table import SETTINGS


def run_end_to_end(*, every_look: bool = False) -> Outcome:
    """One theme and language per page in turn; with `every_look` all of them."""
    # An empty value hides the one of a developer's environment or `.env`.
    settings = dict.fromkeys((row.name for row in SETTINGS), "")
    node, playwright = str(BIN / "node"), str(E2E / "node_modules/@playwright/test/cli.js")
    environment = {**node_environment(), **settings, "E2E_PYTHON": str(BIN / "python")}
    if every_look:
        environment["E2E_FULL"] = "1"
    return run_shown(
        Step(name="e2e", command=[node, playwright, "test"], cwd=E2E, environment=environment)
    )
