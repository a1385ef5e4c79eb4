"""Whole answers as a client of Responses gets them."""

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.openai_responses.usage import read_usage
from tests.protocols.responses_told import (
    CODEC,
    ENDED,
    SEAL,
    STARTED,
    items,
    losses,
    raw,
    request,
    response,
    streamed,
    whole,
)

# --- whole ---------------------------------------------------------------------------------------


def test_an_answer_says_what_sdks_look_for() -> None:
    said = whole(ir.Text(text="Hello."), created=7, service_tier="default")
    (message,) = said.pop("output")
    assert message.pop("id").startswith("msg_")
    assert message == {
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hello.", "annotations": [], "logprobs": []}],
    }
    assert said == {
        "id": "resp_1",
        "object": "response",
        "created_at": 7,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "m",
        "usage": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {},
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": None},
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "service_tier": "default",
    }


def test_what_was_asked_is_said_again() -> None:
    schema = {"type": "json_schema", "name": "n", "schema": {}, "strict": True}
    tools = [
        {"type": "function", "name": "f", "parameters": {}, "strict": False},
        {"type": "custom", "name": "p"},
        {"type": "web_search"},
    ]
    asked = request(
        instructions="Be brief.",
        temperature=0,
        top_p=0.5,
        tools=tools,
        tool_choice={"type": "custom", "name": "p"},
        parallel_tool_calls=False,
        text={"format": schema, "verbosity": "low"},
        reasoning={"effort": "low"},
        max_output_tokens=5,
        metadata={"a": "b"},
    )
    said = msgspec.json.decode(CODEC.encode_response(response(), asked).body)
    assert said["instructions"] == "Be brief."
    assert (said["temperature"], said["top_p"], said["max_output_tokens"]) == (0, 0.5, 5)
    assert said["tools"] == tools
    assert said["tool_choice"] == {"type": "custom", "name": "p"}
    assert said["parallel_tool_calls"] is False
    assert said["text"] == {"format": schema, "verbosity": "low"}
    assert said["reasoning"] == {"effort": "low"}
    assert said["metadata"] == {"a": "b"}


def test_the_vendors_own_words_are_not_doubled() -> None:
    extra = {"temperature": raw(0.2), "billing": raw({"payer": "x"}), "service_tier": raw("auto")}
    said = whole(extra=extra, service_tier="flex")
    assert "tools" not in said
    assert (said["temperature"], said["billing"]) == (0.2, {"payer": "x"})
    assert said["service_tier"] == "flex"


def test_texts_that_follow_each_other_are_one_message() -> None:
    (message,) = items(ir.Text(text="a"), ir.Refusal(text="no"), ir.Text(text="b"))
    assert [part["type"] for part in message["content"]] == [
        "output_text",
        "refusal",
        "output_text",
    ]
    assert message["content"][1] == {"type": "refusal", "refusal": "no"}


def test_blocks_of_one_id_are_one_item() -> None:
    one, two = (ir.Seal(origin="openai", id=id_) for id_ in ("msg_1", "msg_2"))
    told_items = items(
        ir.Text(text="a", seal=one), ir.Text(text="b", seal=one), ir.Text(text="c", seal=two)
    )
    assert [(item["id"], len(item["content"])) for item in told_items] == [
        ("msg_1", 2),
        ("msg_2", 1),
    ]


def test_reasoning_is_one_item_until_it_is_signed() -> None:
    signed = ir.Seal(origin="openai", id="rs_1", signature="sealed")
    first, second = items(
        ir.Thinking(text="s", summary=True, seal=SEAL),
        ir.Thinking(text="t", seal=signed),
        ir.Thinking(seal=signed),
    )
    assert first == {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "s"}],
        "content": [{"type": "reasoning_text", "text": "t"}],
        "encrypted_content": "sealed",
    }
    assert second == {
        "id": "rs_1",
        "type": "reasoning",
        "summary": [],
        "encrypted_content": "sealed",
    }


