"""Answers in Converse, whole and streamed, read and written."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.codec import ConverseCodec, ConverseUpstream
from protocols.codec import Memo
from protocols.errors import DecodeError

CLIENT, UPSTREAM = ConverseCodec(), ConverseUpstream()
MEMO = Memo(
    seed="s", names={"f_1": "f.1", "p": "p"}, custom=frozenset({"p"}), schema_tool="json_output"
)
ASKED = ir.Request(dialect="bedrock.converse", model="m", messages=())
USAGE = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "serverToolUsage": {}}
PNG = {"format": "png", "source": {"bytes": "aGk="}}


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def answer(*content: object, stop: str = "end_turn", **said: object) -> dict[str, Any]:
    message = {"role": "assistant", "content": list(content)}
    return {
        "output": {"message": message},
        "stopReason": stop,
        "usage": USAGE,
        "metrics": {"latencyMs": 7},
        **said,
    }


def read(said: object, memo: Memo = MEMO) -> ir.Response:
    return UPSTREAM.decode_response(msgspec.json.encode(said), memo)


def stays(said: dict[str, Any]) -> ir.Response:
    response = read(said, Memo(seed="s"))
    told = CLIENT.encode_response(response, ASKED)
    assert msgspec.json.decode(told.body) == said
    assert told.losses == ()
    return response


def written(response: ir.Response) -> tuple[dict[str, Any], list[str]]:
    told = CLIENT.encode_response(response, ASKED)
    return msgspec.json.decode(told.body), [loss.code for loss in told.losses]


def response(*content: ir.Content, **said: Any) -> ir.Response:
    filled = {"stop": ir.Stop(reason="end_turn"), "usage": ir.Usage(), **said}
    return ir.Response(id="i", model="m", content=content, **filled)


def test_an_answer_stays_what_it_is() -> None:
    said = stays(
        answer(
            {"reasoningContent": {"reasoningText": {"text": "t", "signature": "s"}}},
            {"text": "a"},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}, "type": "tool_use"}},
            {"image": PNG},
            stop="tool_use",
            trace={"guardrail": {}},
            additionalModelResponseFields={"stop_sequence": "x"},
            serviceTier={"type": "flex"},
        )
    )
    kinds = [ir.Thinking, ir.Text, ir.ToolCall, ir.Media]
    assert [type(block) for block in said.content] == kinds
    assert (said.service_tier, said.stop) == ("flex", ir.Stop(reason="tool_call", raw="tool_use"))
    assert said.usage == ir.Usage(input_tokens=1, output_tokens=2, raw=raw(USAGE))
    assert said.extra is not None
    assert said.extra["metrics"] == raw({"latencyMs": 7})


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "stop_sequence"),
        ("content_filtered", "content_filter"),
        ("guardrail_intervened", "content_filter"),
        ("malformed_tool_use", "malformed"),
        ("model_context_window_exceeded", "context_window"),
    ],
)
def test_why_it_stopped_is_told_in_the_same_word(word: str, reason: str) -> None:
    assert stays(answer(stop=word)).stop == ir.Stop(reason=reason, raw=word)  # type: ignore[arg-type]


def test_a_word_nobody_knows_is_another_reason() -> None:
    said = read(answer(stop="tired"))
    assert said.stop == ir.Stop(reason="other", raw="tired")
    assert written(said)[0]["stopReason"] == "end_turn"
    assert read({**answer(), "stopReason": None}).stop == ir.Stop(reason="other")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"output":{}}', b'{"output":{"message":{}}}', b"\xff"]
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError):
        UPSTREAM.decode_response(body, MEMO)


def test_a_block_that_cannot_be_read_takes_no_other_along() -> None:
    odd = {"toolUse": {"name": 1}}
    said = read(answer(odd, {"text": "a"}))
    assert said.content == (
        ir.Opaque(dialect="bedrock.converse", kind="unreadable", raw=raw(odd)),
        ir.Text(text="a"),
    )


def call(name: str, **arguments: object) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": "t", "name": name, "input": arguments}}


def test_tools_have_the_names_that_were_asked_for() -> None:
    said = read(answer(call("f_1"), call("p", input="free"), stop="tool_use"))
    assert said.content == (
        ir.ToolCall(id="t", name="f.1"),
        ir.ToolCall(id="t", name="p", arguments="free", form="custom"),
    )
    assert said.stop.reason == "tool_call"


def test_the_tool_that_stood_for_a_schema_is_text() -> None:
    said = read(answer(call("json_output", a=1), stop="tool_use"))
    assert said.content == (ir.Text(text='{"a":1}'),)
    assert said.stop == ir.Stop(reason="end_turn", raw="tool_use")
    other = read(answer(call("json_output"), call("f"), stop="tool_use"))
    assert other.stop.reason == "tool_call"


@pytest.mark.parametrize(
    ("block", "said", "losses"),
    [
        (ir.Refusal(text="no"), [{"text": "no"}], []),
        (ir.Opaque(dialect="x", kind="k", raw=Raw(b"{}"), text="t"), [{"text": "t"}], []),
        (ir.Opaque(dialect="x", kind="k", raw=Raw(b"{}")), [], ["opaque"]),
        (ir.Opaque(dialect="bedrock.converse", kind="k", raw=Raw(b'{"k":1}')), [{"k": 1}], []),
        (ir.ToolCall(id="t", name="f", arguments="{"), [call("f", _raw="{")], ["tool_arguments"]),
        (ir.ToolCall(id="t", name="f", arguments=""), [call("f")], []),
        (ir.Text(text="a", logprobs=Raw(b"[1]")), [{"text": "a"}], ["logprobs"]),
        (ir.Thinking(text="t"), [{"reasoningContent": {"reasoningText": {"text": "t"}}}], []),
        (
            ir.Thinking(redacted=True, seal=ir.Seal(origin="x", signature="Eu8E")),
            [{"reasoningContent": {"redactedContent": "RXU4RQ=="}}],
            [],
        ),
        (
            ir.Thinking(redacted=True),
            [{"reasoningContent": {"redactedContent": ""}}],
            [],
        ),
        (
            ir.Media(kind="image", mime="image/PNG; x=y", source=ir.Inline(data="aGk=")),
            [{"image": PNG}],
            [],
        ),
        (ir.Media(kind="image", source=ir.Inline(data="aGk=")), [], ["image"]),
        (ir.Media(kind="audio", source=ir.FileRef(origin="o", id="f")), [], ["audio"]),
        (
            ir.Media(kind="document", source=ir.InlineBlocks(content=(ir.Media(
                kind="image", source=ir.Inline(data="")),))),
            [],
            ["document"],
        ),
        (
            ir.Media(kind="document", source=ir.InlineText(text="t")),
            [{"document": {"source": {"text": "t"}, "name": "Document"}}],
            [],
        ),
    ],
)  # fmt: skip
def test_blocks_of_other_vendors_are_told(
    block: ir.Content, said: list[object], losses: list[str]
) -> None:
    told, lost = written(response(block))
    assert told["output"]["message"]["content"] == said
    assert lost == losses


def test_one_answer_is_told_and_others_are_lost() -> None:
    other = ir.Alternative(content=(), stop=ir.Stop(reason="end_turn"))
    assert written(response(alternatives=(other,)))[1] == ["n"]


@pytest.mark.parametrize(
    ("usage", "said"),
    [
        (ir.Usage(), {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0}),
        (
            ir.Usage(
                input_tokens=10,
                output_tokens=2,
                cache_read_tokens=3,
                cache_write_tokens={"5m": 0, "1h": 4},
                raw=Raw(b'{"prompt_tokens":10}'),
            ),
            {
                "inputTokens": 3,
                "outputTokens": 2,
                "totalTokens": 12,
                "cacheReadInputTokens": 3,
                "cacheWriteInputTokens": 4,
                "cacheDetails": [{"ttl": "1h", "inputTokens": 4}],
            },
        ),
        (
            ir.Usage(input_tokens=1, cache_write_tokens={"5m": 0}),
            {"inputTokens": 1, "outputTokens": 0, "totalTokens": 1, "cacheWriteInputTokens": 0},
        ),
    ],
)
def test_usage_of_other_vendors_is_told(usage: ir.Usage, said: dict[str, Any]) -> None:
    told, _ = written(response(usage=usage))
    assert (told["usage"], told["metrics"]) == (said, {"latencyMs": 0})
