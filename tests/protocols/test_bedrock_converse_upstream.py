"""Requests of other dialects, written for a target that speaks Converse."""

from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace

from protocols import ir
from protocols.bedrock_converse.codec import ConverseUpstream
from protocols.codec import Memo, Target

UPSTREAM: Final = ConverseUpstream()
TARGET: Final = Target(model="anthropic.claude", vendor="anthropic", cache=True)
HI: Final = ir.Message(role="user", content=(ir.Text(text="hi"),))
SCHEMA: Final = Raw(b'{"type":"object"}')
TOOL: Final = ir.FunctionTool(name="f", parameters=SCHEMA)
POINT: Final = {"cachePoint": {"type": "default"}}


def asked(*messages: ir.Message, **said: Any) -> ir.Request:
    filled = {"dialect": "openai.chat", "model": "m", **said}
    return ir.Request(messages=messages or (HI,), **filled)


def sent(request: ir.Request, target: Target = TARGET) -> tuple[dict[str, Any], list[str], Memo]:
    encoded = UPSTREAM.encode_request(request, target, "seed")
    assert encoded.memo is not None
    codes = [loss.code for loss in encoded.losses]
    return msgspec.json.decode(encoded.body), codes, encoded.memo


def user(*content: ir.Content) -> ir.Message:
    return ir.Message(role="user", content=content)


def bot(*content: ir.Content) -> ir.Message:
    return ir.Message(role="assistant", content=content)


def blocks(*content: ir.Content, target: Target = TARGET) -> tuple[list[Any], list[str]]:
    said, losses, _ = sent(asked(user(ir.Text(text="-"), *content)), target)
    return said["messages"][0]["content"][1:], losses


def refusing(*words: str) -> Target:
    return replace(TARGET, refuses=frozenset(words))


