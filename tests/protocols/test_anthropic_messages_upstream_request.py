"""Tools, thinking, sampling, the form of the answer, and what stands beside them."""

from typing import Any

import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Memo
from tests.protocols.anthropic_messages import (
    HI,
    TARGET,
    UPSTREAM,
    assistant,
    codes,
    encode,
    foreign,
    own,
    raw,
    sent,
    target,
    user,
)

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
F = ir.FunctionTool(name="f", description="d", parameters=raw(SCHEMA))
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SENT_F = {"name": "f", "description": "d", "input_schema": SCHEMA}
CALLED = (
    assistant(ir.ToolCall(id="c", name="f")),
    user(ir.ToolResult(call_id="c", content=(ir.Text(text="1"),))),
)
HARD = ir.Reasoning(effort="high")


def memo(request: ir.Request, **can: Any) -> Memo:
    made = encode(request, target(**can)).memo
    assert made is not None
    return made


# The dialect's own


@pytest.mark.parametrize(
    "said",
    [
        {"temperature": 1, "top_p": 1, "top_k": 5, "stop_sequences": [" "]},
        {"metadata": {"user_id": "u", "odd": 1}, "service_tier": "standard_only", "odd": {"a": 1}},
        {"tools": [SENT_F], "tool_choice": {"type": "none"}},
        {
            "tools": [
                {**SENT_F, "strict": False, "odd": 1},
                {"name": "g", "cache_control": {"a": 1}},
            ]
        },
        {
            "tools": [SEARCH, SENT_F],
            "tool_choice": {
                "type": "tool",
                "name": "web_search",
                "disable_parallel_tool_use": False,
                "odd": 1,
            },
        },
        {"thinking": {"type": "enabled", "budget_tokens": 20, "odd": 1}},
        {"thinking": {"type": "adaptive", "display": "omitted"}, "top_p": 0.9},
        {
            "thinking": {"type": "adaptive"},
            "tools": [SENT_F],
            "tool_choice": {"type": "any"},
            "output_config": {
                "effort": "low",
                "task_budget": {"total": 1},
                "format": {"type": "json_schema", "schema": SCHEMA, "odd": 1},
            },
        },
        {"output_config": {"effort": "odd"}},
        {"output_format": {"type": "json_schema", "schema": SCHEMA, "odd": 1}},
        {"container": "c", "mcp_servers": [{"type": "url"}], "stream": True},
    ],
)
def test_what_the_dialect_says_is_sent_as_it_is(said: dict[str, Any]) -> None:
    request = own(**said)
    body = sent(request)
    assert encode(request).losses == ()
    assert {key: body.get(key) for key in said} == said
    assert set(body) - set(said) == {"model", "max_tokens", "messages"}
    assert body["model"] == "claude"


def test_the_place_of_a_beta_becomes_the_usual_one() -> None:
    form = {"type": "json_schema", "schema": SCHEMA}
    assert sent(own(output_format=form))["output_config"] == {"format": form}


def test_versions_and_betas_go_along() -> None:
    request = own(
        headers={"anthropic-version": "2023-01-01", "anthropic-beta": "a-1, mcp-client-2025-04-04"},
        mcp_servers=[],
    )
    assert encode(request).headers == {
        "anthropic-version": "2023-01-01",
        "anthropic-beta": "a-1,mcp-client-2025-04-04",
    }
    assert encode(own()).headers == {"anthropic-version": "2023-06-01"}
    assert encode(foreign()).headers == {"anthropic-version": "2023-06-01"}


def test_a_beta_the_target_lacks_goes_with_its_fields() -> None:
    request = own(
        headers={"anthropic-beta": "context-management-2025-06-27,mcp-client-1,odd-1,fast-mode-1"},
        context_management={"edits": []},
        mcp_servers=[{"type": "url"}],
    )
    to = target(betas=frozenset({"mcp-client-1"}))
    body = sent(request, to)
    assert "context_management" not in body
    assert body["mcp_servers"] == [{"type": "url"}]
    assert encode(request, to).headers["anthropic-beta"] == "mcp-client-1"
    assert codes(request, to) == ["other:context_management"]
    shared = own(
        headers={"anthropic-beta": "context-management-1,compact-1"}, context_management={"a": 1}
    )
    assert codes(shared, target(betas=frozenset({"compact-1"}))) == []


