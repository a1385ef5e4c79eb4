"""Everything shipped may be shipped: one list of accepted licences."""

import contextlib
import importlib.metadata
import re
from typing import Any, Final

import pytest

from tests.contracts.test_locks import NODE_LOCKS, locked, node_lock

ACCEPTED: Final = re.compile(
    r"\b(MIT|MIT-0|BSD|BSD-[23]-Clause|Apache|Apache-2\.0|ISC|0BSD|MPL|MPL-2\.0|PSF|PSF-2\.0|ZPL"
    r"|ZPL-2\.1|LGPL-3\.0-only|BlueOak-1\.0\.0|CC0-1\.0|CC-BY-4\.0|Unlicense|Python-2\.0|OFL-1\.1)\b"
)
# Weak copyleft: psycopg is used as a library and replaceable, which is what the licence asks.
REFUSED: Final = re.compile(r"(?<!L)GPL|SSPL|BUSL|Commons Clause")
# Proprietary and never shipped: installed for one night's test, and removed after it.
AGENTS_LOCK: Final = "tests/nightly/agents/package-lock.json"
CLAUDE_CODE: Final = "node_modules/@anthropic-ai/claude-code"


def said_by(distribution: str) -> str:
    # Without types: not every Python has `get` on it by name.
    metadata: Any = importlib.metadata.metadata(distribution)
    expression = metadata.get("License-Expression")
    if expression:
        return str(expression)
    classifiers = [row for row in metadata.get_all("Classifier") or [] if "License ::" in row]
    return " ".join([*classifiers, (metadata.get("License") or "").partition("\n")[0]])


def is_accepted(licence: str) -> bool:
    return bool(ACCEPTED.search(licence)) and not REFUSED.search(licence)


def test_every_python_package_has_an_accepted_licence() -> None:
    refused = {}
    for distribution in locked("requirements.lock"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # another platform's
            licence = said_by(distribution)
            if not is_accepted(licence):
                refused[distribution] = licence
    assert not refused


@pytest.mark.parametrize("name", NODE_LOCKS)
def test_every_node_package_has_an_accepted_licence(name: str) -> None:
    said = {
        path: str(row.get("license"))
        for path, row in node_lock(name).items()
        if path and not (name == AGENTS_LOCK and path.startswith(CLAUDE_CODE))
    }
    assert not {path: licence for path, licence in said.items() if not is_accepted(licence)}
