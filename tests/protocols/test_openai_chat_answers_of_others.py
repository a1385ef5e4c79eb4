"""Answers of vendors that speak another dialect, told to a client in Chat."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Head
from protocols.ir import Content, Event
from protocols.openai_chat.codec import ChatCodec
from protocols.stream import replay
from tests.protocols.answers import frames

CODEC = ChatCodec()
OLD = CODEC.decode_request(b'{"model":"m","messages":[],"functions":[{"name":"f"}]}', Head())
NEW = CODEC.decode_request(b'{"model":"m","messages":[]}', Head())
IMAGE = ir.Media(kind="image", source=ir.Inline(data="AAAA"), mime="image/png")
AUDIO = ir.Media(kind="audio", source=ir.Inline(data="AAAA"), context="said")


def told(*content: Content, request: ir.Request = NEW, **said: Any) -> dict[str, Any]:
    response = ir.Response(
        id="r", model="m", content=content, usage=ir.Usage(), **{"stop": END, **said}
    )
    whole: dict[str, Any] = msgspec.json.decode(CODEC.encode_response(response, request).body)
    return whole


def message(*content: Content, **said: Any) -> dict[str, Any]:
    found: dict[str, Any] = told(*content, **said)["choices"][0]["message"]
    return found


def deltas(*events: Event, request: ir.Request = NEW) -> list[dict[str, Any]]:
    encoder = CODEC.event_encoder(request)
    written = b"".join(map(encoder.feed, events))
    return [choice["delta"] for chunk in frames(written) for choice in chunk["choices"]]


END = ir.Stop(reason="end_turn")
CALL = ir.Stop(reason="tool_call", raw="tool_use")


def test_images_and_voices_are_told() -> None:
    link = ir.Media(kind="image", source=ir.Link(url="https://x"))
    lost = ir.Media(kind="image", source=ir.FileRef(origin="x", id="f"))
    said = message(IMAGE, link, lost, AUDIO)
    assert said["images"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": {"url": "https://x"}},
    ]
    assert said["audio"] == {"id": "", "expires_at": 0, "data": "AAAA", "transcript": "said"}
    assert said["content"] is None


def test_images_and_voices_are_told_in_streams() -> None:
    empty = msgspec.structs.replace(AUDIO, source=ir.Inline(data=""), context=None)
    assert deltas(
        ir.BlockStarted(index=0, block=IMAGE),
        ir.BlockStarted(index=1, block=empty),
        ir.MediaDelta(index=1, data="BBBB", transcript="b"),
        ir.MediaDelta(index=1, data="", transcript="c"),
        ir.MediaDelta(index=1, data="CCCC"),
        ir.BlockStarted(index=2, block=AUDIO),
    ) == [
        {"images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]},
        {"audio": {"data": "BBBB", "transcript": "b"}},
        {"audio": {"transcript": "c"}},
        {"audio": {"data": "CCCC"}},
        {"audio": {"data": "AAAA", "transcript": "said"}},
    ]


def test_who_is_from_before_tools_hears_of_a_function() -> None:
    calls = (ir.ToolCall(id="c1", name="f"), ir.ToolCall(id="c2", name="g"))
    choice = told(*calls, request=OLD, stop=CALL)["choices"][0]
    assert choice["message"]["function_call"] == {"name": "f", "arguments": "{}"}
    assert [call["id"] for call in choice["message"]["tool_calls"]] == ["c2"]
    assert choice["finish_reason"] == "function_call"
    first = ir.BlockStarted(index=0, block=ir.ToolCall(id="c", name="f", arguments=""))
    second = ir.BlockStarted(index=1, block=ir.ToolCall(id="d", name="g", arguments=""))
    begun, more, other = deltas(first, ir.ArgumentsDelta(index=0, text="{}"), second, request=OLD)
    assert begun == {"function_call": {"name": "f", "arguments": ""}}
    assert more == {"function_call": {"arguments": "{}"}}
    assert other["tool_calls"][0]["index"] == 1


@pytest.mark.parametrize("origin", ["google", "gemini", "vertex"])
def test_seals_of_google_are_told(origin: str) -> None:
    seal = ir.Seal(origin=origin, signature="s")
    signed = {"google": {"thought_signature": "s"}}
    call = ir.ToolCall(id="c", name="f", arguments="", seal=seal)
    assert message(call)["tool_calls"][0]["extra_content"] == signed
    bare = msgspec.structs.replace(call, seal=None)
    _, sealed = deltas(ir.BlockStarted(index=0, block=bare), ir.Sealed(index=0, seal=seal))
    assert sealed == {"tool_calls": [{"index": 0, "extra_content": signed}]}


def test_other_seals_are_lost_and_names_of_items_are_none() -> None:
    encoder = CODEC.event_encoder(NEW)
    encoder.feed(ir.BlockStarted(index=0, block=ir.Thinking()))
    encoder.feed(ir.Sealed(index=0, seal=ir.Seal(origin="openai", id="rs_1")))
    assert encoder.losses == []
    encoder.feed(ir.Sealed(index=0, seal=ir.Seal(origin="openai", signature="s")))
    assert [loss.code for loss in encoder.losses] == ["seal"]


def test_a_whole_answer_told_as_a_stream_loses_nothing() -> None:
    extra = {
        "message": Raw(b'{"reasoning_details":[1]}'),
        "content_filter_results": Raw(b"{}"),
    }
    response = ir.Response(
        id="r",
        model="m",
        content=(ir.Text(text="a"),),
        stop=ir.Stop(reason="end_turn", raw="stop", extra=extra),
        usage=ir.Usage(),
        service_tier="flex",
        extra={"citations": Raw(b"[]")},
    )
    encoder = CODEC.event_encoder(NEW)
    first, *_, last = frames(b"".join(map(encoder.feed, replay(response))))
    assert first["citations"] == []
    assert last["service_tier"] == "flex"
    assert last["choices"] == [
        {
            "index": 0,
            "delta": {"reasoning_details": [1]},
            "finish_reason": "stop",
            "content_filter_results": {},
        }
    ]


def test_a_failure_is_told_as_an_error() -> None:
    failed = CODEC.event_encoder(NEW).feed(ir.Failed(kind="overloaded", message="Busy."))
    (said,) = frames(failed)
    assert said["error"]["message"] == "Busy."


def test_usage_that_was_changed_is_told_as_it_is_now() -> None:
    raw = Raw(b'{"prompt_tokens":1,"odd":2}')
    as_it_was = ir.Usage(input_tokens=1, raw=raw)
    changed = ir.Usage(input_tokens=5, raw=raw)
    for usage, said in (
        (as_it_was, {"prompt_tokens": 1, "odd": 2}),
        (changed, {"prompt_tokens": 5, "completion_tokens": 0, "total_tokens": 5}),
    ):
        response = ir.Response(id="r", model="m", content=(), stop=END, usage=usage)
        body = CODEC.encode_response(response, NEW).body
        assert msgspec.json.decode(body)["usage"] == said
