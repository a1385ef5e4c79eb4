"""How a client or a vendor spelled what the IR says in its own words.

Law: a note is read by the dialect itself only; it says nothing that is not said in the IR.
"""

from typing import Final

from msgspec import Raw

from protocols.ir import Extra
from protocols.losses import NOTE

NULL: Final = Raw(b"null")
REASONING: Final = f"{NOTE}reasoning"  # not `reasoning_content`
PART: Final = f"{NOTE}part"  # a thought among the parts of a content, and how it was written
LEGACY: Final = f"{NOTE}functions"  # from the time before tools
MAX_TOKENS: Final = f"{NOTE}max_tokens"  # not `max_completion_tokens`
NAME: Final = f"{NOTE}name"  # a result says the name of its tool
URL: Final = f"{NOTE}url"  # without the object around it
WORD: Final = f"{NOTE}finish_reason"  # the reason is the vendor's own word, or none at all
ANY: Final = f"{NOTE}any"  # a tool must be called, in Mistral's word
SAFETY: Final = f"{NOTE}safety_identifier"  # not `user`
ONE_STOP: Final = f"{NOTE}stop"  # a string, and no list of one


def noted(extra: Extra | None, note: str) -> bool:
    return extra is not None and note in extra


def note(extra: Extra | None, *notes: str) -> Extra | None:
    return {**(extra or {}), **dict.fromkeys(notes, NULL)} or None