def test_the_model_is_not_in_the_body() -> None:
    said, losses, memo = sent(asked())
    assert said == {"messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    assert (losses, memo) == ([], Memo(seed="seed"))


def test_what_one_side_says_in_a_row_is_one_message() -> None:
    said, losses, _ = sent(
        asked(
            ir.Message(role="system", content=(ir.Text(text="s", cache=ir.CachePoint()),)),
            ir.Message(role="system", content=(ir.Text(text="t"),), head=True),
            HI,
            ir.Message(role="system", content=(ir.Text(text="later"),)),
            bot(ir.Text(text="a")),
            bot(ir.Text(text=" "), ir.Refusal(text="no"), ir.Refusal(text="")),
            bot(),
            ir.Message(role="user", content=(ir.Text(text="b"),), name="ann", extra={"x": SCHEMA}),
        )
    )
    assert said["system"] == [{"text": "s"}, POINT, {"text": "t"}]
    assert said["messages"] == [
        {"role": "user", "content": [{"text": "hi"}, {"text": "later"}]},
        {"role": "assistant", "content": [{"text": "a"}, {"text": "no"}]},
        {"role": "user", "content": [{"text": "b"}]},
    ]
    assert losses == ["name", "other:x"]


def test_instructions_alone_are_what_the_user_says() -> None:
    said, _, _ = sent(asked(ir.Message(role="system", content=(ir.Text(text="s"),))))
    assert said == {"messages": [{"role": "user", "content": [{"text": "s"}]}]}


def call(id_: str, name: str = "f", **said: Any) -> ir.ToolCall:
    return ir.ToolCall(id=id_, name=name, **said)


def result(call_id: str, *content: Any, **said: Any) -> ir.ToolResult:
    return ir.ToolResult(call_id=call_id, content=content, **said)


def test_results_follow_their_calls() -> None:
    said, losses, _ = sent(
        asked(
            HI,
            bot(call("a b"), call("c", arguments='{"x":1}')),
            user(result("c", ir.Text(text="2"))),
            user(ir.Text(text="and")),
            user(result("a b", is_error=True, structured=Raw(b' {"y":1}'))),
            user(result("z", structured=Raw(b"[1]")), result("y", ir.Text(text="t"))),
            tools=(TOOL,),
        )
    )
    _, calls, answers = said["messages"]
    ids = [block["toolUse"]["toolUseId"] for block in calls["content"]]
    assert (ids[0].startswith("call_"), ids[1]) == (True, "c")
    assert calls["content"][1]["toolUse"]["input"] == {"x": 1}
    assert answers["content"] == [
        {"toolResult": {"toolUseId": "c", "content": [{"text": "2"}]}},
        {"toolResult": {"toolUseId": ids[0], "status": "error", "content": [{"json": {"y": 1}}]}},
        {"text": "and"},
        {"text": "[1]"},
        {"text": "t"},
    ]
    assert losses == ["opaque", "opaque"]


def test_who_answers_himself_goes_on_after_his_answer() -> None:
    told = bot(call("c"), result("c", ir.Text(text="r")))
    said, _, _ = sent(asked(told, bot(ir.Text(text="so")), tools=(TOOL,)))
    assert [each["role"] for each in said["messages"]] == ["assistant", "user", "assistant"]


def test_a_result_holds_what_the_dialect_lets_it_hold() -> None:
    sound = ir.Media(kind="audio", mime="audio/wav", source=ir.Inline(data="aGk="))
    picture = ir.Media(kind="image", source=ir.Inline(data="/9j/4AAQ"))
    cached = ir.Text(text="x", cache=ir.CachePoint())
    said, losses, _ = sent(
        asked(
            bot(call("c"), call("d"), call("e")),
            user(
                result("c", sound, picture, cached, structured=Raw(b"1")),
                result("d", picture, structured=Raw(b"[1]")),
            ),
            user(result("e")),
            tools=(TOOL,),
        )
    )
    contents = [each["toolResult"]["content"] for each in said["messages"][1]["content"]]
    assert contents == [
        [{"image": {"format": "jpeg", "source": {"bytes": "/9j/4AAQ"}}}, {"text": "x"}],
        [{"text": "[1]"}, {"image": {"format": "jpeg", "source": {"bytes": "/9j/4AAQ"}}}],
        [],
    ]
    assert losses == ["audio", "cache"]


@pytest.mark.parametrize(
    ("block", "told", "losses"),
    [
        (
            ir.Text(text="a", citations=(ir.Citation(),), seal=ir.Seal(origin="x", signature="s")),
            [{"text": "a"}],
            ["seal", "citations"],
        ),
        (ir.Text(text="a", seal=ir.Seal(origin="openai", id="msg_1")), [{"text": "a"}], []),
        (ir.Text(text="a", extra={"x": SCHEMA}), [{"text": "a"}], ["other:x"]),
        (ir.Thinking(text="t"), [], ["reasoning"]),
        (ir.Thinking(text=""), [], []),
        (ir.Thinking(text="t", seal=ir.Seal(origin="google", signature="s")), [], ["seal"]),
        (
            ir.Thinking(text="t", seal=ir.Seal(origin="anthropic", signature="s")),
            [{"reasoningContent": {"reasoningText": {"text": "t", "signature": "s"}}}],
            [],
        ),
        (ir.Opaque(dialect="x", kind="k", raw=SCHEMA), [], ["opaque"]),
        (ir.Opaque(dialect="x", kind="k", raw=SCHEMA, text="o"), [{"text": "o"}], []),
        (ir.Opaque(dialect="x", kind="k", raw=SCHEMA, text=" "), [], []),
        (call("t", executor="provider"), [], ["provider_tool"]),
        (
            call("t", arguments="{"),
            [{"toolUse": {"toolUseId": "t", "name": "f", "input": {"_raw": "{"}}}],
            ["tool_arguments"],
        ),
        (
            call("t", arguments="free", form="custom"),
            [{"toolUse": {"toolUseId": "t", "name": "f", "input": {"input": "free"}}}],
            [],
        ),
        (ir.Text(text="a", cache=ir.CachePoint(ttl="5m")), [{"text": "a"}, {
            "cachePoint": {"type": "default", "ttl": "5m"}}], []),
        (ir.Text(text="a", cache=ir.CachePoint(ttl="12h")), [{"text": "a"}, {
            "cachePoint": {"type": "default", "ttl": "1h"}}], ["cache"]),
    ],
)  # fmt: skip
def test_blocks(block: ir.Content, told: list[object], losses: list[str]) -> None:
    assert blocks(block) == (told, losses)


def test_cache_points_are_for_who_has_them() -> None:
    bare = replace(TARGET, cache=False)
    cached = ir.Text(text="a", cache=ir.CachePoint())
    assert blocks(cached, target=bare) == ([{"text": "a"}], ["cache"])


def media(kind: Any, source: ir.Source, **said: Any) -> ir.Media:
    return ir.Media(kind=kind, source=source, **said)


@pytest.mark.parametrize(
    ("block", "told", "losses"),
    [
        (
            media("image", ir.Inline(data="iVBORw0KGgo="), detail="high", extra={"x": SCHEMA}),
            {"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}},
            ["image", "other:x"],
        ),
        (
            media("document", ir.Inline(data="?"), name="a/b  (1).pdf", mime="application/pdf"),
            {"document": {"format": "pdf", "source": {"bytes": "?"}, "name": "a b (1) pdf"}},
            [],
        ),
        (
            media("video", ir.Link(url="s3://b/v.MP4"), seal=ir.Seal(origin="x", signature="s")),
            {"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/v.MP4"}}}},
            ["seal"],
        ),
        (media("image", ir.Link(url="https://x/i.png")), None, ["image"]),
        (media("image", ir.FileRef(origin="o", id="f")), None, ["file"]),
        (media("audio", ir.Inline(data="x"), mime="audio/midi"), None, ["audio"]),
    ],
)
def test_media(block: ir.Media, told: object, losses: list[str]) -> None:
    target = replace(TARGET, links=frozenset({"s3"}))
    expected = [] if told is None else [told]
    assert blocks(block, target=target) == (expected, losses)


