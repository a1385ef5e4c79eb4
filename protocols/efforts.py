"""How hard a model is to think: words to words, words to tokens, tokens to words."""

from collections.abc import Sequence
from typing import Final

# Weakest first.
WORDS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# Tokens for each word but the first.
BUDGETS: Final = (128, 1_024, 2_048, 4_096, 8_192, 16_384)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The word, or the nearest weaker one that is known, or the weakest; None where none is.

    `known` begins with the weakest. A word that is nobody's counts as medium.
    """
    if word in known or not known:
        return word if known else None
    strength = WORDS.index(word if word in WORDS else "medium")
    weaker = [each for each in known if each in WORDS and WORDS.index(each) <= strength]
    return weaker[-1] if weaker else known[0]


def budget_of(word: str, budgets: Sequence[int]) -> int:
    """Tokens for thinking; 0 for none of it. `budgets`: as BUDGETS."""
    return (0, *budgets)[WORDS.index(word if word in WORDS else "medium")]


def word_of(budget_tokens: int, budgets: Sequence[int]) -> str:
    """The weakest word that covers it, else the strongest."""
    known = zip(WORDS, (0, *budgets), strict=True)
    return next((word for word, most in known if budget_tokens <= most), WORDS[-1])
