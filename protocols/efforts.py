"""How hard a model is to think: words to words, words to tokens, tokens to words."""

from collections.abc import Mapping, Sequence
from typing import Final

# Weakest first.
WORDS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 128,
    "low": 1_024,
    "medium": 2_048,
    "high": 4_096,
    "xhigh": 8_192,
    "max": 16_384,
}


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The word, or the nearest weaker one that is known, or the weakest; None where none is.

    `known` begins with the weakest. A word that is nobody's counts as medium.
    """
    if word in known or not known:
        return word if known else None
    strength = WORDS.index(word if word in WORDS else "medium")
    weaker = [each for each in known if each in WORDS and WORDS.index(each) <= strength]
    return weaker[-1] if weaker else known[0]


def budget_of(word: str) -> int:
    """Tokens for thinking; 0 for none of it."""
    return 0 if word == "none" else BUDGETS.get(word, BUDGETS["medium"])


def word_of(budget_tokens: int) -> str:
    """The weakest word that covers it, else the strongest."""
    if budget_tokens <= 0:
        return "none"
    return next((word for word, most in BUDGETS.items() if budget_tokens <= most), WORDS[-1])
