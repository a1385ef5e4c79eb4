"""Thinking, sampling, room for the answer."""

from typing import Any

import pytest
from msgspec import Raw

from protocols import ir
from tests.protocols.anthropic_messages import (
    HARD,
    HI,
    F,
    assistant,
    codes,
    foreign,
    own,
    sent,
    target,
    user,
)

CALLED = (
    assistant(ir.ToolCall(id="c", name="f")),
    user(ir.ToolResult(call_id="c", content=(ir.Text(text="1"),))),
)


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


@pytest.mark.parametrize(
    ("temperature", "top_p", "kept", "lost"),
    [
        (0.5, 0.9, {"temperature": 0.5}, ["top_p"]),
        (1.0, 0.9, {"top_p": 0.9}, []),
        (0.5, 1.0, {"temperature": 0.5}, []),
        (0.5, None, {"temperature": 0.5}, []),
    ],
)
def test_some_take_a_temperature_or_a_share_and_never_both(
    temperature: float, top_p: float | None, kept: dict[str, float], lost: list[str]
) -> None:
    sampling = ir.Sampling(temperature=temperature, top_p=top_p)
    choosy = target(refuses=frozenset({"temperature+top_p"}))
    for request in (foreign(sampling=sampling), own(temperature=temperature, top_p=top_p)):
        said = sent(request, choosy)
        assert {key: said[key] for key in ("temperature", "top_p") if key in said} == kept
        assert codes(request, choosy) == lost


def test_thinking_goes_without_temperature_and_top_k() -> None:
    sampling = ir.Sampling(temperature=0.5, top_p=0.9, top_k=3)
    request = foreign(sampling=sampling, reasoning=HARD)
    body = sent(request, target(effort="adaptive"))
    assert not {"temperature", "top_p", "top_k"} & set(body)
    assert codes(request, target(effort="adaptive")) == ["temperature", "top_p", "top_k"]


@pytest.mark.parametrize("way", ["budget", "adaptive"])
@pytest.mark.parametrize(("top_p", "lost"), [(0.95, []), (0.9, ["top_p"])])
def test_thinking_goes_with_most_of_the_likeliest(way: Any, top_p: float, lost: list[str]) -> None:
    request = foreign(sampling=ir.Sampling(top_p=top_p), reasoning=HARD)
    assert ("top_p" in sent(request, target(effort=way))) == (not lost)
    assert codes(request, target(effort=way)) == lost


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


@pytest.mark.parametrize(
    ("most", "room", "budget"),
    [(None, 17_384, 16_384), (20_000, 17_384, 16_384), (8_000, 8_000, 4_000)],
)
def test_a_budget_of_our_own_making_fits_the_answer_of_the_dialects_own_client(
    most: int | None, room: int, budget: int
) -> None:
    request = own(max_tokens=1_000, thinking={"type": "adaptive"}, output_config={"effort": "max"})
    body = sent(request, target(effort="budget", max_tokens=most))
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] == room


def test_a_budget_of_the_dialects_own_client_is_its_own_affair() -> None:
    request = own(max_tokens=1_000, thinking={"type": "enabled", "budget_tokens": 5_000})
    body = sent(request, target(effort="budget", max_tokens=8_000))
    assert (body["thinking"]["budget_tokens"], body["max_tokens"]) == (5_000, 1_000)


def test_nothing_may_be_asked_for_to_warm_up() -> None:
    assert sent(own(max_tokens=0))["max_tokens"] == 0
    request = own(max_tokens=0, thinking={"type": "adaptive"})
    body = sent(request, target(effort="budget"))
    assert ("thinking" in body, body["max_tokens"]) == (False, 0)
    assert codes(request, target(effort="budget")) == ["reasoning"]
