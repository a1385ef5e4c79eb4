"""Blocks of messages, and where the cache ends."""

import base64
from typing import Any

import pytest
from msgspec import Raw

from protocols import ir
from protocols.ir import Content
from tests.protocols.anthropic_messages import (
    EPHEMERAL,
    PNG,
    UPSTREAM,
    assistant,
    call,
    codes,
    encode,
    foreign,
    own,
    result,
    said_in,
    sent,
    target,
    text,
    user,
)

PDF = ir.Media(kind="document", source=ir.Inline(data="AAAA"), name="t", context="c", citable=True)


def written(block: Content) -> Any:
    """By a user of another dialect."""
    ((_, content),) = said_in(sent(foreign(user(block))))
    return content[0]


def lost(block: Content, **can: Any) -> list[tuple[str, bool]]:
    request = foreign(user(ir.Text(text="a"), block))
    assert sent(request, target(**can))["messages"][0]["content"] == [text("a")]
    return [(loss.code, loss.content) for loss in encode(request, target(**can)).losses]


@pytest.mark.parametrize("arguments", ["free text", '{"a":'])
def test_arguments_that_are_no_object_are_wrapped(arguments: str) -> None:
    request = foreign(assistant(call("c", arguments=arguments)))
    assert said_in(sent(request))[0][1][0]["input"] == {"_raw": arguments}
    assert codes(request) == ["tool_arguments"]


def test_a_call_may_have_no_arguments() -> None:
    request = foreign(assistant(call("c", arguments="")))
    assert said_in(sent(request))[0][1][0]["input"] == {}
    assert codes(request) == []


def test_free_text_for_a_custom_tool_is_the_input_of_a_function() -> None:
    request = foreign(assistant(call("c", arguments="patch", form="custom")))
    assert said_in(sent(request))[0][1][0]["input"] == {"input": "patch"}
    assert encode(request).losses == ()


def test_calls_of_other_vendors_are_not_sent() -> None:
    request = foreign(assistant(ir.Text(text="a"), call("c", executor="provider")))
    assert said_in(sent(request)) == [("assistant", [text("a")])]
    assert codes(request) == ["provider_tool"]


@pytest.mark.parametrize(
    ("seal", "lost_codes"),
    [
        (ir.Seal(origin="gemini", signature="s"), ["seal"]),
        (ir.Seal(origin="openai", id="fc_1"), []),
    ],
)
def test_a_seal_has_a_place_in_thoughts_only(seal: ir.Seal, lost_codes: list[str]) -> None:
    sealed = (call("c", seal=seal), ir.Text(text="a", seal=seal))
    for block in sealed:
        assert codes(foreign(assistant(block))) == lost_codes
    picture = ir.Media(kind="image", source=ir.Inline(data="A"), seal=seal)
    assert codes(foreign(user(picture))) == lost_codes


THOUGHT = ir.Thinking(text="hm", seal=ir.Seal(origin="anthropic", signature="s"))


@pytest.mark.parametrize(
    ("thought", "vendor", "told", "lost_codes"),
    [
        (THOUGHT, "anthropic", {"type": "thinking", "thinking": "hm", "signature": "s"}, []),
        (THOUGHT, "deepseek", None, ["seal"]),
        (ir.Thinking(text="hm"), "anthropic", None, ["reasoning"]),
        (ir.Thinking(seal=ir.Seal(origin="openai", id="rs_1")), "anthropic", None, []),
        (ir.Thinking(text="hm"), "deepseek", {"type": "thinking", "thinking": "hm"}, []),
    ],
)
def test_thoughts_go_back_to_who_can_verify_them(
    thought: ir.Thinking, vendor: str, told: object, lost_codes: list[str]
) -> None:
    request = foreign(assistant(thought, ir.Text(text="a")))
    to = target(vendor=vendor)
    thoughts = [] if told is None else [told]
    assert said_in(sent(request, to)) == [("assistant", [*thoughts, text("a")])]
    assert codes(request, to) == lost_codes


def test_citations_that_only_others_gave_are_lost() -> None:
    cited = ir.Citation(url="https://x.example", unit="web")
    said = assistant(ir.Text(text="a", citations=(cited,)))
    assert said_in(sent(foreign(said))) == [("assistant", [text("a")])]
    assert codes(foreign(said)) == ["citations"]
    location = {
        "type": "web_search_result_location",
        "url": "https://x.example",
        "title": "t",
        "cited_text": "",
        "encrypted_index": "",
    }
    echoed = own({"role": "assistant", "content": [{**text("a"), "citations": [location]}]})
    assert said_in(sent(echoed)) == [("assistant", [text("a")])]
    assert codes(echoed) == ["citations"]


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (
            PNG,
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
            },
        ),
        (
            ir.Media(kind="image", source=ir.Inline(data="AAAA"), detail="auto"),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
            },
        ),
        (
            PDF,
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "AAAA"},
                "title": "t",
                "context": "c",
                "citations": {"enabled": True},
            },
        ),
        (
            ir.Media(
                kind="document",
                source=ir.Inline(data=base64.b64encode(b"# Hi").decode()),
                mime="text/markdown",
            ),
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "# Hi"},
            },
        ),
        (
            ir.Media(kind="document", source=ir.Inline(data="AAAA"), mime="image/png", name="a"),
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"},
            },
        ),
        (
            ir.Media(kind="image", source=ir.FileRef(origin="anthropic", id="f")),
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
        ),
        (
            ir.Opaque(dialect="gemini.generate", kind="x", raw=Raw(b"{}"), text="words"),
            text("words"),
        ),
    ],
)
def test_what_users_show_is_written(block: Content, told: object) -> None:
    assert written(block) == told
    assert codes(foreign(user(block))) == []


