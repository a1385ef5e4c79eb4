"""F-69: input that is changed until it has seen all of a decoder breaks none of its laws.

What does is kept in `var/crashes/<target>/`; with a name for what is wrong with it, and nothing in
it that was recorded, it belongs to `tests/protocols/crashes/`.
"""

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Final

import pytest

from tests.contracts.tree import ROOT
from tests.nightly.environment import INSTALLED_WITHIN_S, interpreter
from tests.protocols.fuzzed import TARGETS

SECONDS: Final = int(os.environ.get("FUZZ_SECONDS", "120"))
STARTED_WITHIN_S: Final = 180  # its seeds are read first
FOUND: Final = ROOT / "var" / "crashes"
LONGEST: Final = 8_192
MEMORY_MB: Final = 512
LAST_WORDS: Final = 4_000


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return interpreter(tmp_path_factory.mktemp("environment"))


@pytest.mark.timeout(SECONDS + STARTED_WITHIN_S + 2 * INSTALLED_WITHIN_S)
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks(target: str, python: Path, tmp_path: Path) -> None:
    found = FOUND / target
    found.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [
            *(str(python), "-m", "tests.nightly.fuzzing.run", target, str(tmp_path)),
            *(f"-max_total_time={SECONDS}", f"-max_len={LONGEST}", f"-rss_limit_mb={MEMORY_MB}"),
            f"-artifact_prefix={found}/",
        ],
        cwd=ROOT,
        # Beside what the environment has, all that the tests are made of.
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{sysconfig.get_path('purelib')}"},
        capture_output=True,
        timeout=SECONDS + STARTED_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-LAST_WORDS:]
