"""What vendors of Responses say, read."""

from typing import Any

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.openai_responses.codec import ResponsesUpstream
from protocols.stream import Collector, Grammar

UPSTREAM = ResponsesUpstream()
MEMO = Memo(seed="seed")
HEAD: dict[str, Any] = {
    "id": "resp_1",
    "object": "response",
    "created_at": 7,
    "model": "gpt",
    "status": "completed",
    "error": None,
    "incomplete_details": None,
}
USED = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def decode(*items: object, memo: Memo = MEMO, **said: object) -> ir.Response:
    body = {**HEAD, "output": list(items), **said}
    return UPSTREAM.decode_response(msgspec.json.encode(body), memo)


def content(*items: object, memo: Memo = MEMO) -> tuple[ir.Content, ...]:
    return decode(*items, memo=memo).content


def frame(kind: str, **said: object) -> Frame:
    data = msgspec.json.encode({"type": kind, "sequence_number": 0, **said})
    return Frame(data=data, raw=data)


def read(*frames: Frame, memo: Memo = MEMO) -> list[ir.Event]:
    """Of a stream that begins as all do, and obeys the grammar."""
    decoder = UPSTREAM.event_decoder(memo)
    begun = frame("response.created", response={**HEAD, "status": "in_progress", "output": []})
    events = [event for each in (begun, *frames) for event in decoder.feed(each)]
    events += decoder.close()
    grammar = Grammar()
    for event in events:
        grammar.feed(event)
    grammar.close()
    assert grammar.faults == []
    assert decoder.close() == ()
    return events


def completed(*items: object, **said: object) -> Frame:
    return frame("response.completed", response={**HEAD, "output": list(items), **said})


def collected(*frames: Frame, memo: Memo = MEMO) -> tuple[ir.Content, ...]:
    collector = Collector()
    for event in read(*frames, memo=memo):
        collector.feed(event)
    return collector.response().content


def added(item: object, at: int = 0) -> Frame:
    return frame("response.output_item.added", output_index=at, item=item)


def done(item: object, at: int = 0) -> Frame:
    return frame("response.output_item.done", output_index=at, item=item)


def delta(kind: str, text: str, at: int = 0, **said: object) -> Frame:
    return frame(f"response.{kind}.delta", output_index=at, delta=text, **said)


def message(*parts: object, **said: object) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": parts, **said}


def text(words: str, **said: object) -> dict[str, Any]:
    return {"type": "output_text", "text": words, "annotations": [], "logprobs": [], **said}


SEAL = ir.Seal(origin="openai", id="msg_1")
THOUGHT = ir.Seal(origin="openai", id="rs_1")
CALL = {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": '{"a":1}'}
CALLED = ir.ToolCall(
    id="c", name="f", arguments='{"a":1}', seal=ir.Seal(origin="openai", id="fc_1")
)
