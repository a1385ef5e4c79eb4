"""Answers without what only their own dialect understands, and what is told of the rest."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Frame, Memo
from protocols.extras import MOST_LOSSES, Bared
from protocols.ir import Dialect
from protocols.registry import UPSTREAM_CODECS

EXTRA: ir.Extra = {"theirs": Raw(b"1")}
STOP = ir.Stop(reason="end_turn", raw="end", extra=EXTRA)
CITED = ir.Citation(text="so", url="https://example.com", extra=EXTRA)
BLOCKS: tuple[ir.Content, ...] = (
    ir.Text(text="a", citations=(CITED, ir.Citation(text="plain")), extra=EXTRA),
    ir.Thinking(text="b", extra=EXTRA),
    ir.ToolCall(id="1", name="c", extra=EXTRA),
    ir.ToolResult(call_id="1", content=(ir.Text(text="d", extra=EXTRA),), extra=EXTRA),
    ir.Media(kind="image", source=ir.Link(url="https://example.com/e"), extra=EXTRA),
    ir.Refusal(text="f"),
    ir.Opaque(dialect="openai.chat", kind="g", raw=Raw(b"{}")),
)
SAFE: Final = {"hate": {"filtered": False, "severity": "safe"}}


def response(**said: Any) -> ir.Response:
    said = {"content": (), "stop": ir.Stop(reason="end_turn"), **said}
    return ir.Response(id="1", model="m", usage=ir.Usage(), **said)


def raw(said: Mapping[str, Any]) -> ir.Extra:
    return {name: Raw(msgspec.json.encode(value)) for name, value in said.items()}


def codes(dialect: Dialect, answer: ir.Response) -> list[str]:
    bared = Bared(dialect)
    bared.response(answer)
    return [loss.code for loss in bared.losses]


def codes_of_stream(dialect: Dialect, *events: ir.Event) -> list[str]:
    bared = Bared(dialect)
    for event in events:
        bared.event(event)
    return [loss.code for loss in bared.losses]


def test_nothing_of_a_response_is_left_that_is_only_its_own() -> None:
    answer = response(
        content=BLOCKS,
        stop=STOP,
        alternatives=(ir.Alternative(content=BLOCKS, stop=STOP, extra=EXTRA),),
        service_tier="default",
        extra=EXTRA,
    )
    bared = Bared("openai.chat")
    bare = bared.response(answer)

    assert b"theirs" not in msgspec.json.encode(bare)
    assert [type(block) for block in bare.content] == [type(block) for block in BLOCKS]
    assert bare.stop == ir.Stop(reason="end_turn", raw="end")
    assert bare.service_tier is None
    assert Bared("openai.chat").response(bare) == bare
    # Each once, where it stood first.
    assert [(loss.code, loss.path) for loss in bared.losses] == [
        ("other:theirs", "content[0].citations.theirs")
    ]


@pytest.mark.parametrize(
    "event",
    [
        ir.Started(id="1", model="m", extra=EXTRA),
        ir.TextDelta(index=0, text="a", extra=EXTRA),
        *(ir.BlockStarted(index=0, block=block) for block in BLOCKS[:-2]),
        ir.BlockEnded(index=0, block=BLOCKS[0]),
        ir.CitationAdded(index=0, citation=CITED),
        ir.AlternativeEnded(choice=1, stop=STOP, extra=EXTRA),
        ir.Finished(stop=STOP, usage=ir.Usage(), extra=EXTRA),
    ],
)
def test_nothing_of_an_event_is_left_that_is_only_its_own(event: ir.Event) -> None:
    bared = Bared("openai.chat")
    bare = bared.event(event)

    assert type(bare) is type(event)
    assert b"theirs" not in msgspec.json.encode(bare)
    assert Bared("openai.chat").event(bare) == bare
    assert [loss.code for loss in bared.losses] == ["other:theirs"]


@pytest.mark.parametrize(
    "event",
    [
        *(ir.BlockStarted(index=0, block=block) for block in BLOCKS[-2:]),
        ir.BlockEnded(index=0),
        ir.TextDelta(index=0, text="a"),
        ir.CitationAdded(index=0, citation=ir.Citation(url="https://example.com")),
        ir.ArgumentsDelta(index=0, text="{}"),
        ir.Finished(stop=ir.Stop(reason="end_turn"), usage=ir.Usage()),
        ir.Foreign(dialect="openai.chat", event="x", raw=Raw(b"{}")),
    ],
)
def test_an_event_without_anything_of_its_own_stays(event: ir.Event) -> None:
    bared = Bared("openai.chat")
    assert (bared.event(event), bared.losses) == (event, [])


@pytest.mark.parametrize(
    ("dialect", "said", "told"),
    [
        ("openai.chat", {"citations": ["https://a.example"]}, ["citations"]),
        ("openai.chat", {"search_results": [{"title": "t"}]}, ["citations"]),
        ("openai.chat", {"related_questions": ["?"]}, ["other:related_questions"]),
        ("openai.chat", {"venice_parameters": {"web_search_citations": [1]}}, ["citations"]),
        ("openai.chat", {"venice_parameters": {"enable_e2ee": True, "new": 1}}, ["other:new"]),
        ("openai.chat", {"venice_parameters": "odd"}, ["other:venice_parameters"]),
        ("openai.chat", {"prompt_filter_results": [{"content_filter_results": SAFE}]}, []),
        (
            "openai.chat",
            {"prompt_filter_results": [{"jailbreak": {"detected": True}}]},
            ["other:prompt_filter_results"],
        ),
        ("openai.chat", {"content_filter_results": "odd"}, ["other:content_filter_results"]),
        ("openai.chat", {"system_fingerprint": "fp", "x_groq": {"id": "req", "seed": 1}}, []),
        ("openai.chat", {"x_groq": {"id": "req", "error": "no"}}, ["other:error"]),
        ("openai.chat", {"null": None, "empty": [{}], "none": "", "no": {"a": [None]}}, []),
        ("openai.chat", {"none": False, "zero": 0}, ["other:none", "other:zero"]),
        ("openai.responses", {"temperature": 1.0, "billing": {"payer": "developer"}}, []),
        ("openai.responses", {"moderation": {"a": 1}}, ["other:moderation"]),
        ("anthropic.messages", {"context_management": {"applied_edits": []}}, []),
        (
            "anthropic.messages",
            {"context_management": {"applied_edits": [1]}},
            ["other:context_management"],
        ),
        ("gemini.generate", {"createTime": "now"}, []),
        (
            "gemini.generate",
            {"promptFeedback": {"blockReason": "SAFETY", "blockReasonMessage": "no"}},
            ["other:blockReasonMessage"],
        ),
        ("bedrock.converse", {"metrics": {"latencyMs": 1}, "trace": {"a": 1}}, ["other:trace"]),
        ("bedrock.converse", {"performanceConfig": {"latency": "standard"}}, []),
        (
            "bedrock.converse",
            {"performanceConfig": {"latency": "optimized"}},
            ["other:performanceConfig"],
        ),
    ],
)
def test_what_is_told_of_an_answer(dialect: Dialect, said: Any, told: list[str]) -> None:
    assert codes(dialect, response(extra=raw(said))) == told


@pytest.mark.parametrize(
    ("dialect", "said", "told"),
    [
        ("openai.chat", {"content_filter_results": SAFE, "native_finish_reason": "x"}, []),
        ("openai.chat", {"logprobs": {"refusal": [{"token": "a"}]}}, ["logprobs"]),
        ("openai.chat", {"message": {"thought_signature": "s", "role": "assistant"}}, ["seal"]),
        ("openai.chat", {"delta": {"provider_metadata": {"a": 1}}}, ["other:provider_metadata"]),
        ("gemini.generate", {"urlContextMetadata": {"urlMetadata": [1]}}, ["citations"]),
        ("gemini.generate", {"groundingMetadata": {"groundingChunks": [1]}}, ["citations"]),
        (
            "gemini.generate",
            {"groundingMetadata": {"webSearchQueries": ["q"]}},
            ["other:webSearchQueries"],
        ),
        ("gemini.generate", {"safetyRatings": [{"category": 8, "probability": 1}]}, []),
        ("gemini.generate", {"safetyRatings": [{"probability": "HIGH"}]}, ["other:safetyRatings"]),
    ],
)
def test_what_is_told_of_a_choice(dialect: Dialect, said: Any, told: list[str]) -> None:
    stop = ir.Stop(reason="end_turn", extra=raw(said))
    assert codes(dialect, response(stop=stop)) == told


def test_sources_that_a_text_cites_are_told() -> None:
    said = raw({"groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://a.example"}}]}})
    text = ir.Text(text="a", citations=(ir.Citation(url="https://a.example", unit="web"),))
    answer = response(content=(text,), stop=ir.Stop(reason="end_turn", extra=said))
    assert codes("gemini.generate", answer) == []


@pytest.mark.parametrize(
    ("details", "content", "told"),
    [
        ([{"type": "reasoning.text", "text": "Hm."}], BLOCKS[1:2], []),
        ([{"type": "reasoning.text", "text": "Hm."}], (), ["reasoning"]),
        ([{"type": "reasoning.encrypted", "data": "ENC"}], BLOCKS[1:2], ["seal"]),
        ([{"type": "reasoning.text", "signature": "SIG"}], BLOCKS[1:2], ["seal"]),
        ("Hm.", (), ["reasoning"]),
    ],
)
def test_a_thought_that_is_told_twice_is_no_loss_and_its_proof_is_one(
    details: Any, content: tuple[ir.Content, ...], told: list[str]
) -> None:
    content = tuple(msgspec.structs.replace(block, extra=None) for block in content)
    stop = ir.Stop(reason="end_turn", extra=raw({"message": {"reasoning_details": details}}))
    assert codes("openai.chat", response(content=content, stop=stop)) == told
    chunk = {"choices": [{"index": 0, "delta": {"reasoning_details": details}}]}
    begun = [ir.BlockStarted(index=0, block=block) for block in content]
    foreign = ir.Foreign(dialect="openai.chat", event="chunk", raw=Raw(msgspec.json.encode(chunk)))
    assert codes_of_stream("openai.chat", *begun, foreign) == told


def test_what_a_vendor_means_by_default_is_no_loss_of_a_block() -> None:
    call = ir.ToolCall(id="1", name="c", extra=raw({"caller": {"type": "direct"}}))
    assert codes("anthropic.messages", response(content=(call,))) == []
    other = ir.ToolCall(id="1", name="c", extra=raw({"caller": {"type": "code"}}))
    assert codes("anthropic.messages", response(content=(other,))) == ["other:caller"]
    for phase, told in (("final_answer", []), ("commentary", ["other:phase"])):
        text = ir.Text(text="a", extra=raw({"phase": phase}))
        assert codes("openai.responses", response(content=(text,))) == told


TURN: Final = {"turn_id": "t"}


@pytest.mark.parametrize("block", BLOCKS[:3])
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"metadata": TURN, "internal_chat_message_metadata_passthrough": TURN}, []),
        ({"metadata": {**TURN, "topic": "t"}}, ["other:topic"]),
    ],
)
def test_what_a_client_books_of_its_turns_is_no_loss(
    block: ir.Content, said: Any, told: list[str]
) -> None:
    bare: Any = msgspec.structs.replace(block, extra=raw(said))
    if isinstance(bare, ir.Text):
        bare = msgspec.structs.replace(bare, citations=())
    assert codes("openai.responses", response(content=(bare,))) == told


def test_what_bedrock_measures_of_a_stream_is_no_loss() -> None:
    said = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9, "firstByteLatency": 9}}
    stop = {"type": "message_stop", **said}
    decoder = UPSTREAM_CODECS["anthropic.messages"].event_decoder(Memo(seed="a"))
    frames = (
        {"type": "message_start", "message": {"id": "1", "model": "m", "content": []}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
    )
    heard = [
        event
        for each in (*frames, stop)
        for event in decoder.feed(Frame(data=msgspec.json.encode(each), raw=b""))
    ]
    assert isinstance(heard[-1], ir.Finished)
    assert heard[-1].extra == raw(said)
    assert codes_of_stream("anthropic.messages", *heard) == []


def test_what_proves_a_citation_is_a_seal() -> None:
    cited = ir.Citation(url="https://a.example", extra=raw({"encrypted_index": "x"}))
    text = ir.Text(text="a", citations=(cited,))
    assert codes("anthropic.messages", response(content=(text,))) == ["seal"]


def test_a_citation_of_which_nothing_is_left_is_told_by_who_cannot_write_it() -> None:
    cited = ir.Citation(extra=raw({"type": "file_citation", "file_id": "f"}))
    assert (
        codes("openai.responses", response(content=(ir.Text(text="a", citations=(cited,)),))) == []
    )


@pytest.mark.parametrize(("tier", "told"), [("default", []), ("priority", ["service_tier"])])
def test_a_tier_that_nobody_is_served_in_unasked_is_told(tier: str, told: list[str]) -> None:
    assert codes("openai.chat", response(service_tier=tier)) == told
    finished = ir.Finished(stop=ir.Stop(reason="end_turn"), usage=ir.Usage(), service_tier=tier)
    assert codes_of_stream("openai.chat", finished) == told


@pytest.mark.parametrize(
    ("dialect", "event", "said", "told"),
    [
        ("openai.chat", "chunk", {"choices": [], "cost": 1, "new": 1}, ["other:new"]),
        ("gemini.generate", "chunk", {"new": 1}, ["other:new"]),
        ("openai.responses", "response.web_search_call.searching", {"item_id": "ws"}, []),
        ("openai.responses", "response.queued", {"response": {}}, []),
        ("openai.responses", "response.new", {"a": 1}, ["other:response.new"]),
        ("bedrock.converse", "new", {}, ["other:new"]),
    ],
)
def test_an_event_that_nobody_knows_is_told(
    dialect: Dialect, event: str, said: Any, told: list[str]
) -> None:
    foreign = ir.Foreign(dialect=dialect, event=event, raw=Raw(msgspec.json.encode(said)))
    assert codes_of_stream(dialect, foreign) == told


def test_a_delta_is_judged_as_its_block() -> None:
    extra = raw({"estimated_tokens": 3})
    begun = ir.BlockStarted(index=0, block=ir.Thinking())
    delta = ir.TextDelta(index=0, text="a", extra=extra)
    assert codes_of_stream("anthropic.messages", begun, delta) == []
    assert codes_of_stream("openai.chat", begun, delta) == ["other:estimated_tokens"]


def test_who_invents_more_names_than_anybody_reads_is_not_repeated() -> None:
    extra = raw({f"name{number}": 1 for number in range(2 * MOST_LOSSES)})
    assert len(codes("openai.chat", response(extra=extra))) == MOST_LOSSES


def test_a_note_of_a_decoder_is_no_field() -> None:
    assert codes("openai.chat", response(extra={"=note": Raw(b"1")})) == []


def test_what_cannot_be_read_says_something() -> None:
    answer = response(extra={"odd": Raw(b"[" * 100_000 + b"]" * 100_000)})
    assert codes("openai.chat", answer) == ["other:odd"]


def test_a_perplexed_answer_is_told_whole() -> None:
    """As Perplexity and OpenRouter say it, in one."""
    body = {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "citations": ["https://a.example/1"],
        "search_results": [{"title": "t", "url": "https://a.example/1"}],
        "invented_top": 1,
        "choices": [
            {
                "index": 0,
                "invented_choice": 2,
                "content_filter_results": {"hate": {"filtered": True}},
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": "Hello [1]",
                    "reasoning_details": [{"type": "reasoning.encrypted", "data": "ENC"}],
                    "invented_msg": 3,
                },
            }
        ],
    }
    answer = UPSTREAM_CODECS["openai.chat"].decode_response(
        msgspec.json.encode(body), Memo(seed="a")
    )
    assert sorted(codes("openai.chat", answer)) == [
        "citations",
        "other:content_filter_results",
        "other:invented_choice",
        "other:invented_msg",
        "other:invented_top",
        "seal",
    ]


@pytest.mark.parametrize("dialect", ["openai.embeddings", "gemini.generate"])
def test_vectors_go_without_what_only_their_dialect_says(dialect: Dialect) -> None:
    answer = ir.EmbeddingResponse(
        model="m", vectors=(Raw(b"[1]"),), usage=ir.Usage(), extra={**EXTRA, "empty": Raw(b"[]")}
    )
    bared = Bared(dialect)
    assert bared.vectors(answer) == msgspec.structs.replace(answer, extra=None)
    assert [loss.code for loss in bared.losses] == ["other:theirs"]
