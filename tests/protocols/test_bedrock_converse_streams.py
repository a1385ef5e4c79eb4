"""Streams of Converse, read and written."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.codec import ConverseCodec, ConverseUpstream
from protocols.codec import Memo
from protocols.framing.aws import PING_MESSAGE, AwsSplitter, read_message, write_event
from protocols.framing.aws import write_exception as exception
from protocols.stream import Collector, Grammar, replay

CLIENT, UPSTREAM = ConverseCodec(), ConverseUpstream()
MEMO = Memo(
    seed="s", names={"f_1": "f.1", "p": "p"}, custom=frozenset({"p"}), schema_tool="json_output"
)
ASKED = ir.Request(dialect="bedrock.converse", model="m", messages=())
USAGE = {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3, "serverToolUsage": {}}


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def event(kind: str, **said: object) -> bytes:
    return write_event(kind, msgspec.json.encode(said))


def start(at: object = 0, **said: object) -> bytes:
    return event("contentBlockStart", contentBlockIndex=at, start=said)


def delta(at: object = 0, **said: object) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=at, delta=said)


def end(at: object = 0) -> bytes:
    return event("contentBlockStop", contentBlockIndex=at)


BEGIN = event("messageStart", role="assistant", p="abc")
STOP = event("messageStop", stopReason="end_turn", additionalModelResponseFields={"a": 1})
METADATA = event(
    "metadata", usage=USAGE, metrics={"latencyMs": 7}, serviceTier={"type": "flex"}, p="x"
)


def events(*messages: bytes, memo: Memo = MEMO) -> list[ir.Event]:
    decoder = UPSTREAM.event_decoder(memo)
    told = [event for message in messages for event in decoder.feed(read_message(message))]
    told += decoder.close()
    assert decoder.close() == ()
    grammar = Grammar()
    for each in told:
        grammar.feed(each)
    grammar.close()
    assert grammar.faults == []
    return told


def collected(told: list[ir.Event]) -> ir.Response:
    collector = Collector()
    for each in told:
        collector.feed(each)
    return collector.response()


def content(*messages: bytes, memo: Memo = MEMO) -> tuple[ir.Content, ...]:
    return collected(events(BEGIN, *messages, STOP, METADATA, memo=memo)).content


def encoded(told: list[ir.Event]) -> tuple[bytes, list[str]]:
    encoder = CLIENT.event_encoder(ASKED)
    stream = b"".join(map(encoder.feed, told)) + encoder.close()
    return stream, [loss.code for loss in encoder.losses]


def frames(stream: bytes) -> list[tuple[str | None, Any]]:
    messages = map(read_message, AwsSplitter(cap=1 << 20).feed(stream))
    return [(each.event, msgspec.json.decode(each.data)) for each in messages]


def comes_back(*messages: bytes) -> ir.Response:
    """What a client that speaks the dialect is told is what the vendor told."""
    before = collected(events(BEGIN, *messages, STOP, METADATA, memo=Memo(seed="s")))
    stream, losses = encoded(events(BEGIN, *messages, STOP, METADATA, memo=Memo(seed="s")))
    after = collected(events(*AwsSplitter(cap=1 << 20).feed(stream), memo=Memo(seed="s")))
    assert (after, losses) == (before, [])
    assert collected([*replay(before)]) == before
    return before


def test_a_stream_is_the_answer_that_is_not_streamed() -> None:
    said = comes_back(
        delta(0, reasoningContent={"text": "I "}),
        delta(0, reasoningContent={"text": "think"}),
        delta(0, reasoningContent={"signature": "si"}),
        delta(0, reasoningContent={"signature": "g"}),
        end(0),
        PING_MESSAGE,
        delta(1, text="he"),
        delta(1, text="llo"),
        end(1),
        start(2, toolUse={"toolUseId": "t", "name": "f", "type": "tool_use"}),
        delta(2, toolUse={"input": ""}),
        delta(2, toolUse={"input": '{"a"'}),
        delta(2, toolUse={"input": ":1}"}),
        end(2),
        start(3, toolUse={"toolUseId": "u", "name": "g"}),
        end(3),
    )
    assert said.content == (
        ir.Thinking(text="I think", seal=ir.Seal(origin="anthropic", signature="sig")),
        ir.Text(text="hello"),
        ir.ToolCall(id="t", name="f", arguments='{"a":1}', extra={"type": raw("tool_use")}),
        ir.ToolCall(id="u", name="g"),
    )
    assert (said.stop.raw, said.service_tier) == ("end_turn", "flex")
    assert said.usage == ir.Usage(input_tokens=1, output_tokens=2, raw=raw(USAGE))
    assert said.extra == {
        "metrics": raw({"latencyMs": 7}),
        "additionalModelResponseFields": raw({"a": 1}),
    }


def test_what_a_vendor_runs_itself_is_told_with_its_result() -> None:
    said = comes_back(
        start(0, toolUse={"toolUseId": "t", "name": "nova_grounding", "type": "server_tool_use"}),
        delta(0, toolUse={"input": "{}"}),
        end(0),
        start(1, toolResult={"toolUseId": "t", "status": "error", "type": "x"}),
        delta(1, toolResult=[{"text": "a"}]),
        delta(1, toolResult=[{"json": {"b": 1}}]),
        end(1),
        start(2, toolResult={"toolUseId": "t"}),
        delta(2, toolResult=[{"json": [1]}]),
        end(2),
    )
    part = ir.Opaque(
        dialect="bedrock.converse", kind="json", raw=raw({"json": {"b": 1}}), text='{"b":1}'
    )
    assert said.content[1:] == (
        ir.ToolResult(
            call_id="t",
            content=(ir.Text(text="a"), part),
            is_error=True,
            extra={"type": raw("x")},
        ),
        ir.ToolResult(call_id="t", structured=Raw(b"[1]")),
    )


def test_images_and_withheld_thoughts_come_in_parts() -> None:
    said = comes_back(
        start(0, image={"format": "png"}),
        delta(0, image={"source": {"bytes": "aGk="}}),
        end(0),
        start(1, image={"format": "tiff"}),
        end(1),
        delta(2, reasoningContent={"redactedContent": "RXU4"}),
        delta(2, reasoningContent={"redactedContent": "RQ=="}),
        end(2),
        delta(3, reasoningContent={"redactedContent": "/w"}),
        delta(3, reasoningContent={"redactedContent": "a"}),
        end(3),
    )
    assert said.content == (
        ir.Media(kind="image", mime="image/png", source=ir.Inline(data="aGk=")),
        ir.Media(kind="image", source=ir.Inline(data=""), extra={"format": raw("tiff")}),
        ir.Thinking(redacted=True, seal=ir.Seal(origin="anthropic", signature="Eu8E")),
        ir.Thinking(redacted=True, seal=ir.Seal(origin="anthropic", signature="\0/wa")),
    )


def test_citations_stand_beside_their_text() -> None:
    cited = {"title": "d", "location": {"web": {"url": "https://x"}}}
    said = comes_back(
        delta(0, text="a"), delta(0, citation=cited), end(0), delta(1, citation=cited), end(1)
    )
    citation = ir.Citation(title="d", url="https://x", unit="web")
    assert said.content == (
        ir.Text(text="a", citations=(citation,)),
        ir.Text(text="", citations=(citation,)),
    )
    assert content(delta(0, citation={"title": 1}), delta(0, citation=1)) == ()


def test_an_empty_text_is_told_to_be_one() -> None:
    assert comes_back(delta(0, text=""), end(0)).content == (ir.Text(text=""),)


def test_blocks_may_interleave_and_change_their_kind() -> None:
    said = content(
        delta(0, text="a"),
        delta(1, text="b"),
        delta(0, text="c"),
        delta(0, reasoningContent={"text": "t"}),
        delta(0, reasoningContent={"redactedContent": "RXU4RQ=="}),
        start(1, toolUse={"toolUseId": "t", "name": "f"}),
        delta(1, toolUse={"input": "{}"}),
    )
    kinds = [type(block) for block in said]
    assert kinds == [ir.Text, ir.Text, ir.Thinking, ir.Thinking, ir.ToolCall]
    assert said[0] == ir.Text(text="ac")


@pytest.mark.parametrize(
    "odd",
    [
        start(0),
        start(0, toolUse={"name": "f"}),
        start(0, image={}),
        write_event("contentBlockStart", b"["),
        event("contentBlockStart", contentBlockIndex=0, start=[1]),
        delta(0),
        delta(0, toolUse={"input": "{}"}),
        delta(0, odd=1),
        end(9),
        end([1]),
    ],
)
def test_what_cannot_be_read_says_nothing(odd: bytes) -> None:
    assert content(odd) == ()


def test_parts_of_another_block_say_nothing() -> None:
    call_begun = start(0, toolUse={"toolUseId": "t", "name": "f"})
    assert content(delta(0, text="a"), delta(0, toolUse={"input": 1})) == (ir.Text(text="a"),)
    thought = delta(0, reasoningContent={"text": "t"})
    assert content(thought, delta(0, toolUse={"input": "x"})) == (ir.Thinking(text="t"),)
    assert content(call_begun, delta(0, toolResult=1), end(0))[1:] == (ir.ToolResult(call_id=""),)
    assert content(delta(0, toolResult=[{"text": 1}])) == (ir.ToolResult(call_id=""),)
    assert content(delta(0, image={}))[0] == ir.Media(
        kind="image", mime="image/png", source=ir.Inline(data="")
    )


def test_calls_are_told_as_they_were_asked_for() -> None:
    said = content(
        start(0, toolUse={"toolUseId": "t", "name": "f_1"}),
        delta(0, toolUse={"input": '{"a":1}'}),
        start(1, toolUse={"toolUseId": "u", "name": "p"}),
        delta(1, toolUse={"input": '{"inp'}),
        delta(1, toolUse={"input": 'ut":"fr'}),
        delta(1, toolUse={"input": 'ee"}'}),
        start(2, toolUse={"toolUseId": "v", "name": "json_output"}),
        delta(2, toolUse={"input": '{"a":'}),
        delta(2, toolUse={"input": "1}"}),
    )
    assert said == (
        ir.ToolCall(id="t", name="f.1", arguments='{"a":1}'),
        ir.ToolCall(id="u", name="p", arguments="free", form="custom"),
        ir.Text(text='{"a":1}'),
    )


def test_a_schema_ends_an_answer_as_a_text_does() -> None:
    stop = event("messageStop", stopReason="tool_use")
    schema = start(0, toolUse={"toolUseId": "v", "name": "json_output"})
    assert collected(events(BEGIN, schema, stop, METADATA)).stop.reason == "end_turn"


def test_usage_may_come_before_the_stop() -> None:
    told = events(BEGIN, delta(text="a"), METADATA, STOP, delta(text="late"))
    assert collected(told).usage.output_tokens == 2
    assert isinstance(told[-1], ir.Finished)


def test_a_stream_that_stopped_has_ended_well() -> None:
    told = events(delta(text="a"), STOP)
    assert isinstance(told[-1], ir.Finished)
    assert told[-1].usage == ir.Usage()


def test_a_stream_that_broke_off_has_failed() -> None:
    told = events(BEGIN, METADATA)
    assert isinstance(told[-1], ir.Failed)
    assert (told[-1].kind, told[-1].usage and told[-1].usage.output_tokens) == ("upstream_error", 2)
    assert isinstance(events()[-1], ir.Failed)


def test_an_exception_is_the_last_event() -> None:
    body = b'{"message":"slow"}'
    told = events(BEGIN, exception("throttlingException", body), STOP)
    assert told[-1] == ir.Failed(kind="rate_limited", message="slow", raw=Raw(body))
    stream, _ = encoded(told)
    assert frames(stream)[-1] == ("throttlingException", {"message": "slow"})


def test_an_event_nobody_knows_goes_through() -> None:
    odd = event("audioStart", a=1)
    told = events(BEGIN, odd, write_event("", b"{}"), STOP)
    assert told[1] == ir.Foreign(dialect="bedrock.converse", event="audioStart", raw=raw({"a": 1}))
    assert ("audioStart", {"a": 1}) in frames(encoded(told)[0])


STARTED = ir.Started(id="i", model="m")
DONE = ir.Finished(stop=ir.Stop(reason="tool_call"), usage=ir.Usage(input_tokens=1))


def test_logprobs_are_lost_once_a_block() -> None:
    begun = ir.BlockStarted(index=0, block=ir.Text(text=""))
    delta = ir.TextDelta(index=0, text="a", logprobs=Raw(b"[1]"))
    whole = ir.BlockStarted(index=1, block=ir.Text(text="c", logprobs=Raw(b"[1]")))
    assert encoded([STARTED, begun, delta, delta, whole, DONE])[1] == ["logprobs", "logprobs"]


def test_blocks_of_other_vendors_are_streamed() -> None:
    stream, losses = encoded(
        [
            STARTED,
            ir.BlockStarted(index=0, block=ir.Text(text="a")),
            ir.CitationAdded(index=0, citation=ir.Citation(url="https://x", unit="web")),
            ir.BlockStarted(index=1, block=ir.ToolCall(id="t", name="f", arguments='{"a"')),
            ir.ArgumentsDelta(index=1, text=":1}"),
            ir.Sealed(index=1, seal=ir.Seal(origin="google", signature="s")),
            ir.BlockStarted(index=2, block=ir.Refusal(text="")),
            ir.TextDelta(index=2, text="no"),
            ir.BlockStarted(index=3, block=ir.Text(text=""), choice=1),
            ir.TextDelta(index=3, text="lost"),
            ir.BlockStarted(index=4, block=ir.Opaque(dialect="x", kind="k", raw=Raw(b"{}"))),
            ir.BlockStarted(
                index=5, block=ir.Opaque(dialect="x", kind="k", raw=Raw(b"{}"), text="o")
            ),
            ir.BlockStarted(
                index=6, block=ir.Opaque(dialect="bedrock.converse", kind="k", raw=raw({"k": 1}))
            ),
            ir.UsageUpdated(usage=ir.Usage()),
            ir.AlternativeEnded(choice=1, stop=ir.Stop(reason="end_turn")),
            ir.Foreign(dialect="x", event="e", raw=Raw(b"{}")),
            ir.BlockEnded(index=0),
            DONE,
        ]
    )
    told = frames(stream)
    assert losses == ["seal", "n", "opaque"]
    deltas = [
        (said["contentBlockIndex"], said["delta"])
        for kind, said in told
        if kind == "contentBlockDelta"
    ]
    assert deltas == [
        (0, {"text": "a"}),
        (0, {"citation": {"location": {"web": {"url": "https://x"}}}}),
        (1, {"toolUse": {"input": '{"a"'}}),
        (1, {"toolUse": {"input": ":1}"}}),
        (2, {"text": "no"}),
        (3, {"text": "o"}),
        (4, {"k": 1}),
    ]
    assert [kind for kind, _ in told][-2:] == ["messageStop", "metadata"]
    assert told[-2][1] == {"stopReason": "tool_use"}
    assert told[-1][1] == {
        "usage": {"inputTokens": 1, "outputTokens": 0, "totalTokens": 1},
        "metrics": {"latencyMs": 0},
    }


@pytest.mark.parametrize(
    ("block", "deltas", "losses"),
    [
        (ir.Thinking(text="t"), [{"reasoningContent": {"text": "t"}}], []),
        (ir.Thinking(text=""), [{"reasoningContent": {"text": ""}}], []),
        (
            ir.Thinking(redacted=True, seal=ir.Seal(origin="x", signature="Eu8E")),
            [{"reasoningContent": {"redactedContent": "RXU4RQ=="}}],
            [],
        ),
        (
            ir.Text(text="a", citations=(ir.Citation(title="d"),)),
            [{"text": "a"}, {"citation": {"title": "d"}}],
            [],
        ),
        (
            ir.Media(kind="image", mime="image/png", source=ir.Link(url="s3://b/i.png")),
            [{"image": {"source": {"s3Location": {"uri": "s3://b/i.png"}}}}],
            [],
        ),
        (
            ir.Media(kind="document", name="d", source=ir.InlineText(text="t")),
            [],
            ["document"],
        ),
    ],
)
def test_a_block_that_is_told_at_once_is_streamed(
    block: ir.Content, deltas: list[object], losses: list[str]
) -> None:
    begun = ir.BlockStarted(index=0, block=block)
    stream, lost = encoded([STARTED, begun, ir.BlockEnded(index=0), DONE])
    told = [said["delta"] for kind, said in frames(stream) if kind == "contentBlockDelta"]
    assert (told, lost) == (deltas, losses)
