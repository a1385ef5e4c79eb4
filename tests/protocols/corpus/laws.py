"""A law is a function that says what is wrong with one recording; here it is put to all of an API.

An exception is a fault like any other: it is told with the recording's id, and the next one is
judged. What a law has counted goes to the report of the run.
"""

import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pytest

from tests.protocols.corpus import CORPUS, Record, needs_corpus, records
from tests.protocols.corpus.exchanges import dialect_of_record

Judge: TypeAlias = Callable[[Record], Iterable[str] | None]
Keep: TypeAlias = Callable[[str, object], None]
KNOWN: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    Path(__file__).with_name("known.toml").read_text(encoding="utf-8")
)
SHOWN: Final = 12
LONGEST: Final = 400

pytestmark = needs_corpus


def apis() -> list[str]:
    """Those that any dialect of ours is spoken in."""
    found = sorted(path.stem for path in (CORPUS / "dev").glob("*.jsonl"))
    return [api for api in found if any(map(dialect_of_record, records(api)))]


EVERY_API: Final = pytest.mark.parametrize("api", apis())


def broken(law: str, api: str, judge: Judge, keep: Keep) -> list[str]:
    """What is wrong; `judge` gives None for a recording that the law is not about."""
    problems: list[str] = []
    counted = 0
    for record in records(api):
        if record.id in KNOWN.get(law, {}):
            continue
        said = _said(judge, record)
        if said is not None:
            counted += 1
            problems += [f"{record.id}: {each}"[:LONGEST] for each in said]
    if counted:
        keep(f"count {api} {law}", counted)
    return [*problems[:SHOWN], f"{len(problems)} in all"] if problems else []


def _said(judge: Judge, record: Record) -> list[str] | None:
    try:
        said = judge(record)
        return None if said is None else list(said)
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not be raised
        return [f"raised {error!r}"]


def keep_losses(keep: Keep, found: Counter[tuple[str, str, str]]) -> None:
    for (cell, what, code), count in found.items():
        keep(f"loss {cell}, {what} {code}", count)