# Tools


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
    def tool(origin: str, kind: str) -> ir.ProviderTool:
        return ir.ProviderTool(origin=origin, kind=kind, raw=raw({"type": kind, "name": "n"}))

    request = foreign(
        tools=(
            tool("anthropic", "odd_1"),
            tool("openai", "web_search"),
            tool("gemini", "googleSearch"),
            tool("openai", "file_search"),
        )
    )
    assert sent(request)["tools"] == [{"type": "odd_1", "name": "n"}, SEARCH, SEARCH]
    assert codes(request) == ["provider_tool"]
    assert codes(request, target(vendor="deepseek")) == ["provider_tool"] * 4


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


# The form of the answer

FORM = ir.OutputFormat(kind="json_schema", name="n", schema=raw(SCHEMA), strict=True)


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


# Thinking


@pytest.mark.parametrize(
    ("asked", "can", "thinking", "effort", "lost"),
    [
        (HARD, {"effort": "none"}, None, None, ["reasoning"]),
        (ir.Reasoning(effort="none"), {"effort": "none"}, None, None, []),
        (HARD, {"effort": "adaptive"}, {"type": "adaptive"}, "high", []),
        (
            ir.Reasoning(effort="minimal"),
            {"effort": "adaptive"},
            {"type": "adaptive"},
            "low",
            ["effort"],
        ),
        (
            ir.Reasoning(effort="xhigh", show="summary"),
            {"effort": "adaptive", "efforts": ("low", "high")},
            {"type": "adaptive", "display": "summarized"},
            "high",
            ["effort"],
        ),
        (
            ir.Reasoning(budget_tokens=2_000),
            {"effort": "adaptive"},
            {"type": "adaptive"},
            "medium",
            [],
        ),
        (ir.Reasoning(mode="adaptive"), {"effort": "adaptive"}, {"type": "adaptive"}, None, []),
        (HARD, {"effort": "effort"}, None, "high", []),
        (HARD, {"effort": "budget"}, {"type": "enabled", "budget_tokens": 4_096}, None, []),
        (
            HARD,
            {"effort": "budget", "efforts": ("low", "high")},
            {"type": "enabled", "budget_tokens": 4_096},
            "high",
            [],
        ),
        (
            ir.Reasoning(budget_tokens=5, show="none", extra={"odd": Raw(b"1")}),
            {"effort": "budget"},
            {"type": "enabled", "budget_tokens": 1_024, "display": "omitted"},
            None,
            ["other:odd"],
        ),
        (
            ir.Reasoning(mode="on"),
            {"effort": "budget"},
            {"type": "enabled", "budget_tokens": 2_048},
            None,
            [],
        ),
        (ir.Reasoning(mode="off"), {"effort": "budget"}, {"type": "disabled"}, None, []),
        (ir.Reasoning(budget_tokens=0), {"effort": "adaptive"}, {"type": "disabled"}, None, []),
        (
            HARD,
            {"effort": "adaptive", "refuses": frozenset({"reasoning"})},
            None,
            None,
            ["reasoning"],
        ),
    ],
)
def test_thinking_is_asked_for_as_the_target_knows_it(
    asked: ir.Reasoning, can: dict[str, Any], thinking: object, effort: object, lost: list[str]
) -> None:
    request = foreign(reasoning=asked)
    body = sent(request, target(**can))
    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == effort
    assert codes(request, target(**can)) == lost


