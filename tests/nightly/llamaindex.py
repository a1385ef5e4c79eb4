"""LlamaIndex with only base URL and key changed: text, a stream, and a tool in two turns.

It asks for an older SDK of OpenAI's than the other clients do.
"""

import ast
import os
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.fixtures import bare_stack
from tests.clients.stack import Stack
from tests.contracts.tree import ROOT
from tests.nightly.environment import INSTALLED_WITHIN_S, interpreter

__all__ = ["bare_stack"]

WITHIN_S: Final = 200


@pytest.mark.timeout(2 * INSTALLED_WITHIN_S + 2 * WITHIN_S)
def test_text_a_stream_and_a_tool_in_two_turns(bare_stack: Stack, tmp_path: Path) -> None:
    python = interpreter(tmp_path / "environment")
    script = Path(__file__).with_name("llamaindex_session.py")
    done = subprocess.run(
        [str(python), str(script), bare_stack.url, bare_stack.key.value],
        cwd=ROOT,
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    heard: dict[str, Any] = ast.literal_eval(done.stdout.decode())
    assert "Hello" in heard["text"]
    assert len(heard["chunks"]) > 3
    assert all(call["city"] for call in heard["calls"])
    assert heard["calls"]
    assert "21" in heard["last"]
