"""Tools, the choice among them, the form of the answer."""

from typing import Any

import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Memo
from tests.protocols.anthropic_messages import (
    HARD,
    SCHEMA,
    SEARCH,
    SENT_F,
    F,
    codes,
    encode,
    foreign,
    own,
    raw,
    sent,
    target,
)

FORM = ir.OutputFormat(kind="json_schema", name="n", schema=raw(SCHEMA), strict=True)


def memo(request: ir.Request, **can: Any) -> Memo:
    made = encode(request, target(**can)).memo
    assert made is not None
    return made


def test_tools_of_others_are_written() -> None:
    request = foreign(
        tools=(F, ir.FunctionTool(name="g h", strict=True), ir.FunctionTool(name="i", strict=False))
    )
    assert sent(request)["tools"] == [
        SENT_F,
        {"name": "g_h", "input_schema": {"type": "object", "properties": {}}, "strict": True},
        {"name": "i", "input_schema": {"type": "object", "properties": {}}},
    ]
    assert memo(request).names == {"g_h": "g h"}
    assert codes(request, target(refuses=frozenset({"json_schema"}))) == ["schema"]


def test_custom_tools_are_functions_of_one_string() -> None:
    request = foreign(tools=(ir.CustomTool(name="p"), ir.CustomTool(name="q", description="d")))
    first, second = sent(request)["tools"]
    assert (first["name"], second["description"]) == ("p", "d")
    assert first["input_schema"]["required"] == ["input"]
    assert "description" not in first
    assert memo(request).custom == {"p", "q"}


def test_tools_the_vendor_runs_are_its_own_or_its_equals() -> None:
    def tool(origin: str, kind: str, name: object = "n") -> ir.ProviderTool:
        return ir.ProviderTool(origin=origin, kind=kind, raw=raw({"type": kind, "name": name}))

    request = foreign(
        tools=(
            tool("anthropic", "odd_1"),
            tool("openai", "web_search"),
            tool("gemini", "googleSearch"),
            tool("openai", "file_search", []),
        )
    )
    assert sent(request)["tools"] == [{"type": "odd_1", "name": "n"}, SEARCH, SEARCH]
    assert codes(request) == ["provider_tool"]
    elsewhere = target(vendor="deepseek", tools={})
    assert codes(request, elsewhere) == ["provider_tool"] * 4
    carried = target(tools={})
    assert sent(request, carried)["tools"] == [{"type": "odd_1", "name": "n"}]
    assert codes(request, carried) == ["provider_tool"] * 3


def test_a_choice_of_a_tool_that_is_not_run_is_none() -> None:
    chosen = own(tools=[SEARCH, SENT_F], tool_choice={"type": "tool", "name": "web_search"})
    elsewhere = target(vendor="deepseek")
    assert sent(chosen, elsewhere)["tool_choice"] == {"type": "auto"}
    assert codes(chosen, elsewhere) == ["provider_tool", "tool_choice"]
    alone = own(tools=[SEARCH], tool_choice={"type": "any"})
    assert "tool_choice" not in sent(alone, elsewhere)


def test_a_target_without_tools_loses_them() -> None:
    request = foreign(tools=(F,), tool_choice=ir.ToolChoice(mode="auto"))
    none = target(refuses=frozenset({"tools"}))
    assert not {"tools", "tool_choice"} & set(sent(request, none))
    assert [(loss.code, loss.content) for loss in encode(request, none).losses] == [
        ("other:tools", True)
    ]


@pytest.mark.parametrize(
    ("choice", "told", "lost"),
    [
        (ir.ToolChoice(mode="auto"), {"type": "auto"}, []),
        (ir.ToolChoice(mode="required"), {"type": "any"}, []),
        (ir.ToolChoice(mode="none", parallel=False), {"type": "none"}, []),
        (ir.ToolChoice(mode="named", name="f"), {"type": "tool", "name": "f"}, []),
        (ir.ToolChoice(mode="named", name="x"), {"type": "auto"}, ["tool_choice"]),
        (ir.ToolChoice(parallel=True), {"type": "auto"}, []),
        (ir.ToolChoice(parallel=False), {"type": "auto", "disable_parallel_tool_use": True}, []),
        (ir.ToolChoice(raw=Raw(b'{"type":"mcp"}')), None, ["tool_choice"]),
    ],
)
def test_a_choice_of_tools_is_told(choice: ir.ToolChoice, told: object, lost: list[str]) -> None:
    request = foreign(tools=(F,), tool_choice=choice)
    assert sent(request).get("tool_choice") == told
    assert codes(request) == lost


def test_only_the_tools_allowed_are_sent() -> None:
    choice = ir.ToolChoice(mode="required", allowed=("f",))
    search = ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=raw(SEARCH))
    request = foreign(tools=(ir.FunctionTool(name="g"), F, search), tool_choice=choice)
    assert sent(request)["tools"] == [SENT_F, SEARCH]
    assert sent(request)["tool_choice"] == {"type": "any"}


