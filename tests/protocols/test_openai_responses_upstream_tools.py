"""Tools of other dialects, as a vendor of Responses gets them."""

import msgspec
import pytest

from protocols import ir
from tests.protocols.responses_sent import (
    OTHER,
    body,
    foreign,
    losses,
    own,
    raw,
    refusing,
    send,
)

# --- tools ---------------------------------------------------------------------------------------


def test_functions_of_others_are_not_strict() -> None:
    tools = (
        ir.FunctionTool(name="f", cache=ir.CachePoint(), extra={"odd": raw(1)}),
        ir.FunctionTool(name="g", description="d", parameters=raw({"a": 1}), strict=True),
    )
    request = foreign(tools=tools)
    assert body(request)["tools"] == [
        {
            "type": "function",
            "name": "f",
            "parameters": {"type": "object", "properties": {}},
            "strict": False,
        },
        {
            "type": "function",
            "name": "g",
            "description": "d",
            "parameters": {"a": 1},
            "strict": True,
        },
    ]
    assert losses(request) == ["cache", "other:odd"]


def test_custom_tools_are_openais() -> None:
    grammar = {"syntax": "lark", "definition": "x"}
    nested = ir.CustomTool(name="p", format=raw({"type": "grammar", "grammar": grammar}))
    flat = ir.CustomTool(name="q", format=raw({"type": "text"}), extra={"odd": raw(1)})
    request = foreign(tools=(nested, flat), tool_choice=ir.ToolChoice(mode="named", name="p"))
    assert body(request)["tools"] == [
        {"type": "custom", "name": "p", "format": {"type": "grammar", **grammar}},
        {"type": "custom", "name": "q", "format": {"type": "text"}},
    ]
    assert body(request)["tool_choice"] == {"type": "custom", "name": "p"}
    assert losses(request) == ["other:odd"]


def test_elsewhere_they_are_functions() -> None:
    tool = ir.CustomTool(name="p", description="d")
    call = ir.ToolCall(id="c", name="p", arguments="*** Begin", form="custom")
    result = ir.ToolResult(call_id="c", form="custom", content=(ir.Text(text="ok"),))
    choice = ir.ToolChoice(mode="named", name="p")
    sent = send(foreign(call, result, tools=(tool,), tool_choice=choice), OTHER)
    said = msgspec.json.decode(sent.body)
    assert said["tools"][0]["parameters"]["required"] == ["input"]
    assert said["tool_choice"] == {"type": "function", "name": "p"}
    assert said["input"] == [
        {
            "type": "function_call",
            "call_id": "c",
            "name": "p",
            "arguments": '{"input":"*** Begin"}',
        },
        {"type": "function_call_output", "call_id": "c", "output": "ok"},
    ]
    assert sent.memo is not None
    assert sent.memo.custom == {"p"}


def test_searching_the_web_is_the_one_tool_that_all_have() -> None:
    tools = (
        ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=raw({})),
        ir.ProviderTool(origin="gemini", kind="codeExecution", raw=raw({})),
    )
    assert body(foreign(tools=tools))["tools"] == [{"type": "web_search"}]
    assert losses(foreign(tools=tools)) == ["provider_tool"]
    assert losses(foreign(tools=tools), OTHER) == ["provider_tool", "provider_tool"]


def test_who_calls_no_tools_is_offered_none() -> None:
    request = foreign(tools=(ir.FunctionTool(name="f"),), tool_choice=ir.ToolChoice(mode="auto"))
    assert losses(request, refusing("tools")) == ["other:tools"]
    assert "tool_choice" not in body(request, refusing("tools"))


TOOLS = (
    ir.FunctionTool(name="f"),
    ir.FunctionTool(name="g"),
    ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=raw({})),
)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ir.ToolChoice(mode="required"), "required"),
        (ir.ToolChoice(mode="named", name="f"), {"type": "function", "name": "f"}),
        (
            ir.ToolChoice(allowed=("f",)),
            {
                "type": "allowed_tools",
                "mode": "auto",
                "tools": [{"type": "function", "name": "f"}],
            },
        ),
        (ir.ToolChoice(parallel=True), None),
    ],
)
def test_the_choice_among_tools(choice: ir.ToolChoice, said: object) -> None:
    assert body(foreign(tools=TOOLS, tool_choice=choice)).get("tool_choice") == said


