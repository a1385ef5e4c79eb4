"""Tools, output and reasoning of other dialects, as generateContent wants them."""

from typing import Any

import msgspec
import pytest
from msgspec import Raw

from protocols import ir
from tests.protocols.gemini_generate import chat, decoded, encoded, lost, sent

SCHEMA = Raw(b'{"type":"object","properties":{"a":{"const":1}},"additionalProperties":false}')
FUNCTION = ir.FunctionTool(name="f", description="d", parameters=SCHEMA, strict=True)
NARROW = frozenset({"json_schema_tools"})


def config(**fields: Any) -> dict[str, Any]:
    target = fields.pop("target", {})
    found: dict[str, Any] = sent(chat(**fields), **target).get("generationConfig", {})
    return found


def thinking(reasoning: ir.Reasoning, **target: Any) -> dict[str, Any] | None:
    said = sent(chat(reasoning=reasoning), **target).get("generationConfig", {})
    found: dict[str, Any] | None = said.get("thinkingConfig")
    return found


def choice(said: ir.ToolChoice, **target: Any) -> dict[str, Any] | None:
    found = sent(chat(tools=(FUNCTION,), tool_choice=said), **target).get("toolConfig")
    return None if found is None else found["functionCallingConfig"]


def functions(*tools: Any, **target: Any) -> list[dict[str, Any]]:
    found = sent(chat(tools=tools), **target)["tools"]
    (declared,) = [each["functionDeclarations"] for each in found if "functionDeclarations" in each]
    listed: list[dict[str, Any]] = declared
    return listed


def test_a_function_takes_its_schema_along() -> None:
    request = chat(tools=(FUNCTION,))
    assert functions(FUNCTION) == [
        {"name": "f", "description": "d", "parametersJsonSchema": msgspec.json.decode(SCHEMA)}
    ]
    assert bytes(SCHEMA) in encoded(request).body
    # That every call keeps to it was asked for, and is promised by nobody.
    assert [(loss.code, loss.path) for loss in encoded(request).losses] == [
        ("schema", "tools[0].strict")
    ]


def test_a_schema_the_target_refuses_is_made_narrower() -> None:
    assert functions(FUNCTION, refuses=NARROW) == [
        {
            "name": "f",
            "description": "d",
            "parameters": {"type": "OBJECT", "properties": {"a": {}}},
        }
    ]
    found = encoded(chat(tools=(FUNCTION,)), refuses=NARROW).losses
    assert [(loss.code, loss.path) for loss in found] == [
        ("schema", "tools[0].strict"),
        ("schema", "tools[0].parameters"),
        ("schema", "tools[0].parameters.a"),
    ]


def test_a_function_of_nothing_has_no_parameters() -> None:
    nothing = ir.FunctionTool(name="f", parameters=Raw(b'{"type":"object","properties":{}}'))
    assert functions(nothing, refuses=NARROW) == [{"name": "f"}]
    assert functions(ir.FunctionTool(name="f")) == [{"name": "f"}]


def test_names_fit_and_come_back() -> None:
    request = chat(tools=(ir.FunctionTool(name="a b"), ir.FunctionTool(name="a_b")))
    first, second = functions(*request.tools)
    memo = encoded(request).memo
    assert memo is not None
    assert first["name"] == "a_b"
    assert memo.names == {"a_b": "a b", second["name"]: "a_b"}


def test_a_custom_tool_is_a_function_of_one_text() -> None:
    grammar = Raw(b'{"type":"grammar","grammar":{"syntax":"lark","definition":"start: x"}}')
    tool = ir.CustomTool(name="patch", description="d", format=grammar, extra={"odd": Raw(b"1")})
    request = chat(tools=(tool, ir.CustomTool(name="bare")))
    patch, bare = functions(*request.tools)
    assert "start: x" in patch["description"]
    assert [*patch["parametersJsonSchema"]["properties"]] == ["input"]
    assert "description" not in bare
    memo = encoded(request).memo
    assert memo is not None
    assert memo.custom == {"patch", "bare"}
    assert lost(request) == ["other:odd"]


def test_searching_the_web_is_the_one_tool_that_others_have_too() -> None:
    tools = (
        ir.ProviderTool(origin="anthropic", kind="web_search_20250305", raw=Raw(b"{}")),
        ir.ProviderTool(origin="openai", kind="mcp", raw=Raw(b"{}")),
    )
    assert sent(chat(tools=tools))["tools"] == [{"googleSearch": {}}]
    assert lost(chat(tools=tools)) == ["provider_tool"]
    assert lost(chat(tools=tools), tools={}) == ["provider_tool", "provider_tool"]


