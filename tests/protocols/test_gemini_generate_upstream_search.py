"""Functions, searches and forms of the answer at once, where models take only some together."""

from typing import Any, Final

import pytest
from msgspec import Raw

from protocols import ir
from tests.protocols.gemini_generate import chat, decoded, lost, says, sent

FUNCTION: Final = ir.FunctionTool(name="f")
SEARCH: Final = ir.ProviderTool(origin="openai", kind="web_search", raw=Raw(b"{}"))
DECLARED: Final = {"functionDeclarations": [{"name": "f"}]}
GOOGLE: Final[dict[str, Any]] = {"googleSearch": {}}
ALONE: Final = frozenset({"tools+search"})
EITHER: Final = frozenset({"output+tools"})
HI: Final = says("user", ir.Text(text="hi"))
JSON: Final = ir.OutputFormat(kind="json")
NONE: Final = ir.ToolChoice(mode="none")


@pytest.mark.parametrize("tools", [(FUNCTION, SEARCH), (SEARCH, FUNCTION)])
def test_functions_and_a_search_at_once_must_be_allowed(tools: Any) -> None:
    said = sent(chat(tools=tools))
    assert sorted(map(str, said["tools"])) == sorted(map(str, (DECLARED, GOOGLE)))
    assert said["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert lost(chat(tools=tools)) == []


@pytest.mark.parametrize(
    ("mode", "told"), [("auto", "VALIDATED"), ("required", "ANY"), ("none", "NONE")]
)
def test_nobody_chooses_freely_between_functions_and_a_search(mode: Any, told: str) -> None:
    asked = chat(tools=(FUNCTION, SEARCH), tool_choice=ir.ToolChoice(mode=mode))
    assert sent(asked)["toolConfig"] == {
        "functionCallingConfig": {"mode": told},
        "includeServerSideToolInvocations": True,
    }


def test_what_stands_alone_needs_no_leave() -> None:
    for tool in (FUNCTION, SEARCH):
        assert "toolConfig" not in sent(chat(tools=(tool,)))
        assert lost(chat(tools=(tool,)), refuses=ALONE) == []
    unknown = ir.ProviderTool(origin="openai", kind="mcp", raw=Raw(b"{}"))
    assert "toolConfig" not in sent(chat(tools=(FUNCTION, unknown)))
    assert sent(chat(tools=(SEARCH,)), refuses=ALONE)["tools"] == [GOOGLE]


@pytest.mark.parametrize("tools", [(FUNCTION, SEARCH), (SEARCH, FUNCTION)])
def test_who_takes_no_search_beside_functions_keeps_the_functions(tools: Any) -> None:
    said = sent(chat(tools=tools), refuses=ALONE)
    assert said["tools"] == [DECLARED]
    assert "toolConfig" not in said
    assert lost(chat(tools=tools), refuses=ALONE) == ["provider_tool"]


@pytest.mark.parametrize("refuses", [ALONE, frozenset()])
def test_the_dialects_own_says_what_it_likes(refuses: Any) -> None:
    asked = decoded(tools=[DECLARED, GOOGLE])
    said = sent(asked, refuses=refuses)
    assert said["tools"] == [DECLARED, GOOGLE]
    assert "toolConfig" not in said
    assert lost(asked, refuses=refuses) == []


def test_tools_that_cannot_be_called_stand_in_the_way_of_no_json() -> None:
    tools = (ir.FunctionTool(name="f", strict=True), SEARCH)
    asked = chat(tools=tools, tool_choice=NONE, output=JSON)
    said = sent(asked, refuses=EITHER)
    assert said["generationConfig"] == {"responseMimeType": "application/json"}
    assert not said.keys() & {"tools", "toolConfig", "systemInstruction"}
    assert lost(asked, refuses=EITHER) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"output": JSON},
        {"output": JSON, "tool_choice": ir.ToolChoice(mode="auto")},
        {"output": ir.OutputFormat(kind="text"), "tool_choice": NONE},
        {"tool_choice": NONE},
    ],
)
def test_tools_stay_that_can_be_called_or_hinder_nothing(fields: dict[str, Any]) -> None:
    assert sent(chat(tools=(FUNCTION,), **fields), refuses=EITHER)["tools"] == [DECLARED]


def test_tools_stay_where_some_were_called_or_both_are_taken() -> None:
    asked = chat(tools=(FUNCTION,), tool_choice=NONE, output=JSON)
    assert sent(asked)["tools"] == [DECLARED]
    called = says("assistant", ir.Text(text="so"), ir.ToolCall(id="c1", name="f"))
    result = says("user", ir.ToolResult(call_id="c1", content=(ir.Text(text="ok"),)))
    asked = chat(HI, called, result, tools=(FUNCTION,), tool_choice=NONE, output=JSON)
    said = sent(asked, refuses=EITHER)
    assert said["tools"] == [DECLARED]
    assert "JSON" in said["systemInstruction"]["parts"][0]["text"]


def test_the_dialects_own_tools_stay() -> None:
    asked = decoded(
        tools=[DECLARED],
        toolConfig={"functionCallingConfig": {"mode": "NONE"}},
        generationConfig={"responseMimeType": "application/json"},
    )
    assert sent(asked, refuses=EITHER)["tools"] == [DECLARED]