def test_media_may_be_refused() -> None:
    block = media("image", ir.Inline(data="iVBORw0KGgo="))
    assert blocks(block, target=refusing("image")) == ([], ["image"])
    own = sent(asked(user(block), dialect="bedrock.converse"), refusing("image"))
    assert own[:2] == ({"messages": [{"role": "user", "content": []}]}, ["image"])


def test_no_two_documents_have_one_name() -> None:
    long = "x" * 300
    shown = [
        media("document", ir.InlineText(text="t"), name=name) for name in ("a", "a", "", long, long)
    ]
    told, losses = blocks(*shown)
    names = [each["document"]["name"] for each in told]
    assert names == ["a", "a 2", "Document", "x" * 200, "x" * 198 + " 2"]
    assert losses == []


def test_links_are_fetched_by_who_can() -> None:
    nested = ir.InlineBlocks(content=(media("image", ir.Link(url="https://n")),))
    request = asked(
        user(
            media("image", ir.Link(url="https://a")),
            media("image", ir.Link(url="https://a")),
            media("video", ir.Link(url="s3://b/v.mp4")),
            media("document", nested),
            result("c", media("image", ir.Link(url="https://r"))),
        )
    )
    assert UPSTREAM.wants(asked(), TARGET) == ()
    wanted = ("https://a", "s3://b/v.mp4", "https://n", "https://r")
    assert UPSTREAM.wants(request, TARGET) == wanted
    reads_s3 = replace(TARGET, links=frozenset({"s3"}))
    assert UPSTREAM.wants(request, reads_s3) == ("https://a", "https://n", "https://r")


def test_sampling_has_its_places() -> None:
    sampling = ir.Sampling(
        max_tokens=9, temperature=1.5, top_p=0.5, top_k=3, stop=("x", " "), seed=1,
        presence_penalty=0.5, frequency_penalty=0.0, candidates=2, logprobs=True,
    )  # fmt: skip
    said, losses, _ = sent(asked(sampling=sampling))
    assert said["inferenceConfig"] == {
        "maxTokens": 9, "temperature": 1.0, "topP": 0.5, "stopSequences": ["x"],
    }  # fmt: skip
    assert said["additionalModelRequestFields"] == {"top_k": 3}
    assert losses == ["temperature", "stop", "seed", "penalties", "n", "logprobs"]