def test_what_items_and_their_parts_say_beside_is_in_its_place() -> None:
    text = ir.Text(
        text="a",
        extra={"phase": raw("final"), "=status": raw("incomplete"), "content": raw({"odd": 1})},
    )
    (message,) = items(text)
    assert (message["phase"], message["status"]) == ("final", "incomplete")
    assert message["content"][0]["odd"] == 1
    thought = ir.Thinking(summary=True, text="s", extra={"summary": raw({"odd": 1}), "x": raw(2)})
    (reasoning,) = items(thought)
    assert (reasoning["summary"][0]["odd"], reasoning["x"]) == (1, 2)
    (other,) = items(ir.Thinking(extra={"content": raw({"odd": 1})}))
    assert other["content"] == [{"type": "reasoning_text", "text": "", "odd": 1}]


def test_calls_are_items() -> None:
    seal = ir.Seal(origin="openai", id="fc_1")
    first, second = items(
        ir.ToolCall(
            id="c1", name="f", arguments='{"a":1}', seal=seal, extra={"namespace": raw("n")}
        ),
        ir.ToolCall(id="c2", name="p", arguments="*** Begin", form="custom"),
    )
    assert first == {
        "id": "fc_1",
        "status": "completed",
        "type": "function_call",
        "call_id": "c1",
        "name": "f",
        "arguments": '{"a":1}',
        "namespace": "n",
    }
    assert second.pop("id").startswith("ctc_")
    assert second == {
        "status": "completed",
        "type": "custom_tool_call",
        "call_id": "c2",
        "name": "p",
        "input": "*** Begin",
    }


def test_items_of_the_dialect_come_as_they_were() -> None:
    said = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    assert (
        items(
            ir.Opaque(dialect="openai.responses", kind="web_search_call", raw=raw(said)),
            ir.Opaque(dialect="gemini.generate", kind="executableCode", raw=raw({}), text="1 + 1"),
        )[0]
        == said
    )


def test_what_others_do_not_model_is_told_if_it_is_text() -> None:
    block = ir.Opaque(dialect="gemini.generate", kind="executableCode", raw=raw({}), text="1 + 1")
    assert items(block)[0]["content"][0]["text"] == "1 + 1"


def test_an_image_is_a_call_that_made_it() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="QUJD"), mime="image/webp")
    (said,) = items(image)
    assert said.pop("id").startswith("ig_")
    assert said == {
        "type": "image_generation_call",
        "status": "completed",
        "output_format": "webp",
        "result": "QUJD",
    }
    assert "output_format" not in items(ir.Media(kind="image", source=ir.Inline(data="")))[0]


def test_citations_point_to_the_web() -> None:
    (message,) = items(
        ir.Text(
            text="abc",
            citations=(
                ir.Citation(url="https://x.test", title="X", start=1, end=2),
                ir.Citation(url="https://y.test"),
                ir.Citation(extra={"type": raw("file_citation"), "file_id": raw("f")}),
            ),
        )
    )
    assert message["content"][0]["annotations"] == [
        {
            "type": "url_citation",
            "url": "https://x.test",
            "title": "X",
            "start_index": 1,
            "end_index": 2,
        },
        {
            "type": "url_citation",
            "url": "https://y.test",
            "title": "",
            "start_index": 0,
            "end_index": 3,
        },
        {"type": "file_citation", "file_id": "f"},
    ]


def test_logprobs_are_of_their_text() -> None:
    tokens = [{"token": "a", "logprob": -1, "bytes": None, "top_logprobs": []}]
    (message,) = items(ir.Text(text="a", logprobs=raw(tokens)))
    assert message["content"][0]["logprobs"] == tokens


@pytest.mark.parametrize(
    ("block", "code", "is_content"),
    [
        (ir.Media(kind="audio", source=ir.Inline(data="")), "audio", True),
        (ir.Opaque(dialect="gemini.generate", kind="x", raw=raw({})), "opaque", True),
        (ir.ToolCall(id="c", name="f", executor="provider"), "provider_tool", False),
        (ir.ToolResult(call_id="c"), "provider_tool", False),
    ],
)
def test_what_has_no_words_here_is_lost(block: ir.Content, code: str, is_content: bool) -> None:  # noqa: FBT001
    assert losses(block) == [(code, is_content)]
    assert items(block) == []


