from typing import Any, Final

import pytest

from protocols.efforts import WORDS
from providers.capabilities import MODELS, Capabilities, capabilities, target_of

# A profile of somebody's own says nothing of the model behind it.
ARN: Final = "arn:aws:bedrock:us-east-1:000000000000:application-inference-profile/abc"


@pytest.mark.parametrize(
    ("kind", "name", "effort", "efforts"),
    [
        ("openai", "gpt-4o", "none", ""),
        ("openai", "o3-mini-2025-01-31", "effort", "low medium high"),
        ("openai", "gpt-5-2025-08-07", "effort", "minimal low medium high"),
        ("openai", "gpt-5-chat-latest", "none", ""),
        ("openai", "gpt-5.1", "effort", "none low medium high"),
        ("azure_openai", "gpt-5-2-2025-12-11", "effort", "none low medium high xhigh"),
        ("openai", "gpt-5.2-pro", "effort", "medium high xhigh"),
        ("openai_compatible", "openai/gpt-oss-120b", "effort", "low medium high"),
        ("bedrock", "us-gov.openai.gpt-oss-20b-1:0", "effort", "low medium high"),
        ("openai_compatible", "anthropic/claude-sonnet-4", "none", ""),
        ("anthropic", "claude-3-5-haiku-latest", "none", ""),
        ("anthropic", "claude-sonnet-4-5-20250929", "budget", ""),
        ("anthropic", "claude-opus-4-5", "budget", "low medium high"),
        ("anthropic", "claude-sonnet-4-6", "adaptive", "low medium high max"),
        ("anthropic", "claude-sonnet-5", "adaptive", "low medium high xhigh max"),
        ("bedrock", "us.anthropic.claude-opus-4-7", "adaptive", "low medium high xhigh max"),
        ("vertex", "claude-opus-4-1@20250805", "budget", ""),
        ("gemini", "gemini-2.5-flash-lite", "budget", ""),
        ("gemini", "gemini-2.5-flash-image", "none", ""),
        ("gemini", "gemini-3-pro-preview", "level", "low high"),
        ("vertex", "gemini-3.1-pro-preview", "level", "low medium high"),
        ("gemini", "gemini-3-flash-preview", "level", "minimal low medium high"),
    ],
)
def test_a_model_thinks_in_the_words_of_its_vendor(
    kind: str, name: str, effort: str, efforts: str
) -> None:
    known = capabilities(kind, name, {})
    assert (known.effort, " ".join(known.efforts)) == (effort, efforts)


def test_words_go_from_weak_to_strong() -> None:
    for row in MODELS:
        places = [WORDS.index(word) for word in row.said.get("efforts", ())]
        assert places == sorted(places)


def test_what_thinks_first_takes_no_samples() -> None:
    assert "temperature" in capabilities("openai", "o1", {}).refuses
    assert "stop" not in capabilities("openai", "o1", {}).refuses
    assert "stop" in capabilities("azure_openai", "gpt-5-mini", {}).refuses
    for name in ("gpt-4o", "gpt-5.1", "gpt-5-chat-latest"):
        assert not capabilities("openai", name, {}).refuses
    assert not capabilities("openai_compatible", "o1", {}).refuses


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("claude-opus-4-7", {"temperature", "top_p", "top_k"}),
        ("claude-sonnet-5", {"temperature", "top_p", "top_k"}),
        ("claude-sonnet-4-5-20250929", {"temperature+top_p"}),
        ("claude-opus-4-1@20250805", {"temperature+top_p"}),
        ("claude-opus-4-20250514", {"json_schema"}),
        ("claude-sonnet-4@20250514", {"json_schema"}),
        ("claude-3-7-sonnet-20250219", {"json_schema"}),
        ("claude-of-tomorrow", set()),
    ],
)
def test_newer_claudes_take_fewer_samples_and_older_ones_no_schemas(
    name: str, refused: set[str]
) -> None:
    always = {"json_schema.full"}
    refuses = capabilities("anthropic", name, {}).refuses
    assert refuses - {"prefill", "system_later"} == refused | always
    assert capabilities("bedrock", f"eu.anthropic.{name}-v1:0", {}).refuses == refuses


def test_since_the_sixth_of_the_fourth_no_claude_goes_on_with_a_begun_answer() -> None:
    newer = ("opus-4-6", "sonnet-4-6", "opus-4-8@20260101", "haiku-5", "fable-5-1")
    older = ("opus-4-5-20251101", "sonnet-4-20250514", "opus-4-20250514", "of-tomorrow")
    for kind in ("anthropic", "anthropic_compatible", "bedrock", "vertex"):
        for name in newer:
            assert "prefill" in capabilities(kind, f"claude-{name}", {}).refuses
        for name in (*older, "3-5-sonnet-20241022"):
            assert "prefill" not in capabilities(kind, f"claude-{name}", {}).refuses
    assert "prefill" not in capabilities("openai_compatible", "claude-opus-5", {}).refuses


