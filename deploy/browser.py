"""Which Chromium the end-to-end tests drive: found, else installed, else the command to type.

Law: the order is fixed, and the answer is never "not run".
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from deploy.bootstrap import BIN, E2E, node_environment
from deploy.steps import say

ON_PATH: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLAYWRIGHT_INSTALL_S: Final = 90
APT_INSTALL_S: Final = 300
PACKAGES: Final = ("chromium", "fonts-noto-cjk")
BY_HAND: Final = f"apt-get install -y --no-install-recommends {' '.join(PACKAGES)}"
MANAGED_PATH: Final = "process.stdout.write(require('playwright-core').chromium.executablePath())"
BUNDLED_PATH: Final = (
    "import('@sparticuz/chromium').then(m => m.default.executablePath())"
    ".then(p => process.stdout.write(p))"
)
FONTS_CONF: Final = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
{folders}
  <cachedir>{cache}</cachedir>
</fontconfig>
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    path: Path
    found: str
    environment: Mapping[str, str] = field(default_factory=dict)


class NoBrowser(Exception):
    """None of the ways led to a browser; the message says what to type."""


def find_browser() -> Browser:
    for way in WAYS:
        browser = way()
        if browser is not None:
            return browser
    raise NoBrowser(f"No Chromium. As root: {BY_HAND} (or set CHROMIUM_PATH), then again.")


def _named() -> Browser | None:
    path = os.environ.get("CHROMIUM_PATH")
    if not path:
        return None
    if not os.access(path, os.X_OK):
        raise NoBrowser(f"CHROMIUM_PATH={path}: no such program; correct it or unset it")
    return Browser(path=Path(path), found="CHROMIUM_PATH")


def _on_path() -> Browser | None:
    found = next((path for name in ON_PATH if (path := shutil.which(name))), None)
    return Browser(path=Path(found), found="PATH") if found else None


def _managed() -> Browser | None:
    """Playwright's own, when an earlier installation left it in its cache."""
    path = _node_says("-e", MANAGED_PATH)
    return Browser(path=Path(path), found="Playwright") if path and Path(path).is_file() else None


def _installed_by_playwright() -> Browser | None:
    script = E2E / "node_modules/playwright-core/cli.js"
    if not script.is_file():
        return None
    say("no Chromium here; trying playwright install")
    _try([str(BIN / "node"), str(script), "install", "chromium"], within_s=PLAYWRIGHT_INSTALL_S)
    return _managed()


def _installed_by_apt() -> Browser | None:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return None
    say("trying apt-get install chromium")
    _try([apt, "update", "-q"], within_s=APT_INSTALL_S)
    _try([apt, "install", "-y", "--no-install-recommends", *PACKAGES], within_s=APT_INSTALL_S)
    return _on_path()


def _bundled() -> Browser | None:
    """A build from npm that brings its libraries; without fonts of its own pages would be blank."""
    path = _node_says("--input-type=module", "-e", BUNDLED_PATH)
    if not path or not Path(path).is_file():
        return None
    cache = E2E / "node_modules/.cache/fonts"
    cache.mkdir(parents=True, exist_ok=True)
    folders = [Path(path).parent / "fonts", E2E / "node_modules/@expo-google-fonts/noto-sans-sc"]
    shown = "\n".join(f"  <dir>{folder}</dir>" for folder in folders)
    config = cache / "fonts.conf"
    config.write_text(FONTS_CONF.format(folders=shown, cache=cache), encoding="utf-8")
    environment = {"FONTCONFIG_FILE": str(config), "FONTCONFIG_PATH": str(cache)}
    return Browser(path=Path(path), found="@sparticuz/chromium", environment=environment)


WAYS: Final[tuple[Callable[[], Browser | None], ...]] = (
    _named,
    _on_path,
    _managed,
    _installed_by_playwright,
    _installed_by_apt,
    _bundled,
)


def _node_says(*arguments: str) -> str:
    done = subprocess.run(
        [str(BIN / "node"), *arguments],
        cwd=E2E,
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def _try(command: list[str], *, within_s: int) -> None:
    try:
        subprocess.run(
            command,
            cwd=E2E,
            env={**node_environment(), "DEBIAN_FRONTEND": "noninteractive"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=within_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        say(f"{command[0]} did not end within {within_s} s")
