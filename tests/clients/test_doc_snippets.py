"""Programs that a page marks with `<!-- run -->` run as they stand, with the vendors' variables."""

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
SNIPPETS: Final = [
    pytest.param(found["language"], found["code"], id=f"{shown(page)}-{number}")
    for page in pages()
    for number, found in enumerate(RUN.finditer(page.read_text(encoding="utf-8")), start=1)
]


@pytest.mark.parametrize(("language", "code"), SNIPPETS)
def test_every_program_of_a_page_runs(
    bare_stack: Stack, tmp_path: Path, language: str, code: str
) -> None:
    program = tmp_path / f"snippet.{'py' if language == 'python' else 'mjs'}"
    program.write_text(code, encoding="utf-8")
    (tmp_path / "node_modules").symlink_to(NODE_CLIENTS / "node_modules")
    interpreter = sys.executable if language == "python" else str(BIN / "node")
    done = subprocess.run(
        [interpreter, str(program)],
        env=os.environ
        | {
            "OPENAI_BASE_URL": f"{bare_stack.url}/v1",
            "OPENAI_API_KEY": bare_stack.key.value,
            "ANTHROPIC_BASE_URL": bare_stack.url,
            "ANTHROPIC_API_KEY": bare_stack.key.value,
        },
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
