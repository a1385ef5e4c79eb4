"""Requests to Messages targets, and what is sent for them."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.codec import MessagesCodec, MessagesUpstream
from protocols.codec import Encoded, Frame, Head, Memo, Target
from protocols.ir import Content, Event, Message
from protocols.stream import Collector, Grammar
from providers.vendor_tables import TOOLS

CLIENT = MessagesCodec()
UPSTREAM = MessagesUpstream()
TARGET = Target(model="claude", vendor="anthropic", tools=TOOLS["anthropic"])
MEMO = Memo(seed="s")
EPHEMERAL = {"type": "ephemeral"}
PNG = ir.Media(kind="image", source=ir.Inline(data="AAAA"), mime="image/png")
HARD = ir.Reasoning(effort="high")
HI = Message(role="user", content=(ir.Text(text="hi"),))


SEAL = ir.Seal(origin="anthropic", signature="s")
CALL = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
WEB = {
    "type": "web_search_result_location",
    "url": "https://x.example",
    "title": "t",
    "cited_text": "x",
    "encrypted_index": "e",
}
RENAMED = Memo(seed="s", names={"b_se": "böse"}, custom=frozenset({"böse"}))
EMULATED = Memo(seed="s", schema_tool="json_output")
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def target(**said: Any) -> Target:
    return msgspec.structs.replace(TARGET, **said)


F = ir.FunctionTool(name="f", description="d", parameters=raw(SCHEMA))
SENT_F = {"name": "f", "description": "d", "input_schema": SCHEMA}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def own(*messages: object, headers: dict[str, str] | None = None, **said: object) -> ir.Request:
    """A request of the dialect itself."""
    told = messages or ({"role": "user", "content": "hi"},)
    body = {"model": "m", "max_tokens": 9, "messages": told, **said}
    return CLIENT.decode_request(msgspec.json.encode(body), Head(headers=headers or {}))


def foreign(*messages: Message, **said: Any) -> ir.Request:
    return ir.Request(dialect="openai.chat", model="m", messages=messages or (HI,), **said)


def encode(request: ir.Request, to: Target = TARGET) -> Encoded:
    return UPSTREAM.encode_request(request, to, "seed")


def sent(request: ir.Request, to: Target = TARGET) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(encode(request, to).body)
    return told


def codes(request: ir.Request, to: Target = TARGET) -> list[str]:
    return [loss.code for loss in encode(request, to).losses]


def user(*content: Content) -> Message:
    return Message(role="user", content=content)


def assistant(*content: Content) -> Message:
    return Message(role="assistant", content=content)


def said_in(body: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    return [(message["role"], message["content"]) for message in body["messages"]]


def text(said: str) -> dict[str, str]:
    return {"type": "text", "text": said}


def call(id_: str, name: str = "f", **said: Any) -> ir.ToolCall:
    return ir.ToolCall(id=id_, name=name, **said)


def result(id_: str, *content: Any, **said: Any) -> ir.ToolResult:
    return ir.ToolResult(call_id=id_, content=content, **said)


def answer(*content: object, memo: Memo = MEMO, **said: object) -> ir.Response:
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 5},
        **said,
    }
    return UPSTREAM.decode_response(msgspec.json.encode(body), memo)


def heard(*frames: object, memo: Memo = MEMO, closed: bool = True) -> list[Event]:
    """`frames`: events without their names, or bytes."""
    decoder = UPSTREAM.event_decoder(memo)
    events: list[Event] = []
    for frame in frames:
        data = frame if isinstance(frame, bytes) else msgspec.json.encode(frame)
        events.extend(decoder.feed(Frame(data=data, raw=data)))
    return [*events, *decoder.close()] if closed else events


def start(**said: object) -> dict[str, object]:
    message = {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 3}, **said}
    return {"type": "message_start", "message": message}


def begin(index: int = 0, **block: object) -> dict[str, object]:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int = 0, **said: object) -> dict[str, object]:
    return {"type": "content_block_delta", "index": index, "delta": said}


def end(index: int = 0) -> dict[str, object]:
    return {"type": "content_block_stop", "index": index}


def stop(reason: str = "end_turn", **beside: object) -> list[dict[str, object]]:
    told = {"stop_reason": reason, "stop_sequence": None}
    return [{"type": "message_delta", "delta": told, **beside}, {"type": "message_stop"}]


def kinds(events: Sequence[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def collected(events: Sequence[Event]) -> ir.Response:
    grammar, collector = Grammar(), Collector()
    for event in events:
        grammar.feed(event)
        collector.feed(event)
    grammar.close()
    assert grammar.faults == []
    return collector.response()
