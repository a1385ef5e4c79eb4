"""Small things: ruff bounds functions, this bounds files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.tree import files, shown

LONGEST_PYTHON_LINES = 400
LONGEST_CONSOLE_LINES = 300
LONGEST_STYLE_LINES = 400
GENERATED = {"frontend/src/api/schema.d.ts"}


def measured() -> Iterator[tuple[Path, int]]:
    for path in files(".py"):
        if "migrations" not in path.parts:
            yield path, LONGEST_PYTHON_LINES
    for path in files(".ts", ".tsx", below="frontend"):
        if shown(path) not in GENERATED:
            yield path, LONGEST_CONSOLE_LINES
    for path in files(".css", below="frontend"):
        yield path, LONGEST_STYLE_LINES


def test_no_module_is_longer_than_one_can_read() -> None:
    long = {
        shown(path): lines
        for path, most in measured()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most
    }
    assert not long


@pytest.mark.parametrize("word", ["utils", "helpers", "common", "misc", "base_utils"])
def test_no_file_or_folder_is_named_for_nothing(word: str) -> None:
    code = files(".py", ".ts", ".tsx")
    named = [shown(path) for path in code if word in {path.stem, *path.parent.parts}]
    assert not named
