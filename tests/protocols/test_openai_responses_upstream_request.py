"""Requests as a vendor of Responses gets them."""

from hashlib import sha256
from typing import Any

import msgspec
import pytest

from protocols import ir
from tests.protocols.responses_sent import (
    OPENAI,
    OTHER,
    PLAIN,
    UPSTREAM,
    again,
    body,
    foreign,
    losses,
    own,
    raw,
    refusing,
    send,
)

# --- the same dialect ----------------------------------------------------------------------------


SAID: dict[str, Any] = {
    "instructions": "Be brief.",
    "input": [
        {"type": "message", "role": "developer", "content": []},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "a", "prompt_cache_breakpoint": {}},
                {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "low"},
                {"type": "input_file", "filename": "a.pdf", "file_data": "QUJD"},
                {"type": "input_file", "file_url": "https://x.test/a.pdf"},
                {"type": "input_file", "file_id": "file_1"},
                {"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}},
                {"type": "input_video", "video_url": "x"},
            ],
            "id": "msg_0",
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [{"type": "summary_text", "text": "s"}],
            "content": [{"type": "reasoning_text", "text": "t", "odd": 1}],
            "encrypted_content": "sealed",
            "odd": 2,
        },
        {"type": "reasoning", "summary": []},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "b",
                    "annotations": [
                        {
                            "type": "url_citation",
                            "url": "u",
                            "title": "t",
                            "start_index": 0,
                            "end_index": 1,
                        }
                    ],
                    "logprobs": [{"token": "b"}],
                },
                {"type": "refusal", "refusal": "no"},
            ],
            "id": "msg_1",
            "phase": "final_answer",
        },
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "refusal", "refusal": "no"}],
            "id": "msg_2",
        },
        {"type": "function_call", "call_id": "c1", "name": "f.g", "arguments": "{", "id": "fc_1"},
        {
            "type": "custom_tool_call",
            "call_id": "c2",
            "name": "p",
            "input": "x",
            "status": "incomplete",
        },
        {"type": "function_call_output", "call_id": "c1", "output": "1", "id": "fco_1"},
        {
            "type": "custom_tool_call_output",
            "call_id": "c2",
            "output": [{"type": "input_text", "text": "1"}, {"type": "input_text", "text": "2"}],
        },
        {"type": "function_call_output", "call_id": "c0", "output": ""},
        {"type": "web_search_call", "id": "ws_1", "status": "completed"},
        {"type": "image_generation_call", "id": "ig_1", "result": "QUJD", "output_format": "webp"},
    ],
    "tools": [
        {"type": "function", "name": "f", "description": "d", "parameters": {}, "strict": True,
         "x": 1},
        {"type": "function", "function": {"name": "g"}, "name": "g"},
        {"type": "custom", "name": "p", "description": "d", "format": {"type": "grammar"}},
        {"type": "web_search", "filters": {}},
    ],
    "tool_choice": {"type": "custom", "name": "p"},
    "parallel_tool_calls": False,
    "text": {
        "format": {"type": "json_schema", "name": "n", "schema": {}},
        "verbosity": "low",
        "odd": 1,
    },
    "reasoning": {"effort": "low", "summary": "detailed", "context": "all"},
    "temperature": 0.5,
    "top_p": 0.5,
    "top_logprobs": 2,
    "max_output_tokens": 9,
    "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
    "metadata": {"a": "b"},
    "store": False,
    "previous_response_id": "resp_0",
    "service_tier": "flex",
    "prompt_cache_key": "k",
    "user": "u",
    "stream": True,
    "truncation": "auto",
    "client_metadata": {"x": "y"},
}  # fmt: skip


def test_what_came_in_the_dialect_goes_out_as_it_came() -> None:
    assert again(**SAID) == SAID


@pytest.mark.parametrize(
    "said",
    [
        {"tool_choice": {"type": "mcp", "server_label": "s"}},
        {
            "tool_choice": {
                "type": "allowed_tools",
                "mode": "required",
                "tools": [{"type": "function", "name": "f"}],
            }
        },
        {"tool_choice": "none"},
        {"text": {"format": {"type": "json_object"}}},
        {"text": {"format": {"type": "text"}}},
        {"safety_identifier": "u", "store": True},
        {"reasoning": {"summary": "auto"}},
    ],
)
def test_its_other_words_go_out_as_they_came(said: dict[str, Any]) -> None:
    question = {
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]}
        ]
    }
    assert again(**question, **said) == {**question, **said}


def test_what_the_vendor_keeps_needs_no_input() -> None:
    assert again(prompt={"id": "p"}) == {"prompt": {"id": "p"}}


def test_what_the_target_refuses_is_lost_here_too() -> None:
    request = own(input="hi", temperature=0.5, top_p=1, store=True, reasoning={"effort": "low"})
    sent = send(request, refusing("temperature", "top_p", "store", "reasoning"))
    assert [loss.code for loss in sent.losses] == ["effort", "temperature"]
    assert set(msgspec.json.decode(sent.body)) == {"model", "input"}


# --- the rest ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reasoning", "said", "found"),
    [
        (ir.Reasoning(effort="high"), {"effort": "high"}, []),
        (ir.Reasoning(effort="medium"), {"effort": "low"}, ["effort"]),
        (ir.Reasoning(mode="off"), {"effort": "none"}, []),
        (ir.Reasoning(mode="on", budget_tokens=4096), {"effort": "high"}, []),
        (ir.Reasoning(mode="adaptive", show="full"), {"summary": "auto"}, []),
        (ir.Reasoning(show="none", extra={"x": raw(1)}), None, ["other:x"]),
    ],
)
def test_how_hard_to_think(reasoning: ir.Reasoning, said: object, found: list[str]) -> None:
    request = foreign(reasoning=reasoning)
    assert (body(request).get("reasoning"), losses(request)) == (said, found)


