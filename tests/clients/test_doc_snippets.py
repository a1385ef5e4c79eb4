"""Programs that a page marks with `<!-- run -->` run as they stand, with the vendors' variables.

One process per language: to import the SDKs again for each program would take longer than all else.
"""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from deploy.bootstrap import BIN, NODE_CLIENTS
from tests.clients.stack import Stack
from tests.contracts.pages import pages
from tests.contracts.tree import shown

RUN: Final = re.compile(
    r"^<!-- run -->\n```(?P<language>python|javascript)\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
WITHIN_S: Final = 50
PYTHON: Final = "import runpy, sys\nfor path in sys.argv[1:]: runpy.run_path(path)"
NODE: Final = "for (const path of process.argv.slice(1)) await import(path)"
INTERPRETERS: Final = {
    "python": (sys.executable, "-c", PYTHON),
    "javascript": (str(BIN / "node"), "--input-type=module", "-e", NODE),
}
SUFFIXES: Final = {"python": "py", "javascript": "mjs"}


def programs(language: str, *, folder: Path) -> list[str]:
    """One file per program; its name, which a traceback shows, says where it stands."""
    paths = []
    for page in pages():
        for number, found in enumerate(RUN.finditer(page.read_text(encoding="utf-8")), start=1):
            if found["language"] == language:
                name = shown(page).replace("/", "-").removesuffix(".md")
                path = folder / f"{name}-{number}.{SUFFIXES[language]}"
                path.write_text(found["code"], encoding="utf-8")
                paths.append(str(path))
    return paths


@pytest.mark.parametrize("language", INTERPRETERS)
def test_every_program_of_a_page_runs(bare_stack: Stack, tmp_path: Path, language: str) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_CLIENTS / "node_modules")
    paths = programs(language, folder=tmp_path)
    assert paths
    done = subprocess.run(
        [*INTERPRETERS[language], *paths],
        env=os.environ
        | {
            "OPENAI_BASE_URL": f"{bare_stack.url}/v1",
            "OPENAI_API_KEY": bare_stack.key.value,
            "ANTHROPIC_BASE_URL": bare_stack.url,
            "ANTHROPIC_API_KEY": bare_stack.key.value,
            "GOOGLE_GEMINI_BASE_URL": bare_stack.url,
            "GEMINI_API_KEY": bare_stack.key.value,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bare_stack.url,
            "SWITCHYARD_KEY": bare_stack.key.value,
        },
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Hello" in done.stdout
