"""Speaks generateContent with the codecs, as clients and vendors do."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from protocols import ir
from protocols.codec import Encoded, Frame, Head, Memo, Target
from protocols.framing.sse import SseSplitter, read_event
from protocols.gemini_generate.codec import GenerateCodec, GenerateUpstream
from protocols.ir import Event
from protocols.stream import Collector, Grammar
from providers.vendor_tables import TOOLS

CLIENT: Final = GenerateCodec()
UPSTREAM: Final = GenerateUpstream()
TARGET: Final = Target(
    model="gemini-2.5-flash",
    vendor="gemini",
    effort="budget",
    tool_name_max=128,
    tools=TOOLS["gemini"],
)
ASKED: Final = ir.Request(dialect="gemini.generate", model="m", messages=())


def user(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "parts": [*parts]}


def model(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": [*parts]}


def decoded(*contents: dict[str, Any], **more: Any) -> ir.Request:
    body = msgspec.json.encode({"contents": [*contents] or [user({"text": "hi"})], **more})
    return CLIENT.decode_request(body, Head(model="gemini-2.5-flash", stream=False))


def encoded(request: ir.Request, target: Target = TARGET, **more: Any) -> Encoded:
    chosen = msgspec.structs.replace(target, **more)
    return UPSTREAM.encode_request(request, chosen, "seed")


def sent(request: ir.Request, target: Target = TARGET, **more: Any) -> dict[str, Any]:
    """What the vendor gets."""
    found: dict[str, Any] = msgspec.json.decode(encoded(request, target, **more).body)
    return found


def again(**more: Any) -> dict[str, Any]:
    """What the vendor gets, beside the contents."""
    said = sent(decoded(**more))
    del said["contents"]
    return said


def lost(request: ir.Request, target: Target = TARGET, **more: Any) -> list[str]:
    return [loss.code for loss in encoded(request, target, **more).losses]


def chat(*messages: ir.Message, **fields: Any) -> ir.Request:
    """Of a client of another dialect."""
    said = messages or (says("user", ir.Text(text="hi")),)
    return ir.Request(dialect="openai.chat", model="m", messages=said, **fields)


def says(role: Any, *content: ir.Content, **fields: Any) -> ir.Message:
    return ir.Message(role=role, content=content, **fields)


def heard(answer: dict[str, Any], **memo: Any) -> ir.Response:
    return UPSTREAM.decode_response(msgspec.json.encode(answer), Memo(seed="s", **memo))


def told(response: ir.Response) -> dict[str, Any]:
    """What the client gets."""
    body = CLIENT.encode_response(response, ASKED).body
    found: dict[str, Any] = msgspec.json.decode(body)
    return found


def candidate(*parts: dict[str, Any], **beside: Any) -> dict[str, Any]:
    said = {"content": model(*parts), "finishReason": "STOP", **beside}
    return {"candidates": [said], "modelVersion": "gemini-2.5-flash", "responseId": "r1"}


def chunk(*parts: dict[str, Any], **beside: Any) -> dict[str, Any]:
    return {"candidates": [{"content": model(*parts), **beside}], "responseId": "r1"}


def listened(chunks: Iterable[dict[str, Any] | bytes], **memo: Any) -> list[Event]:
    decoder = UPSTREAM.event_decoder(Memo(seed="s", **memo))
    events: list[Event] = []
    for each in chunks:
        data = each if isinstance(each, bytes) else msgspec.json.encode(each)
        events += decoder.feed(Frame(data=data, raw=data))
    events += decoder.close()
    assert not decoder.close()
    grammar = Grammar()
    for event in events:
        grammar.feed(event)
    grammar.close()
    assert not grammar.faults
    return events


def collected(events: Iterable[Event]) -> ir.Response:
    collector = Collector()
    for event in events:
        collector.feed(event)
    return collector.response()


def streamed(events: Iterable[Event]) -> tuple[list[dict[str, Any]], list[str]]:
    """The client's chunks, and the codes of what was lost."""
    encoder = CLIENT.event_encoder(ASKED)
    written = b"".join(map(encoder.feed, events)) + encoder.close()
    frames = SseSplitter(cap=1 << 20).feed(written)
    chunks = [msgspec.json.decode(read_event(frame).data) for frame in frames]
    return chunks, [loss.code for loss in encoder.losses]