def test_some_cannot_but_think_and_some_not_at_all() -> None:
    thinker = msgspec.structs.replace(OPENAI, efforts=("low", "high"))
    off = foreign(reasoning=ir.Reasoning(mode="off", show="summary"))
    assert body(off, thinker)["reasoning"]["effort"] == "low"
    assert losses(off, thinker) == ["effort"]
    assert (losses(off, PLAIN), "reasoning" in body(off, PLAIN)) == ([], False)
    assert losses(foreign(reasoning=ir.Reasoning(effort="high")), PLAIN) == ["effort"]
    free = msgspec.structs.replace(OPENAI, efforts=())
    assert body(foreign(reasoning=ir.Reasoning(effort="odd")), free)["reasoning"] == {
        "effort": "odd"
    }


def test_what_responses_has_no_words_for_is_lost() -> None:
    sampling = ir.Sampling(
        top_k=1, seed=1, presence_penalty=1, frequency_penalty=0, candidates=2, stop=("x",)
    )
    assert losses(foreign(sampling=sampling)) == ["top_k", "seed", "penalties", "n", "stop"]
    usual = ir.Sampling(temperature=1, top_p=1, presence_penalty=0, candidates=1)
    assert losses(foreign(sampling=usual), refusing("temperature", "top_p")) == []


def test_logprobs_are_included() -> None:
    sampling = ir.Sampling(logprobs=True, top_logprobs=2)
    said = body(foreign(sampling=sampling), PLAIN)
    assert (said["include"], said["top_logprobs"]) == (["message.output_text.logprobs"], 2)
    assert losses(foreign(sampling=sampling), refusing("logprobs")) == ["logprobs"]


def test_reasoning_is_asked_for_sealed_where_nothing_is_stored() -> None:
    assert body(foreign())["include"] == ["reasoning.encrypted_content"]
    assert body(foreign())["store"] is False
    assert "include" not in body(foreign(), PLAIN)
    assert "store" not in body(foreign(), refusing("store"))
    assert losses(foreign(store=True)) == ["store"]


@pytest.mark.parametrize(
    ("asked", "most", "given", "found"),
    [
        (99, None, 99, []),
        (99, 50, 50, ["max_tokens"]),
        (1, None, 16, ["max_tokens"]),
    ],
)
def test_the_longest_answer(asked: int, most: int | None, given: int, found: list[str]) -> None:
    target = msgspec.structs.replace(OPENAI, max_tokens=most)
    request = foreign(sampling=ir.Sampling(max_tokens=asked))
    assert (body(request, target)["max_output_tokens"], losses(request, target)) == (given, found)


def test_openai_is_told_what_others_have_no_words_for() -> None:
    request = foreign(
        verbosity="low",
        cache_key="k",
        metadata={"a": "b"},
        service_tier="standard",
        end_user="u",
        stream=True,
        extra={"odd": raw(1)},
    )
    said = body(request)
    assert said["text"] == {"verbosity": "low"}
    assert (said["prompt_cache_key"], said["metadata"]) == ("k", {"a": "b"})
    assert (said["service_tier"], said["safety_identifier"]) == ("default", "u")
    assert said["stream"] is True
    assert losses(request) == ["other:odd"]
    assert losses(request, OTHER) == ["verbosity", "cache_key", "metadata", "other:odd"]
    assert body(request, OTHER)["user"] == "u"


def test_that_a_stream_says_what_it_used_is_no_loss() -> None:
    request = foreign(stream=True, extra={"stream_options": raw({"include_usage": True})})
    assert losses(request) == []
    assert "stream_options" not in body(request)


def test_what_is_usual_is_no_loss() -> None:
    request = foreign(verbosity="medium", service_tier="auto")
    assert losses(request, OTHER) == []
    assert losses(foreign(service_tier="priority"), OTHER) == ["service_tier"]


def test_a_long_name_of_a_user_is_shortened() -> None:
    user = "u" * 65
    assert body(foreign(end_user=user))["safety_identifier"] == sha256(user.encode()).hexdigest()


def test_answers_are_text() -> None:
    request = foreign(modalities=("text", "audio"), previous_response_id="resp_1")
    assert losses(request) == ["audio"]
    assert body(request)["previous_response_id"] == "resp_1"


def test_links_that_the_target_does_not_follow_are_wanted() -> None:
    def image(url: str) -> ir.Media:
        return ir.Media(kind="image", source=ir.Link(url=url))

    inner = ir.InlineBlocks(content=(ir.Text(text="x"), image("http://x.test/1")))
    result = ir.ToolResult(call_id="c", content=(image("http://x.test/2"),))
    sound = ir.Media(kind="audio", source=ir.Link(url="https://x.test/3"))
    request = foreign(
        ir.Media(kind="document", source=inner),
        result,
        sound,
        image("https://x.test/4"),
        image("gs://b/5"),
        ir.Text(text="x"),
        ir.Media(kind="image", source=ir.Inline(data="")),
    )
    assert UPSTREAM.wants(request, OPENAI) == (
        "http://x.test/1",
        "http://x.test/2",
        "https://x.test/3",
    )
    assert UPSTREAM.wants(request, refusing("image")) == ("https://x.test/3",)
