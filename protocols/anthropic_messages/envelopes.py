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
from protocols.framing.aws import AwsSplitter, read_message, write_event, write_exception
from protocols.framing.sse import SseSplitter, read_event
from protocols.lenient import an_object, as_object, whole, words

CHUNK: Final = "chunk"
LONGEST: Final = "max_tokens"
IN_PATH: Final = ("model", "stream")
OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
# What a stream may end in, and all else that Messages calls an error.
EXCEPTIONS: Final[Mapping[str | None, str]] = {
    "invalid_request_error": "validationException",
    "rate_limit_error": "throttlingException",
    "overloaded_error": "serviceUnavailableException",
    "timeout_error": "modelTimeoutException",
    "api_error": "internalServerException",
}
ERRORS: Final[Mapping[str | None, str | None]] = {
    exception: error for error, exception in EXCEPTIONS.items()
}
OTHER_ERROR: Final = "api_error"
# As a line can hold it.
EVENT: Final = re.compile(r"[a-z_]{1,64}")
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


def enclosed(body: bytes, *, version: str, betas: str) -> bytes:
    """The request as Bedrock takes it, whose path says the model and whether to stream.

    `betas` as the header has them.
    """
    said = OBJECT.decode(body)
    for name in IN_PATH:
        said.pop(name, None)
    said["anthropic_version"] = Raw(msgspec.json.encode(version))
    named = [beta for beta in map(str.strip, betas.split(",")) if beta]
    if named:
        said["anthropic_beta"] = Raw(msgspec.json.encode(named))
    return msgspec.json.encode(said)


def counted(body: bytes) -> bytes:
    """A request in its envelope, as Bedrock is asked how many tokens it has.

    It is held to what a request must have, though nothing is answered to it: a longest answer, and
    one that is longer than the thinking.
    """
    said = OBJECT.decode(body)
    if LONGEST not in said:
        budget = whole(an_object(said.get("thinking", Raw())).get("budget_tokens")) or 0
        said[LONGEST] = Raw(b"%d" % (max(budget, 0) + 1))
        body = msgspec.json.encode(said)
    return msgspec.json.encode(
        {"input": {"invokeModel": {"body": base64.b64encode(body).decode()}}}
    )


class ChunkSplitter:
    """Bedrock's messages in, events of Messages out; a part of a message is nothing."""

    __slots__ = ("_splitter",)

    def __init__(self, *, cap: int) -> None:
        """`cap` bytes is the longest message."""
        self._splitter = AwsSplitter(cap=cap)

    def feed(self, chunk: bytes) -> list[bytes]:
        return [event for event in map(event_in, self._splitter.feed(chunk)) if event]

    def close(self) -> bytes:
        self._splitter.close()
        return b""


def event_in(raw: bytes) -> bytes:
    """The event that a message of Bedrock's carries; empty where it is but a sign of life."""
    message = read_message(raw)
    if message.exception:
        kind = ERRORS.get(message.event, OTHER_ERROR)
        told = {"type": kind, "message": words(an_object(message.data).get("message")) or ""}
        return b"event: error\ndata: %b\n\n" % msgspec.json.encode({"type": "error", "error": told})
    carried = words(an_object(message.data).get("bytes"))
    if message.event != CHUNK or carried is None:
        return b""
    try:
        data = base64.b64decode(carried, validate=True)
    except ValueError as error:
        raise DecodeError("", f"a chunk of the stream is no base64: {error}") from None
    kind = words(an_object(data).get("type")) or ""
    name = b"event: %b\n" % kind.encode() if EVENT.fullmatch(kind) else b""
    # Between its words JSON may be broken into lines, and an event then has a field for each.
    lines = b"".join(b"data: %b\n" % line for line in data.splitlines())
    return b"%b%b\n" % (name, lines) if lines else b""


class ChunkWriter:
    """Events of Messages in, Bedrock's messages out; where they were cut changes nothing."""

    __slots__ = ("_splitter",)

    def __init__(self, *, cap: int) -> None:
        """`cap` bytes is the longest event."""
        self._splitter = SseSplitter(cap=cap)

    def feed(self, events: bytes) -> bytes:
        return b"".join(map(message_of, self._splitter.feed(events)))

    def close(self) -> bytes:
        return message_of(self._splitter.close())


def message_of(event: bytes) -> bytes:
    """What Bedrock would have sent instead; empty where nothing is said."""
    said = read_event(event)
    if not said.data:
        return b""
    if said.event == "error":
        error = as_object(an_object(Raw(said.data)).get("error"))
        exception = EXCEPTIONS.get(words(error.get("type")), OTHER_EXCEPTION)
        return write_exception(exception, msgspec.json.encode({"message": error.get("message")}))
    return write_event(CHUNK, msgspec.json.encode({"bytes": base64.b64encode(said.data).decode()}))
