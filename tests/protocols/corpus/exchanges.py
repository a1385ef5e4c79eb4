"""Recordings in the gateway's own words: requests, answers, events."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from protocols import efforts, ir
from protocols.codec import Frame, Head, Memo, Target
from protocols.ir import Dialect, Event
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from protocols.stream import Collector
from providers.vendor_tables import TOOLS
from tests.protocols.corpus import Record, dialect_of, frames_of

BY_PATH: Final = {"gemini.generate", "bedrock.converse"}  # model and stream are in the path
HEADERS: Final = ("anthropic-version", "anthropic-beta")
MEMO: Final = Memo(seed="attempt")
VENDORS: Final[dict[Dialect, str]] = {
    "openai.chat": "openai",
    "openai.responses": "openai",
    "anthropic.messages": "anthropic",
    "gemini.generate": "gemini",
    "bedrock.converse": "anthropic",
}
EFFORTS: Final[dict[Dialect, Any]] = {
    "openai.chat": "effort",
    "openai.responses": "effort",
    "anthropic.messages": "budget",
    "gemini.generate": "budget",
    "bedrock.converse": "budget",
}
WORDS: Final[dict[Dialect, tuple[str, ...]]] = {
    "anthropic.messages": ("low", "medium", "high", "xhigh", "max"),
}
NAME_CHARS: Final = {"anthropic.messages": 128, "gemini.generate": 128}
CACHING: Final = {"anthropic.messages", "bedrock.converse"}
SCHEMES: Final = frozenset({"https", "http", "gs", "s3", "data"})
OK: Final = 200


def dialect_of_record(record: Record) -> Dialect | None:
    """The dialect of its body; Claude on Bedrock speaks its own."""
    if record.api.startswith("bedrock.invoke"):
        return "anthropic.messages" if b'"anthropic_version"' in record.request.body else None
    dialect = dialect_of(record.api)
    return None if dialect == "openai.embeddings" else dialect


def served(record: Record) -> bool:
    return record.response.status == OK and "error_in_200" not in record.features


def request_of(record: Record, dialect: Dialect) -> ir.Request:
    return CLIENT_CODECS[dialect].decode_request(record.request.body, head_of(record, dialect))


def head_of(record: Record, dialect: Dialect) -> Head:
    sent = {name: record.request.headers.get(name) for name in HEADERS}
    by_path = dialect in BY_PATH or not record.api.endswith(("chat", "messages", "responses"))
    return Head(
        model=record.model or "unnamed",
        stream=record.stream if by_path else None,
        headers={name: value for name, value in sent.items() if value},
    )


def target_of(dialect: Dialect, *, like: ir.Request | None = None) -> Target:
    """One that takes all its dialect can say; `like` a request that its vendor was once sent."""
    effort, vendor = EFFORTS[dialect], VENDORS[dialect]
    words: tuple[str, ...] = WORDS.get(dialect, efforts.WORDS)
    if like is not None:
        asked = like.reasoning or ir.Reasoning()
        if asked.effort is not None or asked.mode == "adaptive":
            effort = {"anthropic.messages": "adaptive", "gemini.generate": "level"}.get(
                dialect, effort
            )
        if asked.effort is not None and asked.effort not in words:
            words = (asked.effort, *words)
        vendor = next(seal_origins(like), vendor)
    return Target(
        model="some-model",
        vendor=vendor,
        effort=effort,
        efforts=words,
        tool_name_max=NAME_CHARS.get(dialect, 64),
        cache=dialect in CACHING,
        links=SCHEMES,
        tools=TOOLS.get(vendor, {}),
    )


def seal_origins(request: ir.Request) -> Iterator[str]:
    for message in request.messages:
        for block in message.content:
            seal = getattr(block, "seal", None)
            if seal is not None:
                yield seal.origin


def wire_of(record: Record) -> bytes:
    """The stream in the dialect's own frames; Bedrock wraps Claude's events."""
    if record.api != "bedrock.invoke_stream":
        return record.response.body
    return b"".join(_unwrapped(record.response.body))


def _unwrapped(body: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(body):
        whole, head = (int.from_bytes(body[at + n : at + n + 4], "big") for n in (0, 4))
        payload = body[at + 12 + head : at + whole - 4]
        at += whole
        data = base64.b64decode(msgspec.json.decode(payload).get("bytes", ""))
        if data:
            kind = msgspec.json.decode(data).get("type", "")
            yield b"event: %s\ndata: %s\n\n" % (kind.encode(), data)


def events_of(dialect: Dialect, frames: Iterable[Frame]) -> list[Event]:
    decoder = UPSTREAM_CODECS[dialect].event_decoder(MEMO)
    return [*(event for frame in frames for event in decoder.feed(frame)), *decoder.close()]


def stream_of(record: Record, dialect: Dialect) -> list[Event]:
    return events_of(dialect, frames_of(dialect, [wire_of(record)]))


def collected(events: Iterable[Event]) -> ir.Response:
    collector = Collector()
    for event in events:
        collector.feed(event)
    return collector.response()


def answer_of(record: Record, dialect: Dialect) -> ir.Response:
    if record.response.is_stream:
        return collected(stream_of(record, dialect))
    return UPSTREAM_CODECS[dialect].decode_response(record.response.body, MEMO)


def asked_in(request: ir.Request, dialect: Dialect) -> ir.Request:
    """The same question from a client of the dialect, who wants to hear of usage."""
    if dialect != request.dialect:
        sent = UPSTREAM_CODECS[dialect].encode_request(request, target_of(dialect), "attempt")
        head = Head(model=request.model, stream=request.stream)
        request = CLIENT_CODECS[dialect].decode_request(sent.body, head)
    options = msgspec.Raw(b'{"include_usage":true}')
    extra = {**(request.extra or {}), "stream_options": options}
    return replace(request, extra=extra if dialect == "openai.chat" else request.extra)


def encoded_stream(events: Iterable[Event], request: ir.Request) -> list[bytes]:
    encoder = CLIENT_CODECS[request.dialect].event_encoder(request)
    return [*map(encoder.feed, events), encoder.close()]


def read_stream(dialect: Dialect, pieces: Iterable[bytes]) -> list[Event]:
    """What an upstream of the dialect would have told with these bytes."""
    return events_of(dialect, frames_of(dialect, pieces))