def test_of_a_few_only_those_are_sent_where_the_choice_is_unknown() -> None:
    choice = ir.ToolChoice(mode="required", allowed=("f",))
    said = body(foreign(tools=TOOLS[:2], tool_choice=choice), OTHER)
    assert [tool["name"] for tool in said["tools"]] == ["f"]
    assert said["tool_choice"] == "required"


@pytest.mark.parametrize(
    ("choice", "refused", "found"),
    [
        (ir.ToolChoice(mode="required"), "tool_choice", ["tool_choice"]),
        (ir.ToolChoice(mode="required"), "tool_choice.required", ["tool_choice"]),
        (ir.ToolChoice(mode="auto"), "tool_choice", []),
        (ir.ToolChoice(raw=raw("x")), "nothing", ["tool_choice"]),
        (ir.ToolChoice(parallel=False), "parallel", ["parallel"]),
        (ir.ToolChoice(parallel=True), "parallel", []),
    ],
)
def test_a_choice_that_is_refused_is_lost(
    choice: ir.ToolChoice, refused: str, found: list[str]
) -> None:
    request = foreign(tools=TOOLS[:2], tool_choice=choice)
    assert losses(request, refusing(refused)) == found
    assert "tool_choice" not in body(request, refusing(refused))


def test_who_must_not_call_is_offered_nothing() -> None:
    request = foreign(tools=TOOLS[:2], tool_choice=ir.ToolChoice(mode="none"))
    assert "tools" not in body(request, refusing("tool_choice.none"))
    assert losses(request, refusing("tool_choice.none")) == []
    assert body(request)["tool_choice"] == "none"


def test_of_no_tools_nothing_is_chosen() -> None:
    request = foreign(tool_choice=ir.ToolChoice(mode="required"))
    assert "tool_choice" not in body(request)


# --- the form of the answer ----------------------------------------------------------------------


SCHEMA = ir.OutputFormat(kind="json_schema", schema=raw({"type": "object"}), description="d")


def test_a_schema_has_a_name() -> None:
    assert body(foreign(output=SCHEMA))["text"]["format"] == {
        "type": "json_schema",
        "name": "response",
        "description": "d",
        "schema": {"type": "object"},
    }


def test_a_schema_that_is_refused_is_that_of_a_tool() -> None:
    sent = send(foreign(output=SCHEMA), refusing("json_schema"))
    said = msgspec.json.decode(sent.body)
    assert said["tools"] == [
        {
            "type": "function",
            "name": "json_output",
            "description": "d",
            "parameters": {"type": "object"},
            "strict": False,
        }
    ]
    assert said["tool_choice"] == {"type": "function", "name": "json_output"}
    assert sent.memo is not None
    assert (sent.memo.schema_tool, sent.losses) == ("json_output", ())


def test_beside_other_tools_it_is_only_asked_for() -> None:
    head = ir.Message(role="system", head=True, content=(ir.Text(text="Be brief."),))
    request = foreign(messages=(head,), output=SCHEMA, tools=TOOLS[:1])
    said = body(request, refusing("json_schema"))
    assert said["instructions"].startswith("Be brief.\n\nAnswer with one JSON object")
    assert said["instructions"].endswith('{"type":"object"}')
    assert losses(request, refusing("json_schema")) == ["output"]
    json = foreign(output=ir.OutputFormat(kind="json"))
    assert body(json, refusing("json_object"))["instructions"].endswith("nothing else.")


def test_who_wants_json_speaks_of_it_and_not_in_the_instructions() -> None:
    form = ir.OutputFormat(kind="json")
    head = ir.Message(role="system", head=True, content=(ir.Text(text="Use JSON."),))
    asks = ir.Message(role="user", content=(ir.Text(text="Colours?"),))
    request = foreign(messages=(head, asks), output=form)
    first, second = body(request)["input"]
    wish = {"type": "input_text", "text": "Answer with one JSON object and nothing else."}
    assert (first["role"], first["content"], second["role"]) == ("system", [wish], "user")
    assert losses(request) == []
    assert len(body(foreign(ir.Text(text="Json!"), output=form))["input"]) == 1
    same = own(input="Colours?", text={"format": {"type": "json_object"}})
    assert len(body(same)["input"]) == 1
