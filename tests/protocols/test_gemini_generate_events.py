"""Answers of other dialects, as clients of generateContent get them."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.stream import replay
from tests.protocols.gemini_generate import ASKED, CLIENT, streamed, told

if TYPE_CHECKING:
    from protocols.ir import Event

SEAL = ir.Seal(origin="anthropic", signature="c3kx")
STOP = ir.Stop(reason="end_turn")
WEB = ir.Citation(text="hi", url="https://a.example/", title="A", unit="web", start=1, end=3)


def response(*content: ir.Content, **fields: Any) -> ir.Response:
    usage = fields.pop("usage", ir.Usage())
    return ir.Response(id="1", model="m", content=content, stop=STOP, usage=usage, **fields)


def parts(*content: ir.Content) -> list[Any]:
    found: list[Any] = told(response(*content))["candidates"][0]["content"].get("parts", [])
    return found


def lost(*content: ir.Content, **fields: Any) -> list[str]:
    losses = CLIENT.encode_response(response(*content, **fields), ASKED).losses
    return [loss.code for loss in losses]


def test_everything_the_dialect_has_words_for_is_told() -> None:
    content = (
        ir.Thinking(text="hm", seal=SEAL),
        ir.Thinking(redacted=True, seal=SEAL),
        ir.Text(text="hi"),
        ir.Refusal(text="no"),
        ir.ToolCall(id="toolu_1", name="f", arguments='{"a":1}'),
        ir.ToolCall(id="call_" + "a" * 24, name="g", arguments="", seal=SEAL),
        ir.Media(kind="image", source=ir.Inline(data="aGk="), mime="image/png"),
        ir.Opaque(dialect="openai.chat", kind="x", raw=Raw(b"{}"), text="words"),
    )
    expected = [
        {"text": "hm", "thought": True, "thoughtSignature": "c3kx"},
        {"text": "", "thought": True, "thoughtSignature": "c3kx"},
        {"text": "hi"},
        {"text": "no"},
        {"functionCall": {"id": "toolu_1", "name": "f", "args": {"a": 1}}},
        {"functionCall": {"name": "g", "args": {}}, "thoughtSignature": "c3kx"},
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"text": "words"},
    ]
    assert parts(*content) == expected
    assert lost(*content) == []
    chunks, losses = streamed(replay(response(*content)))
    assert losses == []
    streamed_parts = [
        part for chunk in chunks[:-1] for part in chunk["candidates"][0]["content"]["parts"]
    ]
    assert [part for part in streamed_parts if "functionCall" in part] == expected[4:6]
    assert {"text": "", "thought": True, "thoughtSignature": "c3kx"} in streamed_parts
    assert chunks[-1]["candidates"] == [{"content": {"role": "model"}, "finishReason": "STOP"}]


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (ir.ToolCall(id="1", name="f", executor="provider"), "provider_tool"),
        (ir.ToolResult(call_id="1"), "provider_tool"),
        (ir.Opaque(dialect="openai.chat", kind="x", raw=Raw(b"{}")), "opaque"),
        (ir.Media(kind="document", source=ir.FileRef(origin="openai", id="f")), "document"),
    ],
)
def test_what_it_has_no_words_for_is_dropped_and_told(block: ir.Content, code: str) -> None:
    assert parts(block) == []
    assert lost(block) == [code]
    chunks, losses = streamed(replay(response(block)))
    assert losses == [code]
    assert len(chunks) == 1


def test_arguments_that_are_no_object_are_told_all_the_same() -> None:
    call = ir.ToolCall(id="c1", name="f", arguments="{bad")
    assert parts(call)[0]["functionCall"]["args"] == {"_raw": "{bad"}
    assert lost(call) == ["tool_arguments"]
    assert streamed(replay(response(call)))[1] == ["tool_arguments"]


def test_sources_are_grounding() -> None:
    beyond = ir.Citation(url="https://b.example/", unit="web", start=0, end=99)
    placeless = ir.Citation(url="https://b.example/")
    cited = ir.Text(text="éhi", citations=(WEB, beyond, placeless))
    expected = {
        "groundingChunks": [
            {"web": {"uri": "https://a.example/", "title": "A"}},
            {"web": {"uri": "https://b.example/", "title": "https://b.example/"}},
        ],
        "groundingSupports": [
            {
                "segment": {"text": "hi", "startIndex": 2, "endIndex": 4},
                "groundingChunkIndices": [0],
            },
            {"segment": {"startIndex": 0, "endIndex": 0}, "groundingChunkIndices": [1]},
            {"segment": {}, "groundingChunkIndices": [1]},
        ],
    }
    assert told(response(cited))["candidates"][0]["groundingMetadata"] == expected
    chunks, losses = streamed(replay(response(cited)))
    assert chunks[-1]["candidates"][0]["groundingMetadata"] == expected
    assert losses == lost(cited) == []


def test_places_in_plain_text_are_the_same_in_bytes() -> None:
    cited = ir.Text(text="ahi", citations=(WEB,))
    grounding = told(response(cited))["candidates"][0]["groundingMetadata"]
    segment = {"text": "hi", "startIndex": 1, "endIndex": 3}
    assert grounding["groundingSupports"][0]["segment"] == segment


def test_sources_without_an_address_are_lost() -> None:
    cited = ir.Text(text="hi", citations=(ir.Citation(text="hi", document=0, unit="page"),))
    assert "groundingMetadata" not in told(response(cited))["candidates"][0]
    assert lost(cited) == streamed(replay(response(cited)))[1] == ["citations"]


def test_likelihoods_are_told() -> None:
    logprobs = Raw(b'[{"token":"hi","logprob":-0.5,"bytes":null,"top_logprobs":[]}]')
    expected = {"chosenCandidates": [{"token": "hi", "logProbability": -0.5}]}
    text = ir.Text(text="hi", logprobs=logprobs)
    assert told(response(text))["candidates"][0]["logprobsResult"] == expected
    chunks, _ = streamed(replay(response(text)))
    assert chunks[0]["candidates"][0]["logprobsResult"] == expected


def test_alternatives_are_candidates() -> None:
    other = ir.Alternative(content=(ir.Text(text="b"),), stop=ir.Stop(reason="max_tokens"))
    answer = response(ir.Text(text="a"), alternatives=(other,))
    second = told(answer)["candidates"][1]
    assert (second["index"], second["finishReason"]) == (1, "MAX_TOKENS")
    chunks, _ = streamed(replay(answer))
    assert [each["candidates"][0].get("index") for each in chunks] == [None, 1, 1, None]


def test_usage_is_told_as_google_tells_it() -> None:
    usage = ir.Usage(
        input_tokens=10,
        cache_read_tokens=4,
        input_audio_tokens=2,
        output_tokens=7,
        reasoning_tokens=3,
        output_image_tokens=1,
    )
    assert told(response(usage=usage))["usageMetadata"] == {
        "promptTokenCount": 10,
        "cachedContentTokenCount": 4,
        "candidatesTokenCount": 4,
        "thoughtsTokenCount": 3,
        "totalTokenCount": 17,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 2}],
        "candidatesTokensDetails": [{"modality": "IMAGE", "tokenCount": 1}],
    }
    foreign = ir.Usage(input_tokens=1, raw=Raw(b'{"prompt_tokens":1}'))
    assert told(response(usage=foreign))["usageMetadata"] == {
        "promptTokenCount": 1,
        "totalTokenCount": 1,
    }
    assert "usageMetadata" not in streamed(replay(response()))[0][-1]


def test_media_may_come_bit_by_bit() -> None:
    audio = ir.Media(kind="audio", source=ir.Inline(data=""), mime="audio/pcm")
    link = ir.Media(kind="image", source=ir.Link(url="https://a.example/"))
    events: list[Event] = [
        ir.Started(id="1", model="m"),
        ir.BlockStarted(index=0, block=audio),
        ir.MediaDelta(index=0, data="aG"),
        ir.MediaDelta(index=0, data="k="),
        ir.BlockEnded(index=0),
        ir.BlockStarted(index=1, block=link),
        ir.BlockEnded(index=1),
        ir.UsageUpdated(usage=ir.Usage(input_tokens=1)),
        ir.Finished(stop=STOP, usage=ir.Usage(input_tokens=1)),
    ]
    first, second, last = streamed(events)[0]
    assert first["candidates"][0]["content"]["parts"] == [
        {"inlineData": {"mimeType": "audio/pcm", "data": "aGk="}}
    ]
    assert second["candidates"][0]["content"]["parts"] == [
        {"fileData": {"fileUri": "https://a.example/"}}
    ]
    assert last["usageMetadata"] == {"promptTokenCount": 1, "totalTokenCount": 1}


def test_what_a_block_says_as_it_begins_is_told_at_once() -> None:
    events: list[Event] = [
        ir.Started(id="1", model="m"),
        ir.BlockStarted(index=0, block=ir.Text(text="hel")),
        ir.TextDelta(index=0, text="lo"),
        ir.TextDelta(index=0, text=""),
        ir.BlockEnded(index=0),
        ir.BlockStarted(index=1, block=ir.Refusal(text="")),
        ir.TextDelta(index=1, text="no"),
        ir.Sealed(index=1, seal=SEAL),
        ir.BlockEnded(index=1),
        ir.Finished(stop=STOP, usage=ir.Usage()),
    ]
    told_parts = [
        part
        for chunk in streamed(events)[0][:-1]
        for part in chunk["candidates"][0]["content"]["parts"]
    ]
    assert told_parts == [
        {"text": "hel"},
        {"text": "lo"},
        {"text": "no"},
        {"text": "", "thoughtSignature": "c3kx"},
    ]


def test_a_whole_answer_is_json() -> None:
    assert msgspec.json.decode(CLIENT.encode_response(response(), ASKED).body)


def test_of_several_texts_that_cite_the_last_is_told_and_the_loss_of_the_others() -> None:
    texts = [ir.Text(text="hi there", citations=(WEB,)), ir.Text(text="oh hi", citations=(WEB,))]
    whole = CLIENT.encode_response(response(*texts), ASKED)
    encoder = CLIENT.event_encoder(ASKED)
    for event in replay(response(*texts)):
        encoder.feed(event)

    for losses in (whole.losses, encoder.losses):
        assert [loss.code for loss in losses] == ["citations"]
    assert lost(texts[0]) == []
