"""Embeddings that are forwarded as they came. Law: vectors are never parsed."""

from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols import ir
from protocols.errors import Problem
from protocols.framing.sse import SseDialect
from protocols.ir import NOTHING, Dialect
from protocols.lenient import an_object, read, whole
from protocols.native import Observed
from protocols.openai_errors import OpenAiErrors
from protocols.vendor_errors import problem_among


class Answer(Struct):
    object: Any = None
    error: Raw = NOTHING
    usage: Raw = NOTHING


ANSWERS: Final = msgspec.json.Decoder(Answer)


class NothingToObserve(Observed):
    """The dialect has no streams; should one come, it is all content."""

    content = True

    def feed(self, frame: bytes) -> bool:
        return True


class OpenAiEmbeddings(OpenAiErrors, SseDialect):
    """The dialect, for answers that are forwarded as they came."""

    dialect: Dialect = "openai.embeddings"
    keepalive = b": keepalive\n\n"
    failed_stops = frozenset[str]()

    def observer(self, *, hide_usage: bool) -> NothingToObserve:
        return NothingToObserve()

    def usage(self, body: bytes) -> tuple[ir.Usage | None, str | None]:
        answer = read(ANSWERS, body) or Answer()
        return read_usage(answer.usage), None

    def tier(self, body: bytes) -> str | None:
        """Embeddings are served in one way."""
        return None

    def error_in_success(self, body: bytes) -> Problem | None:
        answer = read(ANSWERS, body) or Answer()
        return problem_among(body, error=answer.error, mark=answer.object)


def read_usage(raw: Raw) -> ir.Usage | None:
    said = an_object(raw)
    if not said:
        return None
    prompt = whole(said.get("prompt_tokens"))
    # Voyage counts in the total alone.
    return ir.Usage(
        input_tokens=whole(said.get("total_tokens")) if prompt is None else prompt, raw=raw.copy()
    )
