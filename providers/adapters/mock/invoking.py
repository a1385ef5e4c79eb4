"""The mock as Bedrock carries Claude's Messages: a body without model, events in messages. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from protocols.anthropic_messages.envelopes import ChunkWriter, opened
from protocols.codec import Head
from protocols.errors import DecodeError
from protocols.framing.aws import CONTENT_TYPE
from providers.adapters.mock.answers import Answer, Asked, answer, refused
from providers.adapters.mock.playing import Piece

VERSIONS: Final = frozenset({"bedrock-2023-05-31", "2026-10-21"})
VERSION: Final = "anthropic_version"
IN_PATH: Final = frozenset({"model", "stream"})
CAP_BYTES: Final = 67_108_864
STREAM_HEADERS: Final = (("content-type", CONTENT_TYPE.decode()),)
TOP: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def invoked(asked: Asked) -> Answer:
    """`asked.head` says the model and whether to stream; `asked.body` is in the envelope."""
    model, stream = asked.head.model or "", asked.head.stream is True
    carried = replace(asked, errors="bedrock.converse")
    if wrong := _wrong(asked.body):
        return refused(carried, wrong)
    try:
        found = opened(asked.body, model=model, stream=stream)
    except DecodeError as error:
        return refused(carried, str(error))
    said = answer(replace(carried, body=found.body, head=Head(headers=found.headers)))
    if not said.stream:
        return said
    return replace(said, headers=STREAM_HEADERS, pieces=_enclosed(said.pieces))


def _wrong(body: bytes) -> str:
    """As strict as Bedrock is with what belongs to the envelope."""
    try:
        top = TOP.decode(body)
    except msgspec.DecodeError as error:
        return f"The body is no JSON object: {error}"
    extra = IN_PATH & top.keys()
    if extra:
        return f"{min(extra)}: Extra inputs are not permitted"
    version = top.get(VERSION)
    if version is None:
        return f"{VERSION}: Field required"
    if msgspec.json.decode(version) not in VERSIONS:
        return "Invalid API version"
    return ""


def _enclosed(pieces: Iterable[Piece]) -> Iterator[Piece]:
    writer = ChunkWriter(cap=CAP_BYTES)
    for wait_s, events in pieces:
        yield wait_s, writer.feed(events)
