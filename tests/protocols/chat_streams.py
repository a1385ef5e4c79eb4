"""Streams of vendors that speak Chat, and what is made of them."""

from typing import Any

import msgspec

from protocols import ir
from protocols.codec import Frame, Head, Memo
from protocols.framing.sse import SseSplitter, read_event
from protocols.ir import Event
from protocols.openai_chat.codec import ChatCodec, ChatUpstream
from protocols.stream import Collector, Grammar

CODEC = ChatCodec()
UPSTREAM = ChatUpstream()
MEMO = Memo(seed="seed")
DONE = b"[DONE]"
ASKED = CODEC.decode_request(
    b'{"model":"m","messages":[],"stream_options":{"include_usage":true}}', Head()
)


def chunk(*choices: dict[str, Any], **beside: Any) -> dict[str, Any]:
    head = {"id": "r", "object": "chat.completion.chunk", "created": 7, "model": "v"}
    return {**head, "choices": list(choices), **beside}


def delta(*, at: int = 0, finish: str | None = None, beside: Any = None, **said: Any) -> Any:
    """One chunk with one choice."""
    choice = {"index": at, "delta": said, "finish_reason": finish, **(beside or {})}
    return chunk(choice)


def call(index: int | None = 0, name: str = "", arguments: Any = "", **said: Any) -> Any:
    """One chunk with a piece of one call."""
    inner = {**({"name": name} if name else {}), "arguments": arguments}
    place = {} if index is None else {"index": index}
    return delta(tool_calls=[{**place, **said, "function": inner}])


STOP = delta(finish="stop")


def events(*told: Any, memo: Memo = MEMO, close: bool = True) -> list[Event]:
    decoder = UPSTREAM.event_decoder(memo)
    found: list[Event] = []
    for each in told:
        data = each if isinstance(each, bytes) else msgspec.json.encode(each)
        found.extend(decoder.feed(Frame(data=data, raw=data)))
    if close:
        found.extend(decoder.close())
    return found


def judged(*told: Any, memo: Memo = MEMO) -> list[Event]:
    """The same, when they come as they should, and to a client and back."""
    found = events(*told, memo=memo)
    grammar = Grammar()
    for event in found:
        grammar.feed(event)
    grammar.close()
    assert grammar.faults == []
    if memo is MEMO:
        assert heard_again(found) == found
    return found


def heard_again(found: list[Event]) -> list[Event]:
    encoder = CODEC.event_encoder(ASKED)
    wire = b"".join(map(encoder.feed, found)) + encoder.close()
    decoder = UPSTREAM.event_decoder(MEMO)
    again = [
        event
        for frame in SseSplitter(cap=1 << 20).feed(wire)
        for event in decoder.feed(read_event(frame))
    ]
    return [*again, *decoder.close()]


def answer(*told: Any, memo: Memo = MEMO) -> ir.Response:
    collector = Collector()
    for event in judged(*told, memo=memo):
        collector.feed(event)
    return collector.response()


def calls(*told: Any, memo: Memo = MEMO) -> list[tuple[str, str, str]]:
    content = answer(*told, STOP, DONE, memo=memo).content
    return [
        (block.id, block.name, block.arguments)
        for block in content
        if isinstance(block, ir.ToolCall)
    ]
