"""What the laws of test_answers.py do not reach: rare blocks, losses, waiting blocks."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.anthropic_messages.codec import MessagesCodec
from protocols.anthropic_messages.wire import STOP_REASONS
from protocols.codec import Encoded, Head
from protocols.ir import Content, Event, Stop, Usage
from tests.protocols.answers import frames

CODEC = MessagesCodec()
REQUEST = CODEC.decode_request(b'{"model":"m","messages":[]}', Head())
CITED = ir.Citation(text="x", title="t", document=0, unit="page", start=1, end=2)
LOCATION = {
    "type": "page_location",
    "cited_text": "x",
    "document_index": 0,
    "document_title": "t",
    "start_page_number": 1,
    "end_page_number": 2,
}
NEW = ir.Opaque(dialect="anthropic.messages", kind="new", raw=Raw(b'{"type":"new"}'))


def response(*content: Content, **said: Any) -> Encoded:
    made = ir.Response(
        **{
            "id": "r",
            "model": "m",
            "content": content,
            "stop": Stop(reason="end_turn"),
            "usage": Usage(),
            **said,
        }
    )
    return CODEC.encode_response(made, REQUEST)


def block(content: Content) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(response(content).body)["content"][0]
    return told


def stream(*events: Event) -> tuple[list[dict[str, Any]], list[str]]:
    encoder = CODEC.event_encoder(REQUEST)
    written = b"".join(map(encoder.feed, events)) + encoder.close()
    return frames(written), [loss.code for loss in encoder.losses]


def test_an_answer_has_all_its_fields() -> None:
    encoded = response(
        ir.Text(text="a", citations=(CITED, ir.Citation(text="nowhere"))),
        stop=Stop(reason="stop_sequence", sequence="x"),
        usage=Usage(
            input_tokens=100,
            cache_read_tokens=50,
            cache_write_tokens={"5m": 5, "30m": 2, "1h": 10},
            output_tokens=9,
            reasoning_tokens=4,
            provider_tool_calls={"web_search": 1},
        ),
    )
    assert msgspec.json.decode(encoded.body) == {
        "id": "r",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": "a", "citations": [LOCATION]}],
        "stop_reason": "stop_sequence",
        "stop_sequence": "x",
        "usage": {
            "input_tokens": 33,
            "cache_read_input_tokens": 50,
            "cache_creation_input_tokens": 17,
            "cache_creation": {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 10},
            "output_tokens": 9,
            "output_tokens_details": {"thinking_tokens": 4},
            "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
        },
    }


def test_a_cache_larger_than_the_input_leaves_nothing_fresh() -> None:
    body = response(usage=Usage(input_tokens=5, cache_read_tokens=9)).body
    assert msgspec.json.decode(body)["usage"]["input_tokens"] == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (ir.Refusal(text="No"), {"type": "text", "text": "No"}),
        (ir.Thinking(text="t"), {"type": "thinking", "thinking": "t", "signature": ""}),
        (
            ir.Thinking(redacted=True, seal=ir.Seal(origin="anthropic", signature="d")),
            {"type": "redacted_thinking", "data": "d"},
        ),
        (
            ir.ToolCall(id="c", name="web_search", arguments='{"a":1}', executor="provider"),
            {"type": "server_tool_use", "id": "c", "name": "web_search", "input": {"a": 1}},
        ),
        (
            ir.ToolCall(id="srvtoolu_1", name="new", executor="provider"),
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "new", "input": {}},
        ),
        (
            ir.ToolCall(id="c", name="f", arguments=""),
            {"type": "tool_use", "id": "c", "name": "f", "input": {}},
        ),
        (NEW, {"type": "new"}),
        (
            ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}"), text="words"),
            {"type": "text", "text": "words"},
        ),
    ],
)
def test_rare_blocks_are_told(content: Content, told: object) -> None:
    assert block(content) == told
    assert response(content).losses == ()


@pytest.mark.parametrize("arguments", ["free text", "[1]", '{"a":'])
def test_arguments_that_are_no_object_are_wrapped(arguments: str) -> None:
    call = ir.ToolCall(id="c", name="f", arguments=arguments)
    assert block(call)["input"] == {"_raw": arguments}
    (loss,) = response(call).losses
    assert (loss.code, loss.path, loss.content) == ("tool_arguments", "content[0].arguments", False)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (ir.Media(kind="audio", source=ir.Inline(data="A")), "audio"),
        (ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}")), "opaque"),
        (ir.ToolResult(call_id="c"), "provider_tool"),
        (ir.ToolCall(id="c", name="nova", executor="provider"), "provider_tool"),
        (ir.Text(text="a", logprobs=Raw(b"[]")), "logprobs"),
    ],
)
def test_what_messages_cannot_say_is_a_loss(content: Content, code: str) -> None:
    assert [loss.code for loss in response(content).losses] == [code]
    told, codes = stream(ir.BlockStarted(index=0, block=content), ir.TextDelta(index=0, text="b"))
    assert codes == [code]
    assert bool(told) == isinstance(content, ir.Text)


def test_the_first_chances_of_words_in_a_stream_are_a_loss() -> None:
    chance = ir.TextDelta(index=0, text="a", logprobs=Raw(b'[{"token":"a"}]'))
    _, codes = stream(ir.BlockStarted(index=0, block=ir.Text(text="")), chance, chance)
    assert codes == ["logprobs"]


def test_other_answers_are_a_loss() -> None:
    other = ir.Alternative(content=(), stop=Stop(reason="end_turn"))
    assert [loss.code for loss in response(alternatives=(other,)).losses] == ["n"]
    told, codes = stream(
        ir.BlockStarted(index=0, block=ir.Text(text=""), choice=1),
        ir.TextDelta(index=0, text="b"),
        ir.BlockEnded(index=0),
        ir.AlternativeEnded(choice=1, stop=Stop(reason="end_turn")),
    )
    assert (told, codes) == ([], ["n"])


@pytest.mark.parametrize("reason", STOP_REASONS)
def test_every_reason_to_stop_has_a_word(reason: ir.StopReason) -> None:
    body = response(stop=Stop(reason=reason)).body
    assert msgspec.json.decode(body)["stop_reason"] == STOP_REASONS[reason]


def test_a_stream_begins_with_a_usage_that_clients_can_add_to() -> None:
    (started,), _ = stream(ir.Started(id="r", model="m"))
    assert started["message"] == {
        "id": "r",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 0, "output_tokens": 0},
    }
    (known,), _ = stream(ir.Started(id="r", model="m", usage=Usage(input_tokens=4)))
    assert known["message"]["usage"] == {"input_tokens": 4, "output_tokens": 0}


def test_a_stream_that_failed_says_why() -> None:
    (failed,), _ = stream(ir.Failed(kind="overloaded", message="Overloaded"))
    assert failed["error"] == {"type": "overloaded_error", "message": "Overloaded"}


def test_a_thought_nobody_tells_is_none() -> None:
    told, codes = stream(
        ir.BlockStarted(index=0, block=ir.Thinking()),
        ir.BlockEnded(index=0),
        ir.BlockStarted(index=1, block=ir.Text(text="a")),
        ir.BlockEnded(index=1),
    )
    assert [event["index"] for event in told] == [0, 0, 0]
    assert codes == []
    assert msgspec.json.decode(response(ir.Thinking()).body)["content"] == []
    assert response(ir.Thinking()).losses == ()


def test_the_seal_is_the_last_a_thought_says() -> None:
    told, _ = stream(
        ir.BlockStarted(index=0, block=ir.Thinking()),
        ir.Sealed(index=0, seal=ir.Seal(origin="anthropic", signature="s")),
        ir.TextDelta(index=0, text="hm"),
        ir.BlockEnded(index=0),
    )
    assert [event.get("delta", {}).get("type") for event in told] == [
        None,
        "thinking_delta",
        "signature_delta",
        None,
    ]


def test_a_seal_of_a_call_has_no_place() -> None:
    told, _ = stream(
        ir.BlockStarted(index=0, block=ir.ToolCall(id="c", name="f", arguments="")),
        ir.Sealed(index=0, seal=ir.Seal(origin="google", signature="s")),
        ir.MediaDelta(index=0, data="A"),
        ir.BlockEnded(index=0),
    )
    assert [event["type"] for event in told] == ["content_block_start", "content_block_stop"]


@pytest.mark.parametrize(
    ("content", "head", "delta"),
    [
        (
            ir.Text(text="a"),
            {"type": "text", "text": ""},
            {"type": "text_delta", "text": "a"},
        ),
        (
            ir.Thinking(text="a"),
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "a"},
        ),
        (
            ir.ToolCall(id="c", name="f", arguments='{"a":1}'),
            {"type": "tool_use", "id": "c", "name": "f", "input": {}},
            {"type": "input_json_delta", "partial_json": '{"a":1}'},
        ),
        (
            ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}"), text="a"),
            {"type": "text", "text": ""},
            {"type": "text_delta", "text": "a"},
        ),
    ],
)
def test_blocks_may_begin_with_words(content: Content, head: object, delta: object) -> None:
    (started, told), _ = stream(ir.BlockStarted(index=0, block=content))
    assert (started["content_block"], told["delta"]) == (head, delta)


def test_a_block_of_the_dialect_goes_through_as_it_is() -> None:
    (started,), _ = stream(ir.BlockStarted(index=0, block=msgspec.structs.replace(NEW, text="w")))
    assert started["content_block"] == {"type": "new"}
    foreign = ir.Foreign(dialect="anthropic.messages", event="new", raw=Raw(b'{"type":"new"}'))
    assert stream(foreign)[0] == [{"type": "new"}]
    assert stream(msgspec.structs.replace(foreign, dialect="x"))[0] == []


def test_citations_come_as_they_are_known() -> None:
    told, codes = stream(
        ir.BlockStarted(index=0, block=ir.Text(text="")),
        ir.CitationAdded(index=0, citation=CITED),
        ir.CitationAdded(index=0, citation=ir.Citation(url="https://x.example")),
        ir.CitationAdded(index=0, citation=ir.Citation(text="nowhere")),
        ir.CitationAdded(index=0, citation=ir.Citation(unit="char", start=1, end=2)),
    )
    web = {
        "type": "web_search_result_location",
        "cited_text": "",
        "title": None,
        "url": "https://x.example",
        "encrypted_index": "",
    }
    assert [event.get("delta") for event in told] == [
        None,
        {"type": "citations_delta", "citation": LOCATION},
        {"type": "citations_delta", "citation": web},
    ]
    assert codes == ["citations", "citations"]


def test_what_is_said_of_a_block_that_never_began_is_dropped() -> None:
    assert stream(ir.TextDelta(index=3, text="a"), ir.BlockEnded(index=3)) == ([], [])


def test_blocks_left_open_are_ended() -> None:
    told, _ = stream(
        ir.BlockStarted(index=0, block=ir.Text(text="")),
        ir.BlockStarted(index=1, block=ir.Text(text="b")),
        ir.UsageUpdated(usage=Usage(output_tokens=3)),
        ir.Finished(stop=Stop(reason="end_turn"), usage=Usage(output_tokens=3)),
    )
    assert [event["type"] for event in told] == [
        "content_block_start",
        "content_block_stop",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert told[-2]["usage"] == {"input_tokens": 0, "output_tokens": 3}


def test_what_is_said_of_a_waiting_block_waits_too() -> None:
    told, _ = stream(
        ir.BlockStarted(index=0, block=ir.Text(text="a")),
        ir.BlockStarted(index=1, block=ir.Text(text="")),
        ir.TextDelta(index=1, text="b"),
        ir.BlockEnded(index=0),
        ir.BlockEnded(index=1),
    )
    assert [event["index"] for event in told] == [0, 0, 0, 1, 1, 1]
    assert told[4]["delta"] == {"type": "text_delta", "text": "b"}


def test_a_thousand_blocks_may_wait() -> None:
    count = 3_000
    events: list[Event] = [
        ir.BlockStarted(index=index, block=ir.Text(text="")) for index in range(count)
    ]
    events += [ir.BlockEnded(index=index) for index in reversed(range(count))]
    told, _ = stream(*events)
    assert [event["index"] for event in told] == sorted([*range(count)] * 2)