def test_what_the_target_refuses_is_not_sent() -> None:
    sampling = ir.Sampling(temperature=0.5, top_p=1, top_k=3, stop=("x",), max_tokens=9)
    target = replace(refusing("temperature", "top_p", "top_k", "stop"), max_tokens=5)
    said, losses, _ = sent(asked(sampling=sampling), target)
    assert said["inferenceConfig"] == {"maxTokens": 5}
    assert losses == ["max_tokens", "temperature", "top_k", "stop"]
    nova = replace(TARGET, model="amazon.nova", max_tokens=20)
    said, losses, _ = sent(asked(sampling=ir.Sampling(top_k=3, max_tokens=9)), nova)
    assert (said["inferenceConfig"], losses) == ({"maxTokens": 9}, ["top_k"])


@pytest.mark.parametrize(
    ("temperature", "top_p", "kept", "lost"),
    [
        (0.5, 0.9, {"temperature": 0.5}, ["top_p"]),
        (1.0, 0.9, {"topP": 0.9}, []),
        (0.5, 1.0, {"temperature": 0.5}, []),
        (0.5, None, {"temperature": 0.5}, []),
    ],
)
def test_some_take_a_temperature_or_a_share_and_never_both(
    temperature: float, top_p: float | None, kept: dict[str, float], lost: list[str]
) -> None:
    sampling = ir.Sampling(temperature=temperature, top_p=top_p)
    said, losses, _ = sent(asked(sampling=sampling), refusing("temperature+top_p"))
    assert (said["inferenceConfig"], losses) == (kept, lost)


def test_what_else_is_asked_has_a_place_or_is_lost() -> None:
    metadata = {"team": "a", "bad": "ä", "": "x"}
    said, losses, _ = sent(
        asked(
            end_user="u", metadata=metadata, service_tier="flex", cache_key="k", verbosity="low",
            store=True, previous_response_id="r", modalities=("text", "audio"),
            extra={"logit_bias": SCHEMA, "stream_options": SCHEMA},
        )
    )  # fmt: skip
    assert said["requestMetadata"] == {"team": "a", "user_id": "u"}
    assert said["serviceTier"] == {"type": "flex"}
    assert losses == [
        "metadata", "cache_key", "verbosity", "store", "other:previous_response_id", "audio",
        "logit_bias",
    ]  # fmt: skip
    many = {f"k{at}": "v" for at in range(20)}
    said, losses, _ = sent(asked(metadata=many))
    assert (len(said["requestMetadata"]), losses) == (16, ["metadata"])


@pytest.mark.parametrize(
    ("tier", "target", "losses"),
    [
        ("auto", TARGET, []),
        ("turbo", TARGET, ["service_tier"]),
        ("priority", refusing("service_tier"), ["service_tier"]),
    ],
)
def test_tiers_that_are_not_sent(tier: str, target: Target, losses: list[str]) -> None:
    said, lost, _ = sent(asked(service_tier=tier), target)
    assert ("serviceTier" in said, lost) == (False, losses)


def test_the_dialects_own_keep_their_order() -> None:
    later = ir.Message(role="system", content=(ir.Text(text=""),))
    thought = ir.Thinking(text="t", seal=ir.Seal(origin="other", signature="s"))
    own = asked(HI, HI, later, bot(thought, call("a b", "f g")), dialect="bedrock.converse")
    said, losses, _ = sent(own)
    assert [each["role"] for each in said["messages"]] == ["user", "user", "system", "assistant"]
    named = {"toolUseId": "a b", "name": "f g", "input": {}}
    assert said["messages"][3]["content"] == [{"toolUse": named}]
    assert losses == ["seal"]
    said, _, _ = sent(own, refusing("system_later"))
    assert said["messages"][2]["role"] == "user"