def test_tools_that_the_target_refuses_are_lost() -> None:
    refuses = frozenset({"tools"})
    assert "tools" not in sent(chat(tools=(FUNCTION,)), refuses=refuses)
    assert lost(chat(tools=(FUNCTION,)), refuses=refuses) == ["other:tools"]


def test_what_tools_say_beside_is_lost() -> None:
    tool = ir.FunctionTool(name="f", cache=ir.CachePoint(), extra={"odd": Raw(b"1")})
    assert lost(chat(tools=(tool,))) == ["cache", "other:odd"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (ir.ToolChoice(mode="auto"), {"mode": "AUTO"}),
        (ir.ToolChoice(mode="none"), {"mode": "NONE"}),
        (ir.ToolChoice(mode="required"), {"mode": "ANY"}),
        (ir.ToolChoice(mode="named", name="f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (
            ir.ToolChoice(mode="required", allowed=("f",)),
            {"mode": "ANY", "allowedFunctionNames": ["f"]},
        ),
        (
            ir.ToolChoice(mode="auto", allowed=("f",)),
            {"mode": "VALIDATED", "allowedFunctionNames": ["f"]},
        ),
        (ir.ToolChoice(parallel=True), None),
    ],
)
def test_choices_are_said(said: ir.ToolChoice, told: dict[str, Any] | None) -> None:
    assert choice(said) == told


def test_choices_that_cannot_be_said_are_lost() -> None:
    odd = ir.ToolChoice(raw=Raw(b'{"type":"odd"}'), parallel=False)
    assert choice(odd) is None
    assert lost(chat(tool_choice=odd, tools=(FUNCTION,))) == ["schema", "parallel", "tool_choice"]
    assert lost(chat(tool_choice=odd)) == ["tool_choice"]
    named = ir.ToolChoice(mode="required")
    refuses = frozenset({"tool_choice"})
    assert choice(named, refuses=refuses) is None
    assert lost(chat(tool_choice=named), refuses=refuses) == ["tool_choice"]
    assert choice(ir.ToolChoice(mode="auto"), refuses=refuses) == {"mode": "AUTO"}
    assert "toolConfig" not in sent(chat(tool_choice=ir.ToolChoice(mode="none")))


def test_sampling_is_said_where_the_target_takes_it() -> None:
    sampling = ir.Sampling(temperature=0.5, seed=7, presence_penalty=0.5, logprobs=True)
    assert config(sampling=sampling) == {
        "temperature": 0.5,
        "seed": 7,
        "presencePenalty": 0.5,
        "responseLogprobs": True,
    }
    refuses = frozenset({"temperature", "seed", "presence_penalty", "logprobs"})
    assert config(sampling=sampling, target={"refuses": refuses}) == {}
    codes = ["temperature", "seed", "penalties", "logprobs"]
    assert lost(chat(sampling=sampling), refuses=refuses) == codes
    assert config(sampling=ir.Sampling(seed=1 << 40)) == {}
    assert lost(chat(sampling=ir.Sampling(seed=1 << 40))) == ["seed"]
    default = ir.Sampling(temperature=1, presence_penalty=0, candidates=1)
    assert lost(chat(sampling=default), refuses=refuses | {"n"}) == []


def test_an_answer_is_no_longer_than_the_target_can() -> None:
    sampling = ir.Sampling(max_tokens=9)
    assert config(sampling=sampling, target={"max_tokens": 9}) == {"maxOutputTokens": 9}
    assert config(sampling=sampling, target={"max_tokens": 5}) == {"maxOutputTokens": 5}
    assert lost(chat(sampling=sampling), max_tokens=5) == ["max_tokens"]
    assert config(sampling=ir.Sampling(max_tokens=0)) == {"maxOutputTokens": 1}
    assert lost(chat(sampling=ir.Sampling(max_tokens=0))) == ["max_tokens"]


def test_five_stops_are_the_most() -> None:
    sampling = ir.Sampling(stop=tuple("abcdef"))
    assert config(sampling=sampling) == {"stopSequences": [*"abcde"]}
    assert lost(chat(sampling=sampling)) == ["stop"]
    refuses = frozenset({"stop"})
    assert config(sampling=sampling, target={"refuses": refuses}) == {}


@pytest.mark.parametrize(
    ("reasoning", "told"),
    [
        (ir.Reasoning(effort="high"), {"thinkingLevel": "HIGH"}),
        (ir.Reasoning(effort="max"), {"thinkingLevel": "HIGH"}),
        (ir.Reasoning(budget_tokens=1024, mode="on", show="none"), {"thinkingLevel": "LOW"}),
        (ir.Reasoning(mode="adaptive", show="full"), {}),
        (ir.Reasoning(mode="off"), {"thinkingLevel": "MINIMAL"}),
    ],
)
def test_newer_models_think_by_level(reasoning: ir.Reasoning, told: dict[str, Any]) -> None:
    said = thinking(reasoning, effort="level") or {}
    said.pop("includeThoughts", None)
    assert said == told
    assert "thinkingBudget" not in said


