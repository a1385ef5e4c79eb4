"""Order of messages: instructions, speakers, results."""

import pytest
from msgspec import Raw

from protocols import ir
from protocols.ir import Message
from tests.protocols.anthropic_messages import (
    EPHEMERAL,
    HARD,
    PNG,
    assistant,
    call,
    codes,
    encode,
    foreign,
    own,
    raw,
    result,
    said_in,
    sent,
    target,
    text,
    user,
)

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


LATER = Message(role="system", content=(ir.Text(text="now"),))
ASKED = user(ir.Text(text="q"))
TOLD = assistant(ir.Text(text="a"))
CALLS = assistant(call("c"))
ANSWERS = user(result("c"))


@pytest.mark.parametrize(
    ("messages", "roles"),
    [
        ((ASKED, LATER), "us"),
        ((ASKED, LATER, TOLD), "usa"),
        ((ASKED, LATER, LATER, TOLD, ASKED), "usau"),
        ((CALLS, ANSWERS, LATER), "aus"),
        ((CALLS, LATER, ANSWERS, TOLD), "ausa"),
        # What follows may only be an answer, what goes before only a question.
        ((ASKED, LATER, ASKED), "u"),
        ((ASKED, TOLD, LATER), "uau"),
        ((ASKED, TOLD, LATER, TOLD), "uaua"),
        ((TOLD, LATER, ASKED), "au"),
        ((ASKED, LATER, ASKED, LATER), "us"),
    ],
)
def test_instructions_stand_among_the_messages_only_where_they_are_taken(
    messages: tuple[Message, ...], roles: str
) -> None:
    said = said_in(sent(foreign(*messages)))
    assert "".join(role[0] for role, _ in said) == roles
    told = [block["text"] for _, content in said for block in content if "text" in block]
    texts = [
        block.text for each in messages for block in each.content if isinstance(block, ir.Text)
    ]
    assert sorted(told) == sorted(texts)
    assert encode(foreign(*messages)).losses == ()


def test_results_stay_first_where_instructions_become_the_users() -> None:
    said = said_in(sent(foreign(CALLS, ANSWERS, LATER, ASKED)))
    assert said[1:] == [
        ("user", [{"type": "tool_result", "tool_use_id": "c"}, text("now"), text("q")])
    ]


def test_instructions_after_results_hide_no_unthought_call() -> None:
    asked = foreign(ASKED, CALLS, ANSWERS, LATER, reasoning=HARD)
    assert "thinking" not in sent(asked, target(effort="budget"))
    assert codes(asked, target(effort="budget")) == ["reasoning"]


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


GO_ON = text("Go on from where your last message ends, without repeating any of it.")
UNBEGUN = target(refuses=frozenset({"prefill"}))


def test_a_begun_answer_is_gone_on_with_in_words_where_it_must_be() -> None:
    request = foreign(user(ir.Text(text="q")), assistant(ir.Text(text="{")))
    assert said_in(sent(request))[-1] == ("assistant", [text("{")])
    assert said_in(sent(request, UNBEGUN))[1:] == [("assistant", [text("{")]), ("user", [GO_ON])]
    losses = encode(request, UNBEGUN).losses
    assert [(loss.code, loss.content) for loss in losses] == [("other:prefill", False)]


@pytest.mark.parametrize(
    "messages",
    [
        (user(ir.Text(text="q")),),
        (user(ir.Text(text="q")), assistant(call("c"))),
        (assistant(call("c")), user(result("c"))),
    ],
)
def test_what_is_no_begun_answer_stays_as_it_is(messages: tuple[ir.Message, ...]) -> None:
    request = foreign(*messages)
    assert sent(request, UNBEGUN) == sent(request)
    assert codes(request, UNBEGUN) == []


def test_a_begun_answer_of_the_dialect_itself_is_the_clients_own_affair() -> None:
    request = own({"role": "user", "content": "q"}, {"role": "assistant", "content": "{"})
    assert sent(request, UNBEGUN) == sent(request)
