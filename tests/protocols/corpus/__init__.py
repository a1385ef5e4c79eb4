"""The recorded exchanges, read where they lie: beside the repository, or at `SWITCHYARD_CORPUS`.

Law: which recordings a run sees depends on nothing but their ids. The everyday run sees every tenth
of each stratum (API, class of status, streamed or not), and at least one; with `CONFORMANCE=all` a
run sees all.
"""

import base64
import fnmatch
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw, Struct

from protocols.codec import Frame
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.contracts.tree import ROOT

CORPUS: Final = Path(os.environ.get("SWITCHYARD_CORPUS") or ROOT.parent / "shared" / "corpus")
EVERYTHING: Final = os.environ.get("CONFORMANCE") == "all"
ONE_OF: Final = 10
CAP: Final = 1 << 24
OK: Final = 200
NUMBERS: Final = {"1": "STOP", "2": "MAX_TOKENS"}
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
    events: list[dict[str, Any]] | None = None

    @property
    def is_stream(self) -> bool:
        return self.sse is not None or self.body_b64 is not None or self.is_array

    @property
    def is_array(self) -> bool:
        """How Google streams to who does not ask for events; we do."""
        return bytes(self.json).startswith(b"[") and self.status == OK

    @property
    def body(self) -> bytes:
        """The bytes on the wire, as far as the recorder kept them."""
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64)
        if self.sse is not None:
            return self.sse.encode()
        if self.is_array:
            elements = msgspec.json.decode(self.json, type=list[Raw])
            return b"".join(b"data: %b\r\n\r\n" % bytes(each) for each in elements)
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


# How the name of an API ends, or what it is: the dialect it is spoken in. The first that fits.
DIALECTS: Final[tuple[tuple[str, Dialect | None], ...]] = (
    ("ollama.native_*", None),
    ("cohere.*", None),
    ("*.embeddings", "openai.embeddings"),
    ("*chat", "openai.chat"),
    ("*.responses", "openai.responses"),
    ("*.messages", "anthropic.messages"),
    ("vertex.anthropic_*", "anthropic.messages"),
    ("*.generateContent", "gemini.generate"),
    ("*.streamGenerateContent", "gemini.generate"),
    ("bedrock.converse*", "bedrock.converse"),
)
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
    """None for what is spoken by nobody here."""
    fitting = (dialect for glob, dialect in DIALECTS if fnmatch.fnmatchcase(api, glob))
    return next(fitting, None)


def split(dialect: Dialect, chunks: Iterable[bytes]) -> list[bytes]:
    """What the gateway's splitter makes of a stream, to its end."""
    splitter = NATIVE[dialect].splitter(cap=CAP)
    frames = [raw for chunk in chunks for raw in splitter.feed(chunk)]
    rest = NATIVE[dialect].completed(held) if (held := splitter.close()) else b""
    return [*frames, rest] if rest else frames


def frames_of(dialect: Dialect, chunks: Iterable[bytes]) -> list[Frame]:
    return [NATIVE[dialect].frame(raw) for raw in split(dialect, chunks)]


def native_records() -> Iterator[tuple[Dialect, Record]]:
    """Those of dialects whose answers can be forwarded as they are."""
    for record in records("*"):
        dialect = dialect_of(record.api)
        if dialect is not None and dialect in NATIVE:
            yield dialect, record


def said_ends(record: Record) -> list[str]:
    """Why it stopped, in the vendor's words: Google's numbers stand for words, OpenAI's reason is
    told behind the status.
    """
    words = (str(word) for word in record.observed.finish if word)
    return [NUMBERS.get(word, word.rpartition(":")[2]) for word in words]
