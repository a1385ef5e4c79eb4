"""The end-to-end lane: a fresh installation, a browser, Playwright, and all of it stopped again."""

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

from deploy.bootstrap import BIN, E2E, node_environment
from deploy.browser import NoBrowser, find_browser
from deploy.steps import Outcome, Step, run_quiet, run_shown, say
from gateway import env
from gateway.ops.ports import free_port

SETUP_LINK: Final = re.compile(r"^Console (\S+/setup\?token=\S+)", re.MULTILINE)


def run_end_to_end() -> Outcome:
    try:
        browser = find_browser()
    except NoBrowser as reason:
        return _failed(str(reason))
    say(f"browser: {browser.path} ({browser.found})")
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="switchyard-e2e-"))
    folder.chmod(0o711)
    # Defaults for every setting: a developer's environment and `.env` do not decide the result.
    defaults = {row.name: row.default for row in env.SETTINGS}
    settings = {**defaults, "VAR_DIR": str(folder / "var"), "PORT": str(port)}
    switchyard = str(BIN / "switchyard")
    try:
        started = run_quiet(
            Step(name="up", command=[switchyard, "up", "--detach"], environment=settings)
        )
        link = SETUP_LINK.search(started.output)
        if not started.ok or link is None:
            return _failed(f"the installation under test did not start:\n{started.output}")
        environment = {
            **node_environment(),
            **browser.environment,
            **settings,
            "CHROMIUM_PATH": str(browser.path),
            "E2E_BASE_URL": f"http://localhost:{port}",
            "E2E_SETUP_URL": link[1],
            "E2E_SWITCHYARD": switchyard,
        }
        node, playwright = str(BIN / "node"), str(E2E / "node_modules/@playwright/test/cli.js")
        return run_shown(
            Step(name="e2e", command=[node, playwright, "test"], cwd=E2E, environment=environment)
        )
    finally:
        run_quiet(Step(name="down", command=[switchyard, "down"], environment=settings))
        if not os.environ.get("E2E_KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


def _failed(reason: str) -> Outcome:
    say(reason)
    return Outcome(ok=False, seconds=0.0, output=reason)
