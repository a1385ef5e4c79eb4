"""The word on effort, as both of OpenAI's dialects say it."""

from protocols import efforts, ir
from protocols.codec import Target
from protocols.losses import Losses


def word_asked(reasoning: ir.Reasoning, target: Target) -> str | None:
    if reasoning.mode == "off":
        return "none"
    if reasoning.effort is None and reasoning.budget_tokens is not None:
        return efforts.word_of(reasoning.budget_tokens, target.budgets)
    return reasoning.effort


def word_sent(
    word: str, target: Target, losses: Losses, *, takes: bool, is_same: bool
) -> str | None:
    """`takes`: whether the target hears of it; `is_same`: whether it was asked in its words."""
    if not takes or (target.effort == "none" and not is_same):
        if word != "none":
            losses.add("effort", "reasoning.effort", "the target takes no word on it")
        return None
    # A word that is only the vendor's own is not ours to judge.
    is_own = is_same and word not in efforts.WORDS
    sent = word if is_own else efforts.nearest(word, target.efforts) or word
    if sent != word:
        why = "the target cannot but reason" if word == "none" else f"is {sent} here"
        losses.add("effort", "reasoning.effort", why)
    return sent
