"""Tools and forms of answers, told to vendors that speak Chat."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Target
from protocols.ir import Message
from tests.protocols.chat_requests import (
    OPENAI,
    OTHER,
    asked,
    body,
    losses,
    model,
    raw,
    sent,
    target,
    user,
)

GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": "start: X"}
PATCH = ir.CustomTool(name="patch", description="Patches.", format=raw(GRAMMAR))


def test_custom_tools_are_native_to_openai() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: X"}}
    call = ir.ToolCall(id="c", name="patch", arguments="free", form="custom")
    bare = ir.CustomTool(name="bare")
    told = body(asked(model(call), tools=(PATCH, bare)))
    assert told["tools"] == [
        {
            "type": "custom",
            "custom": {"name": "patch", "description": "Patches.", "format": grammar},
        },
        {"type": "custom", "custom": {"name": "bare"}},
    ]
    assert told["messages"][0]["tool_calls"][0]["custom"] == {"name": "patch", "input": "free"}


def test_free_text_has_the_same_format_in_both_of_openais_dialects() -> None:
    free = ir.CustomTool(name="free", format=raw({"type": "text"}))
    (told,) = body(asked(tools=(free,)))["tools"]
    assert told["custom"] == {"name": "free", "format": {"type": "text"}}


def test_custom_tools_are_functions_elsewhere() -> None:
    call = ir.ToolCall(id="c", name="patch", arguments="free", form="custom")
    choice = ir.ToolChoice(mode="named", name="patch")
    request = asked(model(call), tools=(PATCH, ir.CustomTool(name="bare")), tool_choice=choice)
    encoded = sent(request, OTHER)
    told = msgspec.json.decode(encoded.body)
    assert "start: X" in told["tools"][0]["function"]["description"]
    assert "description" not in told["tools"][1]["function"]
    inner = told["messages"][0]["tool_calls"][0]["function"]
    assert inner == {"name": "patch", "arguments": '{"input":"free"}'}
    assert told["tool_choice"] == {"type": "function", "function": {"name": "patch"}}
    assert encoded.memo is not None
    assert encoded.memo.custom == {"patch", "bare"}


TOOL = ir.FunctionTool(name="f", description="d", parameters=Raw(b'{"a":1}'))


def test_tools_a_vendor_runs_are_lost() -> None:
    search = ir.ProviderTool(origin="anthropic", kind="web_search", raw=Raw(b"{}"))
    assert losses(asked(tools=(search,))) == ["provider_tool"]
    assert "tools" not in body(asked(tools=(search,)))


def test_a_target_without_tools_is_sent_none() -> None:
    request = asked(tools=(TOOL,), tool_choice=ir.ToolChoice(mode="required"))
    assert losses(request, target("tools")) == ["other:tools"]
    assert body(request, target("tools")).keys() == {"model", "messages"}


@pytest.mark.parametrize(
    ("choice", "to", "told", "lost"),
    [
        (ir.ToolChoice(mode="required"), OPENAI, "required", []),
        (ir.ToolChoice(parallel=True), target("parallel"), None, []),
        (ir.ToolChoice(parallel=False), target("parallel"), None, ["parallel"]),
        (ir.ToolChoice(raw=Raw(b'"x"')), OPENAI, None, ["tool_choice"]),
        (ir.ToolChoice(mode="none"), target("tool_choice.none"), None, ["tool_choice"]),
        (ir.ToolChoice(mode="required"), target("tool_choice"), None, ["tool_choice"]),
        (ir.ToolChoice(mode="auto"), target("tool_choice"), None, []),
        (ir.ToolChoice(allowed=("f",)), OTHER, "auto", []),
        (ir.ToolChoice(mode="named"), OPENAI, {"type": "function", "function": {"name": "_"}}, []),
    ],
)
def test_a_choice_is_told_as_the_target_knows_it(
    choice: ir.ToolChoice, to: Target, told: object, lost: list[str]
) -> None:
    request = asked(tools=(TOOL, ir.FunctionTool(name="g")), tool_choice=choice)
    assert body(request, to).get("tool_choice") == told
    assert losses(request, to) == lost


def test_tools_that_may_not_be_chosen_are_not_sent() -> None:
    both = (TOOL, ir.FunctionTool(name="g"))
    allowed = asked(tools=both, tool_choice=ir.ToolChoice(allowed=("g",)))
    assert [each["function"]["name"] for each in body(allowed, OTHER)["tools"]] == ["g"]
    choice = body(allowed)["tool_choice"]
    assert choice["allowed_tools"]["mode"] == "auto"
    none = asked(tools=both, tool_choice=ir.ToolChoice(mode="none"))
    assert "tools" not in body(none, target("tool_choice.none"))


SCHEMA = ir.OutputFormat(kind="json_schema", description="d", schema=Raw(b'{"a":1}'), strict=True)


def test_a_schema_has_a_name() -> None:
    assert body(asked(output=SCHEMA))["response_format"]["json_schema"] == {
        "name": "output",
        "description": "d",
        "strict": True,
        "schema": {"a": 1},
    }
    bare = body(asked(output=ir.OutputFormat(kind="json_schema", name="n")))
    assert bare["response_format"]["json_schema"] == {"name": "n"}


def test_a_schema_may_be_a_tool_that_must_be_called() -> None:
    encoded = sent(asked(output=SCHEMA), target("json_schema"))
    told = msgspec.json.decode(encoded.body)
    function = {"name": "json_output", "parameters": {"a": 1}, "description": "d"}
    assert told["tools"] == [{"type": "function", "function": function}]
    assert told["tool_choice"] == {"type": "function", "function": {"name": "json_output"}}
    assert encoded.memo is not None
    assert (encoded.memo.schema_tool, encoded.losses) == ("json_output", ())
    told = body(asked(output=ir.OutputFormat(kind="json_schema")), target("json_schema"))
    assert told["tools"] == [{"type": "function", "function": {"name": "json_output"}}]


@pytest.mark.parametrize(
    ("output", "refused"),
    [(SCHEMA, "json_schema"), (ir.OutputFormat(kind="json"), "json_object")],
)
def test_else_the_form_is_asked_for(output: ir.OutputFormat, refused: str) -> None:
    system = Message(role="system", content=(ir.Text(text="s"),))
    request = asked(system, tools=(TOOL,), output=output)
    assert body(request, target(refused))["messages"][0]["content"].startswith("s\n\nAnswer with")
    assert losses(request, target(refused)) == ["output"]
    alone = body(asked(user(), tools=(TOOL,), output=output), target(refused))["messages"]
    assert [each["role"] for each in alone] == ["system", "user"]
    assert body(asked(tools=(TOOL,), output=output), target(refused))["messages"]


@pytest.mark.parametrize("kind", ["text", "json"])
def test_simple_forms_are_told(kind: Any) -> None:
    told = body(asked(output=ir.OutputFormat(kind=kind)))["response_format"]
    assert told == {"type": {"text": "text", "json": "json_object"}[kind]}


def test_who_wants_json_speaks_of_it() -> None:
    form = ir.OutputFormat(kind="json")
    told = body(asked(user(ir.Text(text="Colours?")), output=form))["messages"]
    assert told[0] == {"role": "system", "content": "Answer with one JSON object and nothing else."}
    assert losses(asked(user(ir.Text(text="Colours?")), output=form)) == []
    spoken = asked(user(ir.Text(text="Colours, as Json?")), output=form)
    assert len(body(spoken)["messages"]) == 1
    same = asked(user(ir.Text(text="Colours?")), output=form, dialect="openai.chat")
    assert len(body(same)["messages"]) == 1
