"""Packages that only a night's run needs, in an environment of their own."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from deploy.bootstrap import BIN, PROJECT, uv_environment

LOCK: Final = PROJECT / "requirements-nightly.lock"
INSTALLED_WITHIN_S: Final = 400


def interpreter(folder: Path) -> Path:
    """Of a new environment with what is locked; where that cannot be had, the skip says why."""
    python = folder / "bin" / "python"
    uv = str(BIN / "uv")
    install = ("pip", "install", "--require-hashes", "--python", str(python), "-r", str(LOCK))
    try:
        for command in ((uv, "venv", "--python", str(BIN / "python"), str(folder)), (uv, *install)):
            subprocess.run(
                command,
                env=uv_environment(),
                capture_output=True,
                timeout=INSTALLED_WITHIN_S,
                check=True,
            )
    except subprocess.SubprocessError as error:
        told = (getattr(error, "stderr", None) or b"").decode()
        # Without a registry there is nothing to run; a night that skips is seen to have skipped.
        pytest.skip(f"{LOCK.name} cannot be installed here: {error}\n{told}")
    return python
