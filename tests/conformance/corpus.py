"""The recorded exchanges that the native lane must carry, read where they lie.

Law: nothing is chosen by id here; a share below 1 takes the same part of every API, of streams and
errors apart, and the same exchanges in every run.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from protocols.ir import Dialect
from tests.contracts.tree import ROOT

CORPUS: Final = Path(os.environ.get("SWITCHYARD_CORPUS") or ROOT.parent / "shared/corpus")
SHARE: Final = float(os.environ.get("CONFORMANCE_SHARE", "0.1"))
# How the name of an API ends, or begins: what its exchanges are.
PATHS: Final[dict[str, str]] = {
    ".chat": "/v1/chat/completions",
    ".openai_chat": "/v1/chat/completions",
    ".messages": "/v1/messages",
    "vertex.anthropic_": "/v1/messages",
    "anthropic.count_tokens": "/v1/messages/count_tokens",
    ".embeddings": "/v1/embeddings",
}
DIALECTS: Final[dict[str, Dialect]] = {
    "/v1/chat/completions": "openai.chat",
    "/v1/messages": "anthropic.messages",
    "/v1/messages/count_tokens": "anthropic.messages",
    "/v1/embeddings": "openai.embeddings",
}
# Ends like the others and is another shape.
OTHERS: Final = frozenset({"ollama.native_embeddings"})


class Asked(msgspec.Struct):
    headers: dict[str, str]
    json: msgspec.Raw


class Answered(msgspec.Struct):
    status: int
    headers: dict[str, str]
    sse: str | None = None
    json: msgspec.Raw = msgspec.Raw()
    text: str | None = None
    chunk_sizes: list[int] | None = None


class Observed(msgspec.Struct):
    usage: list[dict[str, Any]]


class Recorded(msgspec.Struct):
    id: str
    api: str
    stream: bool
    notes: list[str]
    request: Asked
    response: Answered
    observed: Observed

    @property
    def path(self) -> str:
        return path_of(self.api) or ""

    @property
    def dialect(self) -> Dialect:
        return DIALECTS[self.path]

    @property
    def failed(self) -> bool:
        return self.response.status >= 400


def path_of(api: str) -> str | None:
    """Where a client sends what was sent to this API; None when it speaks something else."""
    if api in OTHERS:
        return None
    for mark, path in PATHS.items():
        if api.endswith(mark) or api.startswith(mark):
            return path
    return None


def apis() -> list[str]:
    if not CORPUS.is_dir():
        return []
    return sorted(path.stem for path in (CORPUS / "dev").glob("*.jsonl") if path_of(path.stem))


def exchanges(api: str, *, share: float = SHARE) -> list[Recorded]:
    lines = (CORPUS / "dev" / f"{api}.jsonl").read_bytes().splitlines()
    return sample([msgspec.json.decode(line, type=Recorded) for line in lines], share=share)


def sample(found: Sequence[Recorded], *, share: float) -> list[Recorded]:
    """At least one of every kind; which ones is said by their ids' digests."""
    kinds: dict[tuple[bool, bool], list[Recorded]] = defaultdict(list)
    for exchange in found:
        kinds[exchange.stream, exchange.failed].append(exchange)
    taken: list[Recorded] = []
    for rows in kinds.values():
        rows.sort(key=lambda row: hashlib.sha256(row.id.encode()).digest())
        taken += rows[: max(1, round(len(rows) * share))]
    return taken