@pytest.mark.parametrize(
    ("thinking", "can", "told", "lost"),
    [
        (
            {"type": "enabled", "budget_tokens": 5_000},
            "adaptive",
            ({"type": "adaptive"}, "xhigh"),
            [],
        ),
        (
            {"type": "adaptive"},
            "budget",
            ({"type": "enabled", "budget_tokens": 2_048}, None),
            [],
        ),
        ({"type": "disabled"}, "adaptive", ({"type": "disabled"}, None), []),
    ],
)
def test_the_dialects_own_thinking_is_changed_only_where_it_is_not_taken(
    thinking: object, can: str, told: object, lost: list[str]
) -> None:
    request = own(thinking=thinking, max_tokens=20_000)
    to = target(effort=can)
    body = sent(request, to)
    assert (body.get("thinking"), body.get("output_config", {}).get("effort")) == told
    assert codes(request, to) == lost


def test_a_word_the_target_lacks_becomes_a_weaker_one() -> None:
    request = own(output_config={"effort": "max"})
    to = target(effort="adaptive", efforts=("low", "high"))
    assert sent(request, to)["output_config"] == {"effort": "high"}
    assert codes(request, to) == ["effort"]


def test_a_tool_that_must_be_called_leaves_no_thinking() -> None:
    request = foreign(tools=(F,), tool_choice=ir.ToolChoice(mode="required"), reasoning=HARD)
    assert "thinking" not in sent(request, target(effort="adaptive"))
    assert codes(request, target(effort="adaptive")) == ["reasoning"]


def test_calls_made_without_a_thought_go_on_without_one() -> None:
    request = foreign(HI, *CALLED, reasoning=HARD)
    assert codes(request, target(effort="budget")) == ["reasoning"]
    assert codes(request, target(effort="adaptive")) == []
    thought = ir.Thinking(text="hm", seal=ir.Seal(origin="anthropic", signature="s"))
    thoughtful = assistant(thought, *CALLED[0].content)
    assert codes(foreign(thoughtful, CALLED[1], reasoning=HARD), target(effort="budget")) == []
    answered = foreign(*CALLED, assistant(ir.Text(text="1")), HI, reasoning=HARD)
    assert codes(answered, target(effort="budget")) == []


# Sampling


def test_sampling_of_others_is_sent_unless_it_is_the_usual() -> None:
    request = foreign(
        sampling=ir.Sampling(max_tokens=7, temperature=0.5, top_p=0.9, top_k=3, stop=("x", "\n"))
    )
    body = sent(request)
    keys = ("max_tokens", "temperature", "top_p", "top_k", "stop_sequences")
    assert [body[key] for key in keys] == [7, 0.5, 0.9, 3, ["x"]]
    assert codes(request) == ["stop"]
    usual = foreign(sampling=ir.Sampling(temperature=1.0, top_p=1.0))
    assert not {"temperature", "top_p"} & set(sent(usual))
    assert codes(usual) == []


def test_hotter_than_hot_is_hot() -> None:
    request = foreign(sampling=ir.Sampling(temperature=1.5))
    assert sent(request)["temperature"] == 1
    assert codes(request) == ["temperature"]


def test_thinking_goes_without_temperature_and_top_k() -> None:
    sampling = ir.Sampling(temperature=0.5, top_p=0.9, top_k=3)
    request = foreign(sampling=sampling, reasoning=HARD)
    body = sent(request, target(effort="adaptive"))
    assert not {"temperature", "top_k"} & set(body)
    assert body["top_p"] == 0.9
    assert codes(request, target(effort="adaptive")) == ["temperature", "top_k"]


def test_the_newest_version_has_no_sampling() -> None:
    modern = {"anthropic-version": "2026-10-21"}
    request = own(temperature=1, top_p=0.5, top_k=1, headers=modern)
    assert not {"temperature", "top_p", "top_k"} & set(sent(request))
    assert codes(request) == ["top_p", "top_k"]


