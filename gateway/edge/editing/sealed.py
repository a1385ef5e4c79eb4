"""Where a body holds seals, seen without reading it.

Law: what a reader of the body would take for a seal is found, however it is spelled; words that
only look like one may be found, too, and cost no more than that the body is read.
"""

import re
from collections.abc import Mapping
from typing import Final

from gateway.edge.editing.spelling import ESCAPED, spelled
from gateway.edge.memory.seals import WRAPPED
from protocols.ir import Dialect

# In a body with seals that do not say whose they are stands one of these. Chat has a field for
# Google's alone.
SEALS: Final[Mapping[Dialect, tuple[bytes, ...]]] = {
    "openai.responses": (b'"encrypted_content"',),
    "anthropic.messages": (b'"signature"', b'"redacted_thinking"'),
    "gemini.generate": (b'"thoughtSignature"', b'"thought_signature"'),
    "bedrock.converse": (b'"signature"', b'"redactedContent"'),
}
SPELLED_SEAL: Final = spelled(WRAPPED[1:], opening=WRAPPED[:1])
# Google's, in the dialect of Chat.
GOOGLE_SEAL: Final = b'"thought_signature"'
SPELLED_GOOGLE_SEAL: Final = re.compile(
    spelled(GOOGLE_SEAL[1:-1], opening=b'"').pattern + rb'"\s*:\s*"'
)


def holds_any(body: bytes, marks: tuple[bytes, ...]) -> bool:
    """Whoever spells letters otherwise may have written any of them."""
    for mark in marks:
        if mark in body:
            return True
    return bool(marks) and ESCAPED in body


def holds_wrapped(body: bytes) -> bool:
    return WRAPPED in body or (ESCAPED in body and SPELLED_SEAL.search(body) is not None)


def holds_googles(body: bytes) -> bool:
    """`body` is Chat's."""
    if GOOGLE_SEAL not in body and ESCAPED not in body:
        return False
    return SPELLED_GOOGLE_SEAL.search(body) is not None
