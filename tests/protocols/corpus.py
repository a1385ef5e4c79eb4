"""The recorded exchanges, read where they lie: beside the repository, or at `SWITCHYARD_CORPUS`.

Law: which recordings a run sees depends on nothing but their ids. The everyday run sees every tenth
of each stratum (API, class of status, streamed or not), and at least one; with `CONFORMANCE=all` a
run sees all.
"""

import base64
import fnmatch
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw, Struct

from protocols.ir import Dialect
from tests.contracts.tree import ROOT

CORPUS: Final = Path(os.environ.get("SWITCHYARD_CORPUS") or ROOT.parent / "shared" / "corpus")
EVERYTHING: Final = os.environ.get("CONFORMANCE") == "all"
ONE_OF: Final = 10
NOTHING: Final = Raw()
needs_corpus: Final = pytest.mark.skipif(
    not (CORPUS / "dev").is_dir(), reason=f"no recorded exchanges in {CORPUS}"
)


class Asked(Struct):
    method: str
    path: str
    query: dict[str, Any] = {}
    headers: dict[str, str] = {}
    json: Raw = NOTHING

    @property
    def body(self) -> bytes:
        return bytes(self.json)


class Answered(Struct):
    status: int
    headers: dict[str, str] = {}
    json: Raw = NOTHING
    sse: str | None = None
    body_b64: str | None = None
    text: str | None = None
    chunk_sizes: list[int] | None = None

    @property
    def body(self) -> bytes:
        """The bytes on the wire, as far as the recorder kept them."""
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64)
        if self.sse is not None:
            return self.sse.encode()
        return bytes(self.json) if self.text is None else self.text.encode()


class Observed(Struct):
    """What somebody else read in the answer."""

    text: str | None = None
    reasoning: str | None = None
    tool_calls: list[Any] = []
    finish: list[Any] = []
    usage: list[dict[str, Any]] = []
    terminal: Any = None
    error: Any = None


class Record(Struct):
    id: str
    api: str
    request: Asked
    response: Answered
    observed: Observed
    model: str | None = None
    stream: bool = False
    features: list[str] = []
    notes: list[str] = []

    @property
    def stratum(self) -> tuple[str, int, bool]:
        return self.api, self.response.status // 100, self.stream


OWN_LANGUAGES: Final = ("ollama.native_*", "cohere.*")
DECODER: Final = msgspec.json.Decoder(Record)


def records(api_glob: str, *, everything: bool = EVERYTHING) -> Iterator[Record]:
    """Recordings of all APIs whose name matches, sorted by API and id; none without a corpus."""
    for path in sorted((CORPUS / "dev").glob("*.jsonl")):
        if fnmatch.fnmatchcase(path.stem, api_glob):
            found = [DECODER.decode(line) for line in path.read_bytes().splitlines() if line]
            yield from found if everything else _sample(found)


def _sample(found: list[Record]) -> Iterator[Record]:
    strata: dict[tuple[str, int, bool], list[Record]] = defaultdict(list)
    for record in sorted(found, key=lambda one: one.id):
        strata[record.stratum].append(record)
    for members in strata.values():
        yield from members[::ONE_OF]


def dialect_of(api: str) -> Dialect | None:
    """The dialect an API is spoken in, of those whose answers can be forwarded as they are."""
    if any(fnmatch.fnmatchcase(api, own) for own in OWN_LANGUAGES):
        return None
    if api.endswith(".embeddings"):
        return "openai.embeddings"
    if api.endswith("chat"):
        return "openai.chat"
    if api.endswith(".messages") or api.startswith("vertex.anthropic_"):
        return "anthropic.messages"
    return None


def native_records() -> Iterator[tuple[Dialect, Record]]:
    for record in records("*"):
        dialect = dialect_of(record.api)
        if dialect is not None:
            yield dialect, record