def test_gemini_takes_tools_and_json_at_once_since_the_third() -> None:
    older = ("gemini-2.5-pro", "gemini-2.5-flash-lite-preview-09-2025", "gemini-2.0-flash")
    for kind in ("gemini", "vertex"):
        for name in (
            *older,
            "gemini-1.5-pro-002",
            "gemini-pro",
            "publishers/google/models/gemini-2.5-pro",
        ):
            assert "output+tools" in capabilities(kind, name, {}).refuses, name
            assert "media_in_results" in capabilities(kind, name, {}).refuses, name
            assert "tools+search" in capabilities(kind, name, {}).refuses, name
        for name in ("gemini-3-flash-preview", "gemini-3.1-pro-preview", "gemini-flash-latest"):
            refuses = capabilities(kind, name, {}).refuses
            assert refuses == ({"tools+search"} if kind == "vertex" else set()), name
    assert not capabilities("openai_compatible", "gemini-2.5-pro", {}).refuses


def test_since_the_eighth_of_the_fourth_claude_takes_instructions_among_the_messages() -> None:
    newer = (
        "opus-4-8", "opus-4-8@20260528", "Opus-4-8", "opus-4.8:thinking", "opus-4-10", "4.8-opus",
        "opus-5", "sonnet-5", "fable-5-1", "mythos-5", "5-sonnet",
    )  # fmt: skip
    older = (
        "v2:1", "2.1", "instant-v1", "3-opus-latest", "3-5-haiku-20241022", "3-7-sonnet@20250219",
        "opus-4-20250514", "sonnet-4", "opus-4-1", "haiku-4-5-20251001", "opus-4-6", "opus-4-7",
        "sonnet-4-6", "sonnet-4.6", "Sonnet-4.6", "mythos-preview", "4-sonnet", "4.5-sonnet",
        "4-opus-20250514", "sonnet-4-thinking", "sonnet-4:thinking", "opus-4-latest",
    )  # fmt: skip
    for kind, before in (
        ("anthropic", ""),
        ("anthropic_compatible", "anthropic/"),
        ("bedrock", "us.anthropic."),
        ("vertex", ""),
    ):
        for name in (*newer, "of-tomorrow"):
            refuses = capabilities(kind, f"{before}claude-{name}", {}).refuses
            assert "system_later" not in refuses, name
        assert "system_later" not in capabilities(kind, f"{before}Claude-Opus-4-8", {}).refuses
        for name in older:
            refuses = capabilities(kind, f"{before}claude-{name}", {}).refuses
            assert "system_later" in refuses, name


def test_who_only_speaks_as_anthropic_does_is_not_known_to_take_them() -> None:
    for name in ("deepseek-chat", "kimi-k2", "glm-5", "claudette"):
        assert capabilities("anthropic_compatible", name, {}).refuses == {"system_later"}
    assert "system_later" not in capabilities("openai_compatible", "deepseek-chat", {}).refuses
    assert "system_later" not in capabilities("vertex", "gemini-2.5-pro", {}).refuses


def test_bedrock_and_claude_keep_answers_to_a_part_of_json_schema() -> None:
    assert capabilities("bedrock", "amazon.nova-lite-v1:0", {}).refuses == {"json_schema.full"}
    assert "json_schema.full" not in capabilities("anthropic_compatible", "kimi-k2", {}).refuses


@pytest.mark.parametrize(
    ("kind", "name", "most"),
    [
        ("anthropic", "claude-3-opus-latest", 4_096),
        ("anthropic", "claude-opus-4-20250514", 32_000),
        ("anthropic", "claude-haiku-4-5-20251001", 64_000),
        ("anthropic", "claude-fable-5-1", 128_000),
        ("gemini", "gemini-2.0-flash", 8_192),
        ("gemini", "gemini-2.5-pro", 65_536),
        ("anthropic", "claude-of-tomorrow", None),
        ("openai", "gpt-4o", None),
    ],
)
def test_the_longest_answer_is_known_or_not_said(kind: str, name: str, most: int | None) -> None:
    assert capabilities(kind, name, {}).max_tokens == most


