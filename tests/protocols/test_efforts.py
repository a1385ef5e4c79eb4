"""How hard a model is to think, in words and in tokens."""

import pytest

from protocols.efforts import BUDGETS, WORDS, budget_of, nearest, word_of

SOME = ("low", "medium", "high")


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("medium", SOME, "medium"),
        ("max", SOME, "high"),
        ("minimal", SOME, "low"),
        ("none", SOME, "low"),
        ("xhigh", ("none", "max"), "none"),
        ("extreme", SOME, "medium"),
        ("extreme", ("gently", "extreme"), "extreme"),
        ("high", ("gently",), "gently"),
        ("high", (), None),
    ],
)
def test_a_word_becomes_the_nearest_weaker_that_is_known(
    word: str, known: tuple[str, ...], expected: str | None
) -> None:
    assert nearest(word, known) == expected


def test_words_stand_for_tokens() -> None:
    assert budget_of("none", BUDGETS) == 0
    assert budget_of("high", BUDGETS) == 4_096
    assert budget_of("extreme", BUDGETS) == budget_of("medium", BUDGETS)
    assert budget_of("max", (1, 2, 3, 4, 5, 6)) == 6


@pytest.mark.parametrize(
    ("budget_tokens", "word"),
    [(-1, "none"), (0, "none"), (1, "minimal"), (1_024, "low"), (1_025, "medium"), (99_999, "max")],
)
def test_tokens_become_the_weakest_word_that_covers_them(budget_tokens: int, word: str) -> None:
    assert word_of(budget_tokens, BUDGETS) == word


def test_words_and_tokens_agree() -> None:
    for budgets in (BUDGETS, (1, 2, 3, 4, 5, 6)):
        assert [word_of(budget_of(word, budgets), budgets) for word in WORDS] == list(WORDS)
