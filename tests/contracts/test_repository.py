"""What must not stand anywhere in the repository."""

import ast
import re
from typing import Final

import pytest

from tests.contracts.tree import files, shown, sources, texts

# A machine's own folders, and the addresses packages come from.
MACHINE_PATH: Final = re.compile(r"(?<![\w.~/])/(?:work|root|home|Users)/[\w.-]")
REGISTRY: Final = re.compile(
    r"\b(?:pypi|files\.pythonhosted|registry\.\w+|npmjs|yarnpkg|artifactory[\w.-]*|nexus[\w.-]*"
    r"|devpi[\w.-]*)\.(?:org|com|io|net|cn|dev|local|internal)\b"
)
UNFINISHED: Final = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
CLIENTS: Final = frozenset(
    {"Redis", "StrictRedis", "from_url", "Client", "AsyncClient", "ClientSession", "ConnectionPool"}
)
ITSELF: Final = "tests/contracts/test_repository.py"


@pytest.mark.parametrize(
    "found", [MACHINE_PATH, REGISTRY, UNFINISHED], ids=lambda rule: rule.pattern[:24]
)
def test_no_file_speaks_of_a_machine_a_registry_or_unfinished_work(found: re.Pattern[str]) -> None:
    hits = [
        f"{shown(path)}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        if shown(path) != ITSELF
        for number, line in enumerate(text.splitlines(), start=1)
        if found.search(line)
    ]
    assert not hits


def test_no_module_holds_a_client_of_a_service() -> None:
    """Connections are made at start-up and passed; a global would outlive its event loop."""
    held = [
        f"{shown(path)}:{node.lineno}"
        for path in sources()
        for statement in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", "")) in CLIENTS
    ]
    assert not held


def test_every_folder_of_python_is_a_package() -> None:
    folders = {path.parent for path in sources()}
    assert not [shown(folder) for folder in folders if not (folder / "__init__.py").is_file()]


def test_generated_and_private_files_are_not_kept() -> None:
    kept = [shown(path) for path in files() if path.suffix in {".pyc", ".sqlite3", ".orig", ".rej"}]
    assert not kept