def test_kinds_take_links_names_and_cache_points() -> None:
    assert capabilities("openai", "gpt-4o", {}).links == {"http", "https"}
    assert capabilities("gemini", "gemini-2.5-pro", {}).links == frozenset()
    assert capabilities("bedrock", "amazon.nova-lite-v1:0", {}).links == {"s3"}
    assert capabilities("anthropic", "any", {}).tool_name_max == 128
    assert capabilities("gemini", "any", {}).tool_name_max == 128
    assert capabilities("anthropic", "any", {}).cache
    assert capabilities("bedrock", "eu.anthropic.claude-sonnet-4-6", {}).cache
    assert not capabilities("bedrock", "anthropic.claude-3-opus-20240229-v1:0", {}).cache
    assert not capabilities("bedrock", "meta.llama3-8b-instruct-v1:0", {}).cache


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("deepseek-chat", "always"),
        ("deepseek-reasoner", "always"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "always"),
        ("deepseek-v4-flash", "always"),
        ("deepseek-v3", "never"),
        ("deepseek-r1", "never"),
        ("kimi-k2-thinking", "tool_turns"),
        ("moonshotai/Kimi-K2.5", "tool_turns"),
        ("kimi-k2-0905-preview", "never"),
        ("glm-4.6", "tool_turns"),
        ("glm-5", "tool_turns"),
        ("glm-4-plus", "never"),
        ("mimo-v2-flash", "tool_turns"),
        ("llama-3.3-70b", "never"),
    ],
)
def test_who_wants_its_thoughts_back_is_known_by_name(name: str, wanted: str) -> None:
    target = target_of("openai_compatible", name, owner="p", said={})
    assert target.reasoning_passback == wanted
    assert target_of("openai", name, owner="p", said={}).reasoning_passback == "never"
    said = {"reasoning_passback": "always"}
    assert target_of("openai_compatible", name, owner="p", said=said).reasoning_passback == "always"


def test_the_third_gemini_wants_its_seals_back() -> None:
    assert capabilities("gemini", "gemini-3.6-flash", {}).seal_required
    assert capabilities("gemini", "gemini-4-argon", {}).seal_required
    assert not capabilities("gemini", "gemini-2.5-pro", {}).seal_required


def test_the_row_wins() -> None:
    said = {"refuses": ["image"], "effort": "none", "efforts": [], "max_tokens": 5, "links": []}
    known = capabilities("openai", "o3", said)
    assert known.refuses == {"image"}
    assert (known.effort, known.efforts, known.max_tokens) == ("none", (), 5)
    assert known.links == frozenset()


def test_whoever_thinks_may_take_its_time() -> None:
    assert capabilities("openai", "o3", {}).reasoning
    assert capabilities("openai_compatible", "own", {"effort": "effort"}).reasoning
    assert not capabilities("anthropic", "claude-sonnet-4-6", {}).reasoning
    assert not capabilities("openai", "o3", {"reasoning": False}).reasoning


def test_of_what_is_unknown_nothing_is_claimed() -> None:
    assert capabilities("openai_compatible", "own", {}) == Capabilities()


@pytest.mark.parametrize(
    ("kind", "name", "vendor"),
    [
        ("openai", "gpt-4o", "openai"),
        ("azure_openai", "gpt-4o", "azure"),
        ("anthropic", "claude-opus-5", "anthropic"),
        ("bedrock", "us.anthropic.claude-opus-5", "anthropic"),
        ("bedrock", "amazon.nova-lite-v1:0", "provider"),
        ("vertex", "claude-opus-5", "anthropic"),
        ("vertex", "gemini-3-pro-preview", "vertex"),
        ("openai_compatible", "claude-opus-5", "provider"),
    ],
)
def test_seals_are_verified_by_who_made_the_model(kind: str, name: str, vendor: str) -> None:
    target = target_of(kind, name, owner="provider", said={})
    assert (target.model, target.vendor) == (name, vendor)


@pytest.mark.parametrize(
    ("kind", "name", "said", "dialects"),
    [
        ("bedrock", "us.anthropic.claude-opus-5", {}, ()),
        ("bedrock", "anthropic.claude-v2:1", {}, ()),
        ("bedrock", "amazon.nova-lite-v1:0", {}, ("bedrock.converse",)),
        ("bedrock", ARN, {}, ("bedrock.converse",)),
        ("bedrock", ARN, {"dialects": ["anthropic.messages"]}, ("anthropic.messages",)),
        ("bedrock", ARN, {"dialects": []}, ()),
        ("openai", "gpt-4o", {}, ()),
    ],
)
def test_on_bedrock_only_claude_speaks_its_own_dialect(
    kind: str, name: str, said: dict[str, Any], dialects: tuple[str, ...]
) -> None:
    assert capabilities(kind, name, said).dialects == dialects


def test_the_row_s_longest_answer_wins() -> None:
    known = target_of("anthropic", "claude-opus-5", owner="p", said={}, max_tokens=9)
    assert known.max_tokens == 9
    assert target_of("anthropic", "claude-opus-5", owner="p", said={}).max_tokens == 128_000
