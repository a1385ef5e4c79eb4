"""The tables of betas and of equal tools, and what targets have of them."""

import pytest

from providers.adapters.registry import ADAPTERS
from providers.capabilities import target_of
from providers.vendor_tables import BETAS, EQUALS, FIELDS, ROWS, TOOLS

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def test_a_row_stands_for_one_name() -> None:
    assert len(FIELDS) == len(ROWS)


def test_tables_speak_of_kinds_there_are() -> None:
    assert BETAS.keys() | TOOLS.keys() <= ADAPTERS.keys()


def test_anthropic_takes_any_beta_and_bedrock_those_it_knows() -> None:
    assert target_of("anthropic", "claude-sonnet-4-5", owner="p", said={}).betas is None
    carried = target_of("bedrock", CLAUDE, owner="p", said={})
    assert carried.betas is not None
    assert "interleaved-thinking-2025-05-14" in carried.betas
    assert "claude-code-20250219" not in carried.betas
    assert carried.beta_fields["context-management"] == ("context_management",)


def test_a_row_of_the_operator_says_which_betas_its_model_takes() -> None:
    said = {"betas": ["interleaved-thinking-2025-05-14"]}
    target = target_of("bedrock", CLAUDE, owner="p", said=said)
    assert target.betas == frozenset(said["betas"])
    assert target_of("bedrock", CLAUDE, owner="p", said={"betas": None}).betas is None


@pytest.mark.parametrize(
    ("kind", "equals"),
    [
        ("openai", {"anthropic/web_search_20250305", "gemini/googleSearch"}),
        ("anthropic", {"openai/web_search", "gemini/googleSearch"}),
        ("gemini", {"openai/web_search", "anthropic/web_search_20250305"}),
        ("bedrock", set()),
        ("openai_compatible", set()),
    ],
)
def test_searching_the_web_is_the_one_tool_that_several_run(kind: str, equals: set[str]) -> None:
    assert len(EQUALS) == 1
    assert target_of(kind, CLAUDE, owner="p", said={}).tools.keys() == equals
