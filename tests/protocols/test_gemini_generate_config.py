"""Tools, output and reasoning of Gemini's own clients: read, and sent again as they were."""

from typing import Any

import msgspec
import pytest

from protocols import ir
from tests.protocols.gemini_generate import again, decoded, lost, sent

SCHEMA = {"type": "OBJECT", "properties": {"city": {"type": "STRING", "nullable": True}}}


def test_functions_have_schemas_of_either_kind() -> None:
    json_schema = {"type": "object", "properties": {"city": {"type": ["string", "null"]}}}
    tools = [
        {"googleSearch": {}},
        {
            "functionDeclarations": [
                {"name": "a", "description": "d", "parameters": SCHEMA, "behavior": "BLOCKING"},
                {"name": "b", "parametersJsonSchema": json_schema, "responseJsonSchema": {}},
                {"name": "c"},
            ]
        },
    ]
    request = decoded(tools=tools)
    search, first, second, third = request.tools
    assert isinstance(first, ir.FunctionTool)
    assert isinstance(second, ir.FunctionTool)
    assert isinstance(third, ir.FunctionTool)
    assert msgspec.json.decode(first.parameters) == msgspec.json.decode(second.parameters)
    assert not third.parameters
    raw = msgspec.Raw(b'{"googleSearch":{}}')
    assert search == ir.ProviderTool(origin="gemini", kind="googleSearch", raw=raw)
    assert again(tools=tools)["tools"] == tools


def test_tools_may_stand_in_one_object_and_alone() -> None:
    tools = {"code_execution": {}, "function_declarations": {"name": "f"}, "google_search": None}
    assert again(tools=tools)["tools"] == [
        {"codeExecution": {}},
        {"functionDeclarations": [{"name": "f"}]},
    ]


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        ({"mode": "AUTO"}, ir.ToolChoice(mode="auto")),
        ({"mode": "ANY"}, ir.ToolChoice(mode="required")),
        ({"mode": "NONE"}, ir.ToolChoice(mode="none")),
        ({"mode": "VALIDATED"}, ir.ToolChoice(mode="auto")),
        ({}, ir.ToolChoice(mode="auto")),
        ({"mode": "any"}, ir.ToolChoice(mode="required")),
        (
            {"mode": "AUTO", "streamFunctionCallArguments": True},
            ir.ToolChoice(mode="auto"),
        ),
        (
            {"mode": "AUTO", "allowedFunctionNames": ["f"]},
            ir.ToolChoice(mode="auto", allowed=("f",)),
        ),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, ir.ToolChoice(mode="named", name="f")),
        (
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
            ir.ToolChoice(mode="auto", allowed=("f",)),
        ),
        (
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
            ir.ToolChoice(mode="required", allowed=("f", "g")),
        ),
    ],
)
def test_choices_are_understood_and_sent_again(said: Any, choice: ir.ToolChoice) -> None:
    config = {"functionCallingConfig": said}
    assert decoded(toolConfig=config).tool_choice == choice
    assert again(toolConfig=config)["toolConfig"] == config


@pytest.mark.parametrize("said", [{"mode": "NEW"}, {"mode": 2}])
def test_a_choice_nobody_knows_is_kept(said: dict[str, Any]) -> None:
    config = {"functionCallingConfig": said}
    choice = decoded(toolConfig=config).tool_choice
    assert choice is not None
    assert choice.raw
    assert again(toolConfig=config)["toolConfig"] == config


@pytest.mark.parametrize(
    ("config", "output"),
    [
        ({"responseMimeType": "application/json"}, ir.OutputFormat(kind="json")),
        ({"responseMimeType": "text/plain"}, ir.OutputFormat(kind="text")),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
            ir.OutputFormat(kind="json_schema", schema=msgspec.Raw(b'{"type":"object"}')),
        ),
        (
            {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT"}},
            ir.OutputFormat(kind="json_schema", schema=msgspec.Raw(b'{"type":"object"}')),
        ),
        (
            {"responseJsonSchema": {"type": "object"}},
            ir.OutputFormat(kind="json_schema", schema=msgspec.Raw(b'{"type":"object"}')),
        ),
        ({"responseMimeType": "text/x.enum", "responseSchema": {"enum": ["a"]}}, None),
    ],
)
def test_outputs_are_understood_and_sent_again(
    config: dict[str, Any], output: ir.OutputFormat | None
) -> None:
    assert decoded(generationConfig=config).output == output
    assert again(generationConfig=config)["generationConfig"] == config


@pytest.mark.parametrize(
    ("config", "reasoning"),
    [
        ({"thinkingBudget": 0}, ir.Reasoning(mode="off", budget_tokens=0)),
        ({"thinkingBudget": -1}, ir.Reasoning(mode="adaptive")),
        (
            {"thinkingBudget": 9, "includeThoughts": True},
            ir.Reasoning(mode="on", budget_tokens=9, show="summary"),
        ),
        ({"includeThoughts": False}, ir.Reasoning(show="none")),
    ],
)
def test_budgets_are_understood_and_sent_again(
    config: dict[str, Any], reasoning: ir.Reasoning
) -> None:
    assert decoded(generationConfig={"thinkingConfig": config}).reasoning == reasoning
    said = again(generationConfig={"thinkingConfig": config})
    assert said["generationConfig"]["thinkingConfig"] == config


@pytest.mark.parametrize("level", ["HIGH", "low"])
def test_levels_are_understood_and_sent_again(level: str) -> None:
    config = {"thinkingConfig": {"thinkingLevel": level, "odd": 1}}
    request = decoded(generationConfig=config)
    assert request.reasoning is not None
    assert request.reasoning.effort == level.lower()
    assert sent(request, effort="level")["generationConfig"] == config


def test_the_rest_of_the_config_is_sampling() -> None:
    config = {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 3,
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "candidateCount": 2,
        "responseLogprobs": True,
        "logprobs": 5,
        "maxOutputTokens": 9,
        "stopSequences": ["a"],
        "responseModalities": ["TEXT", "IMAGE"],
    }
    request = decoded(generationConfig=config)
    assert request.modalities == ("text", "image")
    assert (request.sampling.candidates, request.sampling.top_logprobs) == (2, 5)
    assert sent(request)["generationConfig"] == config


@pytest.mark.parametrize(
    ("words", "modalities"),
    [(["Text", "IMAGE"], ("text", "image")), (["VIDEO"], ()), (["TEXT"], ("text",))],
)
def test_modalities_are_sent_as_they_were_spelled(words: Any, modalities: Any) -> None:
    config = {"responseModalities": words}
    assert decoded(generationConfig=config).modalities == modalities
    assert again(generationConfig=config)["generationConfig"] == config


@pytest.mark.parametrize(
    "said",
    [
        {"thinkingBudget": 0},
        {"thinkingBudget": -1, "includeThoughts": True},
        {"thinkingBudget": 9, "moon": 1},
        {"thinkingLevel": "high", "includeThoughts": False},
        {"thinkingLevel": "HIGH"},
    ],
)
def test_of_a_model_nobody_knows_thoughts_are_asked_for_as_they_were(said: dict[str, Any]) -> None:
    asked = decoded(generationConfig={"thinkingConfig": said})
    assert sent(asked, effort="none")["generationConfig"]["thinkingConfig"] == said
    assert lost(asked, effort="none") == []
    refused = frozenset({"reasoning"})
    assert "generationConfig" not in sent(asked, effort="none", refuses=refused)
