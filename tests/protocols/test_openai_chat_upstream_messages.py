"""Messages to vendors that speak Chat."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Target
from protocols.ir import Message
from tests.protocols.chat_requests import (
    CALL,
    OPENAI,
    OTHER,
    THINKER,
    asked,
    body,
    losses,
    messages,
    model,
    raw,
    sent,
    target,
    user,
)


def test_a_developer_is_the_system_where_there_are_none() -> None:
    told = asked(Message(role="system", content=(ir.Text(text="d"),), developer=True))
    assert body(told)["messages"][0]["role"] == "developer"
    assert body(told, OTHER)["messages"][0]["role"] == "system"
    assert body(told, target("developer"))["messages"][0]["role"] == "system"


def test_a_later_system_message_is_the_users_where_it_is_refused() -> None:
    system = Message(role="system", content=(ir.Text(text="s"),))
    told = messages(system, user(ir.Text(text="u")), system, to=target("system_later"))
    assert [each["role"] for each in told] == ["system", "user", "user"]


def test_texts_are_one_where_lists_are_not_known() -> None:
    two = (ir.Text(text="a"), ir.Text(text="b"))
    told = messages(user(*two), model(*two), to=OTHER)
    assert [each["content"] for each in told] == ["a\n\nb", "ab"]
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert [each["content"] for each in messages(user(*two), model(*two))] == [parts, parts]
    assert [each["content"] for each in messages(user(), model(), to=OTHER)] == ["", ""]


def test_results_follow_their_calls_and_media_follow_the_results() -> None:
    image = ir.Media(kind="image", source=ir.Inline(data="AAAA"), mime="image/png")
    part = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    second = ir.ToolCall(id="c2", name="g", arguments="")
    first_result = ir.ToolResult(call_id="c1", content=(ir.Text(text="1"), image))
    second_result = ir.ToolResult(call_id="c2", name="g", structured=Raw(b'{"a":2}'))
    told = messages(
        model(CALL, second), user(first_result, second_result, ir.Text(text="go on")), user()
    )
    calls = [call["function"] for call in told[0]["tool_calls"]]
    assert calls == [{"name": "f", "arguments": '{"a":1}'}, {"name": "g", "arguments": "{}"}]
    assert told[1:4] == [
        {"role": "tool", "tool_call_id": "c1", "content": "1"},
        {"role": "tool", "tool_call_id": "c2", "content": '{"a":2}'},
        {"role": "user", "content": [part, {"type": "text", "text": "go on"}]},
    ]
    # Each in a message of its own, as Responses has it.
    apart = messages(model(CALL), model(second), user(first_result), user(second_result))
    assert [each["role"] for each in apart] == ["assistant", "tool", "tool", "user"]
    assert apart[-1]["content"] == [part]
    then = messages(model(CALL), user(first_result), model(ir.Text(text="seen")))
    assert [each["role"] for each in then] == ["assistant", "tool", "user", "assistant"]


def test_a_result_without_a_call_is_a_text() -> None:
    request = asked(user(ir.ToolResult(call_id="c9", content=(ir.Text(text="r"),))))
    assert body(request)["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "r"}]}
    ]
    assert losses(request) == ["opaque"]


def test_a_failed_result_is_a_result_with_a_loss() -> None:
    failed = ir.ToolResult(call_id="c1", name="h", is_error=True, cache=ir.CachePoint())
    request = asked(model(CALL), user(failed))
    assert body(request)["messages"][1] == {
        "role": "tool",
        "tool_call_id": "c1",
        "name": "h",
        "content": "",
    }
    assert losses(request) == ["other:is_error", "cache"]


def test_names_and_ids_are_made_to_fit() -> None:
    call = ir.ToolCall(id="i" * 65, name="my.tool")
    tool = ir.FunctionTool(name="my.tool")
    request = asked(model(call), user(ir.ToolResult(call_id="i" * 65)), tools=(tool,))
    encoded = sent(request)
    told = msgspec.json.decode(encoded.body)
    assert told["tools"][0]["function"] == {"name": "my_tool"}
    assert told["messages"][0]["tool_calls"][0]["function"]["name"] == "my_tool"
    assert told["messages"][0]["tool_calls"][0]["id"] == told["messages"][1]["tool_call_id"]
    assert len(told["messages"][1]["tool_call_id"]) == 29
    assert encoded.memo is not None
    assert (encoded.memo.seed, encoded.memo.names) == ("seed", {"my_tool": "my.tool"})


THOUGHT = ir.Thinking(text="hm")
SIGNED = ir.Thinking(text="hm", seal=ir.Seal(origin="anthropic", signature="s"))
OWN = ir.Thinking(text="hm", seal=ir.Seal(origin="somebody", signature="s"))
NAMED = ir.Thinking(seal=ir.Seal(origin="openai", id="rs_1"))


@pytest.mark.parametrize(
    ("thought", "to", "told", "lost"),
    [
        (THOUGHT, THINKER, "hm", []),
        (OWN, THINKER, "hm", []),
        (SIGNED, THINKER, "", ["seal"]),
        (THOUGHT, OTHER, None, ["reasoning"]),
        (THOUGHT, OPENAI, None, ["reasoning"]),
        (
            THOUGHT,
            target("reasoning_content", vendor="somebody", reasoning_passback="always"),
            None,
            ["reasoning"],
        ),
        (NAMED, OPENAI, None, []),
    ],
)
def test_reasoning_returns_to_who_wrote_it(
    thought: ir.Thinking, to: Target, told: str | None, lost: list[str]
) -> None:
    request = asked(model(thought, ir.Text(text="a"), CALL))
    assert body(request, to)["messages"][0].get("reasoning_content") == told
    assert losses(request, to) == lost


@pytest.mark.parametrize(
    ("wanted", "told", "lost"),
    [("never", None, ["reasoning"]), ("tool_turns", None, ["reasoning"]), ("always", "hm", [])],
)
def test_some_want_it_back_on_turns_without_calls_too(
    wanted: Any, told: str | None, lost: list[str]
) -> None:
    request, to = asked(model(THOUGHT, ir.Text(text="a"))), target(reasoning_passback=wanted)
    assert body(request, to)["messages"][0].get("reasoning_content") == told
    assert losses(request, to) == lost


@pytest.mark.parametrize("dialect", ["anthropic.messages", "openai.chat"])
@pytest.mark.parametrize(
    ("wanted", "said"), [("never", set()), ("tool_turns", {0}), ("always", {0, 2})]
)
def test_whoever_wants_it_back_finds_the_field_where_nobody_knows_it(
    dialect: Any, wanted: Any, said: set[int]
) -> None:
    result = ir.Message(role="user", content=(ir.ToolResult(call_id="c1", name="f"),))
    request = asked(model(CALL), result, model(ir.Text(text="a")), dialect=dialect)
    told = body(request, target(vendor="somebody", reasoning_passback=wanted))["messages"]
    assert {at for at, each in enumerate(told) if each.get("reasoning_content") == ""} == said


def test_what_a_vendor_ran_itself_is_lost() -> None:
    search = ir.ToolCall(id="s", name="search", executor="provider")
    found = ir.Opaque(dialect="anthropic.messages", kind="found", raw=Raw(b"{}"))
    told = ir.Opaque(dialect="anthropic.messages", kind="found", raw=Raw(b"{}"), text="words")
    request = asked(model(search, ir.ToolResult(call_id="s"), found, told))
    assert losses(request) == ["opaque", "provider_tool", "provider_tool"]
    assert body(request)["messages"] == [{"role": "assistant", "content": "words"}]


def test_seals_go_to_their_origin() -> None:
    seal = ir.Seal(origin="gemini", signature="s")
    call = ir.ToolCall(id="c", name="f", seal=seal)
    request = asked(model(ir.Text(text="a", seal=seal), call))
    assert losses(request) == ["seal", "seal"]
    told = body(request, target(vendor="gemini"))["messages"][0]["tool_calls"][0]
    assert told["extra_content"] == {"google": {"thought_signature": "s"}}


def test_what_other_dialects_say_of_texts_is_lost() -> None:
    text = ir.Text(
        text="a",
        citations=(ir.Citation(document=1),),
        cache=ir.CachePoint(ttl="1h"),
        seal=ir.Seal(origin="openai", id="msg_1"),
        extra={"odd": Raw(b"1"), "=note": Raw(b"1")},
    )
    request = asked(user(text))
    assert losses(request) == ["cache", "other:odd", "citations"]
    told = body(request, target(cache=True))["messages"][0]["content"]
    assert told == [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    ]


def test_links_of_a_reference_stay_in_chat() -> None:
    audio = ir.Media(
        kind="audio", source=ir.FileRef(origin="openai", id="audio_1"), extra={"odd": Raw(b"1")}
    )
    request = asked(model(audio, ir.Text(text="a")), dialect="openai.chat")
    assert body(request)["messages"][0]["audio"] == {"id": "audio_1"}
    assert body(request)["messages"][0]["odd"] == 1


def test_what_stands_beside_each_of_the_models_words_is_lost_under_its_own_place() -> None:
    said = {"phase": raw("final")}
    told = asked(model(ir.Text(text="a"), extra=said), model(ir.Text(text="b"), extra=said), user())
    found = [(loss.code, loss.path) for loss in sent(told).losses]
    assert sorted(found) == [
        ("other:phase", "messages[0].phase"),
        ("other:phase", "messages[1].phase"),
    ]


def test_a_document_of_parts_ends_what_is_kept_once() -> None:
    inner = ir.InlineBlocks(content=(ir.Text(text="a"), ir.Text(text="b")))
    document = ir.Media(kind="document", source=inner, cache=ir.CachePoint(), extra={"odd": raw(1)})
    to = target(vendor="somebody", cache=True)
    (told,) = messages(user(document), to=to)
    assert ["cache_control" in part for part in told["content"]] == [False, True]
    assert losses(asked(user(document)), to) == ["other:odd"]
