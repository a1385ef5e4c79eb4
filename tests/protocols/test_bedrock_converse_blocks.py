"""Content blocks of Converse, read and written again."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.bedrock_converse.codec import ConverseCodec, ConverseUpstream
from protocols.codec import Head, Target
from protocols.errors import DecodeError

CODEC = ConverseCodec()
HEAD = Head(model="us.anthropic.claude", stream=True)
TARGET = Target(model="m", vendor="anthropic")
USER = {"role": "user", "content": [{"text": "hi"}]}
POINT = {"cachePoint": {"type": "default"}}
PNG = {"format": "png", "source": {"bytes": "aGk="}}


def decode(*messages: object, head: Head = HEAD, **said: object) -> ir.Request:
    body = {"messages": list(messages or [USER]), **said}
    return CODEC.decode_request(msgspec.json.encode(body), head)


def block(**said: object) -> ir.Content:
    [message] = decode({"role": "user", "content": [said]}).messages
    [content] = message.content
    return content


def raw(said: object) -> Raw:
    return Raw(msgspec.json.encode(said))


def stays(**said: object) -> ir.Request:
    """What it is read as; written again for the vendor it is what it was."""
    body = {"messages": [USER], **said}
    request = CODEC.decode_request(msgspec.json.encode(body), HEAD)
    sent = ConverseUpstream().encode_request(request, TARGET, "seed")
    assert msgspec.json.decode(sent.body) == body
    assert sent.losses == ()
    return request


def block_stays(**said: object) -> ir.Content:
    request = stays(messages=[{"role": "assistant", "content": [said]}])
    return request.messages[0].content[0]


def test_a_cache_point_belongs_to_the_block_before_it() -> None:
    hour = {"cachePoint": {"type": "default", "ttl": "1h"}}
    request = stays(
        system=[{"text": "s"}, POINT],
        messages=[{"role": "user", "content": [{"text": "a"}, hour, {"image": PNG}, POINT]}],
    )
    [system, user] = request.messages
    assert system.content == (ir.Text(text="s", cache=ir.CachePoint()),)
    assert user.content[0] == ir.Text(text="a", cache=ir.CachePoint(ttl="1h"))
    assert getattr(user.content[1], "cache", None) == ir.CachePoint()


@pytest.mark.parametrize(
    "content",
    [
        [POINT],
        [{"text": "a"}, POINT, POINT],
        [{"text": "a"}, {"cachePoint": {"type": "other"}}],
        [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": "9h"}}],
        [{"text": "a"}, {"cachePoint": {"type": "default", "ttl": 9}}],
        [{"text": "a"}, {"cachePoint": {"type": "default", "odd": 1}}],
        [{"reasoningContent": {"reasoningText": {"text": "t"}}}, POINT],
    ],
)
def test_a_cache_point_that_belongs_to_nothing_is_kept(content: list[object]) -> None:
    request = stays(messages=[{"role": "user", "content": content}])
    last = request.messages[0].content[-1]
    assert isinstance(last, ir.Opaque)
    assert last.kind == "cachePoint"


@pytest.mark.parametrize(
    ("said", "media"),
    [
        (
            {"image": PNG},
            ir.Media(kind="image", source=ir.Inline(data="aGk="), mime="image/png"),
        ),
        (
            {
                "document": {
                    "format": "pdf", "name": "d", "source": {"bytes": "aGk="}, "context": "c",
                    "citations": {"enabled": True},
                }
            },
            ir.Media(
                kind="document", source=ir.Inline(data="aGk="), mime="application/pdf", name="d",
                context="c", citable=True,
            ),
        ),
        (
            {"document": {"name": "d", "source": {"text": "hi"}}},
            ir.Media(kind="document", source=ir.InlineText(text="hi"), name="d"),
        ),
        (
            {"document": {"format": "txt", "name": "d", "source": {"content": [{"text": "a"}]}}},
            ir.Media(
                kind="document", source=ir.InlineBlocks(content=(ir.Text(text="a"),)),
                mime="text/plain", name="d",
            ),
        ),
        (
            {
                "video": {
                    "format": "mp4",
                    "source": {"s3Location": {"uri": "s3://b/v.mp4", "bucketOwner": "1"}},
                }
            },
            ir.Media(
                kind="video", source=ir.Link(url="s3://b/v.mp4"), mime="video/mp4",
                extra={"source": raw({"s3Location": {"bucketOwner": "1"}})},
            ),
        ),
        (
            {"audio": {"format": "mpeg", "source": {"bytes": "aGk="}}},
            ir.Media(
                kind="audio", source=ir.Inline(data="aGk="), mime="audio/mpeg",
                extra={"format": raw("mpeg")},
            ),
        ),
        (
            {"image": {"format": "image/png", "source": {"bytes": "aGk="}, "odd": 1}},
            ir.Media(
                kind="image", source=ir.Inline(data="aGk="),
                extra={"format": raw("image/png"), "odd": raw(1)},
            ),
        ),
    ],
)  # fmt: skip
def test_media_say_what_they_are_and_where(said: dict[str, object], media: ir.Media) -> None:
    assert block_stays(**said) == media


def test_a_document_that_is_not_to_be_cited_says_nothing() -> None:
    said = {"name": "d", "source": {"bytes": "aGk="}, "citations": {"enabled": False}}
    assert block(document=said) == ir.Media(
        kind="document", source=ir.Inline(data="aGk="), name="d"
    )


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"format": "png"}, "image.source is missing"),
        ({"format": "png", "source": {}}, "holds no source we know"),
    ],
)
def test_media_without_a_source_are_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        block(image=said)


def test_calls_and_results_belong_together() -> None:
    call = {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}}
    result = {
        "toolResult": {
            "toolUseId": "t",
            "content": [{"text": "x", "odd": 1}, {"image": PNG}, {"json": {"b": 2}}],
            "status": "error",
        }
    }
    request = stays(
        messages=[
            {"role": "assistant", "content": [call, POINT]},
            {"role": "user", "content": [result, POINT]},
        ]
    )
    assert request.messages[0].content == (
        ir.ToolCall(id="t", name="f", arguments='{"a":1}', cache=ir.CachePoint()),
    )
    [told] = request.messages[1].content
    assert isinstance(told, ir.ToolResult)
    assert (told.call_id, told.name, told.is_error) == ("t", "f", True)
    assert [type(part) for part in told.content] == [ir.Text, ir.Media, ir.Opaque]
    assert getattr(told.content[2], "text", None) == '{"b":2}'


def test_one_value_is_a_structured_result() -> None:
    said = {"toolUseId": "t", "content": [{"json": {"b": [1.0]}}]}
    assert block_stays(toolResult=said) == ir.ToolResult(
        call_id="t", structured=Raw(b'{"b":[1.0]}')
    )


def test_a_value_may_stand_before_media_and_not_behind_them() -> None:
    before = block_stays(toolResult={"toolUseId": "t", "content": [{"json": 1}, {"image": PNG}]})
    assert isinstance(before, ir.ToolResult)
    assert (before.structured, len(before.content)) == (Raw(b"1"), 1)
    for content in ([{"image": PNG}, {"json": 1}], [{"json": 1}, {"json": 2}]):
        kept = block_stays(toolResult={"toolUseId": "t", "content": content})
        assert isinstance(kept, ir.ToolResult)
        assert (bool(kept.structured), len(kept.content)) == (False, 2)


def test_success_is_what_is_meant_where_nothing_is_said() -> None:
    said = {"toolUseId": "t", "content": []}
    assert block(toolResult={**said, "status": "success"}) == block(toolResult=said)
    odd = block_stays(toolResult={**said, "status": "half"})
    assert odd == ir.ToolResult(call_id="t", extra={"status": raw("half")})


def test_who_called_a_tool_is_told() -> None:
    said = {"toolUseId": "t", "name": "f", "input": {}}
    served = block_stays(toolUse={**said, "type": "server_tool_use"})
    assert served == ir.ToolCall(id="t", name="f", executor="provider")
    plain = block_stays(toolUse={**said, "type": "tool_use"})
    assert plain == ir.ToolCall(id="t", name="f", extra={"type": raw("tool_use")})
    assert block(toolUse={"toolUseId": "t", "name": "f"}) == ir.ToolCall(id="t", name="f")


def test_thoughts_keep_their_seals() -> None:
    signed = block_stays(reasoningContent={"reasoningText": {"text": "t", "signature": "s"}})
    assert signed == ir.Thinking(text="t", seal=ir.Seal(origin="anthropic", signature="s"))
    bare = block_stays(reasoningContent={"reasoningText": {"text": "t", "odd": 1}})
    assert bare == ir.Thinking(text="t", extra={"odd": raw(1)})


@pytest.mark.parametrize(
    ("data", "signature"),
    [
        ("RXU4RQ==", "Eu8E"),  # Anthropic's data, in base64 once more
        ("/w==", "\0/w=="),  # no text
        ("abc", "\0abc"),  # no base64
        ("c3kxAQ==", "c3kxAQ=="),  # another vendor's, wrapped
        ("YR==", "\0YR=="),  # base64 that would not come out as it came in
    ],
)
def test_a_withheld_thought_is_its_seal(data: str, signature: str) -> None:
    assert block_stays(reasoningContent={"redactedContent": data}) == ir.Thinking(
        redacted=True, seal=ir.Seal(origin="anthropic", signature=signature)
    )


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (
            {"documentChar": {"documentIndex": 0, "start": 1, "end": 2}},
            {"unit": "char", "document": 0, "start": 1, "end": 2},
        ),
        ({"documentPage": {"documentIndex": 3}}, {"unit": "page", "document": 3}),
        ({"documentChunk": {"start": 1}}, {"unit": "block", "start": 1}),
        (
            {"searchResultLocation": {"searchResultIndex": 1, "odd": 2}},
            {
                "unit": "result",
                "document": 1,
                "extra": {"location": raw({"searchResultLocation": {"odd": 2}})},
            },
        ),
        (
            {"web": {"url": "https://x", "domain": "x"}},
            {
                "unit": "web",
                "url": "https://x",
                "extra": {"location": raw({"web": {"domain": "x"}})},
            },
        ),
        ({"orbit": {"a": 1}}, {"extra": {"location": raw({"orbit": {"a": 1}})}}),
        ({}, {"extra": {"location": raw({})}}),
    ],
)
def test_a_citation_says_where(location: object, place: dict[str, Any]) -> None:
    said = {
        "content": [{"text": "t"}],
        "citations": [{"title": "d", "location": location, "sourceContent": [{"text": "c"}]}],
    }
    text = block_stays(citationsContent=said)
    assert isinstance(text, ir.Text)
    assert text.citations[0] == ir.Citation(title="d", text="c", **place)


def test_a_citation_may_name_its_source_alone() -> None:
    several = [{"text": "a"}, {"text": "b"}]
    said = {
        "content": [{"text": "t"}],
        "citations": [
            {"source": "https://x", "sourceContent": several},
            {"title": "y", "source": "s", "location": {"documentChar": {"start": 1}}},
        ],
    }
    text = block_stays(citationsContent=said)
    assert isinstance(text, ir.Text)
    assert text.citations[0] == ir.Citation(url="https://x", extra={"sourceContent": raw(several)})
    assert text.citations[1] == ir.Citation(title="y", url="s", unit="char", start=1)
    empty = {"content": [{"text": "t"}], "citations": [{"title": "x", "sourceContent": []}]}
    assert block(citationsContent=empty) == ir.Text(text="t", citations=(ir.Citation(title="x"),))


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"guardContent": {"text": {"text": "g", "qualifiers": ["query"]}}}, "g"),
        ({"guardContent": {"image": PNG}}, None),
        (
            {"searchResult": {"source": "s", "title": "t", "content": [{"text": "c"}]}},
            "t\ns\nc",
        ),
        ({"searchResult": {}}, None),
        ({"citationsContent": {"content": [{"text": "a"}, {"text": "b"}]}}, "ab"),
        ({"citationsContent": {"citations": [{"title": "d"}]}}, None),
        ({"toolAddition": {"tool": {}}}, None),
        ({"image": PNG, "odd": 1}, None),
        ({"reasoningContent": {"odd": 1}}, None),
        ({"reasoningContent": {"reasoningText": {"text": "t"}, "odd": 1}}, None),
    ],
)
def test_what_is_not_modelled_is_kept_whole(said: dict[str, object], text: str | None) -> None:
    kept = block_stays(**said)
    assert kept == ir.Opaque(
        dialect="bedrock.converse", kind=next(iter(said)), raw=raw(said), text=text
    )


def test_an_empty_block_is_kept_too() -> None:
    assert block() == ir.Opaque(dialect="bedrock.converse", kind="", raw=raw({}))
    assert block(image=None) == ir.Opaque(
        dialect="bedrock.converse", kind="", raw=raw({"image": None})
    )


def test_unknown_fields_of_a_text_stay() -> None:
    assert block_stays(text="t", odd=[1]) == ir.Text(text="t", extra={"odd": raw([1])})


def test_an_unknown_part_of_a_result_is_kept() -> None:
    part = {"searchResult": {"title": "t", "source": "s", "content": []}}
    told = block_stays(toolResult={"toolUseId": "t", "content": [part]})
    assert isinstance(told, ir.ToolResult)
    assert told.content == (
        ir.Opaque(dialect="bedrock.converse", kind="searchResult", raw=raw(part), text="t\ns"),
    )


def test_a_value_beside_words_stays_in_its_place() -> None:
    content = [{"json": {"a": 1}}, {"text": "b"}]
    found = block_stays(toolResult={"toolUseId": "t", "content": content})
    assert isinstance(found, ir.ToolResult)
    assert not found.structured
    assert [getattr(part, "text", None) for part in found.content] == ['{"a":1}', "b"]


def test_a_cache_point_that_says_more_is_kept_whole() -> None:
    point = {"cachePoint": {"type": "default"}, "odd": 1}
    request = stays(messages=[{"role": "user", "content": [{"text": "hi"}, point]}])
    assert [
        block.kind for block in request.messages[0].content if isinstance(block, ir.Opaque)
    ] == ["cachePoint"]
