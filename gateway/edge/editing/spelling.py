r"""Words in a JSON body, however they are spelled.

JSON has two spellings of each character: `c` and `\u0063` say the same. Law: what a reader of the
body would find is found; bytes that hold no escape of such a character are looked at once.

    WORDS in body or (ESCAPED in body and spelled(WORDS).search(body))
"""

import re
from collections.abc import Iterable
from typing import Final

# So begins every escape of a character that could as well be written by itself.
ESCAPED: Final = b"\\u00"


def spelled(*words: bytes, opening: bytes = b"") -> re.Pattern[bytes]:
    """Of plain letters; `opening`: what stands before each as it is."""
    return re.compile(opening + b"(?:" + b"|".join(map(_spelled, words)) + b")")


def holds(body: bytes, words: Iterable[bytes], escaped: re.Pattern[bytes]) -> bool:
    """`escaped`: the same words, spelled."""
    if any(word in body for word in words):
        return True
    return ESCAPED in body and escaped.search(body) is not None


def _spelled(word: bytes) -> bytes:
    return b"".join(
        b"(?:" + re.escape(bytes([byte])) + rb"|\\u00(?i:%02x))" % byte for byte in word
    )
