"""Order of messages, blocks within them, cache points."""

import base64
from typing import Any

import pytest
from msgspec import Raw

from protocols import ir
from protocols.ir import Content, Message
from tests.protocols.anthropic_messages import (
    UPSTREAM,
    assistant,
    codes,
    encode,
    foreign,
    own,
    raw,
    said_in,
    sent,
    target,
    user,
)

EPHEMERAL = {"type": "ephemeral"}
PNG = ir.Media(kind="image", source=ir.Inline(data="AAAA"), mime="image/png")
PDF = ir.Media(kind="document", source=ir.Inline(data="AAAA"), name="t", context="c", citable=True)


def text(said: str) -> dict[str, str]:
    return {"type": "text", "text": said}


def call(id_: str, name: str = "f", **said: Any) -> ir.ToolCall:
    return ir.ToolCall(id=id_, name=name, **said)


def result(id_: str, *content: Any, **said: Any) -> ir.ToolResult:
    return ir.ToolResult(call_id=id_, content=content, **said)


def written(block: Content) -> Any:
    """By a user of another dialect."""
    ((_, content),) = said_in(sent(foreign(user(block))))
    return content[0]


def lost(block: Content, **can: Any) -> list[tuple[str, bool]]:
    request = foreign(user(ir.Text(text="a"), block))
    assert sent(request, target(**can))["messages"][0]["content"] == [text("a")]
    return [(loss.code, loss.content) for loss in encode(request, target(**can)).losses]


OWN = [
    {"role": "user", "content": [text("hi"), {"type": "moon", "a": 1.0}]},
    {"role": "user", "content": [{"type": "image", "source": {"type": "file", "file_id": "f"}}]},
    {"role": "system", "content": [text("now")], "odd": 1},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "s", "odd": 1},
            {"type": "redacted_thinking", "data": "d"},
            {"type": "thinking", "thinking": "unsigned"},
            {"type": "text", "text": "", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            {
                "type": "tool_use",
                "id": "c.1",
                "name": "a b",
                "input": {"n": 1.0},
                "caller": {"x": 1},
            },
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
            {"type": "mcp_tool_use", "id": "s2", "name": "g", "input": {}, "server_name": "n"},
            {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
            {
                "type": "text",
                "text": "so",
                "citations": [
                    {
                        "type": "web_search_result_location",
                        "url": "https://x.example",
                        "title": "t",
                        "cited_text": "x",
                        "encrypted_index": "e",
                    },
                    {"type": "moon_location", "cited_text": "x", "odd": 1},
                ],
            },
        ],
    },
    {
        "role": "user",
        "content": [
            text("first"),
            {
                "type": "tool_result",
                "tool_use_id": "c.1",
                "is_error": True,
                "content": [
                    {"type": "tool_reference", "tool_name": "f"},
                    {
                        "type": "image",
                        "source": {"type": "base64", "media_type": "image/x", "data": "A"},
                    },
                ],
            },
            {
                "type": "document",
                "source": {"type": "content", "content": [text("t")], "odd": 1},
                "title": "t",
                "context": "c",
                "citations": {"enabled": True, "odd": 1},
                "cache_control": EPHEMERAL,
            },
            {"type": "document", "source": {"type": "url", "url": "https://x.example/a.pdf"}},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "words"},
            },
            {"type": "tool_result", "tool_use_id": "nowhere"},
        ],
    },
]


def test_messages_of_the_dialect_stay_as_they_are() -> None:
    request = own(*OWN, system=[{**text("s"), "cache_control": EPHEMERAL}])
    assert sent(request)["messages"] == OWN
    assert sent(request)["system"] == [{**text("s"), "cache_control": EPHEMERAL}]
    assert encode(request).losses == ()


def test_a_target_may_refuse_instructions_among_the_messages() -> None:
    refusing = target(refuses=frozenset({"system_later"}))
    later = Message(role="system", content=(ir.Text(text="now"),))
    assert said_in(sent(own({"role": "system", "content": "now"}), refusing)) == [
        ("user", [text("now")])
    ]
    asked = foreign(user(ir.Text(text="a")), later, user(ir.Text(text="b")))
    assert said_in(sent(asked, refusing)) == [("user", [text("a"), text("now"), text("b")])]
    assert [role for role, _ in said_in(sent(asked))] == ["user", "system", "user"]