@pytest.mark.parametrize(
    ("block", "code"),
    [
        (ir.Media(kind="audio", source=ir.Inline(data="A")), "audio"),
        (ir.Media(kind="video", source=ir.Link(url="gs://b/v")), "video"),
        (ir.Media(kind="image", source=ir.Link(url="https://x.example/a.png")), "image"),
        (ir.Media(kind="image", source=ir.Inline(data="A"), mime="image/bmp"), "image"),
        (ir.Media(kind="document", source=ir.Inline(data="A"), mime="application/x"), "document"),
        (ir.Media(kind="document", source=ir.Inline(data="A"), mime="text/plain"), "document"),
        (ir.Media(kind="document", source=ir.FileRef(origin="openai", id="f")), "file"),
        (ir.Opaque(dialect="gemini.generate", kind="x", raw=Raw(b"{}")), "opaque"),
    ],
)
def test_what_messages_cannot_show_is_lost(block: Content, code: str) -> None:
    assert lost(block) == [(code, True)]


def test_what_the_target_refuses_is_lost() -> None:
    assert lost(PNG, refuses=frozenset({"image"})) == [("image", True)]


def test_blank_words_of_others_say_nothing() -> None:
    assert lost(ir.Opaque(dialect="x", kind="y", raw=Raw(b"{}"), text=" ")) == []


def test_how_closely_to_look_is_lost() -> None:
    block = ir.Media(kind="image", source=ir.Inline(data="A"), detail="low")
    (loss,) = encode(foreign(user(block))).losses
    assert (loss.code, loss.content) == ("image", False)


def test_links_are_followed_by_who_can() -> None:
    link = ir.Media(kind="image", source=ir.Link(url="https://x.example/a.png"))
    inner = ir.Media(kind="document", source=ir.InlineBlocks(content=(link, link)))
    request = foreign(user(link, inner, PNG), assistant(call("c")), user(result("c", link)))
    assert UPSTREAM.wants(request, target()) == ("https://x.example/a.png",)
    fetching = target(links=frozenset({"https"}))
    assert UPSTREAM.wants(request, fetching) == ()
    told = {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}}
    assert sent(request, fetching)["messages"][0]["content"][0] == told


def test_only_the_user_may_show_something() -> None:
    request = foreign(assistant(ir.Text(text="a"), PNG))
    assert said_in(sent(request)) == [("assistant", [text("a")])]
    assert codes(request) == ["image"]


def test_the_newest_version_takes_less() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "a"}}
    location = {"type": "char_location", "cited_text": "x", "document_index": 0}
    request = own(
        {"role": "user", "content": [{**text("a"), "citations": [location]}]},
        {"role": "assistant", "content": [text("b"), document]},
        headers={"anthropic-version": "2026-10-21"},
    )
    assert said_in(sent(request)) == [("user", [text("a")]), ("assistant", [text("b")])]
    told = [(loss.code, loss.content) for loss in encode(request).losses]
    assert told == [("citations", False), ("document", True)]
    before = own({"role": "assistant", "content": [text("b"), document]})
    assert len(said_in(sent(before))[0][1]) == 2


def test_the_last_four_cache_points_are_kept() -> None:
    block = {**text("a"), "cache_control": EPHEMERAL}
    said = {"role": "user", "content": [block] * 4}
    tool = {"name": "f", "input_schema": {}, "cache_control": EPHEMERAL}
    body = sent(own(said, system=[block], tools=[tool]))
    assert "cache_control" not in body["tools"][0]
    assert "cache_control" not in body["system"][0]
    assert body["messages"][0]["content"] == [block] * 4
    assert codes(own(said, system=[block], tools=[tool])) == ["cache", "cache"]
    assert codes(own(said, cache_control=EPHEMERAL)) == ["cache"]


def test_cache_points_of_others_are_kept_where_there_are_some() -> None:
    request = foreign(
        user(
            ir.Text(text="a", cache=ir.CachePoint()),
            ir.Text(text="b", cache=ir.CachePoint(ttl="30m")),
            ir.Text(text="c", cache=ir.CachePoint(ttl="12h")),
        )
    )
    assert [block.get("cache_control") for block in said_in(sent(request))[0][1]] == [None] * 3
    assert codes(request) == ["cache"] * 3
    caching = target(cache=True)
    assert [block["cache_control"] for block in said_in(sent(request, caching))[0][1]] == [
        EPHEMERAL,
        {**EPHEMERAL, "ttl": "5m"},
        {**EPHEMERAL, "ttl": "1h"},
    ]
    assert codes(request, caching) == ["cache", "cache"]


def test_a_blank_text_hands_its_cache_point_on() -> None:
    point = ir.CachePoint()
    blank = ir.Text(text="\n", cache=point)
    request = foreign(user(blank, ir.Text(text="a"), blank, blank))
    assert said_in(sent(request, target(cache=True)))[0][1] == [
        {**text("a"), "cache_control": EPHEMERAL}
    ]
    assert codes(request, target(cache=True)) == []


def test_fields_of_other_dialects_are_named() -> None:
    block = ir.Text(text="a", extra={"odd": Raw(b"1")})
    (loss,) = encode(foreign(user(block))).losses
    assert (loss.code, loss.path) == ("other:odd", "messages[0].content[0].odd")