def test_a_signature_without_a_field_is_lost() -> None:
    seal = ir.Seal(origin="gemini", signature="s")
    assert losses(ir.ToolCall(id="c", name="f", seal=seal)) == [("seal", False)]
    started = ir.BlockStarted(index=0, block=ir.ToolCall(id="c", name="f", arguments="", seal=seal))
    encoder = CODEC.event_encoder(request())
    for event in (STARTED, started):
        encoder.feed(event)
    assert [loss.code for loss in encoder.losses] == ["seal"]


def test_citations_of_documents_are_lost() -> None:
    text = ir.Text(text="a", citations=(ir.Citation(document=0, start=1),))
    assert losses(text) == [("citations", False)]
    assert items(text)[0]["content"][0]["annotations"] == []


def test_there_is_one_answer() -> None:
    other = ir.Alternative(content=(ir.Text(text="b"),), stop=ENDED)
    assert losses(ir.Text(text="a"), alternatives=(other,)) == [("n", True)]


@pytest.mark.parametrize(
    ("reason", "status", "details"),
    [
        ("end_turn", "completed", None),
        ("tool_call", "completed", None),
        ("pause", "completed", None),
        ("max_tokens", "incomplete", "max_output_tokens"),
        ("context_window", "incomplete", "max_output_tokens"),
        ("content_filter", "incomplete", "content_filter"),
    ],
)
def test_why_it_ended(reason: ir.StopReason, status: str, details: str | None) -> None:
    said = whole(stop=ir.Stop(reason=reason))
    assert said["status"] == status
    assert said["incomplete_details"] == (None if details is None else {"reason": details})
    *_, last = streamed(stop=ir.Stop(reason=reason))
    assert last["type"] == f"response.{status}"


def test_a_refusal_without_words_is_an_empty_one() -> None:
    refused = ir.Stop(reason="refusal")
    (message,) = whole(ir.Text(text="a"), stop=refused)["output"]
    assert message["content"][1] == {"type": "refusal", "refusal": ""}
    (other,) = whole(ir.Refusal(text="no"), stop=refused)["output"]
    assert len(other["content"]) == 1


def test_a_failure_is_told_as_one() -> None:
    said = whole(stop=ir.Stop(reason="error", raw="network_error"))
    assert (said["status"], said["error"]) == (
        "failed",
        {"code": "server_error", "message": "network_error"},
    )
    assert whole(stop=ir.Stop(reason="error"))["error"]["message"] == "the model failed"


def test_an_end_we_do_not_know_stays_as_it_was() -> None:
    stop = ir.Stop(reason="other", raw="queued", extra={"status": raw("queued")})
    assert whole(stop=stop)["status"] == "queued"


# --- usage ---------------------------------------------------------------------------------------


def test_usage_has_the_details_that_sdks_read() -> None:
    usage = ir.Usage(
        input_tokens=10, cache_write_tokens={"5m": 2, "1h": 1}, output_tokens=5, reasoning_tokens=3
    )
    assert whole(usage=usage)["usage"] == {
        "input_tokens": 10,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 3},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 3},
        "total_tokens": 15,
    }


def test_the_vendors_own_usage_is_told_as_it_was() -> None:
    said = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3, "cost": 0.5}
    usage = read_usage(raw(said), {"web_search": {"num_requests": 2}})
    assert usage is not None
    assert usage.provider_tool_calls == {"web_search": 2}
    assert whole(usage=usage)["usage"] == said
    changed = msgspec.structs.replace(usage, input_tokens=7)
    assert whole(usage=changed)["usage"]["input_tokens"] == 7
    nothing = ir.Usage(input_tokens=1, raw=Raw(b'{"total_tokens"'))
    assert whole(usage=nothing)["usage"]["total_tokens"] == 1


@pytest.mark.parametrize(
    ("details", "written"),
    [
        ({}, None),
        ({"cache_write_tokens": 5}, {"30m": 5}),
        (
            {
                "cache_write_tokens": 5,
                "cache_write_tokens_details": {"ttl_30m_tokens": 2, "ttl_12h_tokens": 3},
            },
            {"30m": 2, "12h": 3},
        ),
    ],
)
def test_what_was_written_to_the_cache(details: object, written: object) -> None:
    usage = read_usage(raw({"input_tokens": 9, "input_tokens_details": details}))
    assert usage is not None
    assert usage.cache_write_tokens == written
    assert read_usage(Raw(b"null")) is None