def test_instructions_come_to_the_head() -> None:
    request = foreign(
        Message(role="system", content=(ir.Text(text="a"),), extra={"odd": Raw(b"1")}),
        Message(role="system", content=(ir.Text(text="b"), PNG), developer=True),
        user(ir.Text(text="hi")),
    )
    assert sent(request)["system"] == [text("a"), text("b")]
    assert said_in(sent(request)) == [("user", [text("hi")])]
    assert codes(request) == ["other:odd", "image"]


def test_instructions_alone_are_what_the_user_says() -> None:
    request = foreign(Message(role="system", content=(ir.Text(text="a"),)))
    assert said_in(sent(request)) == [("user", [text("a")])]
    assert "system" not in sent(request)


def test_what_one_side_says_in_a_row_is_one_message() -> None:
    request = foreign(
        user(ir.Text(text="a")),
        Message(role="user", content=(ir.Text(text="b"),), name="ann", extra={"odd": Raw(b"1")}),
        assistant(ir.Text(text="c")),
        assistant(ir.Text(text=" "), ir.Refusal(text="No."), ir.Refusal(text="")),
        assistant(),
    )
    assert said_in(sent(request)) == [
        ("user", [text("a"), text("b")]),
        ("assistant", [text("c"), text("No.")]),
    ]
    assert codes(request) == ["name", "other:odd"]


def test_results_come_first_and_all_in_one_message() -> None:
    request = foreign(
        assistant(call("c1"), call("c2")),
        user(ir.Text(text="well")),
        user(result("c2", ir.Text(text="2"))),
        user(result("c1", ir.Text(text="1"), is_error=True)),
        user(ir.Text(text="and?")),
        assistant(call("c3")),
        user(result("c3")),
        user(ir.Text(text="so?")),
    )
    called = {"type": "tool_use", "name": "f", "input": {}}
    told = {"type": "tool_result"}
    assert said_in(sent(request)) == [
        ("assistant", [{**called, "id": "c1"}, {**called, "id": "c2"}]),
        (
            "user",
            [
                {**told, "tool_use_id": "c2", "content": [text("2")]},
                {**told, "tool_use_id": "c1", "content": [text("1")], "is_error": True},
                text("well"),
                text("and?"),
            ],
        ),
        ("assistant", [{**called, "id": "c3"}]),
        ("user", [{**told, "tool_use_id": "c3"}, text("so?")]),
    ]
    assert encode(request).losses == ()


def test_the_result_of_no_call_is_text() -> None:
    request = foreign(user(result("c", ir.Text(text="42"))))
    assert said_in(sent(request)) == [("user", [text("42")])]
    assert codes(request) == ["opaque"]


def test_a_result_may_be_a_value() -> None:
    told = result("c", ir.Text(text="b"), structured=raw({"a": 1}))
    body = sent(foreign(assistant(call("c")), user(told)))
    assert body["messages"][1]["content"][0]["content"] == [text('{"a":1}'), text("b")]


def test_ids_and_names_are_made_to_fit_and_names_are_remembered() -> None:
    request = foreign(assistant(call("call|1", "böse")), user(result("call|1", ir.Text(text="1"))))
    (_, (called,)), (_, (told,)) = said_in(sent(request))
    assert called["name"] == "b_se"
    assert called["id"] == told["tool_use_id"]
    assert called["id"].startswith("call_")
    memo = encode(request).memo
    assert memo is not None
    assert memo.names == {"b_se": "böse"}
    assert memo.seed == "seed"


@pytest.mark.parametrize("arguments", ["free text", '{"a":'])
def test_arguments_that_are_no_object_are_wrapped(arguments: str) -> None:
    request = foreign(assistant(call("c", arguments=arguments)))
    assert said_in(sent(request))[0][1][0]["input"] == {"_raw": arguments}
    assert codes(request) == ["tool_arguments"]


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
