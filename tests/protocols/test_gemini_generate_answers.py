"""Answers of a vendor, whole and streamed: what is read of them, and written again as it was."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.codec import Memo
from protocols.errors import DecodeError
from protocols.stream import replay
from tests.protocols.gemini_generate import (
    UPSTREAM,
    candidate,
    chunk,
    collected,
    heard,
    listened,
    model,
    streamed,
    told,
)

SEAL = ir.Seal(origin="gemini", signature="c2ln")
CALL = {"functionCall": {"name": "f", "args": {"a": 1}}}
USAGE = {"promptTokenCount": 3, "candidatesTokenCount": 2, "totalTokenCount": 5}
IMAGE = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
CODE = {"executableCode": {"language": "PYTHON", "code": "1"}}
GROUNDING = {
    "groundingChunks": [
        {"web": {"uri": "https://a.example/", "title": "A"}},
        {"retrievedContext": {"uri": "gs://b", "text": "t"}},
        {"odd": {}},
    ],
    "groundingSupports": [
        {"segment": {"startIndex": 3, "endIndex": 5, "text": "hi"}, "groundingChunkIndices": [0]},
        {"segment": {"endIndex": 99}, "groundingChunkIndices": [0, 7, "x"]},
        "odd",
    ],
}
LOGPROBS: dict[str, Any] = {
    "chosenCandidates": [{"token": "h", "logProbability": -0.5}, {"token": "i"}],
    "topCandidates": [{"candidates": [{"token": "h", "logProbability": -0.5}]}],
}


def test_a_whole_answer_is_read_and_written_again() -> None:
    answer = {
        **candidate(
            {"text": "hm", "thought": True},
            {"text": "hi", "thoughtSignature": "c2ln"},
            CALL,
            IMAGE,
            CODE,
            avgLogprobs=-0.1,
            safetyRatings=[],
        ),
        "usageMetadata": {**USAGE, "serviceTier": "standard"},
        "createTime": "2026-01-01T00:00:00Z",
    }
    response = heard(answer)
    thought, text, call, image, code = response.content
    assert thought == ir.Thinking(text="hm")
    assert text == ir.Text(text="hi", seal=SEAL)
    assert isinstance(call, ir.ToolCall)
    assert (call.name, call.arguments) == ("f", '{"a":1}')
    assert isinstance(image, ir.Media)
    assert isinstance(code, ir.Opaque)
    assert (response.id, response.model) == ("r1", "gemini-2.5-flash")
    assert (response.stop.reason, response.stop.raw) == ("tool_call", "STOP")
    assert response.service_tier == "standard"
    assert told(response) == answer


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"error":{}}', b"<html>"])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(body, Memo(seed="s"))


@pytest.mark.parametrize(
    ("word", "reason", "raw"),
    [
        ("STOP", "end_turn", "STOP"),
        ("MAX_TOKENS", "max_tokens", "MAX_TOKENS"),
        ("SAFETY", "content_filter", "SAFETY"),
        ("IMAGE_SAFETY", "content_filter", "IMAGE_SAFETY"),
        ("MALFORMED_FUNCTION_CALL", "malformed", "MALFORMED_FUNCTION_CALL"),
        ("NEW_WORD", "other", "NEW_WORD"),
        (2, "max_tokens", "MAX_TOKENS"),
        (77, "other", "77"),
        (None, "other", None),
    ],
)
def test_stops_are_understood_and_written_again(word: Any, reason: str, raw: str | None) -> None:
    answer = candidate({"text": "hi"})
    answer["candidates"][0]["finishReason"] = word
    stop = heard(answer).stop
    assert (stop.reason, stop.raw) == (reason, raw)
    (last,) = [*streamed(replay(heard(answer)))[0]][1:]
    assert last["candidates"][0].get("finishReason") == word
    written = told(heard(answer))["candidates"][0].get("finishReason")
    assert written == word


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("end_turn", "STOP"),
        ("tool_call", "STOP"),
        ("refusal", "SAFETY"),
        ("context_window", "MAX_TOKENS"),
        ("other", "OTHER"),
    ],
)
def test_stops_of_others_are_said_in_words_of_the_dialect(reason: Any, word: str) -> None:
    response = ir.Response(
        id="1", model="m", content=(), stop=ir.Stop(reason=reason, raw="stop"), usage=ir.Usage()
    )
    assert told(response) == {
        "candidates": [{"content": {"role": "model"}, "finishReason": word}],
        "modelVersion": "m",
        "responseId": "1",
    }


def test_a_prompt_that_is_refused_has_no_candidates() -> None:
    answer = {
        "promptFeedback": {"blockReason": "MODEL_ARMOR"},
        "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3},
        "modelVersion": "m",
        "responseId": "r1",
    }
    response = heard(answer)
    assert (response.stop.reason, response.stop.raw) == ("content_filter", "MODEL_ARMOR")
    assert response.usage.output_tokens == 0
    assert told(response) == answer
    assert collected(listened([answer])) == response
    chunks, _ = streamed(listened([answer]))
    assert chunks == [answer]


def test_an_answer_of_nothing_is_nobodys_fault() -> None:
    response = heard({"usageMetadata": {}})
    assert response.stop.reason == "other"
    assert told(response)["candidates"] == []


def test_candidates_after_the_first_are_alternatives() -> None:
    answer = candidate({"text": "one"})
    answer["candidates"].append({"content": model(CALL), "finishReason": "STOP", "index": 1})
    response = heard(answer)
    (other,) = response.alternatives
    assert other.stop.reason == "tool_call"
    assert told(response) == answer


def test_what_cannot_be_read_is_kept() -> None:
    odd: dict[str, Any] = {"functionCall": {"args": {}}}
    (block,) = heard(candidate(odd)).content
    assert block == ir.Opaque(
        dialect="gemini.generate", kind="part", raw=Raw(msgspec.json.encode(odd))
    )
    assert told(heard(candidate(odd))) == candidate(odd)


def test_what_was_renamed_for_the_vendor_is_named_as_it_was() -> None:
    patch = {"functionCall": {"name": "patch", "args": {"input": "*** x"}}}
    asked, custom = heard(candidate(CALL, patch), names={"f": "f x"}, custom={"patch"}).content
    assert isinstance(asked, ir.ToolCall)
    assert asked.name == "f x"
    assert isinstance(custom, ir.ToolCall)
    assert (custom.form, custom.arguments) == ("custom", "*** x")


def test_arguments_of_the_tool_that_stands_for_a_schema_are_the_text() -> None:
    response = heard(candidate(CALL), schema_tool="f")
    assert response.content == (ir.Text(text='{"a":1}'),)
    assert response.stop.reason == "end_turn"


def test_sources_and_likelihoods_belong_to_the_last_text() -> None:
    beside = {"groundingMetadata": GROUNDING, "logprobsResult": LOGPROBS}
    answer = candidate({"text": "über hi"}, CALL, **beside)
    text = heard(answer).content[0]
    assert isinstance(text, ir.Text)
    assert text.citations == (
        ir.Citation(text="hi", title="A", url="https://a.example/", unit="web", start=2, end=4),
        ir.Citation(title="A", url="https://a.example/", unit="web"),
        ir.Citation(url="gs://b", unit="web"),
        ir.Citation(unit="web"),
    )
    assert msgspec.json.decode(text.logprobs) == [
        {
            "token": "h",
            "logprob": -0.5,
            "bytes": [104],
            "top_logprobs": [{"token": "h", "logprob": -0.5, "bytes": [104]}],
        },
        {"token": "i", "logprob": 0, "bytes": [105], "top_logprobs": []},
    ]
    assert told(heard(answer)) == answer


@pytest.mark.parametrize(("model", "billed"), [("gemini-2.5-flash", 1), ("gemini-3-pro", 2)])
def test_searches_of_the_web_are_counted_as_google_bills_them(model: str, billed: int) -> None:
    grounding = {"webSearchQueries": ["a", "b"], "groundingChunks": []}
    answer = candidate({"text": "hi"}, groundingMetadata=grounding) | {"modelVersion": model}
    counted = heard({**answer, "usageMetadata": USAGE}).usage
    assert counted.provider_tool_calls == {"web_search": billed}
    nothing = candidate({"text": "hi"}, groundingMetadata={"webSearchQueries": []})
    assert heard({**nothing, "usageMetadata": USAGE}).usage.provider_tool_calls is None
    chunks = [{**chunk({"text": "hi"}), "usageMetadata": USAGE}, answer]
    assert collected(listened(chunks)).usage == counted


def test_citations_may_stand_in_a_list_of_their_own() -> None:
    cited = {"citations": [{}, {"uri": "https://a.example/", "startIndex": 0, "endIndex": 2}]}
    answer = candidate({"text": "hi there"}, citationMetadata=cited)
    (text,) = heard(answer).content
    assert isinstance(text, ir.Text)
    assert text.citations == (ir.Citation(url="https://a.example/", unit="web", start=0, end=2),)
    assert told(heard(answer)) == answer
    older = candidate({"text": "hi"}, citationMetadata={"citationSources": [{"uri": "u"}]})
    assert heard(older).content == (
        ir.Text(text="hi", citations=(ir.Citation(url="u", unit="web"),)),
    )


def test_a_stream_says_what_the_whole_answer_says() -> None:
    chunks = [
        chunk({"text": "h", "thought": True}, modelVersion="m"),
        chunk({"text": "m", "thought": True, "thoughtSignature": "c2ln"}),
        chunk({"text": ""}),
        chunk({"text": "hel"}),
        chunk({"text": "lo"}),
        chunk({**CALL, "thoughtSignature": "c2ln"}, CALL),
        chunk(IMAGE, {"text": "bye"}),
        {**chunk({"text": "", "thoughtSignature": "c2ln"}), "usageMetadata": USAGE},
        {
            **chunk(finishReason="STOP", finishMessage="fine"),
            "usageMetadata": {**USAGE, "serviceTier": "flex"},
            "createTime": "now",
        },
    ]
    events = listened(chunks)
    response = collected(events)
    thought, text, first, second, image, last = response.content
    assert thought == ir.Thinking(text="hm", seal=SEAL)
    assert text == ir.Text(text="hello")
    assert isinstance(first, ir.ToolCall)
    assert isinstance(second, ir.ToolCall)
    assert (first.seal, second.seal) == (SEAL, None)
    assert isinstance(image, ir.Media)
    assert last == ir.Text(text="bye", seal=SEAL)
    assert (response.stop.reason, response.service_tier) == ("tool_call", "flex")
    assert sum(isinstance(event, ir.UsageUpdated) for event in events) == 2
    written, lost = streamed(events)
    assert lost == []
    assert collected(listened(written)) == response
    assert written[-1]["candidates"][0]["finishReason"] == "STOP"
    assert written[-1]["usageMetadata"]["totalTokenCount"] == 5
    assert written[-1]["createTime"] == "now"
    assert {each["responseId"] for each in written} == {"r1"}
    assert heard(told(response)).content == response.content


def test_parts_with_something_beside_are_blocks_of_their_own() -> None:
    odd = {"text": "a", "partMetadata": {"x": 1}}
    events = listened([chunk({"text": "b"}), chunk(odd), chunk(finishReason="STOP")])
    response = collected(events)
    assert [getattr(block, "text", None) for block in response.content] == ["b", "a"]
    assert collected(listened(streamed(events)[0])) == response


def test_candidates_are_streamed_side_by_side() -> None:
    both = {
        "candidates": [
            {"content": model({"text": "a"})},
            {"content": model({"text": "b"}), "index": 1},
        ]
    }
    ends = {"candidates": [{"finishReason": "STOP"}, {"finishReason": "MAX_TOKENS", "index": 1}]}
    events = listened([both, both, ends])
    response = collected(events)
    assert response.content == (ir.Text(text="aa"),)
    (other,) = response.alternatives
    assert (other.content, other.stop.reason) == ((ir.Text(text="bb"),), "max_tokens")
    assert collected(listened(streamed(events)[0])) == response


def test_sources_and_likelihoods_are_streamed_with_their_text() -> None:
    chunks = [
        chunk({"text": "über "}, logprobsResult=LOGPROBS),
        chunk({"text": "hi"}, groundingMetadata=GROUNDING, finishReason="STOP"),
    ]
    events = listened(chunks)
    (text,) = collected(events).content
    assert isinstance(text, ir.Text)
    assert (text.citations[0].start, text.citations[0].end) == (2, 4)
    assert len(msgspec.json.decode(text.logprobs)) == 2
    written, _ = streamed(events)
    assert written[1]["candidates"][0]["logprobsResult"] == LOGPROBS | {
        "chosenCandidates": [
            {"token": "h", "logProbability": -0.5},
            {"token": "i", "logProbability": 0},
        ],
        "topCandidates": [LOGPROBS["topCandidates"][0], {"candidates": []}],
    }
    assert written[-1]["candidates"][0]["groundingMetadata"] == GROUNDING
    nothing = listened([chunk(CALL, groundingMetadata=GROUNDING, finishReason="STOP")])
    assert not any(isinstance(event, ir.CitationAdded) for event in nothing)


def pieces(*pieces: dict[str, Any], **call: Any) -> dict[str, Any]:
    if pieces:
        call["partialArgs"] = [*pieces]
    return chunk({"functionCall": call})


def test_a_call_in_pieces_is_told_when_it_is_whole() -> None:
    first = pieces(name="f", id="c1", willContinue=True)
    first["candidates"][0]["content"]["parts"][0]["thoughtSignature"] = "c2ln"
    chunks = [
        first,
        pieces(
            {"jsonPath": "$.city", "stringValue": "New ", "willContinue": True}, willContinue=True
        ),
        pieces({"jsonPath": "$.city", "stringValue": "Delhi"}, willContinue=True),
        pieces(
            {"jsonPath": "$.days[0]", "numberValue": 1},
            {"jsonPath": "$.days[1]", "numberValue": 2},
            {"jsonPath": "$.days[9]", "numberValue": 9},
            {"jsonPath": "$.days.x", "numberValue": 9},
            {"jsonPath": "$['o'][\"p\"]", "boolValue": True},
            {"jsonPath": "$.nothing", "nullValue": "NULL_VALUE"},
            {"jsonPath": "$", "numberValue": 1},
            {"jsonPath": "$.novalue"},
            {"jsonPath": "$" + ".deep" * 65, "numberValue": 1},
            {"numberValue": 1},
            willContinue=True,
        ),
        pieces(),
        pieces(name="g", willContinue=True),
        pieces({"jsonPath": "$.a", "numberValue": 1}, name="h"),
        pieces(name="i", willContinue=True),
        chunk(finishReason="STOP"),
    ]
    response = collected(listened(chunks))
    calls = [block for block in response.content if isinstance(block, ir.ToolCall)]
    assert [call.name for call in calls] == ["f", "g", "h", "i"]
    assert (calls[0].id, calls[0].seal) == ("c1", SEAL)
    assert msgspec.json.decode(calls[0].arguments) == {
        "city": "New Delhi",
        "days": [1, 2],
        "o": {"p": True},
        "nothing": None,
    }
    assert [call.arguments for call in calls[1:]] == ["{}", '{"a":1}', "{}"]
    assert response.stop.reason == "tool_call"


def test_pieces_that_are_no_list_say_nothing() -> None:
    odd = chunk({"functionCall": {"name": "f", "partialArgs": 3}}, finishReason="STOP")
    (call,) = collected(listened([odd])).content
    assert isinstance(call, ir.ToolCall)
    assert call.arguments == "{}"


def test_an_error_in_a_stream_is_the_end_of_it() -> None:
    error = {"error": {"code": 503, "message": "too busy", "status": "UNAVAILABLE"}}
    odd = {**chunk({"text": "hi"}), "error": {}}
    *_, failed = listened([odd, error, chunk({"text": "more"})])
    assert isinstance(failed, ir.Failed)
    assert (failed.kind, failed.message) == ("overloaded", "too busy")
    chunks, _ = streamed([failed])
    assert chunks == [{"error": {"code": 503, "message": "too busy", "status": "UNAVAILABLE"}}]


@pytest.mark.parametrize("chunks", [[], [b""], [b"[DONE]"], [chunk({"text": "hi"})]])
def test_a_stream_that_says_no_reason_has_failed(chunks: list[Any]) -> None:
    *_, failed = listened(chunks)
    assert isinstance(failed, ir.Failed)
    assert failed.kind == "upstream_error"


def test_chunks_nobody_knows_go_to_clients_of_the_dialect() -> None:
    odd = {"sessionUpdate": {"a": 1}}
    events = listened([odd, chunk({"text": "hi"}), odd, chunk(finishReason="STOP")])
    (foreign,) = [event for event in events if isinstance(event, ir.Foreign)]
    assert odd in streamed(events)[0]
    assert streamed([replace(foreign, dialect="openai.chat")]) == ([], [])


@pytest.mark.parametrize("index", [-3, "x", 2.0])
def test_odd_numbers_of_candidates_do_not_matter(index: Any) -> None:
    said = {"candidates": [{"content": model({"text": "hi"}), "index": index}]}
    assert listened([said])
