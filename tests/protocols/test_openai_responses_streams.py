"""Streams as a client of Responses gets them."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from tests.protocols.responses_told import (
    ENDED,
    FINISHED,
    SEAL,
    STARTED,
    kinds,
    raw,
    streamed,
    told,
)


def test_a_text_is_told_in_order() -> None:
    stream = told(
        STARTED,
        ir.BlockStarted(index=0, block=ir.Text(text="")),
        ir.TextDelta(index=0, text="Hel", extra={"odd": raw(1)}),
        ir.TextDelta(index=0, text="lo"),
        ir.CitationAdded(index=0, citation=ir.Citation(url="https://x.test")),
        ir.BlockEnded(index=0),
        FINISHED,
    )
    assert [said["type"].removeprefix("response.") for said in stream] == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert stream[0]["response"]["status"] == "in_progress"
    assert stream[0]["response"]["output"] == []
    item_id = stream[2]["item"]["id"]
    assert stream[2]["item"]["content"] == []
    assert stream[3]["part"] == {
        "type": "output_text",
        "text": "",
        "annotations": [],
        "logprobs": [],
    }
    assert stream[4] == {
        "type": "response.output_text.delta",
        "sequence_number": 4,
        "item_id": item_id,
        "output_index": 0,
        "content_index": 0,
        "delta": "Hel",
        "logprobs": [],
        "odd": 1,
    }
    assert stream[6]["annotation"]["end_index"] == 5
    assert stream[7]["text"] == "Hello"
    assert stream[8]["part"]["text"] == "Hello"
    assert stream[10]["response"]["output"] == [stream[9]["item"]]
    assert stream[9]["item"]["status"] == "completed"


def test_reasoning_is_told_by_its_parts() -> None:
    signed = ir.Seal(origin="openai", id="rs_1", signature="sealed")
    stream = streamed(
        ir.Thinking(text="s", summary=True, seal=SEAL), ir.Thinking(text="t", seal=signed)
    )
    assert [said["type"].removeprefix("response.") for said in stream[2:]] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert stream[3]["summary_index"] == stream[7]["content_index"] == 0
    assert "logprobs" not in stream[4]
    assert stream[11]["item"]["encrypted_content"] == "sealed"


@pytest.mark.parametrize(
    ("form", "event", "key"),
    [
        ("function", "function_call_arguments", "arguments"),
        ("custom", "custom_tool_call_input", "input"),
    ],
)
def test_a_call_is_told_bit_by_bit(form: Any, event: str, key: str) -> None:
    stream = told(
        STARTED,
        ir.BlockStarted(index=0, block=ir.ToolCall(id="c", name="f", arguments="{", form=form)),
        ir.ArgumentsDelta(index=0, text="}"),
        ir.TextDelta(index=0, text="?"),
        ir.BlockEnded(index=0),
        FINISHED,
    )
    assert [said["type"].removeprefix("response.") for said in stream[2:]] == [
        "output_item.added",
        f"{event}.delta",
        f"{event}.delta",
        f"{event}.done",
        "output_item.done",
        "completed",
    ]
    assert (stream[2]["item"][key], stream[5][key]) == ("", "{}")
    assert stream[6]["item"][key] == "{}"


def test_items_may_interleave() -> None:
    stream = told(
        STARTED,
        ir.BlockStarted(index=0, block=ir.Text(text="a")),
        ir.BlockStarted(index=1, block=ir.ToolCall(id="c", name="f", arguments="")),
        ir.TextDelta(index=0, text="b"),
        ir.BlockEnded(index=1),
        ir.BlockEnded(index=0),
        FINISHED,
    )
    done = [said["output_index"] for said in stream if said["type"].endswith("item.done")]
    assert done == [1, 0]
    output = stream[-1]["response"]["output"]
    assert output[0]["content"][0]["text"] == "ab"


def test_an_item_of_the_dialect_ends_as_it_is_then() -> None:
    begun = {"type": "web_search_call", "id": "ws_1", "status": "in_progress"}
    done = {**begun, "status": "completed", "action": {"query": "q"}}
    block = ir.Opaque(dialect="openai.responses", kind="web_search_call", raw=raw(begun))
    searching = ir.Foreign(
        dialect="openai.responses",
        event="response.web_search_call.searching",
        raw=raw({"item_id": "ws_1", "output_index": 0}),
    )
    stream = told(
        STARTED,
        ir.BlockStarted(index=0, block=block),
        searching,
        ir.Foreign(dialect="gemini.generate", event="x", raw=raw({})),
        ir.TextDelta(index=0, text="?"),
        ir.BlockEnded(index=0, block=msgspec.structs.replace(block, raw=raw(done))),
        FINISHED,
    )
    assert stream[2]["item"] == begun
    assert stream[3] == {
        "type": "response.web_search_call.searching",
        "sequence_number": 3,
        "item_id": "ws_1",
        "output_index": 0,
    }
    assert stream[4]["item"] == stream[5]["response"]["output"][0] == done


def test_an_image_comes_in_pieces() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="QU"))
    stream = told(
        STARTED,
        ir.BlockStarted(index=0, block=image),
        ir.MediaDelta(index=0, data="JD"),
        ir.BlockEnded(index=0),
        FINISHED,
    )
    assert stream[-1]["response"]["output"][0]["result"] == "QUJD"


def test_what_is_known_in_the_end_is_said_in_the_end() -> None:
    stream = told(
        STARTED,
        ir.BlockStarted(index=0, block=ir.Text(text="")),
        ir.TextDelta(index=0, text="a"),
        ir.BlockEnded(index=0, block=ir.Text(text="", extra={"phase": raw("final")})),
        ir.Finished(stop=ENDED, usage=ir.Usage(), service_tier="flex", extra={"x": raw(1)}),
    )
    assert stream[-2]["item"]["phase"] == "final"
    assert (stream[-1]["response"]["service_tier"], stream[-1]["response"]["x"]) == ("flex", 1)


def test_what_is_queued_is_told_before_it_is_in_progress() -> None:
    queued = ir.Foreign(dialect="openai.responses", event="response.queued", raw=raw({}))
    assert kinds(STARTED, queued, FINISHED) == ["created", "queued", "in_progress", "completed"]


def test_nothing_is_told_of_blocks_that_are_lost() -> None:
    assert kinds(
        STARTED,
        ir.BlockStarted(index=0, block=ir.Text(text=""), choice=1),
        ir.TextDelta(index=0, text="a"),
        ir.BlockEnded(index=0),
        ir.AlternativeEnded(choice=1, stop=ENDED),
        FINISHED,
    ) == ["created", "in_progress", "completed"]


def test_a_refusal_without_words_is_told_in_the_end() -> None:
    refused = ir.Finished(stop=ir.Stop(reason="refusal"), usage=ir.Usage())
    assert kinds(STARTED, refused)[2:] == [
        "output_item.added",
        "content_part.added",
        "refusal.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]


def test_only_texts_are_cited() -> None:
    citation = ir.Citation(url="https://x.test")
    assert "output_text.annotation.added" not in kinds(
        STARTED,
        ir.BlockStarted(index=0, block=ir.Thinking(summary=True)),
        ir.CitationAdded(index=0, citation=citation),
        ir.ArgumentsDelta(index=0, text="?"),
        ir.BlockEnded(index=0),
        FINISHED,
    )


def test_a_stream_that_fails_says_so_twice() -> None:
    *_, error, failed = told(
        STARTED,
        ir.BlockStarted(index=0, block=ir.Text(text="a")),
        ir.Failed(kind="overloaded", message="Too busy."),
    )
    assert error == {
        "type": "error",
        "sequence_number": 5,
        "code": "overloaded",
        "message": "Too busy.",
        "param": None,
        "error": {
            "message": "Too busy.",
            "type": "server_error",
            "param": None,
            "code": "overloaded",
        },
    }
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": "overloaded", "message": "Too busy."}
    assert kinds(ir.Failed(kind="timeout", message="")) == ["error", "failed"]


def test_what_was_said_before_a_failure_is_said_again() -> None:
    call = ir.ToolCall(id="c", name="f", arguments="")
    *_, failed = told(
        ir.Started(id="r", model="m"),
        ir.BlockStarted(index=0, block=ir.Text(text="")),
        ir.TextDelta(index=0, text="Hel"),
        ir.TextDelta(index=0, text="lo"),
        ir.BlockEnded(index=0),
        ir.BlockStarted(index=1, block=call),
        ir.ArgumentsDelta(index=1, text='{"a'),
        ir.Failed(kind="overloaded", message="Too busy."),
    )
    message, called = failed["response"]["output"]
    assert (message["status"], message["content"][0]["text"]) == ("completed", "Hello")
    assert (called["status"], called["arguments"]) == ("incomplete", '{"a')
