"""F-69 in short: what once broke a target of the fuzzer breaks it no more.

Each file below `crashes/<target>/` is named for what was wrong with it.
"""

import tracemalloc
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from tests.protocols.fuzzed import BOUND_S, TARGETS, declared, seconds

CRASHES: Final = sorted(Path(__file__).with_name("crashes").glob("*/*.bin"))
MEMORY_MAX_BYTES: Final = 512 * 1_048_576


@pytest.mark.parametrize("path", CRASHES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_what_broke_a_target_is_read_or_refused(path: Path) -> None:
    given = path.read_bytes()
    assert seconds(partial(declared, path.parent.name, given)) < BOUND_S
    tracemalloc.start()
    declared(path.parent.name, given)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < MEMORY_MAX_BYTES


def test_every_file_is_of_a_target() -> None:
    assert CRASHES
    assert {path.parent.name for path in CRASHES} <= TARGETS.keys()
