"""Answers of all kinds, as events and as a whole, and what a client makes of their bytes."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import Struct

from protocols import ir
from protocols.framing.sse import SseSplitter, read_event
from protocols.ir import Content, Event
from protocols.stream import Collector, Grammar

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
OBJECTS = st.dictionaries(NAMES, st.integers() | TEXTS | st.none(), max_size=3)
COUNTS = st.integers(0, 10**6)
STOPS: st.SearchStrategy[ir.StopReason] = st.sampled_from(
    ["end_turn", "max_tokens", "stop_sequence", "tool_call", "content_filter"]
)
SEALS = st.builds(ir.Seal, origin=st.just("anthropic"), signature=NAMES)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


BLOCKS: st.SearchStrategy[Content] = (
    st.builds(ir.Text, text=TEXTS)
    | st.builds(ir.Thinking, text=TEXTS, seal=SEALS)
    | st.builds(ir.ToolCall, id=NAMES, name=NAMES, arguments=OBJECTS.map(_json))
)
USAGES = st.builds(
    lambda fresh, read, written, visible, thought: ir.Usage(
        input_tokens=fresh + read + written,
        cache_read_tokens=read,
        cache_write_tokens={"5m": written},
        output_tokens=visible + thought,
        reasoning_tokens=thought,
    ),
    *[COUNTS] * 5,
)


class Answer(Struct):
    response: ir.Response
    events: list[Event]


class Heard(Struct):
    """What a client has when an answer is over."""

    text: str = ""
    thoughts: str = ""
    seals: list[str] = []
    calls: list[list[str]] = []  # id, name, arguments
    stop: str | None = None
    usage: dict[str, Any] = {}
    ended: bool = False


@st.composite
def answers(draw: st.DrawFn, *, interleaved: bool = False) -> Answer:
    content = draw(st.lists(BLOCKS, max_size=4))
    stop = ir.Stop(reason=draw(STOPS))
    usage = draw(USAGES)
    response = ir.Response(
        id="answer_1", model="some-model", content=tuple(content), stop=stop, usage=usage
    )
    tracks = [_track(draw, index, block) for index, block in enumerate(content)]
    told = _interleave(draw, tracks) if interleaved else [each for one in tracks for each in one]
    events: list[Event] = [
        ir.Started(id=response.id, model=response.model),
        *told,
        ir.Finished(stop=stop, usage=usage),
    ]
    return Answer(response, events)


def _track(draw: st.DrawFn, index: int, block: Content) -> list[Event]:
    pieces: list[Event]
    match block:
        case ir.ToolCall():
            texts = _cut(draw, block.arguments)
            pieces = [ir.ArgumentsDelta(index=index, text=text) for text in texts]
            empty: Content = msgspec.structs.replace(block, arguments="")
        case ir.Text() | ir.Thinking():
            pieces = [ir.TextDelta(index=index, text=text) for text in _cut(draw, block.text)]
            empty = ir.Text(text="") if isinstance(block, ir.Text) else ir.Thinking()
            if isinstance(block, ir.Thinking) and block.seal:
                pieces.append(ir.Sealed(index=index, seal=block.seal))
        case _:
            raise AssertionError(block)
    return [ir.BlockStarted(index=index, block=empty), *pieces, ir.BlockEnded(index=index)]


def _cut(draw: st.DrawFn, text: str) -> list[str]:
    at = draw(st.integers(0, len(text)))
    return [piece for piece in (text[:at], text[at:]) if piece]


def _interleave(draw: st.DrawFn, tracks: list[list[Event]]) -> list[Event]:
    """Blocks begin in order, and go on all at once."""
    told: list[Event] = []
    begun = 0
    while begun < len(tracks) or any(tracks):
        open_tracks = [track for track in tracks[:begun] if track]
        if begun < len(tracks) and (not open_tracks or draw(st.booleans())):
            told.append(tracks[begun].pop(0))
            begun += 1
        else:
            told.append(draw(st.sampled_from(open_tracks)).pop(0))
    return told


def faults(events: Iterable[Event]) -> list[str]:
    grammar = Grammar()
    for event in events:
        grammar.feed(event)
    grammar.close()
    return grammar.faults


def collected(events: Iterable[Event]) -> ir.Response:
    collector = Collector()
    for event in events:
        collector.feed(event)
    return collector.response()


def frames(stream: bytes) -> list[dict[str, Any]]:
    splitter = SseSplitter(cap=1 << 24)
    events = map(read_event, splitter.feed(stream))
    told = [msgspec.json.decode(event.data) for event in events if event.data != b"[DONE]"]
    assert splitter.close() == b"", "an event was left unfinished"
    return told


def hear_chat_stream(stream: bytes) -> Heard:
    heard = Heard(ended=stream.endswith(b"data: [DONE]\n\n"))
    for chunk in frames(stream):
        heard.usage = chunk.get("usage") or heard.usage
        for choice in chunk["choices"]:
            delta = choice["delta"]
            heard.text += delta.get("content") or ""
            heard.thoughts += delta.get("reasoning_content") or ""
            heard.stop = choice["finish_reason"] or heard.stop
            for call in delta.get("tool_calls", ()):
                if "id" in call:
                    assert call["index"] == len(heard.calls)
                    heard.calls.append([call["id"], call["function"]["name"], ""])
                heard.calls[call["index"]][2] += call["function"]["arguments"]
    return heard


def hear_chat(body: bytes) -> Heard:
    said = msgspec.json.decode(body)
    choice = said["choices"][0]
    calls = choice["message"].get("tool_calls", ())
    return Heard(
        text=choice["message"]["content"] or "",
        thoughts=choice["message"].get("reasoning_content", ""),
        calls=[[each["id"], *each["function"].values()] for each in calls],
        stop=choice["finish_reason"],
        usage=said.get("usage", {}),
        ended=True,
    )


def hear_messages_stream(stream: bytes) -> Heard:
    heard = Heard()
    open_block: int | None = None
    for event in frames(stream):
        match event["type"]:
            case "message_start":
                heard.usage = event["message"].get("usage", {})
            case "content_block_start":
                assert open_block is None, "one block at a time"
                open_block = event["index"]
                block = event["content_block"]
                if block["type"] == "tool_use":
                    heard.calls.append([block["id"], block["name"], ""])
            case "content_block_delta":
                assert event["index"] == open_block
                _hear_delta(heard, event["delta"])
            case "content_block_stop":
                assert event["index"] == open_block
                open_block = None
            case "message_delta":
                heard.stop = event["delta"]["stop_reason"]
                heard.usage |= event.get("usage", {})
            case "message_stop":
                heard.ended = True
    return heard


def _hear_delta(heard: Heard, delta: dict[str, str]) -> None:
    match delta["type"]:
        case "text_delta":
            heard.text += delta["text"]
        case "thinking_delta":
            heard.thoughts += delta["thinking"]
        case "signature_delta":
            heard.seals.append(delta["signature"])
        case "input_json_delta":
            heard.calls[-1][2] += delta["partial_json"]


def hear_messages(body: bytes) -> Heard:
    said = msgspec.json.decode(body)
    blocks = said["content"]
    thoughts = [block for block in blocks if block["type"] == "thinking"]
    return Heard(
        text="".join(block["text"] for block in blocks if block["type"] == "text"),
        thoughts="".join(block["thinking"] for block in thoughts),
        seals=[block["signature"] for block in thoughts],
        calls=[
            [block["id"], block["name"], _json(block["input"])]
            for block in blocks
            if block["type"] == "tool_use"
        ],
        stop=said["stop_reason"],
        usage=said.get("usage", {}),
        ended=True,
    )


def spoken(content: Sequence[Content]) -> Heard:
    """What there is to hear, before the dialect has its word."""
    return Heard(
        text="".join(block.text for block in content if isinstance(block, ir.Text)),
        thoughts="".join(block.text for block in content if isinstance(block, ir.Thinking)),
        seals=[
            block.seal.signature or ""
            for block in content
            if isinstance(block, ir.Thinking) and block.seal
        ],
        calls=[
            [block.id, block.name, block.arguments]
            for block in content
            if isinstance(block, ir.ToolCall)
        ],
    )