@pytest.mark.parametrize(
    ("word", "sampling"),
    [
        ("temperature", ir.Sampling(temperature=0.5)),
        ("top_p", ir.Sampling(top_p=0.5)),
        ("top_k", ir.Sampling(top_k=1)),
        ("stop", ir.Sampling(stop=("x",))),
    ],
)
def test_sampling_the_target_refuses_is_lost(word: str, sampling: ir.Sampling) -> None:
    request = foreign(sampling=sampling)
    refusing = target(refuses=frozenset({word}))
    assert set(sent(request, refusing)) == {"model", "max_tokens", "messages"}
    assert codes(request, refusing) == [word]


@pytest.mark.parametrize(
    ("sampling", "code"),
    [
        (ir.Sampling(seed=0), "seed"),
        (ir.Sampling(presence_penalty=0.1), "penalties"),
        (ir.Sampling(frequency_penalty=0.1), "penalties"),
        (ir.Sampling(candidates=2), "n"),
        (ir.Sampling(logprobs=True), "logprobs"),
        (ir.Sampling(top_logprobs=2), "logprobs"),
    ],
)
def test_sampling_messages_has_no_words_for_is_lost(sampling: ir.Sampling, code: str) -> None:
    assert codes(foreign(sampling=sampling)) == [code]


@pytest.mark.parametrize(
    ("asked", "most", "reasoning", "tokens", "lost"),
    [
        (None, None, None, 4_096, []),
        (None, 64_000, None, 64_000, []),
        (9, 64_000, None, 9, []),
        (99_999, 64_000, None, 64_000, ["max_tokens"]),
        (500, 64_000, HARD, 4_596, []),
        (4_096, 4_097, HARD, 4_097, []),
        (8_000, None, HARD, 8_000, []),
    ],
)
def test_an_answer_has_room_for_thinking_too(
    asked: int | None, most: int | None, reasoning: Any, tokens: int, lost: list[str]
) -> None:
    request = foreign(sampling=ir.Sampling(max_tokens=asked), reasoning=reasoning)
    to = target(effort="budget", max_tokens=most)
    assert sent(request, to)["max_tokens"] == tokens
    assert codes(request, to) == lost


def test_thinking_that_does_not_fit_is_made_smaller_or_left_out() -> None:
    request = foreign(reasoning=HARD)
    assert sent(request, target(effort="budget", max_tokens=2_000))["thinking"] == {
        "type": "enabled",
        "budget_tokens": 1_024,
    }
    tiny = target(effort="budget", max_tokens=1_000)
    assert "thinking" not in sent(request, tiny)
    assert codes(request, tiny) == ["reasoning"]


def test_nothing_may_be_asked_for_to_warm_up() -> None:
    assert sent(own(max_tokens=0))["max_tokens"] == 0


# Beside


def test_what_stands_beside_is_sent_or_lost() -> None:
    request = foreign(
        stream=True,
        end_user="u",
        service_tier="flex",
        cache_key="k",
        verbosity="low",
        metadata={"a": "b"},
        store=True,
        previous_response_id="r",
        modalities=("text", "audio"),
        extra={"logit_bias": Raw(b"{}")},
    )
    body = sent(request)
    assert (body["stream"], body["metadata"]) == (True, {"user_id": "u"})
    assert [(loss.code, loss.content) for loss in encode(request).losses] == [
        ("service_tier", False),
        ("cache_key", False),
        ("verbosity", False),
        ("metadata", False),
        ("store", False),
        ("other:previous_response_id", True),
        ("audio", True),
        ("other:logit_bias", False),
    ]


def test_what_is_usual_is_no_loss() -> None:
    request = foreign(service_tier="auto", verbosity="medium", metadata={}, store=False)
    assert set(sent(request)) == {"model", "max_tokens", "messages"}
    assert codes(request) == []
    refusing = target(refuses=frozenset({"service_tier"}))
    assert codes(own(service_tier="standard_only"), refusing) == ["service_tier"]


def test_the_dialect_has_a_codec() -> None:
    assert UPSTREAM.dialect == "anthropic.messages"
    assert encode(foreign(), TARGET).memo == Memo(seed="seed")
