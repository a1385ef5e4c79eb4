"""What else a vendor that speaks Chat is told."""

import pytest
from msgspec import Raw

from protocols import ir
from protocols.codec import Target
from tests.protocols.chat_requests import (
    OPENAI,
    OTHER,
    asked,
    body,
    losses,
    target,
)


def test_what_is_refused_is_a_loss_unless_it_is_taken_for_granted() -> None:
    names = (
        "temperature", "top_p", "seed", "presence_penalty", "frequency_penalty", "logprobs",
        "top_logprobs", "n", "stop", "logit_bias", "stream_options", "user", "odd",
    )  # fmt: skip
    said = ir.Sampling(
        temperature=0.5,
        top_p=0.5,
        seed=1,
        presence_penalty=1,
        frequency_penalty=1,
        logprobs=True,
        top_logprobs=1,
        candidates=2,
        stop=("a",),
    )
    extra = {"logit_bias": Raw(b'{"1":2}'), "stream_options": Raw(b"{}"), "odd": Raw(b"1")}
    request = asked(sampling=said, stream=True, end_user="u", extra=extra, dialect="openai.chat")
    assert body(request, target(*names)) == {"model": "upstream", "messages": [], "stream": True}
    assert losses(request, target(*names)) == [
        "temperature", "top_p", "seed", "penalties", "penalties", "logprobs", "logprobs", "n",
        "stop", "other:user", "logit_bias", "other:odd",
    ]  # fmt: skip
    usual = ir.Sampling(
        temperature=1.0,
        top_p=1,
        presence_penalty=0,
        frequency_penalty=0,
        logprobs=False,
        top_logprobs=0,
        candidates=1,
    )
    assert losses(asked(sampling=usual), target(*names)) == []


@pytest.mark.parametrize(
    ("asked_for", "most", "given", "lost"),
    [(5, None, 5, []), (50, 10, 10, ["max_tokens"]), (0, 10, 1, ["max_tokens"])],
)
def test_a_limit_is_what_the_target_can_give(
    asked_for: int, most: int | None, given: int, lost: list[str]
) -> None:
    request = asked(sampling=ir.Sampling(max_tokens=asked_for))
    assert body(request, target(max_tokens=most))["max_completion_tokens"] == given
    assert losses(request, target(max_tokens=most)) == lost
    assert body(request, target(max_tokens=most, vendor="somebody"))["max_tokens"] == given


def test_what_chat_has_no_words_for_is_lost() -> None:
    request = asked(
        sampling=ir.Sampling(top_k=5, stop=("1", "2", "3", "4", "5")),
        modalities=("text", "image"),
        metadata={"a": "b"},
        store=True,
        previous_response_id="resp_1",
        extra={"odd": Raw(b"1"), "stream_options": Raw(b"{}")},
    )
    assert losses(request) == [
        "top_k", "stop", "image", "metadata", "store", "other:previous_response_id", "other:odd",
    ]  # fmt: skip
    assert body(request)["stop"] == ["1", "2", "3", "4"]
    assert losses(asked(store=False)) == []


def test_openais_own_words_are_for_openai() -> None:
    request = asked(verbosity="low", cache_key="k", service_tier="flex")
    assert body(request) | {"messages": 0} == {
        "model": "upstream",
        "messages": 0,
        "verbosity": "low",
        "prompt_cache_key": "k",
        "service_tier": "flex",
    }
    assert losses(request, OTHER) == ["verbosity", "cache_key", "service_tier"]
    assert losses(asked(service_tier="auto"), OTHER) == []
    assert body(asked(service_tier="standard_only"))["service_tier"] == "default"
    assert losses(asked(service_tier="weird")) == ["service_tier"]


def test_a_user_too_long_is_told_by_its_digest() -> None:
    assert body(asked(end_user="u"))["user"] == "u"
    digest = body(asked(end_user="u" * 65))["user"]
    assert len(digest) == 64
    assert digest != body(asked(end_user="u" * 66))["user"]


EFFORTS = target(effort="effort", efforts=("low", "high"))
SWITCH = target(effort="adaptive")


@pytest.mark.parametrize(
    ("reasoning", "to", "told", "lost"),
    [
        (ir.Reasoning(effort="high"), EFFORTS, "high", []),
        (ir.Reasoning(effort="medium"), EFFORTS, "low", ["effort"]),
        (ir.Reasoning(mode="on", budget_tokens=4096), EFFORTS, "high", []),
        (ir.Reasoning(mode="off"), EFFORTS, "low", ["effort"]),
        (ir.Reasoning(mode="off"), target(effort="effort", efforts=("none",)), "none", []),
        (ir.Reasoning(mode="adaptive"), EFFORTS, None, []),
        (ir.Reasoning(effort="max"), target(effort="effort"), "max", []),
        (ir.Reasoning(effort="low"), OPENAI, None, ["effort"]),
        (ir.Reasoning(mode="off"), OPENAI, None, []),
        (ir.Reasoning(effort="low", extra={"odd": Raw(b"1")}), EFFORTS, "low", ["other:odd"]),
        (ir.Reasoning(effort="low"), target("reasoning", effort="effort"), None, ["effort"]),
        (ir.Reasoning(effort="low"), SWITCH, None, []),
    ],
)
def test_effort_is_told_in_a_word_the_target_knows(
    reasoning: ir.Reasoning, to: Target, told: str | None, lost: list[str]
) -> None:
    request = asked(reasoning=reasoning)
    assert body(request, to).get("reasoning_effort") == told
    assert losses(request, to) == lost


@pytest.mark.parametrize(
    ("reasoning", "switch"),
    [
        (ir.Reasoning(mode="on"), "enabled"),
        (ir.Reasoning(effort="low"), "enabled"),
        (ir.Reasoning(mode="off"), "disabled"),
    ],
)
def test_some_have_a_switch(reasoning: ir.Reasoning, switch: str) -> None:
    assert body(asked(reasoning=reasoning), SWITCH)["thinking"] == {"type": switch}
    assert "thinking" not in body(asked(reasoning=ir.Reasoning(show="full")), SWITCH)
    both = target(effort="adaptive", efforts=("high",))
    assert body(asked(reasoning=ir.Reasoning(effort="high")), both)["reasoning_effort"] == "high"


def test_usage_is_asked_for_in_streams() -> None:
    assert body(asked(stream=True))["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body(asked(stream=True), target("stream_options"))
