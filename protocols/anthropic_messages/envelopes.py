"""Messages as clouds carry it: what is in the path there is not in the body, and Bedrock streams
its events inside its own messages.

Law: what is carried is not written anew; an event comes out of its envelope as it went in.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from protocols.anthropic_messages.request import VERSION
from protocols.errors import DecodeError
from protocols.fields import Item, read_body
from protocols.framing.aws import write_event, write_exception
from protocols.framing.sse import SseSplitter, read_event
from protocols.lenient import an_object, as_object, words

CHUNK: Final = "chunk"
# What a stream may end in, and all else that Messages calls an error.
EXCEPTIONS: Final[Mapping[str | None, str]] = {
    "invalid_request_error": "validationException",
    "rate_limit_error": "throttlingException",
    "overloaded_error": "serviceUnavailableException",
    "timeout_error": "modelTimeoutException",
    "api_error": "internalServerException",
}
# As a header can hold it.
BETA: Final = re.compile(r"[!-~]{1,256}")
OTHER_EXCEPTION: Final = "modelStreamErrorException"


class Opened(Struct, frozen=True):
    body: bytes
    headers: dict[str, str]  # what stands in the body there, and in headers here


def opened(body: bytes, *, model: str, stream: bool) -> Opened:
    """The request as it would have come without an envelope; raises DecodeError."""
    fields = read_body(body)
    headers: dict[str, str] = {}
    version = fields.text("anthropic_version")
    if version is not None and VERSION.fullmatch(version):
        headers["anthropic-version"] = version
    betas = list(map(_beta, fields.items("anthropic_beta")))
    if betas:
        headers["anthropic-beta"] = ",".join(betas)
    fields.raw("stream")
    said: dict[str, Any] = {**(fields.rest() or {}), "model": model}
    if stream:
        said["stream"] = True
    return Opened(body=msgspec.json.encode(said), headers=headers)


def _beta(item: Item) -> str:
    beta = item.text()
    if BETA.fullmatch(beta) is None:
        raise DecodeError(item.path, "is no name of a beta")
    return beta


class ChunkWriter:
    """Events of Messages in, Bedrock's messages out; where they were cut changes nothing."""

    __slots__ = ("_splitter",)

    def __init__(self, *, cap: int) -> None:
        """`cap` bytes is the longest event."""
        self._splitter = SseSplitter(cap=cap)

    def feed(self, events: bytes) -> bytes:
        return b"".join(map(_enclosed, self._splitter.feed(events)))

    def close(self) -> bytes:
        return _enclosed(self._splitter.close())


def _enclosed(event: bytes) -> bytes:
    said = read_event(event)
    if not said.data:
        return b""
    if said.event == "error":
        error = as_object(an_object(Raw(said.data)).get("error"))
        exception = EXCEPTIONS.get(words(error.get("type")), OTHER_EXCEPTION)
        return write_exception(exception, msgspec.json.encode({"message": error.get("message")}))
    return write_event(CHUNK, msgspec.json.encode({"bytes": base64.b64encode(said.data).decode()}))
