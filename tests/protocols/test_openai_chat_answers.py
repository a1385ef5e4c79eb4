"""What the laws of test_answers.py do not reach: rare blocks, and what Chat has no words for."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Encoded, Head
from protocols.ir import Content, Event, Stop, Usage
from protocols.openai_chat.codec import ChatCodec
from tests.protocols.answers import frames

CODEC = ChatCodec()
CITED = ir.Citation(url="https://x.example", title="X", start=1, end=3)
PROBS = Raw(b'[{"token":"a"}]')


def request(**said: object) -> ir.Request:
    body = msgspec.json.encode({"model": "m", "messages": [], **said})
    return CODEC.decode_request(body, Head())


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
    return CODEC.encode_response(made, request())


def message(*content: Content) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.json.decode(response(*content).body)["choices"][0]["message"]
    return told


def stream(*events: Event, **asked: object) -> tuple[list[dict[str, Any]], list[str]]:
    encoder = CODEC.event_encoder(request(**asked))
    written = b"".join(map(encoder.feed, events)) + encoder.close()
    return frames(written), [loss.code for loss in encoder.losses]


def deltas(*events: Event) -> list[dict[str, Any]]:
    return [chunk["choices"][0]["delta"] for chunk in stream(*events)[0]]


def test_an_answer_has_all_its_fields() -> None:
    other = ir.Alternative(content=(ir.Text(text="b"),), stop=Stop(reason="max_tokens"))
    encoded = response(
        ir.Text(text="a", logprobs=PROBS, citations=(CITED,)),
        created=7,
        service_tier="flex",
        alternatives=(other,),
        usage=Usage(input_tokens=9, cache_write_tokens={"5m": 1, "1h": 2}, output_tokens=1),
    )
    annotation = {"url": "https://x.example", "title": "X", "start_index": 1, "end_index": 3}
    assert msgspec.json.decode(encoded.body) == {
        "id": "r",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "a",
                    "annotations": [{"type": "url_citation", "url_citation": annotation}],
                },
                "finish_reason": "stop",
                "logprobs": {"content": [{"token": "a"}]},
            },
            {
                "index": 1,
                "message": {"role": "assistant", "content": "b"},
                "finish_reason": "length",
            },
        ],
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 1,
            "total_tokens": 10,
            "prompt_tokens_details": {"cache_write_tokens": 3},
        },
        "service_tier": "flex",
    }
    assert encoded.losses == ()


def test_calls_without_a_text_have_no_content() -> None:
    call = ir.ToolCall(id="c", name="f")
    assert message(call)["content"] is None
    assert message()["content"] == ""
    assert message(ir.Text(text=""), call)["content"] == ""


def test_calls_of_both_forms_are_told() -> None:
    seal = ir.Seal(origin="google", signature="s")
    told = message(
        ir.ToolCall(id="c1", name="f", arguments="{", seal=seal),
        ir.ToolCall(id="c2", name="g", arguments="free", form="custom"),
        ir.ToolCall(id="c3", name="search", executor="provider"),
    )
    assert told["tool_calls"] == [
        {
            "id": "c1",
            "type": "function",
            "function": {"name": "f", "arguments": "{"},
            "extra_content": {"google": {"thought_signature": "s"}},
        },
        {"id": "c2", "type": "custom", "custom": {"name": "g", "input": "free"}},
    ]


def test_refusals_and_the_text_of_foreign_blocks_are_told() -> None:
    foreign = ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}"), text="known words")
    told = message(ir.Refusal(text="No."), foreign)
    assert (told["refusal"], told["content"]) == ("No.", "known words")


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (ir.Thinking(text="t", seal=ir.Seal(origin="anthropic", signature="s")), "seal"),
        (ir.Text(text="t", citations=(ir.Citation(document=1),)), "citations"),
        (ir.Media(kind="video", source=ir.Inline(data="A")), "video"),
        (ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}")), "opaque"),
        (ir.ToolCall(id="c", name="s", executor="provider"), "provider_tool"),
        (ir.ToolResult(call_id="c"), "provider_tool"),
    ],
)
def test_what_chat_cannot_say_is_a_loss(block: Content, code: str) -> None:
    (loss,) = response(ir.Text(text="a"), block).losses
    assert (loss.code, loss.path) == (code, "choices[0].content[1]")
    _, codes = stream(ir.Started(id="r", model="m"), ir.BlockStarted(index=0, block=block))
    assert codes == [code]


@pytest.mark.parametrize(
    ("reason", "word"),
    [("pause", "stop"), ("context_window", "length"), ("refusal", "content_filter")],
)
def test_the_vendors_word_stands_beside_ours(reason: ir.StopReason, word: str) -> None:
    stop = Stop(reason=reason, raw="their_word")
    choice = msgspec.json.decode(response(stop=stop).body)["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == (word, "their_word")
    chunks, _ = stream(ir.Finished(stop=stop, usage=Usage()))
    assert chunks[0]["choices"][0]["native_finish_reason"] == "their_word"


def test_a_stream_begins_with_the_role_and_keeps_its_name() -> None:
    chunks, _ = stream(ir.Started(id="r", model="m2", created=5))
    assert chunks == [
        {
            "id": "r",
            "object": "chat.completion.chunk",
            "created": 5,
            "model": "m2",
            "choices": [
                {
                    "index": 0,
                    "delta": {"role": "assistant", "content": ""},
                    "finish_reason": None,
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [({"include_usage": True}, 1), ({"include_usage": False}, 0), (None, 0), ("odd", 0)],
)
def test_usage_is_told_to_who_asked(options: object, told: int) -> None:
    finished = ir.Finished(stop=Stop(reason="end_turn"), usage=Usage(input_tokens=1))
    chunks, _ = stream(finished, stream_options=options)
    usages = [chunk for chunk in chunks if "usage" in chunk]
    assert len(usages) == told
    assert all(chunk["choices"] == [] for chunk in usages)


def test_a_stream_that_was_not_finished_has_no_end() -> None:
    encoder = CODEC.event_encoder(request())
    encoder.feed(ir.Started(id="r", model="m"))
    assert encoder.close() == b""


def test_blocks_may_begin_with_words() -> None:
    assert deltas(ir.BlockStarted(index=0, block=ir.Refusal(text="No"))) == [{"refusal": "No"}]
    opaque = ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}"), text="w")
    assert deltas(ir.BlockStarted(index=0, block=opaque)) == [{"content": "w"}]


def test_calls_of_each_choice_are_counted_apart() -> None:
    call = ir.ToolCall(id="c", name="f", arguments="", form="custom")
    told, _ = stream(
        ir.BlockStarted(index=0, block=call),
        ir.BlockStarted(index=1, block=call, choice=1),
        ir.BlockStarted(index=2, block=call, choice=1),
        ir.ArgumentsDelta(index=2, text="free"),
        ir.AlternativeEnded(choice=1, stop=Stop(reason="tool_call")),
    )
    choices = [chunk["choices"][0] for chunk in told]
    places = [
        (choice["index"], choice["delta"]["tool_calls"][0]["index"]) for choice in choices[:4]
    ]
    assert places == [(0, 0), (1, 0), (1, 1), (1, 1)]
    assert choices[3]["delta"]["tool_calls"][0]["custom"] == {"input": "free"}
    assert choices[4] == {"index": 1, "delta": {}, "finish_reason": "tool_calls"}


def test_citations_and_probabilities_come_as_they_are_known() -> None:
    text = ir.BlockStarted(index=0, block=ir.Text(text=""))
    told, _ = stream(
        text,
        ir.TextDelta(index=0, text="a", logprobs=PROBS),
        ir.CitationAdded(index=0, citation=CITED),
        ir.CitationAdded(index=0, citation=ir.Citation(document=1)),
        ir.BlockEnded(index=0),
    )
    first, second = [chunk["choices"][0] for chunk in told]
    assert first["logprobs"] == {"content": [{"token": "a"}]}
    assert second["delta"]["annotations"][0]["url_citation"]["url"] == "https://x.example"


def test_deltas_of_blocks_that_cannot_be_told_are_dropped() -> None:
    media = ir.Media(kind="video", source=ir.Inline(data=""))
    told, codes = stream(
        ir.BlockStarted(index=0, block=media),
        ir.MediaDelta(index=0, data="AAAA"),
        ir.TextDelta(index=0, text="a"),
        ir.ArgumentsDelta(index=0, text="{"),
        ir.UsageUpdated(usage=Usage(input_tokens=1)),
        ir.Foreign(dialect="x", event="y", raw=Raw(b"{}")),
    )
    assert (told, codes) == ([], ["video"])


def test_what_a_stream_cites_beside_the_web_is_lost_once_a_block() -> None:
    encoder = CODEC.event_encoder(request())
    citation = ir.Citation(document=0, unit="page", start=1, end=2)
    encoder.feed(ir.Started(id="1", model="m"))
    encoder.feed(ir.BlockStarted(index=0, block=ir.Text(text="")))
    written = [encoder.feed(ir.CitationAdded(index=0, citation=citation)) for _ in range(2)]

    assert written == [b"", b""]
    assert [loss.code for loss in encoder.losses] == ["citations"]