@pytest.mark.parametrize(
    ("word", "mode", "told"),
    [
        ("tool_choice.none", "none", [{"type": "text", "text": "Do not call any tool."}]),
        ("tool_choice.any", "required", None),
        ("tool_choice", "required", None),
    ],
)
def test_a_choice_the_target_refuses_is_left_to_it(word: str, mode: Any, told: object) -> None:
    request = foreign(tools=(F,), tool_choice=ir.ToolChoice(mode=mode))
    refusing = target(refuses=frozenset({word}))
    assert sent(request, refusing)["tool_choice"] == {"type": "auto"}
    assert sent(request, refusing).get("system") == told
    assert codes(request, refusing) == ["tool_choice"]


def test_one_call_at_a_time_may_be_refused() -> None:
    request = foreign(tools=(F,), tool_choice=ir.ToolChoice(parallel=False))
    refusing = target(refuses=frozenset({"parallel"}))
    assert sent(request, refusing)["tool_choice"] == {"type": "auto"}
    assert codes(request, refusing) == ["parallel"]


def test_a_schema_has_its_place() -> None:
    assert sent(foreign(output=FORM))["output_config"] == {
        "format": {"type": "json_schema", "schema": SCHEMA}
    }
    assert codes(foreign(output=FORM)) == []
    described = ir.OutputFormat(kind="json_schema", description="d")
    assert codes(foreign(output=described)) == ["output"]


def test_a_schema_the_target_refuses_is_the_input_of_a_tool() -> None:
    request = foreign(output=FORM, reasoning=HARD)
    refusing = {"refuses": frozenset({"json_schema"}), "effort": "budget"}
    body = sent(request, target(**refusing))
    assert body["tools"] == [{"name": "json_output", "input_schema": SCHEMA}]
    assert body["tool_choice"] == {"type": "tool", "name": "json_output"}
    assert memo(request, **refusing).schema_tool == "json_output"
    assert codes(request, target(**refusing)) == ["reasoning"]


@pytest.mark.parametrize("refuses", [{"json_schema"}, {"json_schema", "tools"}])
def test_beside_other_tools_a_schema_is_asked_for_in_words(refuses: set[str]) -> None:
    tools = () if "tools" in refuses else (F,)
    request = foreign(output=FORM, tools=tools)
    body = sent(request, target(refuses=frozenset(refuses)))
    assert '"properties"' in body["system"][-1]["text"]
    assert codes(request, target(refuses=frozenset(refuses))) == ["output"]


def test_json_of_any_form_is_asked_for_in_words() -> None:
    request = foreign(output=ir.OutputFormat(kind="json"))
    assert "JSON" in sent(request)["system"][0]["text"]
    assert codes(request) == ["output"]
    assert codes(foreign(output=ir.OutputFormat(kind="text"))) == []


PART: dict[str, Any] = {"refuses": frozenset({"json_schema.full"})}
CLOSED = {**SCHEMA, "additionalProperties": False}
BOUND = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
ENDLESS = {"type": "object", "properties": {"a": {"$ref": "#"}}}


def test_a_schema_is_sent_as_far_as_the_target_keeps_to_it() -> None:
    request = foreign(
        output=FORM,
        tools=(
            ir.FunctionTool(name="f", parameters=raw(SCHEMA), strict=True),
            ir.FunctionTool(name="g", parameters=raw(BOUND), strict=False),
            ir.FunctionTool(name="h", parameters=raw(BOUND), strict=True),
        ),
    )
    body = sent(request, target(**PART))
    assert body["output_config"]["format"]["schema"] == CLOSED
    first, second, third = body["tools"]
    assert (first["input_schema"], first["strict"]) == (CLOSED, True)
    assert second == {"name": "g", "input_schema": BOUND}
    assert "minimum" not in third["input_schema"]["properties"]["a"]
    losses = encode(request, target(**PART)).losses
    assert [(each.code, each.path) for each in losses] == [
        ("schema", "tools[2].parameters.a.minimum")
    ]


def test_a_schema_without_an_end_is_the_input_of_a_tool() -> None:
    form = ir.OutputFormat(kind="json_schema", name="n", schema=raw(ENDLESS))
    body = sent(foreign(output=form), target(**PART))
    assert body["tools"] == [{"name": "json_output", "input_schema": ENDLESS}]
    assert codes(foreign(output=form), target(**PART)) == []
    strict = foreign(tools=(ir.FunctionTool(name="f", parameters=raw(ENDLESS), strict=True),))
    assert sent(strict, target(**PART))["tools"] == [{"name": "f", "input_schema": ENDLESS}]
    assert codes(strict, target(**PART)) == ["schema"]


def test_a_schema_of_the_dialect_itself_is_the_clients_own_affair() -> None:
    tool = {"name": "f", "input_schema": BOUND, "strict": True}
    form = {"type": "json_schema", "schema": BOUND}
    request = own(tools=[tool], output_config={"format": form})
    body = sent(request, target(**PART))
    assert (body["tools"], body["output_config"]["format"]) == ([tool], form)
    assert codes(request, target(**PART)) == []


def test_a_function_of_anything_takes_an_object() -> None:
    request = foreign(tools=(ir.FunctionTool(name="f", parameters=Raw(b"{}")),))
    assert sent(request)["tools"] == [{"name": "f", "input_schema": {"type": "object"}}]
    assert codes(request) == []
    mine = own(tools=[{"name": "f", "input_schema": {}}])
    assert sent(mine)["tools"] == [{"name": "f", "input_schema": {}}]