def test_who_always_thinks_cannot_be_told_not_to() -> None:
    off = chat(reasoning=ir.Reasoning(effort="none"))
    assert lost(off, effort="level", efforts=("low", "high")) == ["effort"]
    assert lost(off, model="gemini-2.5-pro") == ["effort"]
    assert thinking(ir.Reasoning(mode="off"), model="gemini-2.5-pro") == {"thinkingBudget": 128}


@pytest.mark.parametrize(
    ("model", "reasoning", "budget"),
    [
        ("gemini-2.5-flash", ir.Reasoning(effort="medium"), 2048),
        ("gemini-2.5-flash", ir.Reasoning(effort="minimal"), 1),
        ("gemini-2.5-flash-lite", ir.Reasoning(effort="minimal"), 512),
        ("gemini-2.5-pro", ir.Reasoning(effort="minimal"), 128),
        ("some-model", ir.Reasoning(effort="minimal"), 128),
        ("gemini-2.5-flash", ir.Reasoning(mode="off"), 0),
        ("gemini-2.5-flash", ir.Reasoning(mode="on", budget_tokens=77), 77),
        ("gemini-2.5-flash", ir.Reasoning(mode="on", budget_tokens=31_999), 24_576),
        ("gemini-2.5-pro", ir.Reasoning(mode="on", budget_tokens=1), 128),
        ("gemini-2.5-flash", ir.Reasoning(mode="adaptive"), -1),
    ],
)
def test_older_models_think_by_budget(model: str, reasoning: ir.Reasoning, budget: int) -> None:
    said = thinking(reasoning, model=model)
    assert said is not None
    assert said["thinkingBudget"] == budget
    assert "thinkingLevel" not in said


def test_thoughts_are_shown_where_others_show_them() -> None:
    assert thinking(ir.Reasoning(mode="on", budget_tokens=1)) == {
        "thinkingBudget": 1,
        "includeThoughts": True,
    }
    assert thinking(ir.Reasoning(effort="low", show="none")) == {
        "thinkingBudget": 1024,
        "includeThoughts": False,
    }
    assert thinking(ir.Reasoning(show="summary")) == {"includeThoughts": True}


def test_who_does_not_think_is_not_asked_to() -> None:
    asked = ir.Reasoning(effort="high", extra={"odd": Raw(b"1")})
    assert thinking(asked, effort="none") is None
    assert lost(chat(reasoning=asked), effort="none") == ["reasoning"]
    assert lost(chat(reasoning=asked), refuses=frozenset({"reasoning"})) == ["reasoning"]
    assert lost(chat(reasoning=ir.Reasoning(mode="off")), effort="none") == []
    assert lost(chat(reasoning=asked)) == ["other:odd"]


def test_an_own_budget_of_nothing_stays_whatever_the_model() -> None:
    request = decoded(generationConfig={"thinkingConfig": {"thinkingBudget": 0}})
    said = sent(request, model="gemini-2.5-pro")["generationConfig"]
    assert said == {"thinkingConfig": {"thinkingBudget": 0}}


@pytest.mark.parametrize(
    ("tier", "vendor", "told", "codes"),
    [
        ("flex", "gemini", "flex", []),
        ("flex", "vertex", None, ["service_tier"]),
        ("auto", "gemini", None, []),
        ("odd", "gemini", None, ["service_tier"]),
    ],
)
def test_tiers_are_said_where_they_are_known(
    tier: str, vendor: str, told: str | None, codes: list[str]
) -> None:
    request = chat(service_tier=tier)
    assert sent(request, vendor=vendor).get("serviceTier") == told
    assert lost(request, vendor=vendor) == codes


def test_what_has_no_field_is_lost() -> None:
    request = chat(
        cache_key="k",
        verbosity="low",
        metadata={"a": "b"},
        end_user="u",
        store=True,
        previous_response_id="resp_1",
        modalities=("text", "audio"),
        extra={"logit_bias": Raw(b'{"1":2}'), "stream_options": Raw(b"{}")},
    )
    assert lost(request) == [
        "cache_key",
        "verbosity",
        "metadata",
        "metadata",
        "store",
        "other:previous_response_id",
        "logit_bias",
    ]
    assert config(modalities=("text", "audio")) == {"responseModalities": ["TEXT", "AUDIO"]}
    assert lost(chat(store=False, verbosity="medium", metadata={})) == []


def test_what_was_said_before_is_missed() -> None:
    request = chat(previous_response_id="resp_1")
    assert [loss.content for loss in encoded(request).losses] == [True]
